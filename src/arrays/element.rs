//! The types of an array's numbers, and their values in f32 and f64. Knows no file.

use std::fmt;

/// The type of an array's numbers; the bytes of each have the order that the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Bytes, from 0 to 255.
    U8,
    /// IEEE 754's binary16.
    F16,
    /// IEEE 754's binary32.
    F32,
    /// IEEE 754's binary64.
    F64,
    /// Truth values and whole numbers of other sizes, with or without a sign, in so many bytes.
    Whole(usize),
}

impl Element {
    /// Bytes of one number.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Whole(bytes) => bytes,
        }
    }

    /// Whether numbers of this type have fractions.
    #[must_use]
    pub fn is_real(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// The type that NumPy describes without its order, such as `f4`; none for one that is not read.
    pub(super) fn described(description: &str) -> Option<Self> {
        let bytes = || {
            let bytes: usize = description.get(1..)?.parse().ok()?;
            matches!(bytes, 1 | 2 | 4 | 8).then_some(bytes)
        };
        match description {
            "u1" => Some(Self::U8),
            "f2" => Some(Self::F16),
            "f4" => Some(Self::F32),
            "f8" => Some(Self::F64),
            _ if description.starts_with(['b', 'i', 'u']) => bytes().map(Self::Whole),
            _ => None,
        }
    }

    /// Little-endian bytes of real numbers as f64; each is exact.
    ///
    /// # Panics
    /// For whole numbers.
    pub(super) fn to_f64(self, bytes: &[u8]) -> Vec<f64> {
        match self {
            Self::F16 => each(bytes, |bytes| f64::from(half(u16::from_le_bytes(bytes)))),
            Self::F32 => each(bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
            Self::F64 => each(bytes, f64::from_le_bytes),
            Self::U8 | Self::Whole(_) => panic!("{self} has no real numbers"),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::U8 => formatter.write_str("uint8"),
            Self::F16 => formatter.write_str("float16"),
            Self::F32 => formatter.write_str("float32"),
            Self::F64 => formatter.write_str("float64"),
            Self::Whole(bytes) => write!(formatter, "whole numbers of {} bits", 8 * bytes),
        }
    }
}

fn each<const N: usize, T>(bytes: &[u8], value: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|bytes| value(*bytes)).collect()
}

/// A number of IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction.
pub(crate) fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10) & 0x1f, u32::from(bits) & 0x3ff);
    match exponent {
        // Smaller than the smallest normal number; a product with a power of two is exact.
        0 => {
            let magnitude = fraction as f32 / (1 << 24) as f32;
            f32::from_bits(magnitude.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | (fraction << 13)),
        _ => f32::from_bits(sign | ((exponent + 127 - 15) << 23) | (fraction << 13)),
    }
}
