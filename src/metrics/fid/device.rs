//! The Fréchet distance from products of matrices on a device, with an estimate of its error.
//!
//! ```text
//! Tr (S1 S2)^(1/2) = | F1' F2 |_*,   F F' = S,   |M|_* the sum of the singular values
//! ```
//!
//! since (F1' F2)(F1' F2)' = F1' S2 F1 has the eigenvalues of S1 S2. No square of M is ever needed, so f32 does where the
//! coupled iteration for the root of S1 S2 does not. Factors, and the two largest singular
//! values, are found on the host in f64 (`factor.rs`, `deflation.rs`); the product and its nuclear norm are the device's ([`gan_kernels::polar`]).

use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::polar::{NuclearNorm, nuclear_norm};
use gan_kernels::{Array, Device, Element, ReadError};

use super::deflation::deflate;
use super::device_covariance::statistics_on;
use super::factor::Factor;
use super::{FidError, FrechetDistance, RootMethod, Samples, Set, sets};
use crate::metrics::statistics::Statistics;
use crate::metrics::sufficient::SufficientStatistics;

/// Share of the accuracy asked for that the iteration may leave open.
const CONVERGENCE_SHARE: f64 = 0.25;

/// Estimate of the error of a distance by covariances in f32, as a part of the sum of the traces: that of their elements,
/// which `device_covariance.rs` keeps to one rounding, as the errors of both traces and of the root mostly cancel.
const COVARIANCE_ERROR: f64 = 1.0 / (1 << 24) as f64;

/// Where covariances are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CovarianceBy {
    /// On the host, in f64 on one thread.
    Host,
    /// On the device, in its element type; see `device_covariance.rs` for how exactly.
    Device,
}

/// What is asked of a distance on a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeviceSettings {
    /// Largest estimate of the error, in units of the distance, with which a distance is given.
    pub accuracy: f64,
    /// What the device computes in; f64 on the CPU device only.
    pub element: Element,
    /// Where covariances are computed, for sets that fill their dimensions.
    pub covariance: CovarianceBy,
}

impl DeviceSettings {
    /// f32 on the device and covariances on the host.
    #[must_use]
    pub fn with_accuracy(accuracy: f64) -> Self {
        Self {
            accuracy,
            element: Element::F32,
            covariance: CovarianceBy::Host,
        }
    }
}

/// How far a distance may be off, by cause, in units of the distance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrorEstimate {
    /// Bound on what the iteration did not reach.
    pub convergence: f64,
    /// Estimate of rounding on the device.
    pub rounding: f64,
    /// Bound on what the factors leave out of the covariances.
    pub truncation: f64,
    /// Estimate of what covariances in f32 add.
    pub covariance: f64,
    /// Steps that the iteration took.
    pub steps: usize,
}

impl ErrorEstimate {
    /// The sum of all causes.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.convergence + self.rounding + self.truncation + self.covariance
    }
}

/// No distance on a device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceFidError {
    /// The features have none on any device.
    #[error(transparent)]
    Features(#[from] FidError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] ReadError),
    /// The device has no 64-bit arrays.
    #[error("64-bit arrays are on the device cpu only, not on {device}")]
    NoF64 {
        /// Its name.
        device: String,
    },
    /// A covariance has a variance below 0, or one that is not finite.
    #[error("the {set} set's covariance has a variance that is negative or not finite")]
    NotACovariance {
        /// `first` or `second`.
        set: &'static str,
    },
    /// The distance was computed, but may be off by more than was asked for.
    #[error(
        "the distance {:.6} may be off by {:.1e}, more than the {accuracy:.1e} asked for",
        distance.value, estimate.total()
    )]
    NotAccurate {
        /// The distance.
        distance: Box<FrechetDistance>,
        /// How far it may be off.
        estimate: Box<ErrorEstimate>,
        /// What was asked for.
        accuracy: f64,
    },
}

/// Computes the Fréchet distance between `features_a` [n1, d] and `features_b` [n2, d], row-major, on a device.
///
/// A set with more samples than dimensions enters by the Cholesky factor of its covariance, another by its samples.
///
/// # Errors
///
/// As [`super::frechet_distance`]; where the device fails or cannot compute in the element type asked for; and where
/// the estimate of the error is above the accuracy asked for, with the distance in the error.
pub fn frechet_distance_on(
    device: &Device,
    features_a: &[f32],
    features_b: &[f32],
    d: usize,
    settings: &DeviceSettings,
) -> Result<(FrechetDistance, ErrorEstimate), DeviceFidError> {
    let a = Samples::new(features_a, d).map_err(FidError::First)?;
    let b = Samples::new(features_b, d).map_err(FidError::Second)?;
    check_element(device, settings)?;
    let factors = [
        factor_of(device, &a, settings, "first")?,
        factor_of(device, &b, settings, "second")?,
    ];
    let by_covariance = a.fills_dimensions() || b.fills_dimensions();
    let on_device = settings.covariance == CovarianceBy::Device && settings.element == Element::F32;
    let covariance_error = if by_covariance && on_device {
        COVARIANCE_ERROR
    } else {
        0.0
    };
    distance(device, [&a.mean, &b.mean], &factors, covariance_error, settings)
}

/// As [`frechet_distance_on`] with covariances of the host, of sets whose statistics were stored or merged.
///
/// # Errors
///
/// Where the sets differ in dimension; otherwise as [`frechet_distance_on`].
pub fn frechet_distance_between_on(
    device: &Device,
    a: &SufficientStatistics,
    b: &SufficientStatistics,
    settings: &DeviceSettings,
) -> Result<(FrechetDistance, ErrorEstimate), DeviceFidError> {
    check_element(device, settings)?;
    let [a, b] = sets(a, b)?;
    let factor = |side: &Set<'_>, set| match side {
        Set::Samples(samples) => Ok(Factor::of_samples(samples)),
        Set::Statistics(statistics) => cholesky(statistics, set),
    };
    let factors = [factor(&a, "first")?, factor(&b, "second")?];
    distance(device, [a.mean(), b.mean()], &factors, 0.0, settings)
}

/// As [`frechet_distance_on`], from the statistics of the sets alone, which are in f64.
///
/// # Errors
///
/// Where the sets differ in dimension; otherwise as [`frechet_distance_on`].
pub fn frechet_distance_of_statistics_on(
    device: &Device,
    a: &Statistics,
    b: &Statistics,
    settings: &DeviceSettings,
) -> Result<(FrechetDistance, ErrorEstimate), DeviceFidError> {
    let (first, second) = (a.dimension(), b.dimension());
    if first != second {
        return Err(FidError::DimensionsDiffer { first, second }.into());
    }
    check_element(device, settings)?;
    let factors = [cholesky(a, "first")?, cholesky(b, "second")?];
    distance(device, [&a.mean, &b.mean], &factors, 0.0, settings)
}

fn check_element(device: &Device, settings: &DeviceSettings) -> Result<(), DeviceFidError> {
    match (device, settings.element) {
        (Device::Cpu, _) | (_, Element::F32) => Ok(()),
        (_, Element::F64) => Err(DeviceFidError::NoF64 {
            device: device.name().into(),
        }),
    }
}

fn factor_of(
    device: &Device,
    samples: &Samples<'_>,
    settings: &DeviceSettings,
    set: &'static str,
) -> Result<Factor, DeviceFidError> {
    if !samples.fills_dimensions() {
        return Ok(Factor::of_samples(samples));
    }
    match settings.covariance {
        CovarianceBy::Host => cholesky(&samples.statistics(), set),
        CovarianceBy::Device => cholesky(&statistics_on(device, samples, settings.element)?, set),
    }
}

fn cholesky(statistics: &Statistics, set: &'static str) -> Result<Factor, DeviceFidError> {
    Factor::of_covariance(statistics).ok_or(DeviceFidError::NotACovariance { set })
}

/// Puts the parts of the distance together; `covariance_error` is relative to the traces.
fn distance(
    device: &Device,
    [mean_a, mean_b]: [&[f64]; 2],
    [a, b]: &[Factor; 2],
    covariance_error: f64,
    settings: &DeviceSettings,
) -> Result<(FrechetDistance, ErrorEstimate), DeviceFidError> {
    let whole = (a.trace * b.trace).sqrt();
    let deflated = deflate(a, b);
    let scale = whole * deflated.weight;
    let tolerance = 0.5 * CONVERGENCE_SHARE * settings.accuracy;
    let norm = if scale > 0.0 {
        nuclear_norm(
            &product(device, settings.element, a, &deflated.second),
            tolerance / scale,
        )?
    } else {
        NuclearNorm::ZERO
    };
    let traces = [a.trace, b.trace, whole * deflated.taken + scale * norm.value];
    let distance = FrechetDistance::from_parts(mean_a, mean_b, traces, RootMethod::NuclearNorm);
    // The trace of the root enters the distance twice.
    let estimate = ErrorEstimate {
        convergence: 2.0 * scale * norm.unconverged,
        rounding: 2.0 * scale * norm.rounding,
        truncation: 2.0 * ((a.missing * b.trace).sqrt() + (b.missing * a.trace).sqrt()),
        covariance: covariance_error * (a.trace + b.trace),
        steps: norm.steps,
    };
    if estimate.total() <= settings.accuracy {
        Ok((distance, estimate))
    } else {
        Err(DeviceFidError::NotAccurate {
            distance: Box::new(distance),
            estimate: Box::new(estimate),
            accuracy: settings.accuracy,
        })
    }
}

/// F1' F2 on the device.
fn product(device: &Device, element: Element, a: &Factor, b: &Factor) -> Array {
    let [left, right] = [a, b].map(|factor| array(device, element, factor.shape, &factor.values));
    let transpose_if = |is: bool| if is { Transpose::Yes } else { Transpose::No };
    matmul(
        &left,
        &right,
        transpose_if(a.by_dimension),
        transpose_if(!b.by_dimension),
    )
}

pub(super) fn array(device: &Device, element: Element, shape: [usize; 2], values: &[f64]) -> Array {
    match element {
        Element::F64 => Array::from_f64(shape, values),
        Element::F32 => {
            let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            Array::from_f32(device, shape, &narrow)
        }
    }
}

#[cfg(test)]
mod tests;
