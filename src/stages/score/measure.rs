//! Metrics of two sets of features, and the likeness of images to each other. Values are facts of the entry.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Blame, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use super::error::ScoreError;
use super::extract::of_input;
use super::input::{Content, ScoreInput};
use super::source::{ArrayImages, FolderImages};
use crate::arrays;
use crate::data::Images;
use crate::extractor::{Features, ImageSource};
use crate::stages::device::on_threads;
use crate::stages::images_file::features_from_bytes;
use crate::stages::measurement::{FeatureSets, measure, similarity};
use crate::stages::metric::{
    METRIC_VERSION, SIMILARITY_VERSION, bootstrap_parameters, metric_parameters, tell,
};
use crate::study::{Bootstrap, Metric};

/// Measures one metric of features: input `samples`, and `reference` where the metric compares.
///
/// Kind, version, parameters and inputs are those of a study's metric on the processor, so that equal features are measured
/// once.
pub(super) struct MeasureFeatures {
    pub(super) metric: Metric,
    pub(super) bootstrap: Option<Bootstrap>,
}

impl Stage for MeasureFeatures {
    fn kind(&self) -> &'static str {
        "metric"
    }

    fn version(&self) -> u32 {
        METRIC_VERSION
    }

    fn name(&self) -> String {
        self.metric.name().to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = metric_parameters(self.metric);
        if let Some(bootstrap) = self.bootstrap {
            parameters.insert("bootstrap".to_owned(), bootstrap_parameters(bootstrap));
        }
        parameters
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let samples = features_from_bytes(&context.input("samples")?)?;
        let reference = match self.metric.needs_reference() {
            true => Some(features_from_bytes(&context.input("reference")?)?),
            false => None,
        };
        if let Some(reference) = &reference {
            refuse_unlike(reference, &samples)?;
            refuse_unequal(self.metric, reference, &samples)?;
        }
        let sets = FeatureSets {
            samples: &samples,
            reference: reference.as_ref(),
            training: None,
        };
        let measured = on_threads(context.threads(), || {
            measure(self.metric, sets, self.bootstrap)
                .map_err(|error| StageFailure::from(error).with_blame(Blame::Data))
        })?;
        tell(&measured, self.metric, context);
        Ok(Outcome::Completed)
    }
}

fn refuse_unlike(reference: &Features, samples: &Features) -> Result<(), StageFailure> {
    match reference.dimension == samples.dimension {
        true => Ok(()),
        false => Err(StageFailure::message(format!(
            "the reference has {} features an image and the generated side {}",
            reference.dimension, samples.dimension
        ))
        .with_blame(Blame::Data)
        .with_hint("features of both sides must come from one extractor; pixels need images of one size")),
    }
}

/// Refuses sets of unequal size where they must be equal: a folder's images have an order, so that its first are no sample
/// of it.
fn refuse_unequal(metric: Metric, reference: &Features, samples: &Features) -> Result<(), StageFailure> {
    match matches!(metric, Metric::Prd { .. }) && reference.count != samples.count {
        false => Ok(()),
        true => Err(StageFailure::message(format!(
            "{metric} compares as many images on both sides, and there are {} reference images and {} generated ones",
            reference.count, samples.count
        ))
        .with_blame(Blame::Data)
        .with_hint("leave out some of the larger side, chosen at random")),
    }
}

/// Measures how alike the images of a side are.
pub(super) struct MeasureSimilarity {
    pub(super) metric: Metric,
    pub(super) input: ScoreInput,
}

impl Stage for MeasureSimilarity {
    fn kind(&self) -> &'static str {
        "image-similarity"
    }

    fn version(&self) -> u32 {
        SIMILARITY_VERSION
    }

    fn name(&self) -> String {
        self.metric.name().to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = metric_parameters(self.metric);
        if let Content::ImageArray { name, layout } = &self.input.content {
            parameters.insert("array".to_owned(), Value::from(name.as_str()));
            parameters.insert("layout".to_owned(), Value::from(layout.name()));
        }
        parameters
    }

    fn sources(&self) -> Vec<Source> {
        vec![Source {
            name: "images".to_owned(),
            path: self.input.path.clone(),
        }]
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let images = match &self.input.content {
            Content::ImageArray { name, layout } => {
                let array = arrays::open_named(&self.input.path, name);
                let images = ArrayImages::new(array.map_err(|error| of_input(error.into()))?, *layout);
                together(
                    context,
                    &images,
                    |error| of_input(error.into()),
                    |index| format!("image {index}"),
                )?
            }
            _ => {
                let files = context.source_folder("images")?.files;
                let images = FolderImages::new(&files, context.threads())?;
                together(
                    context,
                    &images,
                    |error| of_input(error.into()),
                    |index| images.name(index),
                )?
            }
        };
        let measured = on_threads(context.threads(), || {
            similarity(self.metric, &images)
                .map_err(|error| StageFailure::from(error).with_blame(Blame::Data))
        })?;
        tell(&measured, self.metric, context);
        Ok(Outcome::Completed)
    }
}

/// All images of a source, which must have one size.
fn together<S: ImageSource>(
    context: &StageContext<'_>,
    source: &S,
    failure: impl Fn(S::Error) -> StageFailure,
    name: impl Fn(usize) -> String,
) -> Result<Images, StageFailure> {
    let mut pixels = Vec::new();
    let mut extents = None;
    for index in 0..source.count() {
        context.check_cancelled()?;
        let image = source.image(index).map_err(&failure)?;
        let own = [image.height, image.width, image.channels];
        let [h, w, c] = *extents.get_or_insert(own);
        if own != [h, w, c] {
            let message = format!(
                "{} is {} x {} pixels, and those before it {h} x {w}; ms-ssim needs images of one size",
                name(index),
                image.height,
                image.width
            );
            return Err(StageFailure::message(message).with_blame(Blame::Data));
        }
        pixels.extend_from_slice(&image.pixels);
    }
    let [h, w, c] = extents.unwrap_or([0, 0, 3]);
    let images = Images::new([source.count(), h, w, c], pixels);
    images.map_err(|error| of_input(ScoreError::from(error)))
}
