//! The settings of a golden in this crate's terms, and a run at its formula's start.

use gan_kernels::{Array, Element, elementwise};
use serde_json::Value;

use super::golden::{formula, initial, signed};
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::convention::{AdamEpsilon, ImageRange};
use crate::gan::spectral::Spectral;
use crate::gan::{
    Batch, Convention, DiscriminatorNormalization, DraganForm, GeneratorNormalization, GeneratorState, Latent,
    LatentDistribution, LearningRate, Loss, MovingAverage, Penalty, PlayerOptimizer, SwitchValue, Trainer,
    TrainingSettings, TrainingState,
};
use crate::nn::{Specification, Weights};
use crate::optim::{AdamSettings, Optimizer, OptimizerSettings, RmsPropSettings, SgdSettings};

pub(super) fn number(entry: &Value) -> f64 {
    entry.as_f64().unwrap_or_else(|| panic!("{entry} is no number"))
}

pub(super) fn count(entry: &Value) -> usize {
    usize::try_from(entry.as_u64().unwrap()).unwrap()
}

fn word(entry: &Value) -> &str {
    entry.as_str().unwrap_or_else(|| panic!("{entry} is no word"))
}

pub(super) fn kind(entry: &Value) -> ArchitectureKind {
    match word(entry) {
        "infogan" => ArchitectureKind::Infogan,
        "dcgan" => ArchitectureKind::Dcgan,
        "sndcgan" => ArchitectureKind::Sndcgan,
        "resnet-cifar" => ArchitectureKind::ResnetCifar,
        "resnet19" => ArchitectureKind::Resnet19,
        "resnet-stl" => ArchitectureKind::ResnetStl,
        "resnet107" => ArchitectureKind::Resnet107,
        other => panic!("{other} is no architecture"),
    }
}

pub(super) fn convention(entry: &Value) -> Convention {
    let mut convention = match word(&entry["convention"]) {
        "standard" => Convention::STANDARD,
        "compare-gan" => Convention::COMPARE_GAN,
        "miyato" => Convention::MIYATO,
        other => panic!("{other} is no convention"),
    };
    let none = serde_json::Map::new();
    for (name, value) in entry["switches"].as_object().unwrap_or(&none) {
        let value = match value {
            Value::String(word) => SwitchValue::Word(word),
            other => SwitchValue::Number(number(other)),
        };
        assert!(convention.set(name, value), "{name} has no such value");
    }
    convention
}

fn penalty(entry: &Value) -> Penalty {
    if entry.is_null() {
        return Penalty::None;
    }
    let lambda = number(&entry["lambda"]);
    match (word(&entry["kind"]), entry["form"].as_str()) {
        ("gradient", None) => Penalty::Gradient { lambda },
        ("l2", None) => Penalty::L2 { lambda },
        ("r1", None) => Penalty::R1 { lambda },
        ("dragan", Some("noise")) => Penalty::Dragan {
            lambda,
            form: DraganForm::Noise,
        },
        ("dragan", Some("interpolated")) => Penalty::Dragan {
            lambda,
            form: DraganForm::Interpolated,
        },
        other => panic!("{other:?} is no penalty"),
    }
}

fn optimizer(entry: &Value, convention: &Convention) -> PlayerOptimizer {
    let rule = match word(&entry["kind"]) {
        "adam" => OptimizerSettings::Adam(AdamSettings {
            beta1: number(&entry["beta1"]),
            beta2: number(&entry["beta2"]),
            epsilon: Convention::OPTIMIZER_EPSILON,
            is_corrected: convention.adam_epsilon_place == AdamEpsilon::Corrected,
        }),
        "rmsprop" => OptimizerSettings::RmsProp(RmsPropSettings {
            decay: number(&entry["decay"]),
            epsilon: Convention::OPTIMIZER_EPSILON,
        }),
        "sgd" => OptimizerSettings::Sgd(SgdSettings {
            momentum: number(&entry["momentum"]),
        }),
        other => panic!("{other} is no optimizer"),
    };
    PlayerOptimizer {
        rule,
        learning_rate: LearningRate {
            initial: number(&entry["learning_rate"]),
            decay_until: entry["decay_until"].as_u64(),
        },
        clip_norm: entry["clip_norm"].as_f64(),
    }
}

pub(super) fn training_settings(entry: &Value) -> TrainingSettings {
    let convention = convention(entry);
    let moving_average = entry["moving_average"].as_object().map(|average| MovingAverage {
        decay: number(&average["decay"]),
        from: average["from"].as_u64().unwrap(),
    });
    TrainingSettings {
        architecture: Architecture {
            generator: kind(&entry["generator"]),
            discriminator: kind(&entry["discriminator"]),
            width: number(&entry["width"]),
            resolution: count(&entry["resolution"]),
            channels: count(&entry["channels"]),
        },
        latent: Latent {
            dimension: count(&entry["latent"]),
            distribution: LatentDistribution::Uniform,
        },
        loss: match word(&entry["loss"]) {
            "non-saturating" => Loss::NonSaturating,
            "minimax" => Loss::Minimax,
            "least-squares" => Loss::LeastSquares(convention.least_squares),
            "wasserstein" => Loss::Wasserstein,
            "hinge" => Loss::Hinge,
            other => panic!("{other} is no loss"),
        },
        normalization: match word(&entry["normalization"]) {
            "none" => DiscriminatorNormalization::None,
            "batch" => DiscriminatorNormalization::Batch,
            "layer" => DiscriminatorNormalization::Layer,
            "spectral" => DiscriminatorNormalization::Spectral,
            other => panic!("{other} is no normalization"),
        },
        penalty: penalty(&entry["penalty"]),
        weight_clip: entry["weight_clipping"].as_f64(),
        discriminator_steps: entry["discriminator_steps"].as_u64().unwrap(),
        generator_normalization: match word(&entry["generator_normalization"]) {
            "none" => GeneratorNormalization::None,
            "batch" => GeneratorNormalization::Batch,
            "spectral" => GeneratorNormalization::Spectral,
            other => panic!("{other} is no normalization"),
        },
        moving_average,
        generator_optimizer: optimizer(&entry["optimizer"]["generator"], &convention),
        discriminator_optimizer: optimizer(&entry["optimizer"]["discriminator"], &convention),
        batch_size: count(&entry["batch"]),
        convention,
    }
}

/// Arrays of these specifications at the formula's start.
pub(super) fn drawn(player: &str, specifications: &[Specification], gain: f64, element: Element) -> Weights {
    let draw = |specification: &Specification| {
        let key = format!("{player}/{}", specification.name);
        let array = initial(&key, specification.shape.extents(), gain);
        (specification.name.clone(), elementwise::cast(&array, element))
    };
    specifications.iter().map(draw).collect()
}

/// A run at step 0.
pub(super) fn trainer(settings: TrainingSettings, gain: f64, element: Element) -> Trainer {
    let (generator, discriminator) = (settings.generator(), settings.discriminator());
    let draw = |player: &str, specifications: &[Specification]| drawn(player, specifications, gain, element);
    let weights = draw("generator", &generator.weights());
    let kept = Spectral::of_generator(&settings, &generator).kept_vectors();
    let generator = GeneratorState {
        averages: draw("generator", &generator.averages()),
        kept_vectors: draw("generator", &kept),
        moving_average: settings.moving_average.map(|_| weights.clone()).unwrap_or_default(),
        weights,
    };
    let kept = Spectral::of_discriminator(&settings, &discriminator).kept_vectors();
    let discriminator = draw("discriminator", &discriminator.weights());
    let state = TrainingState {
        kept_vectors: draw("discriminator", &kept),
        generator_optimizer: Optimizer::new(settings.generator_optimizer.rule, &generator.weights),
        discriminator_optimizer: Optimizer::new(settings.discriminator_optimizer.rule, &discriminator),
        discriminator,
    };
    Trainer::resume(settings, 0, generator, state)
}

/// Images of a name at a step, `[n, h, w, c]` in the convention's range.
pub(super) fn images(settings: &TrainingSettings, name: &str, step: usize) -> Array {
    let shape = image_shape(settings);
    let (name, count) = (format!("{name}/{step}"), shape.iter().product());
    let values = match settings.convention.image_range {
        ImageRange::Symmetric => signed(&name, count),
        ImageRange::Unit => formula(&name, count),
    };
    Array::from_f64(shape, &values)
}

fn image_shape(settings: &TrainingSettings) -> [usize; 4] {
    let Architecture {
        resolution, channels, ..
    } = settings.architecture;
    [settings.batch_size, resolution, resolution, channels]
}

/// Data and draws of a step, from 1.
pub(super) fn batch(settings: &TrainingSettings, step: usize, element: Element) -> Batch {
    let (n, dimension) = (settings.batch_size, settings.latent.dimension);
    let cast = |array: Array| elementwise::cast(&array, element);
    let latent = |name: &str| {
        let values = signed(&format!("{name}/{step}"), n * dimension);
        cast(Array::from_f64([n, dimension], &values))
    };
    let alpha = formula(&format!("alpha/{step}"), n);
    let shape = image_shape(settings);
    let noise = formula(&format!("noise/{step}"), shape.iter().product());
    Batch {
        real: cast(images(settings, "real", step)),
        discriminator_latent: latent("latent.discriminator"),
        generator_latent: latent("latent.generator"),
        alpha: cast(Array::from_f64([n, 1, 1, 1], &alpha)),
        pixel_noise: settings
            .penalty
            .needs_pixel_noise()
            .then(|| cast(Array::from_f64(shape, &noise))),
    }
}
