//! The line against one worked out by hand, and the distance against that of known distributions.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::metrics::fid::tests::features;
use crate::metrics::frechet_distance;
use crate::metrics::golden::numbers;

/// `n` samples of N(mean, 1) in each of `d` dimensions.
fn normal(n: usize, d: usize, mean: f32, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; n * d];
    Stream::new(seed, 0, "fid-infinity.test", 0).fill_normal(&mut values);
    values.iter_mut().for_each(|value| *value += mean);
    values
}

fn settings(points: usize, smallest: usize, seed: u64) -> FidInfinitySettings {
    FidInfinitySettings {
        points,
        smallest,
        seed,
    }
}

#[test]
fn a_line_and_its_error_are_those_worked_out_by_hand() {
    // y = 1 + 2 x with residuals 1, -2, 1 at x = 0, 1, 2: the slope stays, and the variance of the residuals is 6 / 1.
    let line = Line::fitted(&[0.0, 1.0, 2.0], &[2.0, 1.0, 6.0]);
    assert!((line.intercept - 1.0).abs() < 1e-14, "{line:?}");
    // 6 (1 / 3 + 1 / 2) = 5, and 1 - 6 / (1 + 4 + 9).
    assert!((line.standard_error - 5f64.sqrt()).abs() < 1e-14, "{line:?}");
    assert!((line.r_squared - 4.0 / 7.0).abs() < 1e-14, "{line:?}");
    let level = Line::fitted(&[0.0, 1.0, 2.0], &[3.0; 3]);
    assert_eq!(
        (level.intercept, level.standard_error, level.r_squared),
        (3.0, 0.0, 1.0)
    );
}

#[test]
fn a_line_through_distances_is_that_of_scipy() {
    let line = Line::fitted(&numbers("line.x"), &numbers("line.y"));
    let found = [line.intercept, line.standard_error, line.r_squared];
    for (found, expected) in found.iter().zip(numbers("line.fitted")) {
        assert!((found - expected).abs() < 1e-11 * expected, "{found} {expected}");
    }
}

#[test]
fn the_distance_of_known_distributions_is_found_where_that_of_few_samples_is_too_large() {
    // Both sets have covariance 1 and the means are 0.1 apart in 20 dimensions: the distance is 0.2.
    let d = 20;
    let reference = normal(40_000, d, 0.0, 1);
    let samples = normal(1_000, d, 0.1, 2);
    let found = fid_infinity(&reference, &samples, d, &settings(15, 250, 0)).unwrap();
    let finite = frechet_distance(&reference, &samples, d).unwrap().value;
    assert!((finite - 0.2).abs() > 0.1, "{finite}");
    assert!((found.value - 0.2).abs() < 0.06, "{found:?}");
    assert!(found.r_squared > 0.9 && found.standard_error < 0.03, "{found:?}");
    assert_eq!((found.points, found.smallest), (15, 250));
}

#[test]
fn the_line_goes_through_distances_of_the_subsets_that_the_seed_draws() {
    let (d, n) = (6, 60);
    let (reference, samples) = (features(0, 50, d), features(1, n, d));
    let settings = settings(4, 30, 9);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (point, size) in [30, 40, 50, 60].into_iter().enumerate() {
        let order = Stream::new(9, 0, "fid-infinity.subset", point as u64).permutation(n);
        let subset: Vec<f32> = order[..size]
            .iter()
            .flat_map(|row| &samples[row * d..][..d])
            .copied()
            .collect();
        x.push(1.0 / size as f64);
        y.push(frechet_distance(&reference, &subset, d).unwrap().value);
    }
    let expected = Line::fitted(&x, &y);
    let found = fid_infinity(&reference, &samples, d, &settings).unwrap();
    let scale = y[0].abs();
    assert!(
        (found.value - expected.intercept).abs() < 1e-10 * scale,
        "{found:?} {expected:?}"
    );
    assert!((found.standard_error - expected.standard_error).abs() < 1e-10 * scale);
    assert!((found.r_squared - expected.r_squared).abs() < 1e-9);
}

#[test]
fn the_seed_alone_decides_and_threads_change_no_bit() {
    let (d, n) = (12, 200);
    let (reference, samples) = (features(0, 80, d), features(1, n, d));
    let found = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| fid_infinity(&reference, &samples, d, &settings(15, 5000, seed)).unwrap())
    };
    assert_eq!(found(1, 0), found(2, 0));
    assert_eq!(found(1, 0), found(3, 0));
    assert_ne!(found(1, 0).value, found(1, 1).value);
}

#[test]
fn the_smallest_subset_is_half_of_the_samples_where_these_are_few() {
    let (reference, samples) = (features(0, 80, 4), features(1, 101, 4));
    let smallest = |smallest| {
        fid_infinity(&reference, &samples, 4, &settings(5, smallest, 0))
            .unwrap()
            .smallest
    };
    assert_eq!((smallest(5000), smallest(20), smallest(0)), (50, 20, 5));
}

#[test]
fn a_reference_with_fewer_samples_than_dimensions_has_a_line_too() {
    let d = 16;
    let found = fid_infinity(&features(0, 9, d), &features(1, 100, d), d, &settings(5, 50, 0)).unwrap();
    assert!(found.value.is_finite() && found.r_squared > 0.0, "{found:?}");
}

#[test]
fn samples_that_are_all_equal_have_the_distance_of_their_mean_and_the_references_trace() {
    let d = 4;
    let reference = features(0, 50, d);
    let samples = reference[..d].repeat(40);
    let found = fid_infinity(&reference, &samples, d, &settings(5, 20, 0)).unwrap();
    let expected = frechet_distance(&reference, &samples, d).unwrap().value;
    assert!(
        (found.value - expected).abs() < 1e-7 * expected,
        "{found:?} {expected}"
    );
}

#[test]
fn too_few_samples_are_refused_with_the_number_needed() {
    let refusal = |n: usize, points| {
        let (reference, samples) = (features(0, 50, 20), features(1, n, 20));
        fid_infinity(&reference, &samples, 20, &settings(points, 5000, 0)).unwrap_err()
    };
    assert!(
        refusal(41, 15).to_string().contains("at least 42 are needed"),
        "{}",
        refusal(41, 15)
    );
    assert!(refusal(50, 30).to_string().contains("at least 60 are needed"));
    assert_eq!(refusal(50, 2), FidInfinityError::TooFewPoints { points: 2 });
    let mut broken = features(1, 50, 20);
    broken[21] = f32::INFINITY;
    let message = fid_infinity(&features(0, 50, 20), &broken, 20, &settings(5, 50, 0))
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "in the second set of features: feature 1 of sample 1 is inf, expected a finite number"
    );
}
