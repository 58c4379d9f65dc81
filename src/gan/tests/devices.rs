//! What the landscape's runs do on a device: the same as on the processor, and nothing on the host.

use gan_kernels::{Array, Device, activity};

use super::{adam, settings};
use crate::data::Images;
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{
    Batch, Convention, DiscriminatorAccuracy, DiscriminatorNormalization, DiscriminatorState, DraganForm,
    EvaluationLatents, GeneratorNormalization, JacobianConditioning, JudgedImages, Loss, MovingAverage,
    Penalty, PlayerOptimizer, Trainer, TrainingSettings, discriminator_accuracy, jacobian_conditioning,
};
use crate::optim::{OptimizerSettings, RmsPropSettings, SgdSettings};
use crate::random::Stream;

const STEPS: u64 = 3;

fn architecture(kind: ArchitectureKind) -> Architecture {
    Architecture {
        generator: kind,
        discriminator: kind,
        width: 1.0 / 32.0,
        resolution: 16,
        channels: 2,
    }
}

/// Runs that together use every loss, penalty, normalization, convention and optimizer.
fn runs() -> [(&'static str, TrainingSettings); 5] {
    let player = |rule| PlayerOptimizer {
        rule,
        clip_norm: Some(0.5),
        ..adam(1e-3, [0.5, 0.9])
    };
    let rms_prop = player(OptimizerSettings::RmsProp(RmsPropSettings {
        decay: 0.9,
        epsilon: Convention::OPTIMIZER_EPSILON,
    }));
    let descent = player(OptimizerSettings::Sgd(SgdSettings { momentum: 0.5 }));
    let noise = Penalty::Dragan {
        lambda: 10.0,
        form: DraganForm::Noise,
    };
    let interpolated = Penalty::Dragan {
        lambda: 10.0,
        form: DraganForm::Interpolated,
    };
    [
        (
            "a residual network with layer normalization and DRAGAN's penalty",
            TrainingSettings {
                architecture: architecture(ArchitectureKind::ResnetCifar),
                loss: Loss::Hinge,
                normalization: DiscriminatorNormalization::Layer,
                penalty: noise,
                ..settings()
            },
        ),
        (
            "compare-gan's conventions with batch normalization in both players",
            TrainingSettings {
                architecture: architecture(ArchitectureKind::Dcgan),
                loss: Loss::LeastSquares(Convention::COMPARE_GAN.least_squares),
                normalization: DiscriminatorNormalization::Batch,
                penalty: interpolated,
                convention: Convention::COMPARE_GAN,
                ..settings()
            },
        ),
        (
            "compare-gan's spectral normalization of a residual network",
            TrainingSettings {
                architecture: architecture(ArchitectureKind::Resnet19),
                normalization: DiscriminatorNormalization::Spectral,
                penalty: Penalty::Gradient { lambda: 10.0 },
                convention: Convention::COMPARE_GAN,
                ..settings()
            },
        ),
        (
            "Miyato et al.'s conventions with spectral normalization of both players",
            TrainingSettings {
                architecture: architecture(ArchitectureKind::ResnetStl),
                loss: Loss::Minimax,
                normalization: DiscriminatorNormalization::Spectral,
                penalty: Penalty::L2 { lambda: 0.1 },
                generator_normalization: GeneratorNormalization::Spectral,
                moving_average: Some(MovingAverage { decay: 0.9, from: 2 }),
                convention: Convention::MIYATO,
                ..settings()
            },
        ),
        (
            "Wasserstein's loss with weight clipping and other optimizers",
            TrainingSettings {
                architecture: architecture(ArchitectureKind::Infogan),
                loss: Loss::Wasserstein,
                penalty: Penalty::R1 { lambda: 10.0 },
                weight_clip: Some(0.01),
                generator_normalization: GeneratorNormalization::None,
                generator_optimizer: descent,
                discriminator_optimizer: rms_prop,
                ..settings()
            },
        ),
    ]
}

fn batch(device: &Device, settings: &TrainingSettings, step: u64) -> Batch {
    let draw = |name: &str, shape: &[usize], least: f32| {
        let mut values = vec![0.0; shape.iter().product()];
        Stream::new(21, 0, name, step).fill_uniform(&mut values, least, 1.0);
        Array::from_f32(device, shape, &values)
    };
    let (n, images) = (settings.batch_size, [settings.batch_size, 16, 16, 2]);
    Batch {
        real: draw("real", &images, 0.0),
        discriminator_latent: draw("discriminator", &[n, super::LATENT], -1.0),
        generator_latent: draw("generator", &[n, super::LATENT], -1.0),
        alpha: draw("alpha", &[n, 1, 1, 1], 0.0),
        pixel_noise: settings
            .penalty
            .needs_pixel_noise()
            .then(|| draw("pixels", &images, 0.0)),
    }
}

/// Losses of every step, one after the other.
fn losses(device: &Device, settings: TrainingSettings) -> Vec<f64> {
    let mut trainer = Trainer::initial(device, settings, 1, 1);
    let step = |step| {
        let losses = trainer.step(&batch(device, &settings, step)).unwrap();
        [Some(losses.discriminator), losses.penalty, losses.generator]
    };
    (1..=STEPS).flat_map(step).flatten().collect()
}

#[test]
fn every_part_of_the_landscape_trains_on_a_device_as_on_the_processor_and_computes_nothing_on_the_host() {
    let device = Device::open("vulkan:software").expect("these tests need a software Vulkan driver");
    for (what, settings) in runs() {
        let expected = losses(&Device::Cpu, settings);
        let before = activity::so_far();
        let found = losses(&device, settings);
        assert_eq!((activity::so_far() - before).host_operations, 0, "{what}");
        assert_eq!(found.len(), expected.len(), "{what}");
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!(
                (found - expected).abs() <= 1e-4 * expected.abs().max(1e-2),
                "{what}, loss {index}: {found}, the processor has {expected}"
            );
        }
    }
}

/// What is measured of both players of a run before its first step.
fn measured(
    device: &Device,
    settings: &TrainingSettings,
) -> (JacobianConditioning, Option<DiscriminatorAccuracy>) {
    let trainer = Trainer::initial(device, *settings, 1, 1);
    let generator = trainer.generator();
    let latents = EvaluationLatents {
        latent: settings.latent,
        purpose: "test",
    };
    let conditioning = jacobian_conditioning(device, settings, generator, latents, 2, |_, _| true);
    let discriminator = DiscriminatorState {
        weights: trainer.state().discriminator.clone(),
        kept_vectors: trainer.state().kept_vectors.clone(),
    };
    let mut values = vec![0.0; 30 * 16 * 16 * 2];
    Stream::new(22, 0, "images", 0).fill_uniform(&mut values, 0.0, 256.0);
    let bytes = values.iter().map(|&value| value as u8).collect();
    let images = Images::new([30, 16, 16, 2], bytes).unwrap();
    let judged = JudgedImages {
        train: &images,
        test: &images,
        generator,
        latents,
        most: 30,
    };
    let accuracy = settings.loss.decision().map(|_| {
        let found = discriminator_accuracy(device, settings, &discriminator, judged, |_, _| true);
        found.unwrap().unwrap()
    });
    (conditioning.unwrap().unwrap(), accuracy)
}

#[test]
fn conditioning_and_accuracy_are_measured_on_a_device_as_on_the_processor_and_nothing_on_the_host() {
    let device = Device::open("vulkan:software").expect("these tests need a software Vulkan driver");
    for (what, settings) in runs() {
        let (expected, expected_accuracy) = measured(&Device::Cpu, &settings);
        let before = activity::so_far();
        let (found, accuracy) = measured(&device, &settings);
        assert_eq!((activity::so_far() - before).host_operations, 0, "{what}");
        assert_eq!(accuracy, expected_accuracy, "{what}");
        assert_eq!(found.unresolved, expected.unresolved, "{what}");
        let (found, expected) = (found.mean_log_condition, expected.mean_log_condition);
        assert!(
            (found - expected).abs() <= 1e-3 * expected,
            "{what}: {found} {expected}"
        );
    }
}
