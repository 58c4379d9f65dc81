//! One step of the large networks at published width and size, two images.

use gan_kernels::{Array, Element};

use super::golden::{deviation_of_summaries, entries, relative};
use super::settings::{batch, number, trainer, training_settings};
use crate::gan::TrainingSettings;
use crate::gan::architecture::ArchitectureKind;
use crate::nn::Weights;

/// `after - before`, in f64.
fn change(after: &Weights, before: &Weights) -> Weights {
    let change = |(name, after): (&str, &Array)| {
        let before = before.get(name).to_f64().unwrap();
        let values: Vec<f64> = after
            .to_f64()
            .unwrap()
            .iter()
            .zip(before)
            .map(|(x, y)| x - y)
            .collect();
        (name.to_owned(), Array::from_f64(after.shape(), &values))
    };
    after.iter().map(change).collect()
}

fn with(mut one: Weights, other: &Weights) -> Weights {
    for (name, array) in other.iter() {
        one.insert(name, array.clone());
    }
    one
}

/// The numbers that a step is computed in, and how far losses and changes may be off PyTorch's step in f64.
///
/// In f32 the depth of up to 19 layers, forward, backward and backward again, adds some hundred roundings of 6e-8, hence
/// 1e-5 of a loss; a change is a hundredth of its weight or less, and is taken from it with the weight's rounding, hence
/// 1e-3 of a change. A discriminator of 107 layers that has moved enlarges roundings a thousand times: its step is in f64.
fn precision(settings: &TrainingSettings) -> (Element, [f64; 2]) {
    match settings.architecture.discriminator {
        ArchitectureKind::Resnet107 => (Element::F64, [1e-8, 1e-8]),
        _ => (Element::F32, [1e-5, 1e-3]),
    }
}

#[test]
fn one_step_of_the_large_networks_at_published_width_and_size_equals_pytorch() {
    for entry in entries("published") {
        let settings = training_settings(&entry);
        let (element, tolerances) = precision(&settings);
        let mut trainer = trainer(settings, number(&entry["weight_gain"]), element);
        let before = trainer.generator().clone();
        let state = trainer.state().clone();
        let losses = trainer.step(&batch(&settings, 1, element)).unwrap();
        let found = [
            losses.discriminator,
            losses.penalty.unwrap(),
            losses.generator.unwrap(),
        ];
        for (found, expected) in found.into_iter().zip(entry["losses"].as_array().unwrap()) {
            let deviation = relative(found, number(expected));
            println!("{}: loss {deviation:.1e}", entry["name"]);
            assert!(
                deviation <= tolerances[0],
                "{}: {found}, not {expected}",
                entry["name"]
            );
        }
        let (after, now) = (trainer.generator(), trainer.state());
        let generator = with(
            change(&after.weights, &before.weights),
            &with(
                change(&after.averages, &before.averages),
                &change(&after.kept_vectors, &before.kept_vectors),
            ),
        );
        let discriminator = with(
            change(&now.discriminator, &state.discriminator),
            &change(&now.kept_vectors, &state.kept_vectors),
        );
        for (player, change) in [("generator", generator), ("discriminator", discriminator)] {
            let (deviation, name) = deviation_of_summaries(&change, &entry["change"][player]);
            assert!(
                deviation <= tolerances[1],
                "{}: {player}'s {name} {deviation:.1e}",
                entry["name"]
            );
            println!("{}, {player}: changes {deviation:.1e}", entry["name"]);
        }
    }
}
