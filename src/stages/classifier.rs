//! Training of the extractor `classifier`, once a data set and shared by all runs and studies.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::device::on_processor;
use super::images_file::labelled_from_blob;
use super::numerics::numeric_parameters;
use crate::extractor::{CLASSIFIER_VERSION, Classifier};
use crate::study;

/// Trains the classifier on input `train` and measures it on input `test`.
///
/// Always on the CPU device: studies on different devices are evaluated with the same weights.
pub(super) struct TrainClassifier;

impl Stage for TrainClassifier {
    fn kind(&self) -> &'static str {
        "classifier"
    }

    fn version(&self) -> u32 {
        CLASSIFIER_VERSION
    }

    fn name(&self) -> String {
        "classifier".to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        numeric_parameters(study::Device::CPU)
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "weights",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let train = labelled_from_blob(context.input("train")?)?;
        let test = labelled_from_blob(context.input("test")?)?;
        let Some(labels) = train.labels.as_deref() else {
            return Err(StageFailure::message(
                "the data set has no labels to train a classifier on",
            ));
        };
        let watched = &*context;
        let (classifier, accuracy) = on_processor(watched, |_| {
            let progress = |done: usize, total: usize| {
                watched.progress(done as u64, total as u64, "steps");
                !watched.cancelled()
            };
            let classifier = Classifier::train(&train.images, labels, train.classes, progress)?;
            let classifier = classifier.ok_or(StageFailure::Cancelled)?;
            let accuracy = classifier.accuracy(&test)?;
            Ok((classifier, accuracy))
        })?;
        context.output("weights", &classifier.weights().to_safetensors()?)?;
        context.fact("test_accuracy", accuracy);
        Ok(Outcome::Completed)
    }
}
