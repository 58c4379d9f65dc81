//! The device under test, values to feed it, and the comparison with what a reference says.

use gan_kernels::{Array, Device, Element, Precision, Shape};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A device and an element type.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    CpuF32,
    CpuF64,
    #[cfg(feature = "vulkan")]
    Vulkan(Device),
}

impl Target {
    /// The CPU in both element types, and the software Vulkan driver where it is built in.
    pub(crate) fn all() -> Vec<Self> {
        vec![
            Self::CpuF32,
            Self::CpuF64,
            #[cfg(feature = "vulkan")]
            Self::software_vulkan(),
        ]
    }

    /// The software Vulkan driver, or the device that `GAN_PIPE_TEST_DEVICE` names: a card, where there is one. Its
    /// absence fails the test.
    #[cfg(feature = "vulkan")]
    pub(crate) fn software_vulkan() -> Self {
        let named = std::env::var("GAN_PIPE_TEST_DEVICE");
        match Device::open(named.as_deref().unwrap_or("vulkan:software")) {
            Ok(device) => Self::Vulkan(device),
            Err(error) => panic!("with the feature `vulkan` this suite needs a software driver: {error}"),
        }
    }

    /// The same device, for products in this precision.
    #[cfg(feature = "vulkan")]
    pub(crate) fn vulkan_in(precision: Precision) -> Self {
        match Self::software_vulkan() {
            Self::Vulkan(device) => Self::Vulkan(device.with_precision(precision).unwrap()),
            other => other,
        }
    }

    fn precision(&self) -> Precision {
        match self {
            Self::CpuF32 | Self::CpuF64 => Precision::F32,
            #[cfg(feature = "vulkan")]
            Self::Vulkan(device) => device.precision(),
        }
    }

    /// The values as a product of this target takes them: the nearest numbers of its precision, by arithmetic.
    pub(crate) fn operand(&self, values: &[f64]) -> Vec<f64> {
        let bits = match self.precision() {
            Precision::F32 => return values.to_vec(),
            fewer => fewer.fraction_bits() as i32,
        };
        let nearest = |value: &f64| {
            if *value == 0.0 {
                return 0.0;
            }
            let unit = 2f64.powi(value.abs().log2().floor() as i32 - bits);
            (value / unit).round_ties_even() * unit
        };
        values.iter().map(nearest).collect()
    }

    pub(crate) fn array(&self, shape: impl Into<Shape>, values: &[f64]) -> Array {
        match self {
            Self::CpuF64 => Array::from_f64(shape, values),
            Self::CpuF32 => Array::from_f32(&Device::Cpu, shape, &narrow(values)),
            #[cfg(feature = "vulkan")]
            Self::Vulkan(device) => Array::from_f32(device, shape, &narrow(values)),
        }
    }

    pub(crate) fn is_cpu(&self) -> bool {
        matches!(self, Self::CpuF32 | Self::CpuF64)
    }

    pub(crate) fn element(&self) -> Element {
        match self {
            Self::CpuF64 => Element::F64,
            _ => Element::F32,
        }
    }

    /// Largest relative error of one rounding.
    pub(crate) fn rounding(&self) -> f64 {
        match self.element() {
            Element::F32 => 2f64.powi(-24),
            Element::F64 => 2f64.powi(-53),
        }
    }

    /// One unit in the last place, relative to the value, at most.
    pub(crate) fn unit(&self) -> f64 {
        2.0 * self.rounding()
    }

    /// Units in the last place by which a quotient or a root may be off: a GPU need not round them correctly.
    pub(crate) fn division_units(&self) -> f64 {
        match self {
            Self::CpuF32 | Self::CpuF64 => 1.0,
            #[cfg(feature = "vulkan")]
            Self::Vulkan(_) => 3.0,
        }
    }

    /// Ends the test unless the array has the shape and, value by value, lies within the tolerance of the reference.
    pub(crate) fn assert_close(
        &self,
        case: &str,
        actual: &Array,
        shape: impl Into<Shape>,
        expected: &[Expected],
    ) {
        assert_eq!(actual.shape(), shape.into(), "shape of {case}");
        assert_eq!(actual.element(), self.element(), "element of {case}");
        let actual = actual.to_f64().unwrap();
        assert_eq!(actual.len(), expected.len(), "number of values of {case}");
        for (index, (actual, expected)) in actual.into_iter().zip(expected).enumerate() {
            let Expected { value, tolerance } = *expected;
            let agrees =
                actual == value || (actual - value).abs() <= tolerance || (actual.is_nan() && value.is_nan());
            assert!(
                agrees,
                "{case} on {self:?}, value {index}: {actual:e} where {value:e} +- {tolerance:e} is right"
            );
        }
    }

    /// As [`Self::assert_close`], to the bit.
    pub(crate) fn assert_equal(&self, case: &str, actual: &Array, shape: impl Into<Shape>, expected: &[f64]) {
        let expected: Vec<_> = expected.iter().map(|value| Expected::exactly(*value)).collect();
        self.assert_close(case, actual, shape, &expected);
    }
}

/// What a reference says, and how far an implementation may be from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) value: f64,
    pub(crate) tolerance: f64,
}

impl Expected {
    pub(crate) fn exactly(value: f64) -> Self {
        Self {
            value,
            tolerance: 0.0,
        }
    }
}

/// A sum in f64, with the sum of its terms' magnitudes and their number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    pub(crate) value: f64,
    pub(crate) magnitude: f64,
    pub(crate) terms: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, term: f64) {
        self.value += term;
        self.magnitude += term.abs();
        self.terms += 1.0;
    }

    /// The bound for any order of summation (Higham 2002, eq. 3.5), exact for integers; twice that where matrix units, which
    /// may cut off instead of rounding, can do the sums.
    pub(crate) fn expected(self, target: &Target, values: Values) -> Expected {
        let tolerance = match values {
            Values::Integers => 0.0,
            Values::Reals => {
                let cut = if target.precision() == Precision::F32 {
                    1.0
                } else {
                    2.0
                };
                cut * self.terms * target.rounding() * self.magnitude
            }
        };
        Expected {
            value: self.value,
            tolerance,
        }
    }
}

/// What an array is filled with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Values {
    /// Small integers: sums of products are exact in any order, so one wrong index shows.
    Integers,
    /// Numbers in [-1, 1) that f32 holds exactly.
    Reals,
}

impl Values {
    pub(crate) const BOTH: [Self; 2] = [Self::Integers, Self::Reals];

    /// `count` values; the same for the same seed.
    pub(crate) fn draw(self, seed: u64, count: usize) -> Vec<f64> {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let mut draw = || f64::from(random.next_u32() >> 8) / f64::from(1u32 << 24);
        match self {
            Self::Integers => (0..count).map(|_| (draw() * 7.0).floor() - 3.0).collect(),
            Self::Reals => (0..count).map(|_| draw() * 2.0 - 1.0).collect(),
        }
    }
}

pub(crate) fn reals(seed: u64, count: usize) -> Vec<f64> {
    Values::Reals.draw(seed, count)
}

/// Row-major multi-index of every element of a shape of four axes, with its position.
pub(crate) fn positions(extents: [usize; 4]) -> impl Iterator<Item = [usize; 4]> {
    let [a, b, c, d] = extents;
    (0..a).flat_map(move |i| {
        (0..b).flat_map(move |j| (0..c).flat_map(move |k| (0..d).map(move |l| [i, j, k, l])))
    })
}

/// Where a multi-index lies in a row-major array.
pub(crate) fn at([_, b, c, d]: [usize; 4], [i, j, k, l]: [usize; 4]) -> usize {
    ((i * b + j) * c + k) * d + l
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}
