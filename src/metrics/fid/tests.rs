//! The Fréchet distance against NumPy goldens, and its laws.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use safetensors::SafeTensors;

use super::*;
use crate::metrics::golden::{inception_like, number};

const FACTORS: usize = 24;
const SHARED: usize = 18;

/// A number in -128..127: the top byte of SplitMix64's finalizer (Steele, Lea & Flood 2014), as in tests/golden/fid.py.
pub(in crate::metrics) fn byte(stream: usize, i: usize, j: usize) -> i64 {
    let mut x = (((stream << 48) | (i << 24) | j) as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    (x >> 56) as i64 - 128
}

/// The features of set `s`, [n, d], by the recipe of tests/golden/fid.py:
///
/// ```text
/// sum      = 12 * byte(40 + s, 0, j) + 160 * byte(50, 0, j) + 96 * byte(20 + s, i, j)
///          + sum over r < 24 of (24 - r) * byte(10 + s, i, r) * byte(r < 18 ? 30 : 31 + s, r, j)
/// feature  = max(0, sum) / 2^16
/// ```
pub(in crate::metrics) fn features(s: usize, n: usize, d: usize) -> Vec<f32> {
    let offsets: Vec<i64> = (0..d)
        .map(|j| 12 * byte(40 + s, 0, j) + 160 * byte(50, 0, j))
        .collect();
    let loading_stream = |r| if r < SHARED { 30 } else { 31 + s };
    let loadings: Vec<Vec<i64>> = (0..FACTORS)
        .map(|r| (0..d).map(|j| byte(loading_stream(r), r, j)).collect())
        .collect();
    let mut features = Vec::with_capacity(n * d);
    for i in 0..n {
        let mut sums: Vec<i64> = offsets
            .iter()
            .enumerate()
            .map(|(j, o)| o + 96 * byte(20 + s, i, j))
            .collect();
        for (r, loading) in loadings.iter().enumerate() {
            let factor = (FACTORS - r) as i64 * byte(10 + s, i, r);
            sums.iter_mut()
                .zip(loading)
                .for_each(|(sum, loading)| *sum += factor * loading);
        }
        features.extend(sums.iter().map(|&sum| sum.max(0) as f32 / 65_536.0));
    }
    features
}

/// What NumPy found for sets of these sizes and dimension.
pub(super) fn golden([n1, n2, d]: [usize; 3], part: &str) -> f64 {
    let file = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/fid.safetensors"
    ))
    .unwrap();
    let golden = SafeTensors::deserialize(&file).unwrap();
    let tensor = golden.tensor(&format!("fid.{n1}.{n2}.{d}.{part}")).unwrap();
    f64::from_le_bytes(tensor.data().try_into().unwrap())
}

/// Compares with NumPy's values; the tolerance is 1e-8 of the traces.
fn agrees_with_the_golden(n1: usize, n2: usize, d: usize, method: RootMethod) {
    let expected = |part: &str| golden([n1, n2, d], part);
    let found = frechet_distance(&features(0, n1, d), &features(1, n2, d), d).unwrap();
    assert_eq!(found.method, method);
    let scale = expected("trace_a") + expected("trace_b");
    for (part, value, tolerance) in [
        ("trace_a", found.trace_a, 1e-12),
        ("trace_b", found.trace_b, 1e-12),
        ("mean_term", found.mean_term, 1e-12),
        ("trace_root", found.trace_root, 1e-10),
        ("value", found.value, 1e-10),
    ] {
        let error = (value - expected(part)).abs() / scale;
        assert!(
            error < tolerance,
            "{part}: {value} and {}, {error:e} of the traces",
            expected(part)
        );
    }
}

#[test]
fn many_samples_of_2048_features_agree_with_numpy() {
    agrees_with_the_golden(3000, 2600, 2048, RootMethod::CovarianceRoot);
}

#[test]
fn few_samples_of_2048_features_agree_with_numpy() {
    agrees_with_the_golden(400, 300, 2048, RootMethod::SamplesProduct);
}

#[test]
fn many_against_few_samples_of_2048_features_agree_with_numpy() {
    agrees_with_the_golden(3000, 300, 2048, RootMethod::SamplesInCovariance);
}

#[test]
fn small_sets_agree_with_numpy() {
    agrees_with_the_golden(50, 60, 8, RootMethod::CovarianceRoot);
    agrees_with_the_golden(5, 7, 16, RootMethod::SamplesProduct);
}

#[test]
#[expect(clippy::print_stdout, reason = "pages tell the differences")]
fn features_as_large_as_inceptions_have_the_distance_that_other_programs_find() {
    for (n1, n2, d) in [(3000, 2600, 2048), (900, 800, 192), (500, 600, 64)] {
        let (a, b) = (inception_like(0, n1, d), inception_like(1, n2, d));
        let found = frechet_distance(&a, &b, d).unwrap().value;
        for (peer, tolerance) in [
            ("torch_fidelity", 1e-10),
            ("pytorch_fid", 1e-10),
            ("torchmetrics", 1e-10),
            ("torch_fidelity.float32", 1e-6),
        ] {
            let expected = number(&format!("fid.{n1}.{n2}.{d}.{peer}"));
            let error = (found - expected).abs() / expected;
            println!("fid {d} {peer}: {error:.1e}");
            assert!(error < tolerance, "{d} {peer}: {found} {expected}, {error:e}");
        }
    }
}

#[test]
fn a_set_is_at_no_distance_from_itself() {
    for (n, d) in [(60, 8), (7, 16)] {
        let set = features(0, n, d);
        let distance = frechet_distance(&set, &set, d).unwrap();
        assert!(distance.value.abs() < 1e-12 * distance.trace_a, "{distance:?}");
    }
}

#[test]
fn the_order_of_the_sets_does_not_matter() {
    for (n1, n2, d) in [(50, 60, 8), (50, 7, 16), (5, 7, 16)] {
        let (a, b) = (features(0, n1, d), features(1, n2, d));
        let (ab, ba) = (
            frechet_distance(&a, &b, d).unwrap(),
            frechet_distance(&b, &a, d).unwrap(),
        );
        assert_eq!(ab.method, ba.method);
        assert!(
            (ab.value - ba.value).abs() < 1e-11 * (ab.trace_a + ab.trace_b),
            "{ab:?} {ba:?}"
        );
    }
}

#[test]
fn a_shift_of_one_set_adds_the_square_of_its_length() {
    let a = features(0, 50, 8);
    let b: Vec<f32> = a.chunks(8).flat_map(|row| row.iter().map(|x| x + 2.0)).collect();
    let distance = frechet_distance(&a, &b, 8).unwrap();
    assert!((distance.value - 32.0).abs() < 1e-9, "{distance:?}");
}

#[test]
fn features_that_never_fire_do_not_change_the_distance() {
    let pad = |set: &[f32]| -> Vec<f32> {
        set.chunks(8)
            .flat_map(|row| row.iter().copied().chain([0.0; 12]))
            .collect()
    };
    let (a, b) = (features(0, 50, 8), features(1, 60, 8));
    let plain = frechet_distance(&a, &b, 8).unwrap();
    let padded = frechet_distance(&pad(&a), &pad(&b), 20).unwrap();
    assert!(
        (plain.value - padded.value).abs() < 1e-9 * plain.trace_a,
        "{plain:?} {padded:?}"
    );
}

#[test]
fn the_thread_count_does_not_change_a_bit() {
    let (a, b) = (features(0, 300, 96), features(1, 200, 96));
    let distance = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| frechet_distance(&a, &b, 96).unwrap())
            .value
            .to_bits()
    };
    assert_eq!(distance(1), distance(3));
}

#[test]
fn the_thread_count_does_not_change_a_bit_of_a_distance_in_many_dimensions() {
    let d = 300;
    let statistics = |s, n| Statistics::from_features(&features(s, n, d), d).unwrap();
    let distance = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            frechet_distance_of_statistics(&statistics(0, 400), &statistics(1, 350))
                .unwrap()
                .value
                .to_bits()
        })
    };
    assert_eq!(distance(1), distance(2));
    assert_eq!(distance(1), distance(3));
}

/// Diagonal statistics with these means and variances.
fn diagonal(mean: f64, variances: &[f64]) -> Statistics {
    let d = variances.len();
    let mut covariance = vec![0.0; d * d];
    covariance
        .iter_mut()
        .step_by(d + 1)
        .zip(variances)
        .for_each(|(x, v)| *x = *v);
    Statistics::from_parts(1000, vec![mean; d], covariance, f64::EPSILON).unwrap()
}

#[test]
fn covariances_of_low_rank_that_were_kept_in_f32_have_the_distance_of_what_they_were_before() {
    let (d, rank) = (60, 20);
    let loadings = features(1, rank, d);
    let low_rank: Vec<f32> = features(0, 400, rank)
        .chunks_exact(rank)
        .flat_map(|row| {
            let of = |at: usize| (0..rank).map(|r| row[r] * loadings[r * d + at] / 4096.0).sum();
            (0..d).map(of).collect::<Vec<f32>>()
        })
        .collect();
    let exact = Statistics::from_features(&low_rank, d).unwrap();
    let kept = exact
        .covariance
        .iter()
        .map(|value| f64::from(*value as f32))
        .collect();
    let kept = Statistics::from_parts(400, exact.mean.clone(), kept, f64::from(f32::EPSILON)).unwrap();
    let other = Statistics::from_features(&features(1, 300, d), d).unwrap();
    let [expected, found] = [&exact, &kept].map(|one| frechet_distance_of_statistics(one, &other).unwrap());
    let error = (found.value - expected.value).abs() / expected.value;
    assert!(error < 1e-6 && !found.clipped, "{error:e} {found:?}");
}

#[test]
fn diagonal_covariances_have_the_distance_worked_out_by_hand_in_few_and_many_dimensions() {
    // Each dimension adds (m1 - m2)^2 + (s1 - s2)^2, with s the deviations (Dowson & Landau 1982).
    for d in [1, 8, 256, 257, 600] {
        let deviations = |step: f64| -> Vec<f64> { (0..d).map(|i| 0.5 + step * (i % 17) as f64).collect() };
        let (s1, s2) = (deviations(0.25), deviations(0.125));
        let squares = |s: &[f64]| -> Vec<f64> { s.iter().map(|s| s * s).collect() };
        let (a, b) = (diagonal(1.0, &squares(&s1)), diagonal(1.5, &squares(&s2)));
        let expected: f64 = s1.iter().zip(&s2).map(|(a, b)| 0.25 + (a - b).powi(2)).sum();
        let found = frechet_distance_of_statistics(&a, &b).unwrap();
        assert!(
            (found.value - expected).abs() < 1e-11 * found.trace_a,
            "{d}: {found:?} {expected}"
        );
        assert!(!found.clipped);
    }
}

#[test]
fn in_many_dimensions_both_orders_and_both_methods_agree() {
    let d = 280;
    let (a, b) = (features(0, 600, d), features(1, 500, d));
    let ab = frechet_distance(&a, &b, d).unwrap();
    let ba = frechet_distance(&b, &a, d).unwrap();
    let (first, second) = (Samples::new(&a, d).unwrap(), Samples::new(&b, d).unwrap());
    let by_samples = samples_product(&first, &second).unwrap();
    let scale = ab.trace_a + ab.trace_b;
    assert!((ab.value - ba.value).abs() < 1e-11 * scale, "{ab:?} {ba:?}");
    assert!(
        (ab.trace_root - by_samples).abs() < 1e-11 * scale,
        "{ab:?} {by_samples}"
    );
}

#[test]
fn statistics_of_few_samples_in_many_dimensions_have_the_distance_of_the_samples() {
    // Both covariances have a rank far below their dimension, so most eigenvalues of the product should be 0.
    let d = 400;
    for (n1, n2) in [(30, 50), (50, 30), (500, 40), (40, 500)] {
        let (a, b) = (features(0, n1, d), features(1, n2, d));
        let by_samples = frechet_distance(&a, &b, d).unwrap();
        let statistics = [&a, &b].map(|set| Statistics::from_features(set, d).unwrap());
        let found = frechet_distance_of_statistics(&statistics[0], &statistics[1]).unwrap();
        let error = (found.value - by_samples.value).abs() / (found.trace_a + found.trace_b);
        assert!(error < 1e-9 && !found.clipped, "{n1} {n2}: {error:e} {found:?}");
    }
}

#[test]
fn a_set_of_one_image_over_and_over_is_at_the_distance_of_its_mean_and_the_others_trace() {
    for d in [8, 300] {
        let a = features(0, 400, d);
        let collapsed = a[..d].repeat(400);
        let found = frechet_distance(&a, &collapsed, d).unwrap();
        assert!(
            found.trace_b < 1e-12 * found.trace_a && found.trace_root < 1e-6 * found.trace_a,
            "{found:?}"
        );
        assert!(
            (found.value - found.mean_term - found.trace_a).abs() < 1e-6 * found.trace_a,
            "{found:?}"
        );
        let nothing = frechet_distance(&collapsed, &collapsed, d).unwrap();
        assert!(nothing.value.abs() < 1e-12 && !nothing.clipped, "{nothing:?}");
        let zeros = vec![0.0; 400 * d];
        assert_eq!(frechet_distance(&zeros, &zeros, d).unwrap().value, 0.0);
    }
}

#[test]
fn a_set_of_many_dimensions_is_at_no_distance_from_itself() {
    for n in [320, 40] {
        let statistics = Statistics::from_features(&features(0, n, 300), 300).unwrap();
        let found = frechet_distance_of_statistics(&statistics, &statistics).unwrap();
        assert!(
            found.value.abs() < 1e-9 * found.trace_a && !found.clipped,
            "{found:?}"
        );
    }
}

#[test]
fn matrices_that_are_no_covariances_are_told() {
    for d in [4, 300] {
        let variances = vec![1.0; d];
        let good = diagonal(0.0, &variances);
        let mut negative = variances.clone();
        negative[1] = -0.5;
        // A correlation above 1 has a negative eigenvalue without a negative variance.
        let mut correlated = good.clone();
        correlated.covariance[1] = 1.5;
        correlated.covariance[d] = 1.5;
        for bad in [diagonal(0.0, &negative), correlated] {
            for (a, b) in [(&good, &bad), (&bad, &good)] {
                let found = frechet_distance_of_statistics(a, b).unwrap();
                assert!(found.clipped && found.value.is_finite(), "{d}: {found:?}");
            }
        }
        // What is left of a matrix without variances is off its diagonal.
        let mut hollow = diagonal(0.0, &vec![0.0; d]);
        hollow.covariance[1] = 1.0;
        hollow.covariance[d] = 1.0;
        let found = frechet_distance_of_statistics(&good, &hollow).unwrap();
        assert!(
            found.clipped && (found.trace_root - 1.0).abs() < 1e-9,
            "{d}: {found:?}"
        );
        assert!(!frechet_distance_of_statistics(&good, &good).unwrap().clipped);
    }
}

#[test]
fn statistics_that_are_not_finite_are_refused() {
    let (good, mut bad) = (diagonal(0.0, &[1.0, 2.0]), diagonal(0.0, &[1.0, 2.0]));
    bad.covariance[3] = f64::NAN;
    let message = frechet_distance_of_statistics(&good, &bad)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "in the second set of features: the statistics hold NaN, expected finite numbers"
    );
}

#[test]
fn sets_without_a_distance_are_refused_by_name() {
    let set = features(0, 5, 8);
    let message = |a: &[f32], b: &[f32]| frechet_distance(a, b, 8).unwrap_err().to_string();
    let few = "at least 2 samples are needed, found 1";
    assert_eq!(
        message(&set[..8], &set),
        format!("in the first set of features: {few}")
    );
    assert_eq!(
        message(&set, &set[..8]),
        format!("in the second set of features: {few}")
    );
    assert!(message(&set, &set[..9]).contains("9 values do not fill whole rows of 8 features"));

    let (a, b) = (
        Statistics::from_features(&set, 8).unwrap(),
        Statistics::from_features(&set, 4).unwrap(),
    );
    let error = frechet_distance_of_statistics(&a, &b).unwrap_err();
    assert_eq!(error, FidError::DimensionsDiffer { first: 8, second: 4 });
}
