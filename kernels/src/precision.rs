//! The numbers that operands of products are rounded to: a choice of whoever opens a device.
//!
//! Concerns matrix products and the three convolutions, whose arithmetic grows faster than their operands; all else is
//! computed in f32. Knows no device.

use std::fmt;

/// What both operands of every matrix product and convolution are rounded to first, to the nearest and half to even.
/// Sums of their products always have all of f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Not rounded: 23 bits of fraction.
    #[default]
    F32,
    /// 10 bits of fraction, the exponents of f32.
    Tf32,
    /// 7 bits of fraction, the exponents of f32.
    Bf16,
}

impl Precision {
    /// From the most bits to the fewest.
    pub const ALL: [Self; 3] = [Self::F32, Self::Tf32, Self::Bf16];

    /// The name, such as `bf16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        }
    }

    /// Bits of fraction that numbers have.
    #[must_use]
    pub fn fraction_bits(self) -> u32 {
        match self {
            Self::F32 => 23,
            Self::Tf32 => 10,
            Self::Bf16 => 7,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
