//! The batch of each step, as a function of seeds and step alone: runs that differ only in settings see the same data.

use gan_kernels::{Array, Device};

use crate::data::Images;
use crate::gan::{Batch, Latent};
use crate::random::Stream;

/// Draws the batches of one run.
pub struct Batches<'a> {
    device: Device,
    images: &'a Images,
    latent: Latent,
    batch_size: usize,
    seed: u64,
    run: u64,
    /// The epoch whose order of images is at hand, and that order.
    order: Option<(u64, Vec<usize>)>,
}

impl<'a> Batches<'a> {
    /// Batches of `batch_size` training images for the study's seed and the run's.
    ///
    /// # Panics
    /// When there are no images.
    #[must_use]
    pub fn new(
        device: &Device,
        images: &'a Images,
        latent: Latent,
        batch_size: usize,
        seed: u64,
        run: u64,
    ) -> Self {
        assert!(images.count > 0, "training needs at least one image");
        Self {
            device: device.clone(),
            images,
            latent,
            batch_size,
            seed,
            run,
            order: None,
        }
    }

    /// The batch of a step, counted from 1.
    ///
    /// Each epoch goes through all images once, in an order of its own; a batch may span two epochs.
    pub fn at(&mut self, step: u64) -> Batch {
        let n = self.batch_size;
        let real = self.real_images(step);
        let alpha = self.noise("gradient-penalty", step, n, |stream, values| {
            stream.fill_uniform(values, 0.0, 1.0)
        });
        let latent = self.latent;
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
            real,
        }
    }

    fn noise(&self, name: &str, step: u64, count: usize, fill: impl Fn(&mut Stream, &mut [f32])) -> Vec<f32> {
        let mut values = vec![0.0; count];
        fill(&mut Stream::new(self.seed, self.run, name, step), &mut values);
        values
    }

    /// `[n, h, w, c]` in [-1, 1].
    fn real_images(&mut self, step: u64) -> Array {
        let images = self.images;
        let positions = (step - 1) * self.batch_size as u64..step * self.batch_size as u64;
        let values = images.scaled(positions.map(|position| self.index_at(position)));
        Array::from_f32(
            &self.device,
            [self.batch_size, images.height, images.width, images.channels],
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
    use crate::gan::LatentDistribution;

    fn images() -> Images {
        Images::new([10, 1, 1, 1], (0..10).collect()).unwrap()
    }

    fn batches(images: &Images) -> Batches<'_> {
        let latent = Latent {
            dimension: 3,
            distribution: LatentDistribution::Uniform,
        };
        Batches::new(&Device::Cpu, images, latent, 4, 1, 1)
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
}
