//! Memorization against NumPy and SciPy, and where samples are copies.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::super::neighbours::golden::{Golden, normal, shuffled, under_any_threads};
use super::*;

#[test]
fn all_numbers_are_those_of_numpy_and_scipy() {
    let golden = Golden::read("neighbours");
    let features = |name: &str| golden.features(&format!("memorization.{name}"));
    let ((train, d), (samples, _), (reference, _)) =
        (features("train"), features("samples"), features("reference"));
    let found = memorization(&train, &samples, &reference, d).unwrap();
    let numbers = [
        ("authenticity", found.authenticity),
        ("data_copying", found.data_copying),
        ("copies", found.copies),
        ("distance_to_train", found.distance_to_train),
        ("distance_to_reference", found.distance_to_reference),
    ];
    for (name, found) in numbers {
        let expected = golden.value(&format!("memorization.{name}"));
        assert!(
            (found - expected).abs() <= 1e-13 * expected.abs(),
            "{name}: {found} {expected}"
        );
    }
}

#[test]
fn copies_of_training_images_are_not_authentic_and_nearer_than_held_back_images() {
    let (train, reference) = (normal("train", 400, 6), normal("reference", 300, 6));
    let found = memorization(&train, &train[..6 * 200], &reference, 6).unwrap();
    assert_eq!(
        [found.authenticity, found.copies, found.distance_to_train],
        [0.0, 1.0, 0.0]
    );
    assert!(found.data_copying < -15.0, "{found:?}");
}

#[test]
fn new_images_of_the_same_distribution_lie_as_far_as_held_back_ones() {
    let (train, reference) = (normal("train", 400, 6), normal("reference", 300, 6));
    let found = memorization(&train, &normal("samples", 300, 6), &reference, 6).unwrap();
    assert!(found.data_copying.abs() < 2.0, "{found:?}");
    assert_eq!(found.copies, 0.0);
    let far: Vec<f32> = reference.iter().map(|x| 100.0 + x).collect();
    let found = memorization(&train, &far, &reference, 6).unwrap();
    assert!(found.data_copying > 15.0, "{found:?}");
    assert_eq!(found.authenticity, 1.0);
}

#[test]
fn a_copy_of_an_image_that_the_training_set_has_twice_is_a_copy() {
    let found = memorization(&[1.0, 1.0, 9.0], &[1.0, 9.0], &[5.0], 1).unwrap();
    assert_eq!([found.authenticity, found.copies], [0.0, 1.0]);
    // Farther from its nearest training image, 9, than that is from anything: 9 is 8 away from 1.
    let found = memorization(&[1.0, 1.0, 9.0], &[17.5, 1.5], &[5.0], 1).unwrap();
    assert_eq!(found.authenticity, 1.0);
}

#[test]
fn samples_that_repeat_one_image_are_judged_as_that_image() {
    let (train, reference) = (normal("train", 300, 4), normal("reference", 50, 4));
    let collapsed: Vec<f32> = train[..4].iter().copied().cycle().take(4 * 280).collect();
    let found = memorization(&train, &collapsed, &reference, 4).unwrap();
    assert_eq!([found.authenticity, found.copies], [0.0, 1.0]);
}

#[test]
fn neither_threads_nor_the_order_of_samples_matter() {
    let (train, reference) = (normal("train", 700, 4), normal("reference", 300, 4));
    let samples = normal("samples", 600, 4);
    let found = under_any_threads(|| memorization(&train, &samples, &reference, 4).unwrap());
    let [train, samples, reference] = [train, samples, reference].map(|set| shuffled(&set, 4));
    assert_eq!(found, memorization(&train, &samples, &reference, 4).unwrap());
}

#[test]
fn too_few_images_are_refused_with_the_number_needed() {
    let refusal = |train: &[f32], samples: &[f32], reference: &[f32]| {
        memorization(train, samples, reference, 1)
            .unwrap_err()
            .to_string()
    };
    let few = "of the training images there are 1, and at least 2 are needed";
    assert_eq!(refusal(&[0.0], &[0.0], &[0.0]), few);
    assert!(refusal(&[0.0; 2], &[], &[0.0]).starts_with("of the samples there are 0"));
    assert!(refusal(&[0.0; 2], &[0.0], &[]).starts_with("of the reference there are 0"));
    assert!(refusal(&[0.0; 2], &[0.0], &[f32::NAN]).contains("sample 0 of the reference is NaN"));
}
