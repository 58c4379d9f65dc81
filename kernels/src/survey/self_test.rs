//! Whether a device computes what the CPU device does in f64: the first thing to ask of a driver.

use thiserror::Error;

use crate::array::Array;
use crate::device::Device;
use crate::error::ReadError;
use crate::matmul::{Transpose, matmul};

/// A device failed its test.
#[derive(Clone, Debug, Error)]
pub enum SelfTestError {
    /// An operation failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An operation gave a wrong value.
    #[error("{operation} is wrong: value {index} is {found:e} where {expected:e} +- {tolerance:e} is right")]
    Wrong {
        /// The operation.
        operation: &'static str,
        /// Position of the first wrong value.
        index: usize,
        /// What the device computed.
        found: f64,
        /// What is right.
        expected: f64,
        /// How far it may be off.
        tolerance: f64,
    },
}

/// Extents that no tile divides, and more terms than one tile has.
const EXTENTS: [usize; 3] = [65, 67, 131];

/// Computes a few products on the device and compares every value with the CPU device's in f64, within the tolerance of
/// the operation. Takes less than a second after the kernels are compiled.
///
/// # Errors
/// [`SelfTestError`] when the device fails or computes something else.
pub fn self_test(device: &Device) -> Result<(), SelfTestError> {
    for transpose in [Transpose::No, Transpose::Yes] {
        product(device, transpose)?;
    }
    Ok(())
}

/// The second operand is transposed or not, the first the other way.
fn product(device: &Device, transpose: Transpose) -> Result<(), SelfTestError> {
    let [m, n, k] = EXTENTS;
    let shape = |rows, columns, transpose: Transpose| match transpose {
        Transpose::No => [rows, columns],
        Transpose::Yes => [columns, rows],
    };
    let (a_shape, b_shape) = (shape(m, k, transpose.flipped()), shape(k, n, transpose));
    let (a, b) = (noise(1, m * k), noise(2, k * n));
    let wide = |of: fn(f32) -> f64| {
        let [a, b] = [(&a, a_shape), (&b, b_shape)].map(|(values, shape)| {
            Array::from_f64(shape, &values.iter().copied().map(of).collect::<Vec<_>>())
        });
        matmul(&a, &b, transpose.flipped(), transpose).to_f64()
    };
    let (right, magnitude) = (wide(f64::from)?, wide(|value| f64::from(value.abs()))?);
    let [a, b] = [(&a, a_shape), (&b, b_shape)].map(|(values, shape)| Array::from_f32(device, shape, values));
    let found = matmul(&a, &b, transpose.flipped(), transpose).to_f64()?;
    // The bound that `matmul` states for any order of summation.
    let rounding = k as f64 * 2f64.powi(-24);
    let tolerances = magnitude.iter().map(|magnitude| rounding * magnitude);
    compare("matmul", &found, &right, tolerances)
}

/// Every value lies within its tolerance.
fn compare(
    operation: &'static str,
    found: &[f64],
    right: &[f64],
    tolerances: impl Iterator<Item = f64>,
) -> Result<(), SelfTestError> {
    let values = found.iter().zip(right).zip(tolerances).enumerate();
    for (index, ((&found, &expected), tolerance)) in values {
        let is_right = (found - expected).abs() <= tolerance;
        if !is_right {
            return Err(SelfTestError::Wrong {
                operation,
                index,
                found,
                expected,
                tolerance,
            });
        }
    }
    Ok(())
}

/// Numbers in [-1, 1) that look drawn: the high bits of a linear congruential generator (Knuth's MMIX constants).
fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..count).map(|_| draw()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_passes() {
        self_test(&Device::Cpu).expect("the CPU computes rightly");
    }

    #[test]
    fn a_value_out_of_tolerance_or_no_number_is_told_with_its_place() {
        let told = |found: &[f64]| compare("matmul", found, &[1.0, 2.0], [0.1, 0.1].into_iter());
        assert!(told(&[1.05, 1.95]).is_ok());
        for wrong in [2.5, f64::NAN] {
            let error = told(&[1.0, wrong])
                .expect_err("0.5 off, or no number")
                .to_string();
            assert!(error.starts_with("matmul is wrong: value 1 is "), "{error}");
        }
    }
}
