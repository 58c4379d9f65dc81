//! Covariances from products on a device, more exact than the device's element type.
//!
//! Sums of squares in f32 lose more than one expects: rectified features are often 0, so many terms are equal, and so
//! are the errors of adding them. Therefore centred features are cut in two. In units of a 127th of the largest value of
//! their dimension, `x = h + l` with `h` whole, at most 127, and `l` at most a half; then
//!
//! ```text
//! X' X = H' H + (P + P') / 2,   P = L' (2 H + L)
//! ```
//!
//! For 1024 samples `H' H` has sums below 2^24, which are exact in f32 in any order. Only `P` is rounded, which is smaller
//! by the ratio of `l` to `x`. Blocks are added in f64 on the host.

use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::{Array, Device, Element, ReadError};

use super::Samples;
use super::device::array;
use crate::metrics::statistics::{Statistics, centre, mirrored};

/// Samples whose products are formed at a time; `LEVELS` squared times this is below 2^24.
const BLOCK_ROWS: usize = 1024;

/// Largest whole part of a centred feature.
const LEVELS: f64 = 127.0;

/// The statistics of samples with products formed on the device.
pub(super) fn statistics_on(
    device: &Device,
    samples: &Samples<'_>,
    element: Element,
) -> Result<Statistics, ReadError> {
    let d = samples.mean.len();
    let units = units(samples);
    let (mut whole, mut rest) = (vec![0.0; d * d], vec![0.0; d * d]);
    for block in samples.features.chunks(BLOCK_ROWS * d) {
        let [h, l, sum] = parts(block, &samples.mean, &units)
            .map(|part| array(device, element, [block.len() / d, d], &part));
        add(&mut whole, &matmul(&h, &h, Transpose::Yes, Transpose::No))?;
        add(&mut rest, &matmul(&l, &sum, Transpose::Yes, Transpose::No))?;
    }
    let divisor = (samples.count - 1) as f64;
    let covariance = mirrored(d, |row, column| {
        let (at, mirror) = (row * d + column, column * d + row);
        let product = whole[at] + 0.5 * (rest[at] + rest[mirror]);
        product * units[row] * units[column] / divisor
    });
    Ok(Statistics {
        count: samples.count,
        mean: samples.mean.clone(),
        covariance,
        rounding: f64::EPSILON,
    })
}

/// A 127th of the largest centred value of each dimension; 1 where all are 0.
fn units(samples: &Samples<'_>) -> Vec<f64> {
    let mut largest = vec![0.0f64; samples.mean.len()];
    for row in samples.features.chunks_exact(samples.mean.len()) {
        for ((largest, value), mean) in largest.iter_mut().zip(row).zip(&samples.mean) {
            *largest = largest.max((f64::from(*value) - mean).abs());
        }
    }
    let unit = |largest: f64| if largest > 0.0 { largest / LEVELS } else { 1.0 };
    largest.into_iter().map(unit).collect()
}

/// `h`, `l` and `2 h + l` of centred features.
fn parts(features: &[f32], mean: &[f64], units: &[f64]) -> [Vec<f64>; 3] {
    let centred = centre(features, mean, 1.0);
    let scaled = centred.iter().zip(units.iter().cycle()).map(|(x, unit)| x / unit);
    let split: Vec<(f64, f64)> = scaled.map(|x| (x.round(), x - x.round())).collect();
    [
        split.iter().map(|(h, _)| *h).collect(),
        split.iter().map(|(_, l)| *l).collect(),
        split.iter().map(|(h, l)| 2.0 * h + l).collect(),
    ]
}

fn add(sums: &mut [f64], products: &Array) -> Result<(), ReadError> {
    let products = products.to_f64()?;
    sums.iter_mut()
        .zip(products)
        .for_each(|(sum, product)| *sum += product);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::super::tests::features;
    use super::*;

    /// Largest difference from the host's covariance, as a part of the geometric mean of both variances.
    fn largest_error(device: &Device, element: Element, set: &[f32], d: usize) -> f64 {
        let samples = Samples::new(set, d).unwrap();
        let host = samples.statistics();
        let found = statistics_on(device, &samples, element).unwrap();
        let variance = |i: usize| host.covariance[i * (d + 1)];
        let errors = found.covariance.iter().zip(&host.covariance).enumerate();
        errors
            .filter(|(_, (found, expected))| found != expected)
            .map(|(at, (found, expected))| {
                (found - expected).abs() / (variance(at / d) * variance(at % d)).sqrt()
            })
            .fold(0.0, f64::max)
    }

    /// What rounding `P` may cost: its sums have 1024 terms, but are at most a fortieth of `X' X` here.
    const TOLERANCE: f64 = 4.0 / (1 << 24) as f64;

    fn agrees_in_f32(device: &Device, set: &[f32], d: usize) {
        let error = largest_error(device, Element::F32, set, d);
        assert!(error < TOLERANCE, "{error:e} on {device:?}");
    }

    #[test]
    fn covariances_in_f32_are_exact_to_a_few_roundings() {
        // Three blocks; two dimensions of the second set are constant, and one is 0 but for a single sample.
        let (n, d) = (2 * BLOCK_ROWS + 3, 24);
        let set = features(0, n, d);
        agrees_in_f32(&Device::Cpu, &set, d);
        let mut rare = set.clone();
        for (i, row) in rare.chunks_exact_mut(d).enumerate() {
            row[..3].copy_from_slice(&[0.0, 3.25, if i == 5 { 7.0 } else { 0.0 }]);
        }
        agrees_in_f32(&Device::Cpu, &rare, d);
    }

    #[test]
    fn covariances_in_f64_are_the_hosts() {
        let error = largest_error(&Device::Cpu, Element::F64, &features(0, 100, 24), 24);
        assert!(error < 1e-13, "{error:e}");
    }

    #[cfg(feature = "vulkan")]
    #[test]
    fn covariances_on_vulkan_are_exact_to_a_few_roundings() {
        let device = Device::open("vulkan:software").unwrap();
        agrees_in_f32(&device, &features(0, BLOCK_ROWS + 3, 24), 24);
    }
}
