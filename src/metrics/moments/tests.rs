//! Moments of parts against those of the whole.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::metrics::fid::tests::features;
use crate::random::Stream;

/// Largest difference of two covariances and means, in units of the deviations of the dimensions.
fn difference(a: &Statistics, b: &Statistics) -> f64 {
    let d = a.dimension();
    let deviation = |i: usize| a.covariance[i * d + i].sqrt().max(f64::MIN_POSITIVE);
    let means = (0..d).map(|i| (a.mean[i] - b.mean[i]).abs() / deviation(i).max(a.mean[i].abs()));
    let covariances = (0..d * d)
        .map(|at| (a.covariance[at] - b.covariance[at]).abs() / (deviation(at / d) * deviation(at % d)));
    means.chain(covariances).fold(0.0, f64::max)
}

/// Cuts features into parts at random places, and merges their moments in a random order.
fn merged(features: &[f32], d: usize, seed: u64) -> Moments {
    let count = features.len() / d;
    let mut stream = Stream::new(seed, 0, "moments.test", 0);
    let mut cuts: Vec<usize> = (0..7).map(|_| stream.below(count as u64 + 1) as usize).collect();
    cuts.extend([0, count]);
    cuts.sort_unstable();
    let mut parts: Vec<Moments> = cuts
        .windows(2)
        .map(|ends| match ends[1] - ends[0] {
            0 => Moments::empty(d),
            _ => Moments::of(&features[ends[0] * d..ends[1] * d], d).unwrap(),
        })
        .collect();
    while parts.len() > 1 {
        let first = parts.swap_remove(stream.below(parts.len() as u64) as usize);
        let second = parts.swap_remove(stream.below(parts.len() as u64) as usize);
        parts.push(first.merge(&second).unwrap());
    }
    parts.remove(0)
}

#[test]
fn merged_parts_have_the_statistics_of_the_whole_whatever_the_cut_and_the_order() {
    for (n, d, offset) in [(900, 7, 0.0), (2000, 24, 0.0), (300, 3, 1e4), (700, 300, 0.5)] {
        let set: Vec<f32> = features(0, n, d).iter().map(|x| x + offset).collect();
        let whole = Statistics::from_features(&set, d).unwrap();
        for seed in 0..8 {
            let moments = merged(&set, d, seed);
            assert_eq!(moments.count(), n);
            let error = difference(&whole, &moments.clone().into_statistics().unwrap());
            assert!(error < 1e-12, "{n} {d} {offset}: {error:e}");
        }
    }
}

#[test]
fn moments_of_one_part_have_the_bits_of_statistics() {
    let set = features(0, 50, 8);
    let statistics = Moments::of(&set, 8).unwrap().into_statistics().unwrap();
    assert_eq!(statistics, Statistics::from_features(&set, 8).unwrap());
}

#[test]
fn moments_of_chosen_rows_are_those_of_a_set_of_these() {
    let (n, d) = (1300, 20);
    let set = features(0, n, d);
    let rows = Stream::new(0, 0, "rows", 0).permutation(n);
    let gathered: Vec<f32> = rows[..1100]
        .iter()
        .flat_map(|row| &set[row * d..][..d])
        .copied()
        .collect();
    assert_eq!(
        Moments::of_rows(&set, d, &rows[..1100]),
        Moments::of(&gathered, d).unwrap()
    );
}

#[test]
fn wide_products_have_the_values_of_plain_loops_and_the_same_bits_for_any_number_of_threads() {
    // More columns than a panel, and a last panel that is not full.
    let (n, d) = (40, 2 * crate::metrics::products::WIDE + 10);
    let set = features(0, n, d);
    let found = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| Moments::of(&set, d).unwrap())
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
    let mean = found[0].mean();
    let centred = |i: usize, j: usize| f64::from(set[i * d + j]) - mean[j];
    for row in (0..d).step_by(7) {
        for column in (0..d).step_by(11) {
            let expected: f64 = (0..n).map(|i| centred(i, row) * centred(i, column)).sum();
            let value = found[0].second_moment()[row * d + column];
            let scale = found[0].second_moment()[row * d + row].max(1e-3);
            assert!(
                (value - expected).abs() < 1e-11 * scale,
                "{row} {column}: {value} {expected}"
            );
        }
    }
}

#[test]
fn moments_that_were_stored_are_those_that_were_computed() {
    let moments = Moments::of(&features(0, 12, 3), 3).unwrap();
    let (count, mean, second_moment) = moments.clone().into_parts();
    assert_eq!(Moments::from_parts(count, mean, second_moment).unwrap(), moments);
}

#[test]
fn one_sample_has_moments_and_no_statistics() {
    let one = Moments::of(&[1.0, 2.0], 2).unwrap();
    assert_eq!(
        (one.count(), one.mean(), one.second_moment()),
        (1, &[1.0, 2.0][..], &[0.0; 4][..])
    );
    let message = one.clone().into_statistics().unwrap_err().to_string();
    assert_eq!(message, "at least 2 samples are needed, found 1");
    let two = one.merge(&Moments::of(&[3.0, 6.0], 2).unwrap()).unwrap();
    assert_eq!(
        two.clone().into_statistics().unwrap().covariance,
        [2.0, 4.0, 4.0, 8.0]
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let refusal =
        |mean: &[f64], matrix: &[f64]| Moments::from_parts(3, mean.into(), matrix.into()).unwrap_err();
    assert_eq!(
        refusal(&[0.0; 2], &[0.0; 3]).to_string(),
        "a mean of 2 values needs a matrix of as many rows and columns, found 3 values"
    );
    assert_eq!(
        refusal(&[0.0, f64::NAN], &[0.0; 4]).to_string(),
        "the statistics hold NaN, expected finite numbers"
    );
    let error = Moments::empty(2).merge(&Moments::empty(3)).unwrap_err();
    assert_eq!(error, FeaturesError::DimensionsDiffer { first: 2, second: 3 });
    assert_eq!(
        Moments::of(&[], 2).unwrap_err(),
        FeaturesError::TooFewSamples { count: 0, needed: 1 }
    );
}
