//! Counts of parameters, and twenty steps of each case.

use gan_kernels::Element;
use serde_json::Value;

use super::golden::{deviation_of_summaries, entries, relative};
use super::settings::{batch, convention, count, kind, number, trainer, training_settings};
use crate::gan::architecture::Architecture;
use crate::gan::{DiscriminatorNormalization, GeneratorNormalization, GeneratorState, StepLosses, Trainer};
use crate::nn::{Network, Weights};

#[test]
fn networks_of_published_size_have_as_many_parameters_as_those_of_pytorch() {
    for entry in entries("counts") {
        let convention = convention(&entry);
        let kind = kind(&entry["architecture"]);
        let architecture = Architecture {
            generator: kind,
            discriminator: kind,
            width: number(&entry["width"]),
            resolution: count(&entry["resolution"]),
            channels: count(&entry["channels"]),
        };
        let discriminator = |normalization| architecture.discriminator(normalization, &convention);
        let generator = architecture.generator(count(&entry["latent"]), GeneratorNormalization::Batch, &convention);
        let plain = discriminator(DiscriminatorNormalization::None);
        assert_eq!(Network::parameters(&generator), count(&entry["generator"]), "{entry}");
        assert_eq!(plain.parameters(), count(&entry["discriminator"]), "{entry}");
        assert_eq!(plain.weighted().len(), count(&entry["discriminator_weight_layers"]), "{entry}");
        if let Some(expected) = entry.get("discriminator_with_norms") {
            for normalization in [DiscriminatorNormalization::Batch, DiscriminatorNormalization::Layer] {
                assert_eq!(discriminator(normalization).parameters(), count(expected), "{entry}");
            }
        }
    }
}

fn joined(parts: &[&Weights]) -> Weights {
    let all = parts.iter().flat_map(|part| part.iter());
    all.map(|(name, array)| (name.to_owned(), array.clone())).collect()
}

/// The largest deviation of the arrays at the end.
fn deviation_at_the_end(trainer: &Trainer, expected: &Value) -> (f64, String) {
    let GeneratorState {
        weights,
        averages,
        kept_vectors,
        moving_average,
    } = trainer.generator();
    let state = trainer.state();
    let mut parts = vec![
        ("generator", joined(&[weights, averages, kept_vectors])),
        ("discriminator", joined(&[&state.discriminator, &state.kept_vectors])),
    ];
    if expected.get("average").is_some() {
        parts.push(("average", moving_average.clone()));
    }
    let deviations = parts.iter().map(|(player, arrays)| {
        let (deviation, name) = deviation_of_summaries(arrays, &expected[*player]);
        (deviation, format!("{player}'s {name}"))
    });
    deviations.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap()
}

/// The largest deviation of the losses of all steps, and where it is.
fn deviation_of_losses(trainer: &mut Trainer, entry: &Value) -> (f64, String) {
    let settings = training_settings(entry);
    let expected = &entry["losses"];
    let mut largest = (0.0, String::new());
    for index in 0..expected["discriminator"].as_array().unwrap().len() {
        let StepLosses {
            discriminator,
            penalty,
            generator,
        } = trainer.step(&batch(&settings, index + 1, Element::F64)).unwrap();
        for (name, found) in [
            ("discriminator", Some(discriminator)),
            ("penalty", penalty),
            ("generator", generator),
        ] {
            let expected = expected[name].get(index).and_then(Value::as_f64);
            assert_eq!(found.is_some(), expected.is_some(), "{name} at step {}", index + 1);
            if let (Some(found), Some(expected)) = (found, expected) {
                let deviation = relative(found, expected);
                if deviation.is_nan() || deviation > largest.0 {
                    largest = (deviation, format!("{name} at step {}: {found}, not {expected}", index + 1));
                }
            }
        }
    }
    largest
}

#[test]
fn twenty_steps_of_every_case_of_the_landscape_equal_pytorch_in_f64() {
    const TOLERANCE: f64 = 1e-8;
    let mut largest = [0.0_f64; 2];
    let mut wrong = Vec::new();
    for entry in entries("trajectories") {
        let mut trainer = trainer(training_settings(&entry), number(&entry["weight_gain"]), Element::F64);
        let losses = deviation_of_losses(&mut trainer, &entry);
        let arrays = deviation_at_the_end(&trainer, &entry["final"]);
        for (largest, (deviation, place)) in largest.iter_mut().zip([losses, arrays]) {
            *largest = largest.max(deviation);
            if deviation.is_nan() || deviation > TOLERANCE {
                wrong.push(format!("{}: {deviation:.1e}, {place}", entry["name"]));
            }
        }
    }
    println!("largest deviation of losses {:.1e}, of arrays {:.1e}", largest[0], largest[1]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
