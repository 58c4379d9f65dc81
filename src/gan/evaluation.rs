//! Images from a trained generator, for metrics and for looking at.

use gan_kernels::{Array, Device, ReadError};

use crate::autograd::Variable;
use crate::data::Images;
use crate::gan::convention::ImageRange;
use crate::gan::{GeneratorState, Latent, LatentDistribution, TrainingSettings};
use crate::nn::{Bound, Normalizing};
use crate::random::Stream;

/// Images made at a time.
///
/// Running averages normalize each image alone, and every batch is full: a matrix product of fewer rows may add in
/// another order, and an image must not depend on how many follow it.
const BATCH: usize = 64;

/// The seed of evaluation latents: the protocol's own, so that every study evaluates on the same ones.
const PROTOCOL_SEED: u64 = 0;

/// The latents that generators are evaluated on, a function of their number and the latent's settings alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationLatents {
    /// What a latent is.
    pub latent: Latent,
    /// Which use they are for; different uses have different latents.
    pub purpose: &'static str,
}

impl EvaluationLatents {
    /// Latents number `first` to `first + count`, `[count, z]`; each has a stream of its own.
    #[must_use]
    pub fn draw(&self, device: &Device, first: usize, count: usize) -> Array {
        let dimension = self.latent.dimension;
        let mut values = vec![0.0; count * dimension];
        for (index, latent) in values.chunks_exact_mut(dimension).enumerate() {
            let mut stream = Stream::new(PROTOCOL_SEED, 0, self.purpose, (first + index) as u64);
            self.latent.fill(&mut stream, latent);
        }
        Array::from_f32(device, [count, dimension], &values)
    }
}

impl Latent {
    /// Draws latent numbers from a stream.
    pub fn fill(&self, stream: &mut Stream, values: &mut [f32]) {
        match self.distribution {
            LatentDistribution::Uniform => stream.fill_uniform(values, -1.0, 1.0),
            LatentDistribution::Normal => stream.fill_normal(values),
        }
    }
}

/// Images of a generator whose batch normalization uses its running averages.
///
/// `progress(done, total)` is told of every batch and ends the work by `false`, which gives `None`.
///
/// # Errors
/// [`ReadError`] when the device fails.
pub fn generate(
    device: &Device,
    settings: &TrainingSettings,
    generator: &GeneratorState,
    latents: EvaluationLatents,
    count: usize,
    mut progress: impl FnMut(usize, usize) -> bool,
) -> Result<Option<Images>, ReadError> {
    let network = settings.generator();
    let bound = Bound::constants(&generator.evaluated(settings));
    let extent = settings.architecture.resolution;
    let mut pixels = Vec::with_capacity(count * extent * extent * settings.architecture.channels);
    for first in (0..count).step_by(BATCH) {
        if !progress(first, count) {
            return Ok(None);
        }
        let latent = Variable::constant(latents.draw(device, first, BATCH));
        let images = network.forward(&latent, &bound, &mut Normalizing::Running(&generator.averages));
        let own = BATCH.min(count - first) * extent * extent * settings.architecture.channels;
        let values = &images.value().to_f32()?[..own];
        match settings.convention.image_range {
            ImageRange::Symmetric => pixels.extend(values.iter().copied().map(quantize)),
            ImageRange::Unit => pixels.extend(values.iter().map(|value| quantize(2.0 * value - 1.0))),
        }
    }
    Ok(Some(Images {
        count,
        height: extent,
        width: extent,
        channels: settings.architecture.channels,
        pixels: pixels.into(),
    }))
}

/// A pixel in [-1, 1] as a byte: `floor(127.5 x + 128)`, kept within 0 to 255; NaN becomes 0.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
pub fn quantize(pixel: f32) -> u8 {
    (127.5 * pixel + 128.0).floor().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::gan::Trainer;
    use crate::gan::tests::settings;

    #[test]
    fn a_pixel_that_training_sees_becomes_the_byte_it_came_from() {
        for byte in 0..=255 {
            assert_eq!(quantize(f32::from(byte) / 127.5 - 1.0), byte);
            assert_eq!(quantize(2.0 * (f32::from(byte) / 255.0) - 1.0), byte);
        }
        assert_eq!([quantize(-3.0), quantize(3.0), quantize(f32::NAN)], [0, 255, 0]);
    }

    #[test]
    fn an_image_does_not_depend_on_how_many_are_made() {
        let settings = settings();
        let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
        let latents = EvaluationLatents {
            latent: settings.latent,
            purpose: "test",
        };
        let make = |count| {
            generate(
                &Device::Cpu,
                &settings,
                trainer.generator(),
                latents,
                count,
                |_, _| true,
            )
            .unwrap()
            .unwrap()
        };
        let (few, many) = (make(20), make(70));
        assert_eq!(few.pixels, many.pixels[..few.pixels.len()]);
        let ended = generate(
            &Device::Cpu,
            &settings,
            trainer.generator(),
            latents,
            70,
            |done, _| done == 0,
        );
        assert!(ended.unwrap().is_none());
    }
}
