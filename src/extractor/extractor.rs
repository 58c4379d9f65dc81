//! One of the extractors, ready to look at images.

use super::classifier::Classifier;
use super::error::ExtractError;
use super::features::Features;
use super::kind::ExtractorKind;
use super::pixels;
use super::published::Published;
use super::random_convolution::RandomConvolution;
use super::source::ImageSource;
use crate::nn::{Weights, WeightsError};

/// A network with its weights on one device, or none for the pixels.
#[derive(Clone, Debug)]
pub struct Extractor(Network);

#[derive(Clone, Debug)]
enum Network {
    Classifier(Classifier),
    RandomConvolution(RandomConvolution),
    Published(Box<Published>),
    Pixels,
}

impl Extractor {
    /// The extractor of this kind with these weights, on their device; [`ExtractorKind::Pixels`] has none.
    ///
    /// # Errors
    /// [`WeightsError`] when they are not those of such a network, or the device fails.
    pub fn new(kind: &ExtractorKind, weights: Weights) -> Result<Self, WeightsError> {
        Ok(Self(match *kind {
            ExtractorKind::Classifier => Network::Classifier(Classifier::from_weights(weights)?),
            ExtractorKind::RandomConvolution => {
                Network::RandomConvolution(RandomConvolution::from_weights(weights)?)
            }
            ExtractorKind::Inception2015 {
                layer,
                resize,
                logits,
            } => Network::Published(Published::inception_2015(layer, resize, logits, &weights)?.into()),
            ExtractorKind::InceptionTorchvision { layer, resize } => {
                Network::Published(Published::inception_torchvision(layer, resize, &weights)?.into())
            }
            ExtractorKind::Vgg16 { layer, resize } => {
                Network::Published(Published::vgg16(layer, resize, &weights)?.into())
            }
            ExtractorKind::Pixels => Network::Pixels,
        }))
    }

    /// What it finds in every image; results do not depend on how images are batched.
    ///
    /// `progress(done, total)` is told of every batch and ends the work by `false`, which gives `None`.
    ///
    /// # Errors
    /// [`ExtractError`] when an image cannot be had or is not one that the extractor can look at, or the device fails.
    pub fn extract<S: ImageSource>(
        &self,
        images: &S,
        progress: impl FnMut(usize, usize) -> bool,
    ) -> Result<Option<Features>, ExtractError<S::Error>> {
        match &self.0 {
            Network::Classifier(network) => network.extract(images, progress),
            Network::RandomConvolution(network) => network.extract(images, progress),
            Network::Published(network) => network.extract(images, progress),
            Network::Pixels => pixels::extract(images, progress),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::data::Images;

    /// Images of any sizes, of which there are three by its word.
    struct Three(Vec<Images>);

    #[derive(Debug, thiserror::Error)]
    #[error("image {0} is not there")]
    struct Gone(usize);

    impl ImageSource for Three {
        type Error = Gone;

        fn count(&self) -> usize {
            3
        }

        fn image(&self, index: usize) -> Result<Images, Gone> {
            self.0.get(index).cloned().ok_or(Gone(index))
        }
    }

    fn gradient(extents: [usize; 4]) -> Images {
        let pixels = (0..extents.iter().product()).map(|at: usize| (at % 256) as u8);
        Images::new(extents, pixels.collect()).unwrap()
    }

    #[test]
    fn pixels_are_their_brightness_from_0_to_1() {
        let pixels = Extractor::new(&ExtractorKind::Pixels, Weights::default()).unwrap();
        let found = pixels
            .extract(&gradient([100, 2, 3, 3]), |_, _| true)
            .unwrap()
            .unwrap();
        assert_eq!((found.count, found.dimension, found.classes), (100, 18, 0));
        for (at, feature) in found.features.iter().enumerate() {
            assert_eq!(*feature, (at % 256) as f32 / 255.0);
        }
        let none = pixels
            .extract(&gradient([0, 2, 3, 3]), |_, _| true)
            .unwrap()
            .unwrap();
        assert_eq!((none.count, none.features.len()), (0, 0));
    }

    #[test]
    fn an_extractor_finds_as_many_numbers_as_its_kind_says() {
        let images = gradient([2, 32, 32, 3]);
        let random = RandomConvolution::draw(3).weights().clone();
        for (kind, weights) in [
            (ExtractorKind::Pixels, Weights::default()),
            (ExtractorKind::RandomConvolution, random),
        ] {
            let found = Extractor::new(&kind, weights)
                .unwrap()
                .extract(&images, |_, _| true);
            assert_eq!(kind.features([32, 32, 3]), found.unwrap().unwrap().dimension);
        }
    }

    #[test]
    fn images_that_cannot_be_had_or_are_of_another_size_are_named() {
        let weights = RandomConvolution::draw(1).weights().clone();
        for kind in [ExtractorKind::Pixels, ExtractorKind::RandomConvolution] {
            let extractor = Extractor::new(&kind, weights.clone()).unwrap();
            let said = |images| {
                let found = extractor.extract(&Three(images), |_, _| true);
                found.unwrap_err().to_string()
            };
            let [square, narrow] = [32, 16].map(|w| gradient([1, 32, w, 1]));
            assert_eq!(said(vec![square.clone(); 2]), "image 2 is not there");
            assert_eq!(
                said(vec![square.clone(), square, narrow]),
                "image 2 is 32 x 16 x 1, and those before it 32 x 32 x 1; this extractor needs images of one size"
            );
        }
    }
}
