//! Operands with fewer bits than f32, rounded as they enter a cube's memory.
//!
//! This is what matrix units do to the operands they are given; the products of two such numbers are exact in f32. So a
//! device without matrix units computes what one with them does, up to the order of sums.

use cubecl::prelude::*;

use super::fetch::Four;
use crate::precision::Precision;

/// Four values rounded to a precision; infinities and NaN stay.
#[cube]
pub(crate) fn rounded(values: Four, #[comptime] precision: Precision) -> Four {
    let dropped = comptime!(f32::MANTISSA_DIGITS - 1 - precision.fraction_bits());
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
