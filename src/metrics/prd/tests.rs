//! Curves against NumPy, clusters against scikit-learn, and closed forms.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::super::neighbours::golden::{Golden, normal, under_any_threads};
use super::*;

const SETTINGS: PrdSettings = PrdSettings {
    clusters: 20,
    angles: 1001,
    runs: 10,
    seed: 0,
};

#[test]
fn a_curve_of_two_histograms_is_that_of_the_authors_formulas() {
    let golden = Golden::read("neighbours");
    for index in 0..3 {
        let values = |name: &str| golden.values(&format!("prd.histogram.{index}.{name}"));
        let curve = curve(&values("reference"), &values("samples"), 1001);
        for (found, expected) in [(&curve.precision, "precision"), (&curve.recall, "recall")] {
            for (found, expected) in found.iter().step_by(50).zip(values(expected)) {
                // Near a right angle the tangent takes a rounding of the angle to its sixth digit.
                assert!(
                    (found - expected).abs() <= 1e-12 + 1e-6 * expected.min(1e-8),
                    "{found} {expected}"
                );
            }
        }
        let Prd { f8, f1_8 } = largest_f_scores(&curve);
        for (found, expected) in [f8, f1_8].into_iter().zip(values("f")) {
            assert!((found - expected).abs() <= 1e-12, "{index}: {found} {expected}");
        }
    }
}

#[test]
fn clusters_are_as_good_as_those_of_scikit_learn() {
    let golden = Golden::read("neighbours");
    let (reference, d) = golden.features("prd.mixture.reference");
    let (samples, _) = golden.features("prd.mixture.samples");
    let expected = golden.values("prd.mixture.f");
    for seed in 0..3 {
        let Prd { f8, f1_8 } = prd(&reference, &samples, d, &PrdSettings { seed, ..SETTINGS }).unwrap();
        // Ten clusterings of scikit-learn's differ from a hundred by 0.002.
        for (found, expected) in [f8, f1_8].into_iter().zip(&expected) {
            assert!((found - expected).abs() < 0.015, "{found} {expected}");
        }
    }
}

#[test]
fn the_same_images_have_both_and_images_far_apart_neither() {
    let set = normal("set", 300, 4);
    let far: Vec<f32> = set.iter().map(|x| x + 1e4).collect();
    let same = prd(&set, &set, 4, &SETTINGS).unwrap();
    let apart = prd(&set, &far, 4, &SETTINGS).unwrap();
    assert!(
        (same.f8 - 1.0).abs() < 1e-9 && (same.f1_8 - 1.0).abs() < 1e-9,
        "{same:?}"
    );
    assert_eq!([apart.f8, apart.f1_8], [0.0, 0.0]);
}

#[test]
fn samples_of_one_of_two_modes_have_half_of_recall_and_all_of_precision() {
    // P = (1/2, 1/2) and Q = (1, 0): the best point has precision 1 and recall 1/2.
    let [near, far] = [0.0, 1e4].map(|at| {
        normal("mode", 200, 3)
            .iter()
            .map(|x| at + x)
            .collect::<Vec<f32>>()
    });
    let reference = [&near[..300], &far[..300]].concat();
    let two = PrdSettings {
        clusters: 2,
        ..SETTINGS
    };
    let f = |beta: f64| (1.0 + beta * beta) * 0.5 / (beta * beta + 0.5);
    let values = prd(&reference, &near, 3, &two).unwrap();
    // The slope 2 lies between two of the angles.
    assert!((values.f8 - f(8.0)).abs() < 1e-3, "{values:?}");
    assert!((values.f1_8 - f(1.0 / 8.0)).abs() < 1e-3, "{values:?}");
    let other = prd(&near, &reference, 3, &two).unwrap();
    assert!((other.f8 - values.f1_8).abs() < 2e-3 && (other.f1_8 - values.f8).abs() < 2e-3);
}

#[test]
fn fewer_different_images_than_clusters_are_as_many_clusters() {
    let collapsed = vec![0.5; 3 * 40];
    let same = prd(&collapsed, &collapsed, 3, &SETTINGS).unwrap();
    assert!((same.f8 - 1.0).abs() < 1e-9, "{same:?}");
    let far: Vec<f32> = normal("set", 40, 3).iter().map(|x| 1e4 + x).collect();
    let other = prd(&collapsed, &far, 3, &SETTINGS).unwrap();
    assert_eq!([other.f8, other.f1_8], [0.0, 0.0]);
}

#[test]
fn the_seed_alone_chooses_the_clusters_whatever_the_threads() {
    let (a, b) = (normal("a", 400, 6), normal("b", 400, 6));
    let of = |seed| prd(&a, &b, 6, &PrdSettings { seed, ..SETTINGS }).unwrap();
    let first = under_any_threads(|| of(0));
    assert_ne!(first, of(1));
    assert!((first.f8 - of(1).f8).abs() < 0.05);
}

#[test]
fn sets_of_different_sizes_and_settings_too_small_are_refused() {
    let refusal = |n, settings| {
        prd(&vec![0.0; n], &[0.0; 4], 1, &settings)
            .unwrap_err()
            .to_string()
    };
    let unequal = "the reference has 5 images and the samples are 4; both must be as many";
    assert_eq!(refusal(5, SETTINGS), unequal);
    assert!(refusal(0, SETTINGS).contains("of the reference there are 0"));
    let none = refusal(
        4,
        PrdSettings {
            clusters: 0,
            ..SETTINGS
        },
    );
    assert_eq!(none, "clusters is 0, expected at least 1");
    let few = refusal(
        4,
        PrdSettings {
            angles: 2,
            ..SETTINGS
        },
    );
    assert_eq!(few, "angles is 2, expected at least 3");
    let none = refusal(4, PrdSettings { runs: 0, ..SETTINGS });
    assert_eq!(none, "runs is 0, expected at least 1");
    let nan = prd(&[0.0; 2], &[0.0, f32::NAN], 1, &SETTINGS)
        .unwrap_err()
        .to_string();
    assert!(nan.contains("sample 1 of the samples is NaN"), "{nan}");
}
