//! What a step of training costs in launches on a device.

use gan_kernels::{Array, Device, activity};

use crate::gan::{Batch, DiscriminatorNormalization, Trainer, TrainingSettings};

const IMAGES: usize = 4;
const LATENT: usize = super::LATENT;

fn settings(normalization: DiscriminatorNormalization) -> TrainingSettings {
    TrainingSettings {
        normalization,
        // Only the discriminator moves in the steps that are counted.
        discriminator_steps: 100,
        batch_size: IMAGES,
        ..super::settings()
    }
}

/// Launches of a discriminator's third update, when its weights and moments lie as they do from then on.
fn launches(device: &Device, normalization: DiscriminatorNormalization) -> u64 {
    let filled = |shape: [usize; 4], value| {
        let count = shape.iter().product();
        Array::from_f32(device, shape, &vec![value; count])
    };
    let latent = |value| filled([1, 1, IMAGES, LATENT], value).reshape([IMAGES, LATENT]);
    let batch = Batch {
        real: filled([IMAGES, 16, 16, 1], 0.5),
        discriminator_latent: latent(0.25),
        generator_latent: latent(-0.25),
        alpha: filled([IMAGES, 1, 1, 1], 0.5),
        pixel_noise: None,
    };
    let mut trainer = Trainer::initial(device, settings(normalization), 1, 1);
    for _ in 0..2 {
        trainer.step(&batch).unwrap();
    }
    let before = activity::so_far();
    trainer.step(&batch).unwrap();
    (activity::so_far() - before).launches
}

#[test]
fn spectral_normalization_of_a_whole_discriminator_adds_eight_launches_to_its_step() {
    let device = Device::open("vulkan:software").expect("these tests need a software Vulkan driver");
    let [none, spectral] = [
        DiscriminatorNormalization::None,
        DiscriminatorNormalization::Spectral,
    ]
    .map(|normalization| launches(&device, normalization));
    assert_eq!(spectral - none, 8, "{spectral} launches with it, {none} without");
}
