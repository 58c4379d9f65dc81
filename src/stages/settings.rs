//! From a study's settings to those of the training loop, and to the parameters of a key document.
//!
//! A feature that is off is left out of the document, so that the next one added leaves old keys as they are.

use std::collections::BTreeMap;

use gan_cache::Value;

use super::numerics::{count, number};
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{
    Convention, DiscriminatorNormalization, Latent, LatentDistribution, Loss, Penalty, TrainingSettings,
};
use crate::study;

/// Extents of the images that networks are made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImageExtents {
    pub(super) resolution: usize,
    pub(super) channels: usize,
}

/// The training loop's settings for one run of a study.
pub(super) fn training_settings(
    settings: &study::Settings,
    convention: study::Convention,
    images: ImageExtents,
) -> TrainingSettings {
    let study::Optimizer::Adam(adam) = settings.optimizer;
    let kind = match settings.architecture.name {
        study::ArchitectureName::Sndcgan => ArchitectureKind::Sndcgan,
    };
    let ImageExtents { resolution, channels } = images;
    TrainingSettings {
        architecture: Architecture {
            kind,
            width: settings.architecture.width,
            resolution,
            channels,
        },
        latent: Latent {
            dimension: settings.latent.dimension,
            distribution: match settings.latent.distribution {
                study::Distribution::Uniform => LatentDistribution::Uniform,
                study::Distribution::Normal => LatentDistribution::Normal,
            },
        },
        loss: match settings.loss {
            study::Loss::NonSaturating => Loss::NonSaturating,
        },
        normalization: match settings.discriminator.normalization {
            study::Normalization::None => DiscriminatorNormalization::None,
            study::Normalization::Spectral => DiscriminatorNormalization::Spectral,
        },
        penalty: match settings.discriminator.penalty {
            study::Penalty::None => Penalty::None,
            study::Penalty::Gradient { lambda } => Penalty::Gradient { lambda },
        },
        discriminator_steps: settings.discriminator.steps,
        learning_rate: adam.learning_rate,
        beta1: adam.beta1,
        beta2: adam.beta2,
        batch_size: settings.batch_size,
        convention: constants(convention),
    }
}

/// What initial weights depend on, besides the seeds.
pub(super) fn initial_parameters(
    settings: &study::Settings,
    convention: study::Convention,
    images: ImageExtents,
) -> BTreeMap<String, Value> {
    let mut parameters = network_parameters(settings, images);
    parameters.insert("convention".to_owned(), convention_values(convention, []));
    if settings.discriminator.normalization != study::Normalization::None {
        let name = Value::from(settings.discriminator.normalization.name());
        parameters.insert("discriminator".to_owned(), Value::map([("normalization", name)]));
    }
    parameters
}

/// What images of a trained generator depend on, besides its weights and the latents' seed.
pub(super) fn generator_parameters(
    settings: &study::Settings,
    convention: study::Convention,
    images: ImageExtents,
) -> BTreeMap<String, Value> {
    let epsilon = number(constants(convention).batch_norm.epsilon);
    let mut parameters = network_parameters(settings, images);
    let values = convention_values(convention, [("batch_norm_epsilon", epsilon)]);
    parameters.insert("convention".to_owned(), values);
    parameters
}

/// All that a training step depends on, besides weights, data and seeds.
pub(super) fn training_parameters(
    settings: &study::Settings,
    convention: study::Convention,
    images: ImageExtents,
) -> BTreeMap<String, Value> {
    let mut discriminator = BTreeMap::from([("steps".to_owned(), count(settings.discriminator.steps))]);
    if settings.discriminator.normalization != study::Normalization::None {
        let name = Value::from(settings.discriminator.normalization.name());
        discriminator.insert("normalization".to_owned(), name);
    }
    let constants = constants(convention);
    let mut values = vec![
        ("adam_epsilon", number(constants.adam_epsilon)),
        ("batch_norm_decay", number(constants.batch_norm.decay)),
        ("batch_norm_epsilon", number(constants.batch_norm.epsilon)),
    ];
    if let study::Penalty::Gradient { lambda } = settings.discriminator.penalty {
        let gradient = Value::map([("lambda", number(lambda))]);
        discriminator.insert("penalty".to_owned(), Value::map([("gradient", gradient)]));
        values.push((
            "gradient_penalty_epsilon",
            number(constants.gradient_penalty_epsilon),
        ));
        values.push((
            "gradient_penalty_target",
            number(constants.gradient_penalty_target),
        ));
    }
    let study::Optimizer::Adam(adam) = settings.optimizer;
    let adam = Value::map([
        ("learning_rate", number(adam.learning_rate)),
        ("beta1", number(adam.beta1)),
        ("beta2", number(adam.beta2)),
    ]);
    let mut parameters = network_parameters(settings, images);
    parameters.extend([
        ("loss".to_owned(), Value::from(settings.loss.name())),
        ("discriminator".to_owned(), Value::map(discriminator)),
        ("optimizer".to_owned(), Value::map([("adam", adam)])),
        ("batch_size".to_owned(), count(settings.batch_size)),
        ("convention".to_owned(), convention_values(convention, values)),
    ]);
    parameters
}

/// The shapes of both networks.
fn network_parameters(settings: &study::Settings, images: ImageExtents) -> BTreeMap<String, Value> {
    let architecture = Value::map([
        ("name", Value::from(settings.architecture.name.name())),
        ("width", number(settings.architecture.width)),
        ("resolution", count(images.resolution)),
        ("channels", count(images.channels)),
    ]);
    let latent = Value::map([
        ("dimension", count(settings.latent.dimension)),
        ("distribution", Value::from(settings.latent.distribution.name())),
    ]);
    BTreeMap::from([
        ("architecture".to_owned(), architecture),
        ("latent".to_owned(), latent),
    ])
}

/// A convention's name, with the values that matter at this place: changing one of them is another key.
fn convention_values(
    convention: study::Convention,
    values: impl IntoIterator<Item = (&'static str, Value)>,
) -> Value {
    Value::map(
        [("name", Value::from(convention.name()))]
            .into_iter()
            .chain(values),
    )
}

fn constants(convention: study::Convention) -> Convention {
    match convention {
        study::Convention::Standard => Convention::STANDARD,
    }
}
