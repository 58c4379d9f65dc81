//! Features of images of any origin: a stage a side. Equal images and choices have one key, whichever side they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use gan_cache::Value;
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use super::Side;
use super::error::ScoreError;
use super::input::{Content, ScoreInput};
use super::source::{ArrayImages, FolderImages};
use crate::arrays;
use crate::data::DataError;
use crate::extractor::{ExtractError, Extractor, ExtractorKind, Features, ImageSource};
use crate::nn::Weights;
use crate::stages::device::StudyDevice;
use crate::stages::features::extractor_parameters;
use crate::stages::images_file::features_to_bytes;

/// The source's name in keys.
pub(super) const IMAGES: &str = "images";

/// Extracts features of a side's images: input `extractor`, but for pixels.
pub(super) struct ExtractFeatures {
    pub(super) side: Side,
    /// Which part of the side, in the stage's name.
    pub(super) ordinal: String,
    pub(super) input: ScoreInput,
    pub(super) extractor: ExtractorKind,
    pub(super) device: Arc<StudyDevice>,
}

impl Stage for ExtractFeatures {
    fn kind(&self) -> &'static str {
        "features"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        format!("features of the {} images{}", self.side.name(), self.ordinal)
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.device.parameters();
        parameters.extend(extractor_parameters(self.extractor));
        let form = match &self.input.content {
            Content::ImageArray { name, layout } => Value::map([
                ("array", Value::from(name.as_str())),
                ("layout", Value::from(layout.name())),
            ]),
            _ => Value::from("folder"),
        };
        parameters.insert("images".to_owned(), form);
        parameters
    }

    fn sources(&self) -> Vec<Source> {
        vec![Source {
            name: IMAGES.to_owned(),
            path: self.input.path.clone(),
        }]
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
        let (features, sizes) = match &self.input.content {
            Content::ImageArray { name, layout } => {
                let array =
                    arrays::open_named(&self.input.path, name).map_err(|error| of_input(error.into()))?;
                let images = ArrayImages::new(array, *layout);
                let found = self.extract(
                    context,
                    &images,
                    |error| of_input(error.into()),
                    |_| String::new(),
                )?;
                (found, Some(images.sizes()))
            }
            _ => {
                let files = context.source_folder(IMAGES)?.files;
                let images = FolderImages::new(&files, context.threads())?;
                if images.count() == 0 {
                    return Err(no_images(&self.input, files.len()));
                }
                let name = |index: usize| format!("image {index} is {}; ", images.name(index));
                let found = self.extract(context, &images, of_data, name)?;
                context.fact("other_files", images.others);
                (found, images.sizes())
            }
        };
        context.output("features", &features_to_bytes(&features)?)?;
        context.fact("count", features.count);
        context.fact("dimension", features.dimension);
        if let Some([least, most]) = sizes {
            context.fact("least_extents", least.to_vec());
            context.fact("largest_extents", most.to_vec());
        }
        Ok(Outcome::Completed)
    }
}

impl ExtractFeatures {
    fn extract<S: ImageSource + Sync>(
        &self,
        context: &mut StageContext<'_>,
        images: &S,
        failure: impl Fn(S::Error) -> StageFailure + Send + Sync,
        name: impl Fn(usize) -> String + Send + Sync,
    ) -> Result<Features, StageFailure> {
        let weights = match self.extractor {
            ExtractorKind::Pixels => None,
            _ => Some(context.input("extractor")?),
        };
        let watched = &*context;
        let go_on = |done: usize, total: usize| {
            watched.progress(done as u64, total as u64, "images");
            !watched.cancelled()
        };
        self.device.compute(watched, |device| {
            let weights = match &weights {
                Some(weights) => Weights::from_safetensors(device, weights)?,
                None => Weights::default(),
            };
            let extractor = Extractor::new(&self.extractor, weights)?;
            let found = extractor.extract(images, go_on).map_err(|error| match error {
                ExtractError::Source(error) => failure(error),
                ExtractError::Read(error) => error.into(),
                ExtractError::Extents { index, .. }
                | ExtractError::Channels { index, .. }
                | ExtractError::Empty { index } => StageFailure::from(error)
                    .with_blame(Blame::Data)
                    .with_hint(name(index) + self.sizes_hint()),
            })?;
            found.ok_or(StageFailure::Cancelled)
        })
    }

    fn sizes_hint(&self) -> &'static str {
        match self.extractor.needs_weights_file() {
            true => "convert the images to RGB",
            false => "bring the images to one size; the Inception networks take images of any size",
        }
    }
}

/// A folder in which none of the files is an image.
pub(super) fn no_images(input: &ScoreInput, files: usize) -> StageFailure {
    let folder = input.path.clone();
    StageFailure::from(DataError::NoImages { folder, files })
        .with_blame(Blame::Data)
        .with_hint("name the folder above the images, which may lie in folders of their own")
}

pub(super) fn of_input(error: ScoreError) -> StageFailure {
    let hint = error.hint();
    let failure = StageFailure::from(error).with_blame(Blame::Data);
    hint.into_iter().fold(failure, StageFailure::with_hint)
}

fn of_data(error: DataError) -> StageFailure {
    of_input(error.into())
}
