//! Feature extraction: of the reference images, once a data set, and of generated images, once a checkpoint.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use gan_cache::Value;
use gan_kernels::Device;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::Checkpoint;
use super::device::StudyDevice;
use super::images_file::{features_to_bytes, labelled_from_blob};
use super::numerics::count;
use super::train::generator_from_bytes;
use crate::data::Images;
use crate::extractor::{Classifier, ExtractError, RANDOM_CONVOLUTION_VERSION, RandomConvolution};
use crate::nn::Weights;
use crate::study::Extractor;

/// What evaluation latents are for, and so which ones they are.
const PURPOSE: &str = "evaluation.latent";

/// The name of an extractor in tables and keys: with a version where no digest of training data stands for it.
pub(super) fn versioned_name(extractor: Extractor) -> String {
    match extractor {
        Extractor::Classifier => extractor.name().to_owned(),
        Extractor::RandomConvolution => format!("{extractor}/{RANDOM_CONVOLUTION_VERSION}"),
    }
}

/// What names the extractor in a key; absent for the classifier, which keys had before there were others.
fn extractor_parameter(extractor: Extractor) -> Option<(String, Value)> {
    match extractor {
        Extractor::Classifier => None,
        Extractor::RandomConvolution => {
            Some(("extractor".to_owned(), Value::from(versioned_name(extractor))))
        }
    }
}

/// Features of the images that generated ones are compared with: inputs `extractor` and these images, `test` or `validation`.
///
/// On the study's device, like those of generated images: what its rounding does to features it does to both sides of a
/// distance.
pub(super) struct ReferenceFeatures {
    pub(super) extractor: Extractor,
    /// The input with the images, named as the split.
    pub(super) images: &'static str,
    pub(super) device: Arc<StudyDevice>,
}

impl Stage for ReferenceFeatures {
    fn kind(&self) -> &'static str {
        "features"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        "reference features".to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.device.parameters();
        parameters.extend(extractor_parameter(self.extractor));
        parameters
    }

    fn needs_device(&self) -> bool {
        self.device.is_gpu()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "features",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let test = labelled_from_blob(context.input(self.images)?)?;
        extract(self.extractor, &self.device, context, |_, _| Ok(test.images))
    }
}

/// Features of images made by a generator: inputs `extractor` and `generator`.
pub(super) struct SampleFeatures {
    pub(super) checkpoint: Checkpoint,
    pub(super) extractor: Extractor,
    /// Images to make.
    pub(super) samples: usize,
}

impl Stage for SampleFeatures {
    fn kind(&self) -> &'static str {
        "features"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name("features")
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.checkpoint.parameters();
        parameters.insert("samples".to_owned(), count(self.samples));
        parameters.extend(extractor_parameter(self.extractor));
        parameters
    }

    fn needs_device(&self) -> bool {
        self.checkpoint.run.device.is_gpu()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "features",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let generator = context.input("generator")?;
        extract(
            self.extractor,
            &self.checkpoint.run.device,
            context,
            |device, watched| {
                let generator = generator_from_bytes(device, &generator)?;
                self.checkpoint
                    .images(device, &generator, PURPOSE, self.samples, watched)
            },
        )
    }
}

/// Writes the features of images that are made where they are extracted.
fn extract(
    extractor: Extractor,
    device: &StudyDevice,
    context: &mut StageContext<'_>,
    images: impl FnOnce(&Device, &StageContext<'_>) -> Result<Images, StageFailure> + Send,
) -> Result<Outcome, StageFailure> {
    let weights = context.input("extractor")?;
    let watched = &*context;
    let go_on = |_, _| !watched.cancelled();
    let features = device.compute(watched, |device| {
        let weights = Weights::from_safetensors(device, &weights)?;
        let images = images(device, watched)?;
        let found = match extractor {
            Extractor::Classifier => Classifier::from_weights(weights)?.extract(&images, go_on),
            Extractor::RandomConvolution => RandomConvolution::from_weights(weights)?.extract(&images, go_on),
        };
        found.map_err(failure)?.ok_or(StageFailure::Cancelled)
    })?;
    context.output("features", &features_to_bytes(&features)?)?;
    context.fact("count", features.count);
    context.fact("dimension", features.dimension);
    Ok(Outcome::Completed)
}

/// A device's failure as it is, since a device is blamed for it.
fn failure<E: Error + Send + Sync + 'static>(error: ExtractError<E>) -> StageFailure {
    match error {
        ExtractError::Read(error) => error.into(),
        other => other.into(),
    }
}
