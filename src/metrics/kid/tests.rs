//! Kernel distances against plain loops and other programs' goldens, and their laws.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::subsets::over_subsets;
use super::*;
use crate::metrics::fid::tests::features;
use crate::metrics::golden::{inception_like, number, rows};

/// The definition, pair by pair.
fn by_pairs(x: &[f32], y: &[f32], d: usize) -> f64 {
    let kernel = |a: &[f32], b: &[f32]| {
        let dot: f64 = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        (dot / d as f64 + 1.0).powi(3)
    };
    let mean = |a: &[f32], b: &[f32], one_set: bool| {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (i, first) in a.chunks_exact(d).enumerate() {
            for (j, second) in b.chunks_exact(d).enumerate() {
                if !(one_set && i == j) {
                    sum += kernel(first, second);
                    pairs += 1.0;
                }
            }
        }
        sum / pairs
    };
    mean(x, x, true) + mean(y, y, true) - 2.0 * mean(x, y, false)
}

#[test]
fn all_pairs_agree_with_the_definition() {
    // Fewer rows than a tile, as many, and more, of unequal number.
    for (m, n, d) in [(3, 4, 5), (512, 40, 16), (700, 1100, 8)] {
        let (x, y) = (features(0, m, d), features(1, n, d));
        let (found, expected) = (kid(&x, &y, d).unwrap().value, by_pairs(&x, &y, d));
        let error = (found - expected).abs() / mean_kernel(&x, &y, d);
        assert!(error < 1e-13, "{found} {expected} {error:e}");
    }
}

/// The mean kernel between two sets, which what the distance is a difference of is as large as.
fn mean_kernel(x: &[f32], y: &[f32], d: usize) -> f64 {
    let sums = between(&Rows::all(x, d), &Rows::all(y, d)).0;
    sums.iter().sum::<f64>() / (x.len() / d * y.len() / d) as f64
}

#[test]
#[expect(clippy::print_stdout, reason = "pages tell the differences")]
fn subsets_that_other_programs_drew_have_the_distances_that_they_find() {
    let (n, d, subsets, size) = (700, 2048, 8, 250);
    let (x, y) = (inception_like(0, n, d), inception_like(1, n, d));
    let drawn = rows("kid.rows");
    let rows = |subset: usize| [0, 1].map(|set| drawn[(2 * subset + set) * size..][..size].to_vec());
    let found = over_subsets(&x, &y, d, subsets, rows);
    for peer in ["torch_fidelity", "torchmetrics"] {
        for (part, value) in [
            ("mean", found.mean),
            ("standard_deviation", found.standard_deviation),
        ] {
            let error = (value - number(&format!("kid.{peer}.{part}"))).abs();
            println!("kid {peer} {part}: {error:.1e}");
            assert!(error < 1e-13, "{peer} {part}: {value} {error:e}");
        }
    }
    let error = (found.mean - number("kid.torch_fidelity.float32")).abs();
    println!("kid torch-fidelity in float32: {error:.1e}");
    assert!(error < 1e-6, "{error:e}");
    let error = (kid(&x, &y, d).unwrap().value - number("kid.torch_fidelity.whole")).abs();
    println!("kid torch-fidelity, one subset of everything: {error:.1e}");
    assert!(error < 1e-13, "{error:e}");
}

#[test]
fn the_error_is_that_of_distances_without_each_sample() {
    let (m, n, d) = (7, 9, 4);
    let (x, y) = (features(0, m, d), features(1, n, d));
    let without = |set: &[f32], i: usize| [&set[..i * d], &set[(i + 1) * d..]].concat();
    let spread = |values: Vec<f64>| {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        (count - 1.0) / count * values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
    };
    let over_x = (0..m).map(|i| by_pairs(&without(&x, i), &y, d)).collect();
    let over_y = (0..n).map(|j| by_pairs(&x, &without(&y, j), d)).collect();
    let expected = (spread(over_x) + spread(over_y)).sqrt();
    let found = kid(&x, &y, d).unwrap().standard_error;
    assert!((found - expected).abs() < 1e-9 * expected, "{found} {expected}");
}

#[test]
fn the_error_is_the_spread_over_sets() {
    let (m, d, sets) = (60, 3, 60);
    let set = |mean: f64, set: u64| -> Vec<f32> {
        let mut stream = crate::random::Stream::new(5, set, "kid.test", mean as u64);
        (0..m * d).map(|_| (mean + stream.normal()) as f32).collect()
    };
    let found: Vec<Kid> = (0..sets)
        .map(|s| kid(&set(0.0, s), &set(1.0, s), d).unwrap())
        .collect();
    let mean = found.iter().map(|kid| kid.value).sum::<f64>() / sets as f64;
    let spread = found.iter().map(|kid| (kid.value - mean).powi(2)).sum::<f64>() / (sets - 1) as f64;
    let estimate = found.iter().map(|kid| kid.standard_error.powi(2)).sum::<f64>() / sets as f64;
    let ratio = (estimate / spread).sqrt();
    assert!((0.75..1.35).contains(&ratio), "{ratio}");
}

#[test]
fn sets_of_one_point_each_have_the_distance_worked_out_by_hand() {
    // Kernels: (4 / 2 + 1)^3 = 27 within x, (16 / 2 + 1)^3 = 729 within y, (8 / 2 + 1)^3 = 125 between.
    let (x, y) = ([2.0, 0.0].repeat(4), [4.0, 0.0].repeat(5));
    let found = kid(&x, &y, 2).unwrap();
    assert_eq!((found.value, found.standard_error), (27.0 + 729.0 - 250.0, 0.0));
}

#[test]
fn a_set_is_at_the_distance_from_itself_that_its_own_pairs_make() {
    // All pairs between are m / (m - 1) of those within, and those of a row with itself.
    let (m, d) = (600, 8);
    let x = features(0, m, d);
    let own: f64 = x
        .chunks_exact(d)
        .map(|row| (row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / d as f64 + 1.0).powi(3))
        .sum();
    let within: f64 = within(&Rows::all(&x, d)).iter().sum();
    let m = m as f64;
    let expected = 2.0 * (within / (m * (m - 1.0)) - (within + own) / (m * m));
    let found = kid(&x, &x, d).unwrap().value;
    assert!((found - expected).abs() < 1e-12 * own / m, "{found} {expected}");
    assert!(found < 0.0);
}

#[test]
fn the_order_of_samples_and_of_sets_does_not_matter() {
    let (m, n, d) = (550, 40, 8);
    let (x, y) = (features(0, m, d), features(1, n, d));
    let reversed: Vec<f32> = x.chunks_exact(d).rev().flatten().copied().collect();
    let found = [kid(&x, &y, d), kid(&y, &x, d), kid(&reversed, &y, d)].map(Result::unwrap);
    let rounding = 1e-13 * mean_kernel(&x, &y, d);
    for other in &found[1..] {
        assert!((found[0].value - other.value).abs() < rounding, "{found:?}");
        assert!(
            (found[0].standard_error - other.standard_error).abs() < rounding,
            "{found:?}"
        );
    }
}

#[test]
fn the_thread_count_does_not_change_a_bit() {
    let (x, y) = (features(0, 1200, 24), features(1, 1100, 24));
    let settings = KidSubsetSettings {
        subsets: 5,
        size: 600,
        seed: 3,
    };
    let found = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let (all, some) = (
                kid(&x, &y, 24).unwrap(),
                kid_subsets(&x, &y, 24, &settings).unwrap(),
            );
            [all.value, all.standard_error, some.mean, some.standard_deviation].map(f64::to_bits)
        })
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

#[test]
fn a_subset_of_everything_is_the_distance_of_all_pairs() {
    let (x, y) = (features(0, 30, 6), features(1, 30, 6));
    let settings = KidSubsetSettings {
        subsets: 3,
        size: 30,
        seed: 0,
    };
    let (all, some) = (
        kid(&x, &y, 6).unwrap(),
        kid_subsets(&x, &y, 6, &settings).unwrap(),
    );
    let rounding = 1e-13 * mean_kernel(&x, &y, 6);
    assert!((all.value - some.mean).abs() < rounding, "{all:?} {some:?}");
    assert!(some.standard_deviation < rounding, "{some:?}");
}

#[test]
fn subsets_depend_on_the_seed_alone_and_spread_around_the_distance() {
    let (x, y) = (features(0, 400, 6), features(1, 300, 6));
    let some = |seed| {
        let settings = KidSubsetSettings {
            subsets: 40,
            size: 60,
            seed,
        };
        kid_subsets(&x, &y, 6, &settings).unwrap()
    };
    assert_eq!(some(0), some(0));
    assert_ne!(some(0), some(1));
    let all = kid(&x, &y, 6).unwrap().value;
    let (found, error) = (some(0), some(0).standard_deviation / 40f64.sqrt());
    assert!((found.mean - all).abs() < 4.0 * error, "{found:?} {all}");
}

#[test]
fn sets_without_a_kernel_distance_are_refused_by_place() {
    let set = features(0, 5, 8);
    let message = |a: &[f32], b: &[f32]| kid(a, b, 8).unwrap_err().to_string();
    assert_eq!(
        message(&set[..16], &set),
        "in the reference features: at least 3 samples are needed, found 2"
    );
    assert_eq!(
        message(&set, &set[..9]),
        "in the generated features: 9 values do not fill whole rows of 8 features"
    );
    let mut broken = set.clone();
    broken[17] = f32::NAN;
    assert_eq!(
        message(&set, &broken),
        "in the generated features: feature 1 of sample 2 is NaN, expected a finite number"
    );
    let subsets = |subsets, size| {
        let settings = KidSubsetSettings {
            subsets,
            size,
            seed: 0,
        };
        kid_subsets(&set, &set, 8, &settings).unwrap_err().to_string()
    };
    assert_eq!(
        subsets(1, 6),
        "in the reference features: at least 6 samples are needed, found 5"
    );
    assert_eq!(
        subsets(0, 5),
        "0 subsets of 5 samples measure nothing, at least 1 of 2 is needed"
    );
}
