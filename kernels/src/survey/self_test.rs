//! Whether a device computes what the CPU device does in f64: the first thing to ask of a driver.

use thiserror::Error;

use crate::array::Array;
use crate::convolution::{Epilogue, Geometry, convolution, data_gradient, weight_gradient};
use crate::device::Device;
use crate::error::ReadError;
use crate::matmul::{Transpose, matmul};
use crate::shape::Shape;

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

/// Computes products and convolutions on the device and compares every value with the CPU device's in f64, within the
/// tolerance of the operation. Takes less than a second after the kernels are compiled.
///
/// # Errors
/// [`SelfTestError`] when the device fails or computes something else.
pub fn self_test(device: &Device) -> Result<(), SelfTestError> {
    // Extents that no tile divides, and more terms than one tile has.
    let product = Case {
        operation: "matmul",
        operands: [&[65, 131], &[131, 67]],
        terms: 131,
        compute: |a, b| matmul(a, b, Transpose::No, Transpose::No),
    };
    let transposed = Case {
        operands: [&[131, 65], &[67, 131]],
        compute: |a, b| matmul(a, b, Transpose::Yes, Transpose::Yes),
        ..product
    };
    let forward = Case {
        operation: "convolution",
        operands: [&[2, 9, 11, 5], &[3, 3, 5, 7]],
        terms: 45,
        compute: |x, filter| convolution(x, filter, Geometry::square(1, 1), Epilogue::default()),
    };
    let data = Case {
        operation: "data_gradient",
        operands: [&[2, 4, 5, 7], &[4, 4, 5, 7]],
        terms: 112,
        compute: |gradient, filter| data_gradient(gradient, filter, Geometry::square(2, 1), [8, 10]),
    };
    let weight = Case {
        operation: "weight_gradient",
        operands: [&[2, 8, 10, 5], &[2, 4, 5, 7]],
        terms: 40,
        compute: |x, gradient| weight_gradient(x, gradient, Geometry::square(2, 1), [4, 4]),
    };
    [product, transposed, forward, data, weight]
        .iter()
        .try_for_each(|case| case.test(device))
}

/// An operation that is linear in both operands.
struct Case {
    operation: &'static str,
    /// Shapes.
    operands: [&'static [usize]; 2],
    /// Products that a value is the sum of, at most.
    terms: usize,
    compute: fn(&Array, &Array) -> Array,
}

impl Case {
    fn test(&self, device: &Device) -> Result<(), SelfTestError> {
        let shapes = self.operands.map(Shape::from);
        let values = [noise(1, shapes[0].count()), noise(2, shapes[1].count())];
        let on_cpu = |of: fn(f32) -> f64| {
            let [a, b] = [0, 1].map(|index| {
                let wide: Vec<_> = values[index].iter().copied().map(of).collect();
                Array::from_f64(shapes[index], &wide)
            });
            (self.compute)(&a, &b).to_f64()
        };
        let (right, magnitude) = (on_cpu(f64::from)?, on_cpu(|value| f64::from(value.abs()))?);
        let [a, b] = [0, 1].map(|index| Array::from_f32(device, shapes[index], &values[index]));
        let found = (self.compute)(&a, &b).to_f64()?;
        // The bound that these operations state for any order of summation.
        let rounding = self.terms as f64 * 2f64.powi(-24);
        let tolerances = magnitude.iter().map(|magnitude| rounding * magnitude);
        compare(self.operation, &found, &right, tolerances)
    }
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
