//! The batch of each step, as a function of seeds and step alone: runs that differ only in settings see the same data.

use gan_kernels::{Array, Device};

use crate::data::Images;
use crate::gan::convention::ImageRange;
use crate::gan::{Batch, TrainingSettings};
use crate::random::Stream;

/// Draws the batches of one run.
pub struct Batches<'a> {
    device: Device,
    images: &'a Images,
    settings: TrainingSettings,
    seed: u64,
    run: u64,
    /// The epoch whose order of images is at hand, and that order.
    order: Option<(u64, Vec<usize>)>,
}

impl<'a> Batches<'a> {
    /// Batches of training images for the study's seed and the run's.
    ///
    /// # Panics
    /// When there are no images.
    #[must_use]
    pub fn new(device: &Device, images: &'a Images, settings: TrainingSettings, seed: u64, run: u64) -> Self {
        assert!(images.count > 0, "training needs at least one image");
        Self {
            device: device.clone(),
            images,
            settings,
            seed,
            run,
            order: None,
        }
    }

    /// The batch of a step, counted from 1.
    ///
    /// Each epoch goes through all images once, in an order of its own; a batch may span two epochs.
    pub fn at(&mut self, step: u64) -> Batch {
        let n = self.settings.batch_size;
        let real = self.real_images(step);
        let unit = |stream: &mut Stream, values: &mut [f32]| stream.fill_uniform(values, 0.0, 1.0);
        let alpha = self.noise("gradient-penalty", step, n, unit);
        let pixel_noise = self.settings.penalty.needs_pixel_noise().then(|| {
            let values = self.noise("penalty-pixels", step, real.shape().count(), unit);
            Array::from_f32(&self.device, real.shape(), &values)
        });
        let latent = self.settings.latent;
        let latents = |name| {
            let values = self.noise(name, step, n * latent.dimension, |stream, values| {
                latent.fill(stream, values)
            });
            Array::from_f32(&self.device, [n, latent.dimension], &values)
        };
        Batch {
            discriminator_latent: latents("latent.discriminator"),
            generator_latent: latents("latent.generator"),
            alpha: Array::from_f32(&self.device, [n, 1, 1, 1], &alpha),
            pixel_noise,
            real,
        }
    }

    fn noise(&self, name: &str, step: u64, count: usize, fill: impl Fn(&mut Stream, &mut [f32])) -> Vec<f32> {
        let mut values = vec![0.0; count];
        fill(&mut Stream::new(self.seed, self.run, name, step), &mut values);
        values
    }

    /// `[n, h, w, c]` in the convention's range.
    fn real_images(&mut self, step: u64) -> Array {
        let images = self.images;
        let n = self.settings.batch_size;
        let positions = (step - 1) * n as u64..step * n as u64;
        let chosen = positions
            .map(|position| self.index_at(position))
            .collect::<Vec<_>>();
        let values = match self.settings.convention.image_range {
            ImageRange::Symmetric => images.scaled(chosen),
            ImageRange::Unit => images.scaled_to_unit(chosen),
        };
        Array::from_f32(
            &self.device,
            [n, images.height, images.width, images.channels],
            &values,
        )
    }

    fn index_at(&mut self, position: u64) -> usize {
        let count = self.images.count as u64;
        let epoch = position / count;
        if self.order.as_ref().is_none_or(|(known, _)| *known != epoch) {
            let order = Stream::new(self.seed, self.run, "order", epoch).permutation(self.images.count);
            self.order = Some((epoch, order));
        }
        let within =
            usize::try_from(position % count).expect("a position within an epoch is an index of an image");
        self.order.as_ref().expect("set above").1[within]
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::gan::tests::settings;
    use crate::gan::{Convention, DraganForm, Penalty};

    fn images() -> Images {
        Images::new([10, 1, 1, 1], (0..10).collect()).unwrap()
    }

    fn batches(images: &Images) -> Batches<'_> {
        let settings = TrainingSettings {
            batch_size: 4,
            ..settings()
        };
        Batches::new(&Device::Cpu, images, settings, 1, 1)
    }

    fn pixels(batch: &Batch) -> Vec<u8> {
        batch
            .real
            .to_f32()
            .unwrap()
            .iter()
            .map(|value| ((value + 1.0) * 127.5).round() as u8)
            .collect()
    }

    #[test]
    fn every_epoch_shows_every_image_once_in_its_own_order() {
        let images = images();
        let mut batches = batches(&images);
        let seen: Vec<u8> = (1..=5).flat_map(|step| pixels(&batches.at(step))).collect();
        let (first, second) = seen.split_at(10);
        for epoch in [first, second] {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<u8>>());
        }
        assert_ne!(first, second);
    }

    #[test]
    fn a_batch_does_not_depend_on_the_batches_drawn_before() {
        let images = images();
        let mut drawn_in_order = batches(&images);
        let ordered: Vec<Batch> = (1..=4).map(|step| drawn_in_order.at(step)).collect();
        let alone = batches(&images).at(4);
        assert_eq!(pixels(&alone), pixels(&ordered[3]));
        assert_eq!(
            alone.generator_latent.to_f32().unwrap(),
            ordered[3].generator_latent.to_f32().unwrap()
        );
        assert_ne!(
            alone.generator_latent.to_f32().unwrap(),
            alone.discriminator_latent.to_f32().unwrap()
        );
    }

    #[test]
    fn images_are_in_the_range_of_the_convention() {
        let images = Images::new([2, 1, 1, 1], vec![0, 255]).unwrap();
        for (convention, expected) in [
            (Convention::STANDARD, [-1.0, 1.0]),
            (Convention::COMPARE_GAN, [0.0, 1.0]),
        ] {
            let settings = TrainingSettings {
                batch_size: 2,
                convention,
                ..settings()
            };
            let batch = Batches::new(&Device::Cpu, &images, settings, 1, 1).at(1);
            let mut values = batch.real.to_f32().unwrap();
            values.sort_unstable_by(f32::total_cmp);
            assert_eq!(values, expected);
        }
    }

    #[test]
    fn only_a_penalty_that_needs_them_is_given_numbers_for_pixels() {
        let images = images();
        let noise = |penalty| {
            let settings = TrainingSettings {
                penalty,
                ..settings()
            };
            Batches::new(&Device::Cpu, &images, settings, 1, 1)
                .at(1)
                .pixel_noise
        };
        assert!(noise(Penalty::Gradient { lambda: 1.0 }).is_none());
        let form = DraganForm::Noise;
        let dragan = noise(Penalty::Dragan { lambda: 1.0, form }).unwrap();
        assert!(
            dragan
                .to_f32()
                .unwrap()
                .iter()
                .all(|value| (0.0..1.0).contains(value))
        );
    }
}
