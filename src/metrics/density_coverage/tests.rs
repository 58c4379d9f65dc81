//! Density and coverage against prdc, and in cases worked out by hand.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::super::neighbours::golden::{Golden, normal, shuffled, under_any_threads};
use super::*;

fn found(reference: &[f32], samples: &[f32], d: usize, k: usize) -> DensityCoverage {
    density_coverage(reference, samples, d, &NeighbourSettings { k }).unwrap()
}

#[test]
fn counts_are_exactly_those_of_prdc() {
    let golden = Golden::read("neighbours");
    for case in golden.names(".density") {
        let (name, k) = case.rsplit_once('.').unwrap();
        let (reference, d) = golden.features(&format!("{name}.reference"));
        let (samples, _) = golden.features(&format!("{name}.samples"));
        let expected = DensityCoverage {
            density: golden.value(&format!("{case}.density")),
            coverage: golden.value(&format!("{case}.coverage")),
        };
        assert_eq!(
            found(&reference, &samples, d, k.parse().unwrap()),
            expected,
            "{case}"
        );
    }
}

#[test]
fn the_surface_of_a_ball_does_not_belong_to_it() {
    // Balls around 0, 2 and 6 reach to 2, 2 and 4 with k 1.
    let values = found(&[0.0, 2.0, 6.0], &[1.0, 4.0, 10.0], 1, 1);
    assert_eq!(
        values.density,
        3.0 / 3.0,
        "1 lies in two balls, 4 in one, 10 in none"
    );
    assert_eq!(values.coverage, 1.0);
    let values = found(&[0.0, 2.0, 6.0], &[4.0, 10.0, -2.0], 1, 1);
    assert_eq!([values.density, values.coverage], [1.0 / 3.0, 1.0 / 3.0]);
}

#[test]
fn identical_sets_have_both_and_sets_far_apart_neither() {
    let set = normal("set", 300, 9);
    let far: Vec<f32> = set.iter().map(|x| x + 1e6).collect();
    let (same, apart) = (found(&set, &set, 9, 5), found(&set, &far, 9, 5));
    assert_eq!([same.density, same.coverage], [1.0, 1.0]);
    assert_eq!([apart.density, apart.coverage], [0.0, 0.0]);
}

#[test]
fn balls_around_duplicates_hold_nothing() {
    let reference = vec![1.0; 12];
    let values = found(&reference, &reference, 2, 5);
    assert_eq!([values.density, values.coverage], [0.0, 0.0]);
}

#[test]
fn samples_that_repeat_one_image_are_dense_and_cover_little() {
    let reference = normal("set", 400, 2);
    let collapsed = vec![0.0; 2 * 300];
    let values = found(&reference, &collapsed, 2, 5);
    assert!(values.coverage < 0.05, "{values:?}");
    let one = found(&reference, &[0.0; 2], 2, 5);
    assert_eq!(values, one, "how often it is repeated does not matter");
}

#[test]
fn neither_threads_nor_the_order_of_samples_matter() {
    let (a, b) = (normal("a", 700, 5), normal("b", 600, 5));
    let values = under_any_threads(|| found(&a, &b, 5, 5));
    assert_eq!(values, found(&shuffled(&a, 5), &shuffled(&b, 5), 5, 5));
}

#[test]
fn too_few_images_are_refused_with_the_number_needed() {
    let refusal = |reference: &[f32], samples: &[f32], k| {
        density_coverage(reference, samples, 1, &NeighbourSettings { k })
            .unwrap_err()
            .to_string()
    };
    let few = "of the reference there are 5, and at least 6 are needed";
    assert_eq!(refusal(&[0.0; 5], &[0.0; 9], 5), few);
    let none = "of the samples there are 0, and at least 1 are needed";
    assert_eq!(refusal(&[0.0; 6], &[], 5), none);
    assert_eq!(
        refusal(&[0.0; 6], &[0.0], 0),
        "the number of neighbours is 0, expected at least 1"
    );
    assert!(refusal(&[f32::NAN; 6], &[0.0], 5).contains("sample 0 of the reference is NaN"));
}
