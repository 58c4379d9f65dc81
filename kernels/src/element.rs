//! The element types of arrays and the arithmetic the CPU device needs of them.
//!
//! Transcendental functions come from `libm`, not from the platform, so that a result has the same bits on every CPU.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

/// The element type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// 32-bit floating point; what training runs in.
    F32,
    /// 64-bit floating point; for gradient checks, on the CPU device.
    F64,
}

impl Element {
    /// Size of one element in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// A floating-point type that CPU operations are generic over.
pub(crate) trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + MulAssign
    + Div<Output = Self>
    + Neg<Output = Self>
    + Sum
    + 'static
{
    const ZERO: Self;
    const ONE: Self;

    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn absolute(self) -> Self;
    fn square_root(self) -> Self;
    fn exponential(self) -> Self;
    fn logarithm(self) -> Self;
    fn logarithm_of_one_plus(self) -> Self;
    fn hyperbolic_tangent(self) -> Self;
}

macro_rules! real {
    ($type:ty, $exp:path, $log:path, $log1p:path, $tanh:path) => {
        impl Real for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            fn from_f64(value: f64) -> Self {
                value as Self
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn absolute(self) -> Self {
                self.abs()
            }
            fn square_root(self) -> Self {
                self.sqrt()
            }
            fn exponential(self) -> Self {
                $exp(self)
            }
            fn logarithm(self) -> Self {
                $log(self)
            }
            fn logarithm_of_one_plus(self) -> Self {
                $log1p(self)
            }
            fn hyperbolic_tangent(self) -> Self {
                $tanh(self)
            }
        }
    };
}

real!(f32, libm::expf, libm::logf, libm::log1pf, libm::tanhf);
real!(f64, libm::exp, libm::log, libm::log1p, libm::tanh);
