//! Dataset preparation: files or drawings to arrays at the study's resolution, with their labels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gan_cache::{FolderFile, StoreError, Value};
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};
use rayon::prelude::*;

use super::device::on_threads;
use super::images_draft::ImagesDraft;
use super::numerics::{count, number};
use crate::data::{
    Bringing, Corrupt, DataError, FolderReading, FolderSummary, Form, ImageFile, ImageFolder, Labels,
    Padding, Polygons, PublishedSet, SetFiles, Split, Take,
};

/// Files of a folder that are decoded, on all threads, before their pixels are written.
const FILES_AT_ONCE: usize = 256;
/// Images of a set after which it is told how far the work is.
const IMAGES_AT_ONCE: usize = 512;

/// Outputs: what models are trained on, what was taken out of that so that one can be chosen, and what is held back.
pub(super) const TRAIN: &str = "train";
pub(super) const VALIDATION: &str = "validation";
pub(super) const TEST: &str = "test";

/// Prepares the splits of a data set.
pub(super) struct PrepareData {
    pub(super) dataset: PreparedDataset,
    /// Height and width of the result, in pixels.
    pub(super) resolution: usize,
    /// How many of the last training images become validation images, where some do.
    pub(super) validation: Option<usize>,
}

/// Where images come from.
pub(super) enum PreparedDataset {
    /// A published set, from its files.
    Published(PublishedSet, SetFiles),
    /// Drawn by the program.
    Polygons(Polygons),
    /// Images of any size below a folder.
    ImageFolder(ImageFolder, PathBuf),
}

/// Why the reading of a set ended before its end.
enum Ended {
    /// The set is not as it must be.
    Data(DataError),
    /// Its images could not be written, or were not to be any more.
    Stage(StageFailure),
}

impl From<DataError> for Ended {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}

impl From<Ended> for StageFailure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Data(error) => of_data(error),
            Ended::Stage(failure) => failure,
        }
    }
}

/// Numbers of a set that are known before it is read.
struct Known {
    train: usize,
    test: usize,
    channels: usize,
    /// 0 without labels.
    classes: usize,
}

impl PrepareData {
    /// Writes the splits of a set of known numbers, image by image; `read` gives the images of one split.
    fn write_splits(
        &self,
        context: &mut StageContext<'_>,
        known: &Known,
        read: impl Fn(Split, &mut Take<'_, Ended>) -> Result<(), Ended> + Sync,
    ) -> Result<Outcome, StageFailure> {
        let validation = self.validation.unwrap_or(0);
        let trained = known.train.saturating_sub(validation);
        let total = (known.train + known.test) as u64;
        let mut train = SplitDraft::new(context, known, self.resolution, trained)?;
        let mut held_out = match self.validation {
            Some(count) => Some(SplitDraft::new(context, known, self.resolution, count)?),
            None => None,
        };
        let mut test = SplitDraft::new(context, known, self.resolution, known.test)?;
        let (threads, watched) = (context.threads(), &*context);
        on_threads(threads, || {
            let mut done = 0;
            let mut push = |draft: &mut SplitDraft, pixels: &[u8], label| {
                if done % IMAGES_AT_ONCE == 0 {
                    watched.check_cancelled().map_err(Ended::Stage)?;
                    watched.progress(done as u64, total, "images");
                }
                done += 1;
                draft
                    .push(pixels, label)
                    .map_err(|error| Ended::Stage(error.into()))
            };
            read(Split::Train, &mut |pixels, label| {
                let draft = held_out.as_mut().filter(|_| train.count == trained);
                push(draft.unwrap_or(&mut train), pixels, label)
            })?;
            read(Split::Test, &mut |pixels, label| push(&mut test, pixels, label))?;
            Ok(())
        })?;
        train.finish(context, TRAIN, known)?;
        if let Some(held_out) = held_out {
            held_out.finish(context, VALIDATION, known)?;
        }
        test.finish(context, TEST, known)?;
        Ok(Outcome::Completed)
    }
}

/// A split that is being written.
struct SplitDraft {
    images: ImagesDraft,
    count: usize,
    labels: Vec<u8>,
}

impl SplitDraft {
    fn new(
        context: &StageContext<'_>,
        known: &Known,
        resolution: usize,
        count: usize,
    ) -> Result<Self, StageFailure> {
        let extents = [resolution, resolution, known.channels];
        Ok(Self {
            images: ImagesDraft::of_count(context.draft()?, count, extents, known.classes > 0)?,
            count: 0,
            labels: Vec::new(),
        })
    }

    fn push(&mut self, pixels: &[u8], label: Option<u8>) -> Result<(), StoreError> {
        self.count += 1;
        self.labels.extend(label);
        self.images.push(pixels)
    }

    fn finish(
        self,
        context: &mut StageContext<'_>,
        output: &'static str,
        known: &Known,
    ) -> Result<(), StageFailure> {
        let labels = (known.classes > 0).then_some(&self.labels[..]);
        let draft = self.images.finish(labels, known.classes)?;
        context.output_draft(output, draft)?;
        context.fact(&format!("{output}_images"), self.count);
        Ok(())
    }
}

/// Writes the splits of a published set.
fn write_published(
    stage: &PrepareData,
    context: &mut StageContext<'_>,
    set: PublishedSet,
    files: &SetFiles,
) -> Result<Outcome, StageFailure> {
    let description = set.description();
    let known = Known {
        train: description.train,
        test: description.test,
        channels: description.channels,
        classes: description.classes.len(),
    };
    stage.write_splits(context, &known, |split, take| {
        set.read(files, split, stage.resolution, take)
    })
}

/// Draws and writes the splits of polygons.
fn write_polygons(
    stage: &PrepareData,
    context: &mut StageContext<'_>,
    polygons: &Polygons,
) -> Result<Outcome, StageFailure> {
    let known = Known {
        train: polygons.train,
        test: polygons.test,
        channels: 1,
        classes: Polygons::CLASSES,
    };
    stage.write_splits(context, &known, |split, take| {
        let drawn = polygons.generate(split);
        let images = drawn.images.padded(stage.resolution, Padding::Zero)?;
        let labels = drawn.labels.unwrap_or_default();
        let pixels = images.pixels.chunks_exact(images.image_bytes());
        pixels
            .zip(labels)
            .try_for_each(|(pixels, label)| take(pixels, Some(label)))
    })
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
        if let Some(validation) = self.validation {
            set("validation", Value::map([("last", count(validation))]));
        }
        match &self.dataset {
            PreparedDataset::Published(published, files) => {
                let description = published.description();
                set("dataset", Value::from(description.name));
                for (name, choice) in published.choices() {
                    set(name, Value::from(choice));
                }
                // Keys are older than forms.
                if files.form != Form::Idx {
                    set("form", Value::from(files.form.name()));
                }
                match published.bringing(self.resolution) {
                    Some(Bringing::Padding) => drop(set("padding", Value::from(Padding::Zero.name()))),
                    Some(Bringing::Halving(_)) => drop(set("reduction", Value::from("2x2-means"))),
                    Some(Bringing::AsItIs) | None => {}
                }
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
            PreparedDataset::Published(_, files) => {
                let files = files.files.iter();
                files.map(|file| source(file.name, &file.path)).collect()
            }
            PreparedDataset::ImageFolder(_, path) => vec![source("images", path)],
        }
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        let validation = self.validation.map(|_| VALIDATION);
        let outputs = [Some(TRAIN), validation, Some(TEST)].into_iter().flatten();
        let kept = outputs.map(|name| OutputSpecification {
            name,
            keep: Keep::Always,
        });
        kept.collect()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        match &self.dataset {
            PreparedDataset::Published(set, files) => write_published(self, context, *set, files),
            PreparedDataset::Polygons(polygons) => write_polygons(self, context, polygons),
            PreparedDataset::ImageFolder(folder, path) => write_folder(context, *folder, path),
        }
    }
}

#[cfg(test)]
mod tests {
    //! What stands in keys of data: those of studies from before there were forms and validation images stay.

    use crate::stages::compile;
    use crate::study::Study;

    fn parameters(data: &str) -> String {
        let base = "{ steps: 1, checkpoint_every: 1, architecture: { name: dcgan } }";
        let study = format!("data: {{ {data} }}\nbase: {base}\n");
        let study = Study::parse(&study, "x.yaml", &[]).expect("the study is valid");
        let graph = compile(&study).expect("the study can be compiled").graph;
        let stage = graph.stage(graph.find("data").expect("every study has data"));
        let parameters = stage.parameters().into_iter();
        let parameters: Vec<String> = parameters
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let sources: Vec<String> = stage.sources().into_iter().map(|source| source.name).collect();
        format!("{}; {}", parameters.join(" "), sources.join(" "))
    }

    #[test]
    fn what_could_be_said_before_has_the_keys_it_had() {
        let idx = "train-images train-labels test-images test-labels";
        assert_eq!(
            parameters("dataset: fashion-mnist"),
            format!("dataset=\"fashion-mnist\" padding=\"zero\" resolution=32; {idx}")
        );
        assert_eq!(
            parameters("dataset: mnist, path: x, as: idx"),
            format!("dataset=\"mnist\" padding=\"zero\" resolution=32; {idx}")
        );
        assert_eq!(
            parameters("dataset: polygons, count: 100"),
            "dataset=\"polygons\" padding=\"zero\" resolution=32 seed=171110337 test=2000 train=100; "
        );
        assert_eq!(
            parameters("dataset: image-folder, path: x"),
            "color=\"rgb\" dataset=\"image-folder\" resize={filter: \"bicubic\", fit: \"crop\"} resolution=32 \
             test_fraction=0.2; images"
        );
    }

    #[test]
    fn what_changes_the_images_stands_in_the_key() {
        assert_eq!(
            parameters("dataset: mnist, path: x, resolution: 28, as: images, validation: 5000"),
            "dataset=\"mnist\" form=\"images\" resolution=28 validation={last: 5000}; images"
        );
        assert_eq!(
            parameters("dataset: stl10, path: x"),
            "dataset=\"stl10\" form=\"binary\" reduction=\"2x2-means\" resolution=48 training=\"unlabeled\"; \
             unlabeled-images test-images"
        );
        assert_eq!(
            parameters("dataset: celeba, path: x"),
            "dataset=\"celeba\" form=\"images\" preparation=\"compare-gan\" resolution=64 training=\"train\"; \
             images partition"
        );
        assert_eq!(
            parameters("dataset: celeba, path: x, preparation: center-178, training: train+validation"),
            "dataset=\"celeba\" filter=\"bicubic\" form=\"images\" preparation=\"center-178\" resolution=64 \
             training=\"train+validation\"; images partition"
        );
        assert_eq!(
            parameters("dataset: celeba-hq-128, path: x, as: images-1024, resolution: 64"),
            "dataset=\"celeba-hq-128\" form=\"images-1024\" reduction=\"2x2-means\" resolution=64; images"
        );
        assert_eq!(
            parameters("dataset: lsun-bedroom, path: x"),
            "dataset=\"lsun-bedroom\" form=\"lmdb\" preparation=\"center-crop\" resolution=128; database"
        );
        assert_eq!(
            parameters(
                "dataset: lsun-bedroom, path: x, preparation: crop-resize, resize: { filter: lanczos3 }, resolution: 64"
            ),
            "dataset=\"lsun-bedroom\" filter=\"lanczos3\" form=\"lmdb\" preparation=\"crop-resize\" resolution=64; \
             database"
        );
    }
}
