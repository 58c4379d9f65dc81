//! What initial weights, images and training steps depend on, as the parameters of their key documents.
//!
//! A feature that is off is left out of the document, so that the next one added leaves old keys as they are.

use std::collections::BTreeMap;

use gan_cache::Value;

use super::numerics::{count, number};
use super::settings::{ImageExtents, training_settings};
use crate::gan::{Convention, DiscriminatorNormalization, SwitchValue};
use crate::study;

type Parameters = BTreeMap<String, Value>;

/// Switches that initial weights depend on.
const INITIAL_SWITCHES: [&str; 6] = [
    "shortcut",
    "first_block",
    "hidden_width",
    "last_bias",
    "initial_weights",
    "spectral_vector_side",
];

/// Switches that images of a trained generator depend on, besides the constants of its batch normalization.
const GENERATOR_SWITCHES: [&str; 4] = ["image_range", "unpooling", "shortcut", "spectral_vector_side"];

/// Constants that stand in documents whatever they are: they did before switches were left out where they are standard.
const ALWAYS_WRITTEN: [&str; 3] = [
    "batch_norm_decay",
    "batch_norm_epsilon",
    "gradient_penalty_epsilon",
];

/// What initial weights depend on, besides the seeds.
pub(super) fn initial_parameters(
    settings: &study::Settings,
    convention: &study::Convention,
    images: ImageExtents,
) -> Parameters {
    let mut parameters = network_parameters(settings, images);
    let values = other_than_standard(convention, |name| INITIAL_SWITCHES.contains(&name));
    parameters.insert("convention".to_owned(), convention_values(convention, values));
    if settings.discriminator.normalization != study::Normalization::None {
        let name = Value::from(settings.discriminator.normalization.name());
        parameters.insert("discriminator".to_owned(), Value::map([("normalization", name)]));
    }
    let mut generator = generator_normalization(settings);
    if settings.generator.moving_average.is_some() {
        generator.insert("moving_average".to_owned(), Value::from("initial weights"));
    }
    insert_unless_empty(&mut parameters, "generator", generator);
    parameters
}

/// What images of a trained generator depend on, besides its weights and the latents' seed.
pub(super) fn generator_parameters(
    settings: &study::Settings,
    convention: &study::Convention,
    images: ImageExtents,
) -> Parameters {
    let mut parameters = network_parameters(settings, images);
    let mut values = other_than_standard(convention, |name| GENERATOR_SWITCHES.contains(&name));
    let batch_norm = convention.choices().batch_norm(settings.architecture.name.kind());
    values.insert("batch_norm_epsilon".to_owned(), number(batch_norm.epsilon));
    parameters.insert("convention".to_owned(), convention_values(convention, values));
    let mut generator = generator_normalization(settings);
    if settings.generator.moving_average.is_some() {
        generator.insert("moving_average".to_owned(), Value::from("evaluated"));
    }
    insert_unless_empty(&mut parameters, "generator", generator);
    parameters
}

/// All that a training step depends on, besides weights, data and seeds.
pub(super) fn training_parameters(
    settings: &study::Settings,
    convention: &study::Convention,
    images: ImageExtents,
) -> Parameters {
    let choices = convention.choices();
    let batch_norm = choices.batch_norm(settings.architecture.name.kind());
    let mut values = other_than_standard(convention, |name| !ALWAYS_WRITTEN.contains(&name));
    let mut constant = |name: &str, value| values.insert(name.to_owned(), number(value));
    constant("adam_epsilon", Convention::OPTIMIZER_EPSILON);
    constant("batch_norm_decay", batch_norm.decay);
    constant("batch_norm_epsilon", batch_norm.epsilon);
    let run = training_settings(settings, convention, images);
    if run.penalty.is_on_gradients() {
        constant("gradient_penalty_epsilon", choices.gradient_penalty_epsilon);
        constant("gradient_penalty_target", Convention::GRADIENT_TARGET);
    }
    let own = run.architecture.discriminator;
    if own != run.architecture.generator && run.normalization == DiscriminatorNormalization::Batch {
        constant(
            "discriminator_batch_norm_epsilon",
            choices.batch_norm(own).epsilon,
        );
    }
    let mut parameters = network_parameters(settings, images);
    parameters.extend([
        ("loss".to_owned(), Value::from(settings.loss.name())),
        ("discriminator".to_owned(), Value::Map(discriminator(settings))),
        ("optimizer".to_owned(), optimizer(settings.optimizer)),
        ("batch_size".to_owned(), count(settings.batch_size)),
        ("convention".to_owned(), convention_values(convention, values)),
    ]);
    insert_unless_empty(&mut parameters, "generator", generator(settings));
    parameters
}

fn discriminator(settings: &study::Settings) -> Parameters {
    let study::Discriminator {
        normalization,
        penalty,
        steps,
        weight_clip,
    } = settings.discriminator;
    let mut parameters = BTreeMap::from([("steps".to_owned(), count(steps))]);
    if normalization != study::Normalization::None {
        parameters.insert("normalization".to_owned(), Value::from(normalization.name()));
    }
    if let Some(lambda) = penalty.lambda() {
        let mut values = vec![("lambda", number(lambda))];
        if let study::Penalty::Dragan { form, .. } = penalty {
            values.push(("form", Value::from(form.name())));
        }
        let penalty = Value::map([(penalty.name(), Value::map(values))]);
        parameters.insert("penalty".to_owned(), penalty);
    }
    if let Some(most) = weight_clip {
        parameters.insert("weight_clip".to_owned(), number(most));
    }
    parameters
}

fn generator(settings: &study::Settings) -> Parameters {
    let mut parameters = generator_normalization(settings);
    if let Some(study::MovingAverage { decay, from }) = settings.generator.moving_average {
        let average = Value::map([("decay", number(decay)), ("from", count(from))]);
        parameters.insert("moving_average".to_owned(), average);
    }
    if let Some(own) = settings
        .generator
        .optimizer
        .filter(|own| *own != settings.optimizer)
    {
        parameters.insert("optimizer".to_owned(), optimizer(own));
    }
    parameters
}

/// The generator's normalization where it is not the one that all generators had once.
fn generator_normalization(settings: &study::Settings) -> Parameters {
    let normalization = settings.generator.normalization;
    let mut parameters = Parameters::new();
    if normalization != study::GeneratorNormalization::Batch {
        parameters.insert("normalization".to_owned(), Value::from(normalization.name()));
    }
    parameters
}

fn optimizer(optimizer: study::Optimizer) -> Value {
    let mut values = vec![("learning_rate", number(optimizer.learning_rate()))];
    match optimizer {
        study::Optimizer::Adam { beta1, beta2, .. } => {
            values.extend([("beta1", number(beta1)), ("beta2", number(beta2))]);
        }
        study::Optimizer::Rmsprop { decay, .. } => values.push(("decay", number(decay))),
        study::Optimizer::Sgd { momentum, .. } => values.push(("momentum", number(momentum))),
    }
    values.extend(optimizer.clip_norm().map(|most| ("clip_norm", number(most))));
    values.extend(optimizer.decay_until().map(|step| ("decay_until", count(step))));
    Value::map([(optimizer.name(), Value::map(values))])
}

fn insert_unless_empty(parameters: &mut Parameters, name: &str, values: Parameters) {
    if !values.is_empty() {
        parameters.insert(name.to_owned(), Value::Map(values));
    }
}

/// The shapes of both networks.
fn network_parameters(settings: &study::Settings, images: ImageExtents) -> Parameters {
    let study::Architecture {
        name,
        discriminator,
        width,
    } = settings.architecture;
    let mut architecture = vec![
        ("name", Value::from(name.name())),
        ("width", number(width)),
        ("resolution", count(images.resolution)),
        ("channels", count(images.channels)),
    ];
    let other = discriminator.filter(|own| *own != name);
    architecture.extend(other.map(|own| ("discriminator", Value::from(own.name()))));
    let latent = Value::map([
        ("dimension", count(settings.latent.dimension)),
        ("distribution", Value::from(settings.latent.distribution.name())),
    ]);
    BTreeMap::from([
        ("architecture".to_owned(), Value::map(architecture)),
        ("latent".to_owned(), latent),
    ])
}

/// A convention's name, with the values that matter at this place: changing one of them is another key.
fn convention_values(convention: &study::Convention, mut values: Parameters) -> Value {
    values.insert("name".to_owned(), Value::from(convention.name()));
    Value::Map(values)
}

/// The chosen switches, where they are not as in the convention `standard`.
fn other_than_standard(convention: &study::Convention, chosen: impl Fn(&str) -> bool) -> Parameters {
    let standard = Convention::STANDARD.switches();
    let switches = convention.choices().switches().into_iter();
    switches
        .filter(|switch| chosen(switch.0) && !standard.contains(switch))
        .map(|(name, value)| {
            let value = match value {
                SwitchValue::Word(word) => Value::from(word),
                SwitchValue::Number(value) => number(value),
            };
            (name.to_owned(), value)
        })
        .collect()
}
