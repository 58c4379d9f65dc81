//! What a step is counted to cost, against the multiplications that its operations do.

use gan_kernels::{Array, Device};

use super::settings;
use crate::autograd::work::multiplications_of;
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{
    Batch, Convention, DiscriminatorNormalization, DraganForm, Penalty, StepCost, Trainer, TrainingSettings,
};

const IMAGES: usize = 4;
const SIDE: usize = 16;

fn batch() -> Batch {
    let filled = |shape: [usize; 4]| {
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|i| (i % 7) as f32 / 7.0)
            .collect();
        Array::from_f32(&Device::Cpu, shape, &values)
    };
    let latent = filled([1, 1, IMAGES, super::LATENT]).reshape([IMAGES, super::LATENT]);
    Batch {
        real: filled([IMAGES, SIDE, SIDE, 3]),
        discriminator_latent: latent.clone(),
        generator_latent: latent,
        alpha: filled([IMAGES, 1, 1, 1]),
        pixel_noise: Some(filled([IMAGES, SIDE, SIDE, 3])),
    }
}

fn of(
    architecture: ArchitectureKind,
    normalization: DiscriminatorNormalization,
    penalty: Penalty,
) -> TrainingSettings {
    TrainingSettings {
        architecture: Architecture {
            generator: architecture,
            discriminator: architecture,
            width: 0.25,
            resolution: SIDE,
            channels: 3,
        },
        normalization,
        penalty,
        discriminator_steps: 2,
        batch_size: IMAGES,
        convention: Convention::COMPARE_GAN,
        ..settings()
    }
}

#[test]
fn a_step_does_the_multiplications_that_are_counted_but_for_those_of_the_first_layers_inputs() {
    use ArchitectureKind::{Infogan, Resnet19, ResnetCifar, Sndcgan};
    use DiscriminatorNormalization::{Batch, Layer, None, Spectral};
    let gradient = Penalty::Gradient { lambda: 10.0 };
    let dragan = Penalty::Dragan {
        lambda: 10.0,
        form: DraganForm::Noise,
    };
    let cases = [
        (Sndcgan, None, Penalty::None),
        (Sndcgan, Spectral, gradient),
        (Infogan, Batch, Penalty::None),
        (Resnet19, None, Penalty::None),
        (Resnet19, None, dragan),
        (Resnet19, Spectral, Penalty::R1 { lambda: 10.0 }),
        (Resnet19, Layer, gradient),
        (Resnet19, Batch, dragan),
        (ResnetCifar, Layer, Penalty::L2 { lambda: 0.01 }),
    ];
    let mut wrong: Vec<String> = Vec::new();
    for (architecture, normalization, penalty) in cases {
        let settings = of(architecture, normalization, penalty);
        let mut trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
        let mut step = || {
            multiplications_of(|| {
                trainer.step(&batch()).unwrap();
            })
        };
        // In this convention the generator moves at the first of two steps.
        let (both, discriminator) = (step(), step());
        let counted = settings.step_cost();
        let done = StepCost {
            discriminator: discriminator / IMAGES as u64,
            generator: (both - discriminator) / IMAGES as u64,
        };
        let named = format!("{architecture:?}, {normalization:?}, {penalty:?}: {done:?} of {counted:?}");
        let players = [
            (done.discriminator, counted.discriminator),
            (done.generator, counted.generator),
        ];
        for (done, counted) in players {
            let share = done as f64 / counted as f64;
            // Spectral normalization multiplies too, once for each weight and not for each image.
            if !(0.93..=1.01).contains(&share) {
                wrong.push(format!("{share:.4}: {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_segment_costs_its_steps_and_the_generators_updates_among_them() {
    let settings = of(
        ArchitectureKind::Sndcgan,
        DiscriminatorNormalization::None,
        Penalty::None,
    );
    let StepCost {
        discriminator,
        generator,
    } = settings.step_cost();
    // Steps 4, 5, 6, 7 and 8, of which 5 and 7 move the generator.
    let expected = (IMAGES as u64 * (5 * discriminator + 2 * generator)) as f64;
    assert_eq!(settings.multiplications(3, 8), expected);
}
