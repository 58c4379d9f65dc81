//! The distance on devices against f64: covariances of known factors, NumPy's goldens, and the default method.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use faer::Mat;

use super::super::tests::{features, golden};
use super::super::{frechet_distance, product as product_f64};
use super::*;
use crate::metrics::spectrum::singular_values;
use crate::metrics::statistics::mirrored;

/// Largest error, as a part of the traces' sum, that a distance in f32 may have.
const TOLERANCE: f64 = 1e-6;

/// Spectra of covariances of 256 dimensions: condition numbers, and ranks.
const SPECTRA: [(f64, usize); 6] = [
    (1e1, 256),
    (1e4, 256),
    (1e6, 256),
    (1e8, 256),
    (1e2, 100),
    (1e8, 3),
];

/// A covariance and its factor `Q diag(roots)`: eigenvalues from 1 down to 1 / condition in equal ratios, `rank` of them.
fn covariance(d: usize, condition: f64, rank: usize, seed: usize) -> (Statistics, Mat<f64>) {
    let ratio = condition.powf(-0.5 / (rank.max(2) - 1) as f64);
    let mut factor = Mat::from_fn(d, rank, |i, j| if i == j { ratio.powi(j as i32) } else { 0.0 });
    // The sets' first reflection is the same, so that their axes are neither equal nor unrelated.
    for stream in [0, 2 * seed + 1, 2 * seed + 2] {
        let direction = features(0, stream + 1, d).split_off(stream * d);
        let length: f64 = direction.iter().map(|x| f64::from(*x).powi(2)).sum();
        for column in factor.col_iter_mut() {
            let pairs = direction.iter().zip(column.as_ref().iter());
            let dot: f64 = pairs.map(|(a, b)| f64::from(*a) * b).sum();
            let reflected = column.iter_mut().zip(&direction);
            reflected.for_each(|(x, a)| *x -= 2.0 * dot / length * f64::from(*a));
        }
    }
    let square = product_f64(factor.as_ref(), factor.transpose());
    let statistics = Statistics {
        count: d + 1,
        mean: vec![0.0; d],
        covariance: mirrored(d, |row, column| square[(row, column)]),
        rounding: f64::EPSILON,
    };
    (statistics, factor)
}

/// Computes distances of covariances whose product is not what the reference forms; returns the largest error.
fn agrees_on_every_spectrum(device: &Device, element: Element, tolerance: f64) {
    for (condition, rank) in SPECTRA {
        let [(a, factor_a), (b, factor_b)] =
            [(rank, 1), (256.min(rank + 20), 2)].map(|(rank, seed)| covariance(256, condition, rank, seed));
        let inner = product_f64(factor_a.transpose(), factor_b.as_ref());
        let root: f64 = singular_values(inner.as_ref()).unwrap().iter().sum();
        let traces = a.trace() + b.trace();
        let settings = DeviceSettings {
            element,
            ..DeviceSettings::with_accuracy(tolerance * traces)
        };
        let (found, estimate) = frechet_distance_of_statistics_on(device, &a, &b, &settings).unwrap();
        let error = (found.value - (traces - 2.0 * root)).abs();
        let case = format!(
            "condition {condition:e}, rank {rank}: off by {:e} of the traces, {estimate:?}",
            error / traces
        );
        assert!(error <= tolerance * traces, "{case}");
        assert!(error <= estimate.total(), "{case}");
    }
}

#[test]
fn covariances_of_any_condition_and_rank_agree_in_f32_on_the_cpu() {
    agrees_on_every_spectrum(&Device::Cpu, Element::F32, TOLERANCE);
}

#[test]
fn covariances_of_any_condition_and_rank_agree_in_f64_on_the_cpu() {
    agrees_on_every_spectrum(&Device::Cpu, Element::F64, 1e-7);
}

#[cfg(feature = "vulkan")]
#[test]
fn covariances_of_any_condition_and_rank_agree_on_vulkan() {
    agrees_on_every_spectrum(&Device::open("vulkan:software").unwrap(), Element::F32, TOLERANCE);
}

/// Compares features' distance with NumPy's; the mean and the traces come from the host.
fn agrees_with_the_golden([n1, n2, d]: [usize; 3], covariance: CovarianceBy) {
    let expected = golden([n1, n2, d], "value");
    let traces = golden([n1, n2, d], "trace_a") + golden([n1, n2, d], "trace_b");
    let settings = DeviceSettings {
        covariance,
        ..DeviceSettings::with_accuracy(1e-5 * traces)
    };
    let (a, b) = (features(0, n1, d), features(1, n2, d));
    let (found, estimate) = frechet_distance_on(&Device::Cpu, &a, &b, d, &settings).unwrap();
    assert_eq!(found.method, RootMethod::NuclearNorm);
    let error = (found.value - expected).abs();
    let case = format!(
        "{n1}, {n2}, {d}: off by {:e} of the traces, {estimate:?}",
        error / traces
    );
    assert!(error <= TOLERANCE * traces && error <= estimate.total(), "{case}");
}

#[test]
fn few_samples_of_2048_features_agree_with_numpy() {
    agrees_with_the_golden([400, 300, 2048], CovarianceBy::Host);
}

#[test]
fn many_against_few_samples_of_2048_features_agree_with_numpy() {
    agrees_with_the_golden([3000, 300, 2048], CovarianceBy::Device);
}

#[test]
fn small_sets_agree_with_numpy() {
    for covariance in [CovarianceBy::Host, CovarianceBy::Device] {
        agrees_with_the_golden([50, 60, 8], covariance);
        agrees_with_the_golden([5, 7, 16], covariance);
    }
}

#[test]
fn a_distance_in_f64_is_the_default_one() {
    for (n1, n2, d) in [(50, 60, 8), (300, 200, 96), (50, 7, 16)] {
        let (a, b) = (features(0, n1, d), features(1, n2, d));
        let expected = frechet_distance(&a, &b, d).unwrap();
        let traces = expected.trace_a + expected.trace_b;
        let settings = DeviceSettings {
            accuracy: 1e-6 * traces,
            element: Element::F64,
            covariance: CovarianceBy::Device,
        };
        let (found, estimate) = frechet_distance_on(&Device::Cpu, &a, &b, d, &settings).unwrap();
        assert!(
            (found.value - expected.value).abs() < 1e-9 * traces,
            "{found:?} {estimate:?} {expected:?}"
        );
    }
}

#[test]
fn features_that_never_fire_leave_a_distance() {
    let nothing = vec![0.0; 5 * 8];
    let set = features(0, 50, 8);
    let settings = DeviceSettings::with_accuracy(1e-3);
    let (found, estimate) = frechet_distance_on(&Device::Cpu, &nothing, &set, 8, &settings).unwrap();
    assert_eq!(
        (found.trace_a, found.trace_root, estimate.total()),
        (0.0, 0.0, 0.0)
    );
    let expected = frechet_distance(&nothing, &set, 8).unwrap();
    assert!((found.value - expected.value).abs() < 1e-12 * expected.value);
}

#[test]
fn the_thread_count_does_not_change_a_bit() {
    let (a, b) = (features(0, 300, 96), features(1, 200, 96));
    let settings = DeviceSettings {
        covariance: CovarianceBy::Device,
        ..DeviceSettings::with_accuracy(1.0)
    };
    let distance = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let (found, estimate) = pool
            .install(|| frechet_distance_on(&Device::Cpu, &a, &b, 96, &settings))
            .unwrap();
        (found.value.to_bits(), estimate.total().to_bits())
    };
    assert_eq!(distance(1), distance(3));
}

#[test]
fn an_accuracy_that_is_not_reached_is_said_with_the_distance() {
    let (a, b) = (features(0, 300, 96), features(1, 200, 96));
    let settings = DeviceSettings::with_accuracy(1e-12);
    let error = frechet_distance_on(&Device::Cpu, &a, &b, 96, &settings).unwrap_err();
    let message = error.to_string();
    let DeviceFidError::NotAccurate {
        distance,
        estimate,
        accuracy,
    } = error
    else {
        panic!("{error:?}");
    };
    let expected = frechet_distance(&a, &b, 96).unwrap().value;
    assert!((distance.value - expected).abs() <= estimate.total() && estimate.total() > accuracy);
    assert!(message.contains("more than the 1.0e-12 asked for"), "{message}");
}

#[test]
fn sets_without_a_distance_are_refused_by_name() {
    let set = features(0, 5, 8);
    let settings = DeviceSettings::with_accuracy(1.0);
    let error = frechet_distance_on(&Device::Cpu, &set, &set[..8], 8, &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "in the second set of features: at least 2 samples are needed, found 1"
    );
    let (a, b) = (covariance(8, 10.0, 8, 1).0, covariance(4, 10.0, 4, 1).0);
    let error = frechet_distance_of_statistics_on(&Device::Cpu, &a, &b, &settings).unwrap_err();
    assert!(
        error.to_string().contains("must come from one extractor"),
        "{error}"
    );
    let mut negative = a.clone();
    negative.covariance[0] = -1.0;
    let error = frechet_distance_of_statistics_on(&Device::Cpu, &a, &negative, &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the second set's covariance has a variance that is negative or not finite"
    );
}

#[cfg(feature = "vulkan")]
#[test]
fn f64_is_refused_where_the_device_has_none() {
    let device = Device::open("vulkan:software").unwrap();
    let set = features(0, 50, 8);
    let settings = DeviceSettings {
        element: Element::F64,
        ..DeviceSettings::with_accuracy(1.0)
    };
    let error = frechet_distance_on(&device, &set, &set, 8, &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "64-bit arrays are on the device cpu only, not on vulkan:software"
    );
}

#[cfg(feature = "vulkan")]
#[test]
fn features_agree_with_the_default_distance_on_vulkan() {
    let device = Device::open("vulkan:software").unwrap();
    for (n1, n2, d) in [(150, 140, 64), (30, 40, 64), (150, 40, 64)] {
        let (a, b) = (features(0, n1, d), features(1, n2, d));
        let expected = frechet_distance(&a, &b, d).unwrap();
        let traces = expected.trace_a + expected.trace_b;
        let settings = DeviceSettings {
            covariance: CovarianceBy::Device,
            ..DeviceSettings::with_accuracy(1e-5 * traces)
        };
        let (found, estimate) = frechet_distance_on(&device, &a, &b, d, &settings).unwrap();
        let error = (found.value - expected.value).abs();
        assert!(
            error <= TOLERANCE * traces && error <= estimate.total(),
            "{found:?} {estimate:?} {expected:?}"
        );
    }
}
