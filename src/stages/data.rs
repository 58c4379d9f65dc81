//! Dataset preparation: files or drawings to arrays at the study's resolution, with their labels.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use super::images_file::labelled_to_bytes;
use super::numerics::count;
use crate::data::{DataError, Labelled, MnistFamily, Padding, Polygons, Sources, Split};

/// Prepares both splits of a data set.
pub(super) struct PrepareData {
    pub(super) dataset: PreparedDataset,
    /// Height and width of the result, in pixels.
    pub(super) resolution: usize,
}

/// Where images come from.
pub(super) enum PreparedDataset {
    /// IDX files.
    Files(MnistFamily, Sources),
    /// Drawn by the program.
    Polygons(Polygons),
}

impl PrepareData {
    fn load(&self, context: &StageContext<'_>, split: Split) -> Result<Labelled, StageFailure> {
        let labelled = match &self.dataset {
            PreparedDataset::Polygons(polygons) => polygons.generate(split),
            PreparedDataset::Files(family, _) => {
                let path = |name: &str| context.source(name).map(std::path::Path::to_owned);
                let sources = Sources {
                    train_images: path("train-images")?,
                    train_labels: path("train-labels")?,
                    test_images: path("test-images")?,
                    test_labels: path("test-labels")?,
                };
                family.load(&sources, split).map_err(with_hint)?
            }
        };
        let images = labelled
            .images
            .padded(self.resolution, Padding::Zero)
            .map_err(with_hint)?;
        Ok(Labelled { images, ..labelled })
    }
}

fn with_hint(error: DataError) -> StageFailure {
    let hint = error.hint();
    let failure = StageFailure::from(error);
    hint.into_iter().fold(failure, StageFailure::with_hint)
}

impl Stage for PrepareData {
    fn kind(&self) -> &'static str {
        "data"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        "data".to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = BTreeMap::from([
            ("resolution".to_owned(), count(self.resolution)),
            ("padding".to_owned(), Value::from(Padding::Zero.name())),
        ]);
        match &self.dataset {
            PreparedDataset::Files(family, _) => {
                parameters.insert("dataset".to_owned(), Value::from(family.name()));
            }
            PreparedDataset::Polygons(polygons) => {
                parameters.insert("dataset".to_owned(), Value::from("polygons"));
                parameters.insert("seed".to_owned(), count(polygons.seed));
                parameters.insert("train".to_owned(), count(polygons.train));
                parameters.insert("test".to_owned(), count(polygons.test));
            }
        }
        parameters
    }

    fn sources(&self) -> Vec<Source> {
        match &self.dataset {
            PreparedDataset::Polygons(_) => Vec::new(),
            PreparedDataset::Files(_, sources) => {
                let source = |(name, path): (&'static str, &std::path::Path)| Source {
                    name: name.to_owned(),
                    path: path.to_owned(),
                };
                sources.named().into_iter().map(source).collect()
            }
        }
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        ["train", "test"]
            .map(|name| OutputSpecification {
                name,
                keep: Keep::Always,
            })
            .to_vec()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        for (output, split) in [("train", Split::Train), ("test", Split::Test)] {
            let labelled = self.load(context, split)?;
            context.output(output, &labelled_to_bytes(&labelled)?)?;
            context.fact(&format!("{output}_images"), labelled.images.count);
        }
        Ok(Outcome::Completed)
    }
}
