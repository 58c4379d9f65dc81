//! The score against NumPy's and other programs' goldens, and its laws.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::metrics::fid::tests::byte;
use crate::metrics::golden::{number, rows};

fn at_once(probabilities: &[f32], k: usize) -> Result<f64, InceptionScoreError> {
    let settings = InceptionScoreSettings::default();
    Ok(inception_score(ClassScores::Probabilities(probabilities), k, &settings)?.mean)
}

#[test]
fn random_probabilities_agree_with_numpy() {
    let file = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/fid.safetensors"
    ))
    .unwrap();
    let golden = safetensors::SafeTensors::deserialize(&file).unwrap();
    let stored = golden.tensor("inception_score.probabilities").unwrap();
    let probabilities: Vec<f32> = stored
        .data()
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    let value = golden.tensor("inception_score.value").unwrap();
    let expected = f64::from_le_bytes(value.data().try_into().unwrap());
    let found = at_once(&probabilities, stored.shape()[1]).unwrap();
    assert!((found - expected).abs() < 1e-12 * expected, "{found} {expected}");
}

#[test]
fn certain_and_diverse_images_score_the_number_of_classes() {
    let one_hot = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    assert!((at_once(&one_hot, 3).unwrap() - 3.0).abs() < 1e-14);
}

#[test]
fn images_that_all_look_alike_score_one() {
    assert!((at_once(&[0.2, 0.8, 0.2, 0.8, 0.2, 0.8], 2).unwrap() - 1.0).abs() < 1e-14);
    assert!((at_once(&[1.0, 0.0, 1.0, 0.0], 2).unwrap() - 1.0).abs() < 1e-14);
}

#[test]
fn what_is_no_distribution_is_refused() {
    let refusal = |probabilities: &[f32], k| at_once(probabilities, k).unwrap_err();
    assert_eq!(
        refusal(&[], 2),
        InceptionScoreError::PartialRow {
            values: 0,
            classes: 2
        }
    );
    assert_eq!(
        refusal(&[0.5; 3], 2),
        InceptionScoreError::PartialRow {
            values: 3,
            classes: 2
        }
    );
    assert_eq!(
        refusal(&[0.5; 3], 0),
        InceptionScoreError::PartialRow {
            values: 3,
            classes: 0
        }
    );
    let negative = InceptionScoreError::NotAProbability {
        image: 1,
        class: 0,
        value: -0.5,
    };
    assert_eq!(refusal(&[0.5, 0.5, -0.5, 1.0], 2), negative);
    let nan = refusal(&[0.5, f32::NAN], 2).to_string();
    assert_eq!(
        nan,
        "the probability of class 1 of image 0 is NaN, expected 0 to 1"
    );
    assert_eq!(
        refusal(&[0.5, 0.5, 0.25, 0.25], 2),
        InceptionScoreError::NotADistribution { image: 1, sum: 0.5 }
    );
}

/// Logits of `n` images of `k` classes.
fn logits(n: usize, k: usize) -> Vec<f32> {
    let mut values = vec![0.0; n * k];
    Stream::new(3, 0, "inception-score.test", 0).fill_normal(&mut values);
    values.iter_mut().for_each(|value| *value *= 3.0);
    values
}

fn with(splits: usize, shuffle: Option<u64>, divisor: Divisor) -> InceptionScoreSettings {
    InceptionScoreSettings {
        splits,
        shuffle,
        divisor,
    }
}

#[test]
fn parts_are_cut_where_the_product_of_their_number_says() {
    // 7 images in 3 parts: 0 and 1, 2 and 3, 4 to 6.
    let (values, k) = (logits(7, 4), 4);
    let one = |range: std::ops::Range<usize>| {
        let scores = ClassScores::Logits(&values[range.start * k..range.end * k]);
        inception_score(scores, k, &with(1, None, Divisor::Population))
            .unwrap()
            .mean
    };
    let parts = [one(0..2), one(2..4), one(4..7)];
    let mean = parts.iter().sum::<f64>() / 3.0;
    let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    for (divisor, by) in [(Divisor::Population, 3.0f64), (Divisor::Sample, 2.0)] {
        let found = inception_score(ClassScores::Logits(&values), k, &with(3, None, divisor)).unwrap();
        assert!((found.mean - mean).abs() < 1e-13, "{found:?} {mean}");
        let deviation = found.standard_deviation.unwrap();
        assert!((deviation - (squares / by).sqrt()).abs() < 1e-13, "{found:?}");
    }
}

#[test]
fn one_part_has_no_deviation() {
    let values = logits(5, 3);
    let settings = with(1, None, Divisor::Sample);
    let found = inception_score(ClassScores::Logits(&values), 3, &settings).unwrap();
    assert_eq!(found.standard_deviation, None);
}

#[test]
fn logits_score_as_their_softmax_and_a_constant_added_to_a_row_changes_nothing() {
    let (values, k) = (logits(40, 5), 5);
    let softmax: Vec<f32> = values
        .chunks_exact(k)
        .flat_map(|row| {
            let sum: f64 = row.iter().map(|l| f64::from(*l).exp()).sum();
            row.iter().map(move |l| (f64::from(*l).exp() / sum) as f32)
        })
        .collect();
    let settings = with(1, None, Divisor::Population);
    let score = |values: &[f32]| {
        inception_score(ClassScores::Logits(values), k, &settings)
            .unwrap()
            .mean
    };
    assert!((score(&values) - at_once(&softmax, k).unwrap()).abs() < 1e-6);
    // A power of two, so that only small logits lose digits.
    let moved: Vec<f32> = values.iter().map(|l| l + 64.0).collect();
    assert!((score(&values) - score(&moved)).abs() < 1e-4);
}

#[test]
fn logits_far_apart_neither_overflow_nor_lose_the_score() {
    let far = [3e4, -3e4, 0.0, -3e4, 3e4, 0.0, 0.0, -3e4, 3e4];
    let settings = with(1, None, Divisor::Population);
    let found = inception_score(ClassScores::Logits(&far), 3, &settings)
        .unwrap()
        .mean;
    assert!((found - 3.0).abs() < 1e-12, "{found}");
}

#[test]
fn images_sorted_by_class_score_low_in_parts_and_a_shuffle_mends_that() {
    let k = 10;
    let one_hot: Vec<f32> = (0..400)
        .flat_map(|i| (0..k).map(move |j| if j == i / 40 { 1.0 } else { 0.0 }))
        .collect();
    let score = |settings| {
        inception_score(ClassScores::Probabilities(&one_hot), k, &settings)
            .unwrap()
            .mean
    };
    assert!((score(with(10, None, Divisor::Population)) - 1.0).abs() < 1e-12);
    assert!(score(with(10, Some(0), Divisor::Population)) > 7.5);
    assert!((score(with(1, Some(0), Divisor::Population)) - 10.0).abs() < 1e-12);
}

#[test]
fn the_seed_decides_the_order() {
    let values = logits(60, 4);
    let score = |seed| {
        inception_score(
            ClassScores::Logits(&values),
            4,
            &with(10, Some(seed), Divisor::Population),
        )
        .unwrap()
    };
    assert_eq!(score(1), score(1));
    assert_ne!(score(1).mean, score(2).mean);
}

#[test]
fn too_few_images_and_logits_that_are_not_finite_are_refused() {
    let refusal = |values: &[f32], splits| {
        let settings = with(splits, None, Divisor::Population);
        inception_score(ClassScores::Logits(values), 2, &settings)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal(&[0.0; 6], 4),
        "3 images cannot be cut into 4 parts: at least 1 part and as many images are needed"
    );
    assert_eq!(
        refusal(&[0.0; 6], 0),
        "3 images cannot be cut into 0 parts: at least 1 part and as many images are needed"
    );
    assert_eq!(
        refusal(&[0.0, 1.0, 2.0, f32::NAN], 1),
        "the logit of class 1 of image 1 is NaN, expected a finite number"
    );
}

/// The logits of tests/golden/distances.py.
fn golden_logits() -> (Vec<f32>, usize) {
    let (images, classes) = (503, 1008);
    let favoured = |i: usize| 7 * (i / 5) % classes;
    let logit = |i: usize, j: usize| byte(60, i, j) as f32 / 64.0 + if j == favoured(i) { 6.0 } else { 0.0 };
    let logits = (0..images).flat_map(|i| (0..classes).map(move |j| logit(i, j)));
    (logits.collect(), classes)
}

#[test]
#[expect(clippy::print_stdout, reason = "pages tell the differences")]
fn logits_of_1008_classes_score_what_other_programs_find() {
    let (logits, k) = golden_logits();
    let scores = ClassScores::Logits(&logits);
    let cases = [
        (
            "torch_fidelity.in_order",
            (0..logits.len() / k).collect(),
            Divisor::Population,
        ),
        (
            "torch_fidelity.shuffled",
            rows("isc.torch_fidelity.order"),
            Divisor::Population,
        ),
        ("torchmetrics", rows("isc.torchmetrics.order"), Divisor::Sample),
    ];
    for (name, order, divisor) in cases {
        let found = in_order(scores, k, &order, &with(10, None, divisor));
        for (part, value) in [
            ("mean", found.mean),
            ("standard_deviation", found.standard_deviation.unwrap()),
        ] {
            let expected = number(&format!("isc.{name}.{part}"));
            let error = (value - expected).abs() / expected;
            println!("inception score {name} {part}: {error:.1e}");
            assert!(error < 1e-11, "{name} {part}: {value} {expected}, {error:e}");
        }
    }
    let by_settings = inception_score(scores, k, &with(10, None, Divisor::Population)).unwrap();
    assert_eq!(
        by_settings.mean.to_bits(),
        in_order(
            scores,
            k,
            &(0..503).collect::<Vec<_>>(),
            &with(10, None, Divisor::Population)
        )
        .mean
        .to_bits()
    );
}
