//! Precision and recall against torch-fidelity, and in cases worked out by hand.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::super::neighbours::golden::{Golden, normal, shuffled, under_any_threads};
use super::*;

fn found(reference: &[f32], samples: &[f32], d: usize, k: usize) -> PrecisionRecall {
    precision_recall(reference, samples, d, &NeighbourSettings { k }).unwrap()
}

#[test]
fn counts_are_exactly_those_of_torch_fidelity() {
    let golden = Golden::read("neighbours");
    for case in golden
        .names(".precision")
        .iter()
        .filter(|case| !case.starts_with("prd"))
    {
        let (name, k) = case.rsplit_once('.').unwrap();
        let (reference, d) = golden.features(&format!("{name}.reference"));
        let (samples, _) = golden.features(&format!("{name}.samples"));
        let expected = PrecisionRecall {
            precision: golden.value(&format!("{case}.precision")),
            recall: golden.value(&format!("{case}.recall")),
        };
        assert_eq!(
            found(&reference, &samples, d, k.parse().unwrap()),
            expected,
            "{case}"
        );
    }
}

#[test]
fn the_surface_of_a_ball_belongs_to_it() {
    // Balls around 0, 2 and 6 reach to 2, 2 and 4 with k 1; those around 8, 10 and 30 to 2, 2 and 20.
    let values = found(&[0.0, 2.0, 6.0], &[8.0, 10.0, 30.0], 1, 1);
    assert_eq!(values.precision, 2.0 / 3.0);
    assert_eq!(values.recall, 1.0 / 3.0);
}

#[test]
fn identical_sets_have_both_and_sets_far_apart_neither() {
    let set = normal("set", 300, 9);
    let far: Vec<f32> = set.iter().map(|x| x + 1e6).collect();
    let (same, apart) = (found(&set, &set, 9, 3), found(&set, &far, 9, 3));
    assert_eq!([same.precision, same.recall], [1.0, 1.0]);
    assert_eq!([apart.precision, apart.recall], [0.0, 0.0]);
}

#[test]
fn samples_that_repeat_one_image_of_the_reference_are_precise_and_recall_that_image() {
    let reference = normal("set", 300, 9);
    let collapsed: Vec<f32> = reference[9..18].iter().copied().cycle().take(9 * 270).collect();
    let values = found(&reference, &collapsed, 9, 3);
    assert_eq!(values.precision, 1.0);
    assert_eq!(
        values.recall,
        1.0 / 300.0,
        "a ball of radius 0 holds its centre alone"
    );
}

#[test]
fn exchanging_the_sets_exchanges_precision_and_recall() {
    let (a, b) = (normal("a", 300, 5), normal("b", 280, 5));
    let wide: Vec<f32> = b.iter().map(|x| 1.5 * x).collect();
    let (one, other) = (found(&a, &wide, 5, 3), found(&wide, &a, 5, 3));
    assert!(one.precision < one.recall, "{one:?}");
    assert_eq!([one.precision, one.recall], [other.recall, other.precision]);
}

#[test]
fn neither_threads_nor_the_order_of_samples_matter() {
    let (a, b) = (normal("a", 700, 5), normal("b", 600, 5));
    let values = under_any_threads(|| found(&a, &b, 5, 3));
    assert_eq!(values, found(&shuffled(&a, 5), &shuffled(&b, 5), 5, 3));
}

#[test]
fn too_few_samples_are_refused_with_the_number_needed() {
    let refusal = |reference: &[f32], samples: &[f32], k| {
        precision_recall(reference, samples, 1, &NeighbourSettings { k })
            .unwrap_err()
            .to_string()
    };
    let few = "of the samples there are 3, and at least 4 are needed";
    assert_eq!(refusal(&[0.0; 4], &[0.0; 3], 3), few);
    let few = "of the reference there are 3, and at least 4 are needed";
    assert_eq!(refusal(&[0.0; 3], &[0.0; 4], 3), few);
    assert_eq!(
        refusal(&[0.0; 3], &[0.0; 4], 0),
        "the number of neighbours is 0, expected at least 1"
    );
    assert!(refusal(&[0.0; 4], &[0.0, 0.0, f32::NAN, 0.0], 3).contains("sample 2 of the samples is NaN"));
}
