//! One step of the large networks at published width and size, two images, in f32.

use gan_kernels::Element;

use super::golden::{deviation_of_summaries, entries, relative};
use super::settings::{batch, number, trainer, training_settings};
use crate::nn::Weights;

/// `after - before`, in f64.
fn change(after: &Weights, before: &Weights) -> Weights {
    let change = |(name, after): (&str, &gan_kernels::Array)| {
        let before = before.get(name).to_f64().unwrap();
        let values: Vec<f64> = after.to_f64().unwrap().iter().zip(before).map(|(x, y)| x - y).collect();
        (name.to_owned(), gan_kernels::Array::from_f64(after.shape(), &values))
    };
    after.iter().map(change).collect()
}

fn with(mut one: Weights, other: &Weights) -> Weights {
    for (name, array) in other.iter() {
        one.insert(name, array.clone());
    }
    one
}

/// PyTorch's step is in f64. The network's depth of up to 107 layers, forward, backward and backward again, adds some 400
/// roundings of 6e-8, hence 2e-5 of a loss; a change is a hundredth of its weight or less, and is taken from it with the
/// weight's rounding, hence 1e-3 of a change.
#[test]
fn one_step_of_the_large_networks_at_published_width_and_size_equals_pytorch() {
    let mut largest = [0.0_f64; 2];
    for entry in entries("published") {
        let settings = training_settings(&entry);
        let mut trainer = trainer(settings, number(&entry["weight_gain"]), Element::F32);
        let before = trainer.generator().clone();
        let state = trainer.state().clone();
        let losses = trainer.step(&batch(&settings, 1, Element::F32)).unwrap();
        let found = [losses.discriminator, losses.penalty.unwrap(), losses.generator.unwrap()];
        for (found, expected) in found.into_iter().zip(entry["losses"].as_array().unwrap()) {
            let deviation = relative(found, number(expected));
            println!("{}: {found}, {expected}", entry["name"]);
            assert!(deviation <= 2e-5, "{}: {found}, not {expected}", entry["name"]);
            largest[0] = largest[0].max(deviation);
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
            println!("{}: {player} {deviation:.1e} {name}", entry["name"]);
            assert!(deviation <= 1e-3, "{}: {player}'s {name} {deviation:.1e}", entry["name"]);
            largest[1] = largest[1].max(deviation);
        }
    }
    println!("largest deviation of losses {:.1e}, of changes {:.1e}", largest[0], largest[1]);
}
