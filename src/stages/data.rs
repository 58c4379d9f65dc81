//! Dataset preparation: files or drawings to arrays at the study's resolution, with their labels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gan_cache::{FolderFile, Value};
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};
use rayon::prelude::*;

use super::device::on_threads;
use super::images_draft::ImagesDraft;
use super::images_file::labelled_to_bytes;
use super::numerics::{count, number};
use crate::data::{
    Corrupt, DataError, FolderReading, FolderSummary, ImageFile, ImageFolder, Labelled, Labels, MnistFamily,
    Padding, Polygons, Sources, Split,
};

/// Files of a folder that are decoded, on all threads, before their pixels are written.
const FILES_AT_ONCE: usize = 256;

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
    /// Images of any size below a folder.
    ImageFolder(ImageFolder, PathBuf),
}

impl PrepareData {
    /// Writes the splits of a set that fits into memory.
    fn write_splits(
        &self,
        context: &mut StageContext<'_>,
        load: impl Fn(&StageContext<'_>, Split) -> Result<Labelled, StageFailure>,
    ) -> Result<Outcome, StageFailure> {
        for split in [Split::Train, Split::Test] {
            let labelled = load(context, split)?;
            let images = labelled.images.padded(self.resolution, Padding::Zero);
            let images = images.map_err(of_data)?;
            let labelled = Labelled { images, ..labelled };
            context.output(split.name(), &labelled_to_bytes(&labelled)?)?;
            context.fact(&format!("{}_images", split.name()), labelled.images.count);
        }
        Ok(Outcome::Completed)
    }
}

fn load_files(
    context: &StageContext<'_>,
    family: MnistFamily,
    split: Split,
) -> Result<Labelled, StageFailure> {
    let path = |name: &str| context.source(name).map(Path::to_owned);
    let sources = Sources {
        train_images: path("train-images")?,
        train_labels: path("train-labels")?,
        test_images: path("test-images")?,
        test_labels: path("test-labels")?,
    };
    family.load(&sources, split).map_err(of_data)
}

/// Writes the splits of a folder image by image, and says what was left out.
fn write_folder(
    context: &mut StageContext<'_>,
    settings: ImageFolder,
    path: &Path,
) -> Result<Outcome, StageFailure> {
    if !path.is_dir() {
        let path = path.to_owned();
        return Err(of_data(DataError::NotAFolder { path }));
    }
    let files = context.source_folder("images")?.files;
    let extents = [
        settings.resolution,
        settings.resolution,
        settings.color.channels(),
    ];
    let mut train = ImagesDraft::new(context.draft()?, extents)?;
    let mut test = ImagesDraft::new(context.draft()?, extents)?;
    let (threads, watched) = (context.threads(), &*context);
    let summary = on_threads(threads, || {
        let mut reading = FolderReading::new(settings, path);
        for (index, some) in files.chunks(FILES_AT_ONCE).enumerate() {
            watched.check_cancelled()?;
            watched.progress((index * FILES_AT_ONCE) as u64, files.len() as u64, "files");
            let prepared: Vec<_> = some
                .par_iter()
                .map(|file| settings.prepare(&image_file(file)))
                .collect();
            for (file, prepared) in some.iter().zip(prepared) {
                let prepared = prepared.map_err(of_data)?;
                match reading.take(&image_file(file), prepared) {
                    Some((Split::Train, pixels)) => train.push(&pixels)?,
                    Some((Split::Test, pixels)) => test.push(&pixels)?,
                    None => {}
                }
            }
        }
        reading.finish().map_err(of_data)
    })?;
    let labels = |labels: &[u8]| (settings.labels == Labels::Folder).then(|| labels.to_vec());
    let classes = summary.classes.len();
    let train = train.finish(labels(&summary.train_labels).as_deref(), classes)?;
    let test = test.finish(labels(&summary.test_labels).as_deref(), classes)?;
    context.output_draft("train", train)?;
    context.output_draft("test", test)?;
    report(context, &summary);
    Ok(Outcome::Completed)
}

fn image_file(file: &FolderFile) -> ImageFile<'_> {
    ImageFile {
        name: &file.name,
        path: &file.path,
        digest: file.digest.as_bytes(),
    }
}

/// Counts as facts of the entry, and what was left out in words.
fn report(context: &mut StageContext<'_>, summary: &FolderSummary) {
    context.fact("train_images", summary.train);
    context.fact("test_images", summary.test);
    context.fact("corrupt_images", summary.corrupt_count);
    context.fact("other_files", summary.other);
    if !summary.classes.is_empty() {
        context.fact("classes", summary.classes.clone());
    }
    if let Some(first) = summary.corrupt.first() {
        let count = summary.corrupt_count;
        context.log(format!(
            "images left out because they cannot be decoded: {count}, the first of them {first}"
        ));
    }
    if let Some(first) = &summary.first_other {
        let count = summary.other;
        context.log(format!(
            "files left out because they are no PNG, JPEG or WebP: {count}, the first of them {first}"
        ));
    }
}

/// The failure that wrong data is, with what may help.
fn of_data(error: DataError) -> StageFailure {
    let hint = error.hint();
    let failure = StageFailure::from(error).with_blame(Blame::Data);
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
        let mut parameters = BTreeMap::from([("resolution".to_owned(), count(self.resolution))]);
        let mut set = |name: &str, value| parameters.insert(name.to_owned(), value);
        match &self.dataset {
            PreparedDataset::Files(family, _) => {
                set("padding", Value::from(Padding::Zero.name()));
                set("dataset", Value::from(family.name()));
            }
            PreparedDataset::Polygons(polygons) => {
                set("padding", Value::from(Padding::Zero.name()));
                set("dataset", Value::from("polygons"));
                set("seed", count(polygons.seed));
                set("train", count(polygons.train));
                set("test", count(polygons.test));
            }
            PreparedDataset::ImageFolder(folder, _) => {
                let resize = Value::map([
                    ("filter", Value::from(folder.resize.filter.name())),
                    ("fit", Value::from(folder.resize.fit.name())),
                ]);
                set("dataset", Value::from("image-folder"));
                set("color", Value::from(folder.color.name()));
                set("resize", resize);
                set("test_fraction", number(folder.test_fraction));
                if folder.labels == Labels::Folder {
                    set("labels", Value::from("folder"));
                }
                if folder.corrupt == Corrupt::Skip {
                    set("corrupt", Value::from("skip"));
                }
            }
        }
        parameters
    }

    fn sources(&self) -> Vec<Source> {
        let source = |name: &str, path: &Path| Source {
            name: name.to_owned(),
            path: path.to_owned(),
        };
        match &self.dataset {
            PreparedDataset::Polygons(_) => Vec::new(),
            PreparedDataset::Files(_, sources) => {
                sources.named().map(|(name, path)| source(name, path)).to_vec()
            }
            PreparedDataset::ImageFolder(_, path) => vec![source("images", path)],
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
        match &self.dataset {
            PreparedDataset::Polygons(polygons) => {
                self.write_splits(context, |_, split| Ok(polygons.generate(split)))
            }
            PreparedDataset::Files(family, _) => {
                self.write_splits(context, |context, split| load_files(context, *family, split))
            }
            PreparedDataset::ImageFolder(folder, path) => write_folder(context, *folder, path),
        }
    }
}
