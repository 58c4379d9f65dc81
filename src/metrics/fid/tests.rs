//! The Fréchet distance against NumPy goldens, and its laws.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use safetensors::SafeTensors;

use super::*;

const FACTORS: usize = 24;
const SHARED: usize = 18;

/// A number in -128..127: the top byte of SplitMix64's finalizer (Steele, Lea & Flood 2014), as in tests/golden/fid.py.
fn byte(stream: usize, i: usize, j: usize) -> i64 {
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
pub(super) fn features(s: usize, n: usize, d: usize) -> Vec<f32> {
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
fn sets_without_a_distance_are_refused_by_name() {
    let set = features(0, 5, 8);
    let message = |a: &[f32], b: &[f32]| frechet_distance(a, b, 8).unwrap_err().to_string();
    let few = "a covariance needs at least 2 samples, found 1";
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
