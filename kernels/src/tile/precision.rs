//! Operands with fewer bits than f32, rounded as they enter a cube's memory.
//!
//! This is what matrix units do to the operands they are given; the products of two such numbers are exact in f32. So a
//! device without matrix units computes what one with them does, up to the order of sums.

use cubecl::prelude::*;

use super::fetch::Four;

/// What operands are rounded to, to the nearest and half to even. Sums always have all of f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Precision {
    /// Not rounded.
    F32,
    /// 10 bits of fraction, the exponents of f32.
    #[cfg_attr(
        not(all(test, feature = "vulkan")),
        expect(dead_code, reason = "no study can ask for it yet")
    )]
    Tf32,
    /// 7 bits of fraction, the exponents of f32.
    #[cfg_attr(
        not(all(test, feature = "vulkan")),
        expect(dead_code, reason = "no study can ask for it yet")
    )]
    Bf16,
}

impl Precision {
    /// Bits of the 23 bits of fraction of an f32 that are dropped.
    fn dropped(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::Tf32 => 13,
            Self::Bf16 => 16,
        }
    }
}

/// Four values rounded to a precision; infinities and NaN stay.
#[cube]
pub(crate) fn rounded(values: Four, #[comptime] precision: Precision) -> Four {
    let dropped = comptime!(precision.dropped());
    if comptime!(dropped == 0) {
        values
    } else {
        let mut all = Four::new(0.0f32);
        #[unroll]
        for lane in 0..4usize {
            all.insert(lane, rounded_one(values.extract(lane), dropped));
        }
        all
    }
}

/// Adding just under half of the last kept bit, and one more where that bit is odd, carries exactly what rounds up.
#[cube]
fn rounded_one(value: f32, #[comptime] dropped: u32) -> f32 {
    let bits = u32::reinterpret(value);
    let odd = (bits >> dropped) & 1u32;
    let carried = bits + comptime!((1u32 << (dropped - 1)) - 1) + odd;
    let mut result = value;
    if (bits & 0x7F80_0000u32) != 0x7F80_0000u32 {
        result = f32::reinterpret(carried & comptime!(!((1u32 << dropped) - 1)));
    }
    result
}
