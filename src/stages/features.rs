//! Feature extraction: of the reference images, once a data set, and of generated images, once a checkpoint.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use gan_cache::Value;
use gan_kernels::Device;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::{Checkpoint, EVALUATED};
use super::device::StudyDevice;
use super::images_file::{features_to_bytes, labelled_from_blob};
use super::numerics::count;
use super::train::generator_from_bytes;
use crate::data::Images;
use crate::extractor::{ExtractError, Extractor, ExtractorKind};
use crate::nn::Weights;

/// The input with the images that were trained on.
pub(super) const TRAINING: &str = "train";

/// The name of an extractor in tables and keys: with a version where no digest of training data stands for it.
pub(super) fn versioned_name(extractor: ExtractorKind) -> String {
    match extractor {
        ExtractorKind::Classifier => extractor.name().to_owned(),
        _ => format!("{}/{}", extractor.name(), extractor.version()),
    }
}

/// What names the extractor and its choices in a key; nothing for the classifier, which keys had before there were others.
pub(super) fn extractor_parameters(extractor: ExtractorKind) -> BTreeMap<String, Value> {
    if extractor == ExtractorKind::Classifier {
        return BTreeMap::new();
    }
    let choices = [
        ("extractor_layer", extractor.layer()),
        ("resize", extractor.resize()),
        ("logit_bias", extractor.logit_bias()),
    ];
    let choices = choices
        .into_iter()
        .filter_map(|(name, choice)| Some((name.to_owned(), Value::from(choice?))));
    let name = Value::from(versioned_name(extractor));
    [("extractor".to_owned(), name)]
        .into_iter()
        .chain(choices)
        .collect()
}

/// Features of real images: inputs `extractor`, unless pixels are the features, and these images, which are those that
/// generated ones are compared with, `test` or `validation`, or those that were trained on, `train`.
///
/// On the study's device, like those of generated images: what its rounding does to features it does to both sides of a
/// distance.
pub(super) struct RealFeatures {
    pub(super) extractor: ExtractorKind,
    /// The input with the images, named as the split.
    pub(super) images: &'static str,
    pub(super) device: Arc<StudyDevice>,
}

impl Stage for RealFeatures {
    fn kind(&self) -> &'static str {
        "features"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        match self.images {
            TRAINING => "training features".to_owned(),
            _ => "reference features".to_owned(),
        }
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.device.parameters();
        parameters.extend(extractor_parameters(self.extractor));
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
        let real = labelled_from_blob(context.input(self.images)?)?;
        extract(self.extractor, &self.device, context, |_, _| Ok(real.images))
    }
}

/// Features of images made by a generator: inputs `extractor`, unless pixels are the features, and `generator`.
pub(super) struct SampleFeatures {
    pub(super) checkpoint: Checkpoint,
    pub(super) extractor: ExtractorKind,
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
        parameters.extend(extractor_parameters(self.extractor));
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
                    .images(device, &generator, EVALUATED, self.samples, watched)
            },
        )
    }
}

/// Writes the features of images that are made where they are extracted.
fn extract(
    extractor: ExtractorKind,
    device: &StudyDevice,
    context: &mut StageContext<'_>,
    images: impl FnOnce(&Device, &StageContext<'_>) -> Result<Images, StageFailure> + Send,
) -> Result<Outcome, StageFailure> {
    let weights = match extractor {
        ExtractorKind::Pixels => None,
        _ => Some(context.input("extractor")?),
    };
    let watched = &*context;
    let go_on = |_, _| !watched.cancelled();
    let features = device.compute(watched, |device| {
        let weights = weights.map(|bytes| Weights::from_safetensors(device, &bytes));
        let network = Extractor::new(&extractor, weights.transpose()?.unwrap_or_default())?;
        let images = images(device, watched)?;
        let found = network.extract(&images, go_on);
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
