//! The section `data`: from what is written to the data of a study, with the defaults and needs of each set of images.
//!
//! Knows no setting and no file of a data set.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::data::{Bringing, Form, PublishedSet};

use super::document::Node;
use super::model::{Data, Dataset, ImageFolder, Resize};
use super::problem::{Place, Problem};
use super::published::{Choices, Preparation, Training};
use super::word::{Color, Corrupt, Fit, Labels, Padding, ResizeFilter};

/// Pixels on each side of drawn images and of those of a folder where the study does not say.
const RESOLUTION: usize = 32;
/// Pixels on each side that drawn images can have.
const DRAWN_RESOLUTIONS: [usize; 1] = [RESOLUTION];
/// Images in the training split of polygons where the study does not say.
const POLYGONS: usize = 10_000;
/// The fewest images that are left to train on.
const FEWEST_TRAINED: usize = 2;
/// The share of a folder's images that are test images where the study does not say.
const TEST_FRACTION: f64 = 0.2;

/// The section `data` as it is written, each value checked by itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DataSection {
    dataset: String,
    #[serde(rename = "as")]
    form: Option<Form>,
    training: Option<Training>,
    preparation: Option<Preparation>,
    validation: Option<usize>,
    path: Option<String>,
    resolution: Option<usize>,
    padding: Option<Padding>,
    count: Option<usize>,
    color: Option<Color>,
    resize: Option<Resize>,
    test_fraction: Option<f64>,
    labels: Option<Labels>,
    corrupt: Option<Corrupt>,
}

/// Turns the section into the data of a study.
pub(super) fn data(
    document: &Node,
    section: DataSection,
    file: &str,
    problems: &mut Vec<Problem>,
) -> Option<Data> {
    let node = document.nearest("data");
    let dataset = section.dataset();
    let resolution = section.resolution_of(&dataset);
    let contradictions = contradictions(node, &section, &dataset, resolution);
    let path = section
        .path
        .map(|path| beside(node.nearest("path"), Path::new(&path), file));
    let data = contradictions.is_empty().then_some(Data {
        dataset,
        path,
        resolution,
        padding: padding(&dataset, resolution),
        form: section.form,
        validation: section.validation,
    });
    problems.extend(contradictions);
    data
}

/// How images of a published set reach the resolution, where that is by a border.
fn padding(dataset: &Dataset, resolution: usize) -> Option<Padding> {
    let Dataset::Published(set) = dataset else {
        return None;
    };
    let bringing = set.bringing(resolution);
    (bringing == Some(Bringing::Padding)).then_some(Padding::Zero)
}

impl DataSection {
    fn dataset(&self) -> Dataset {
        match (PublishedSet::of_name(&self.dataset), &*self.dataset) {
            (Some(set), _) => Dataset::Published(self.choices().applied(set)),
            (None, "polygons") => Dataset::Polygons {
                count: self.count.unwrap_or(POLYGONS),
            },
            (None, _) => Dataset::ImageFolder(self.image_folder()),
        }
    }

    fn choices(&self) -> Choices {
        Choices {
            training: self.training,
            preparation: self.preparation,
            resize: self.resize,
        }
    }

    fn resolution_of(&self, dataset: &Dataset) -> usize {
        let usual = match dataset {
            Dataset::Published(set) => set.description().resolutions[0],
            Dataset::Polygons { .. } | Dataset::ImageFolder(_) => RESOLUTION,
        };
        self.resolution.unwrap_or(usual)
    }

    fn image_folder(&self) -> ImageFolder {
        ImageFolder {
            color: self.color.unwrap_or(Color::Rgb),
            resize: self.resize.unwrap_or(Resize {
                filter: ResizeFilter::Bicubic,
                fit: Fit::Crop,
            }),
            test_fraction: self.test_fraction.unwrap_or(TEST_FRACTION),
            labels: self.labels.unwrap_or(Labels::None),
            corrupt: self.corrupt.unwrap_or(Corrupt::Refuse),
        }
    }

    /// The keys that are there and only a folder of images can have.
    fn keys_of_a_folder(&self) -> impl Iterator<Item = &'static str> {
        let keys = [
            ("color", self.color.is_some()),
            ("resize", self.resize.is_some()),
            ("test_fraction", self.test_fraction.is_some()),
            ("labels", self.labels.is_some()),
            ("corrupt", self.corrupt.is_some()),
        ];
        keys.into_iter()
            .filter(|(_, is_there)| *is_there)
            .map(|(key, _)| key)
    }
}

/// Returns what the section says that its set of images cannot have.
fn contradictions(node: &Node, section: &DataSection, dataset: &Dataset, resolution: usize) -> Vec<Problem> {
    let name = dataset.name();
    let drawn = matches!(dataset, Dataset::Polygons { .. });
    let folder = matches!(dataset, Dataset::ImageFolder(_));
    let published = !drawn && !folder;
    let rules = [
        (
            !drawn && section.count.is_some(),
            "count",
            format!("{name} has its own number of images"),
            "only polygons have a count",
        ),
        (
            drawn && section.path.is_some(),
            "path",
            format!("{name} are drawn, not read"),
            "remove it",
        ),
        (
            folder && section.path.is_none(),
            "path",
            format!("{name} needs the folder of the images"),
            "add path: the folder above all images, beside the study file unless absolute",
        ),
        (
            drawn && section.padding.is_some(),
            "padding",
            format!("{name} are drawn by the program, which pads them itself"),
            "remove it",
        ),
        (
            folder && section.padding.is_some(),
            "padding",
            format!("images of an {name} are resized, not padded"),
            "remove it; resize says how",
        ),
        (
            published && section.padding.is_some() && padding(dataset, resolution).is_none(),
            "padding",
            format!("images of {name} are not padded to {resolution} pixels"),
            "remove it",
        ),
        (
            !published && section.form.is_some(),
            "as",
            format!("{name} has one form"),
            "remove it; only published sets are distributed in several",
        ),
        (
            folder && section.validation.is_some(),
            "validation",
            format!("images of an {name} have no order of which there are last ones"),
            "remove it; test_fraction holds images out by their content",
        ),
    ];
    let broken = rules.into_iter().filter(|(broken, ..)| *broken);
    let broken = broken.map(|(_, key, message, hint)| node.nearest(key).problem(message).hint(hint));
    let set = match dataset {
        Dataset::Published(set) => Some(*set),
        Dataset::Polygons { .. } | Dataset::ImageFolder(_) => None,
    };
    let choices = section
        .choices()
        .impossible(name, set)
        .into_iter()
        .map(|impossible| {
            let problem = node.nearest(impossible.key).problem(impossible.message);
            problem.hint(impossible.hint)
        });
    let foreign = section
        .keys_of_a_folder()
        .filter(|key| !folder && (!published || *key != "resize"));
    let foreign = foreign.map(|key| {
        let message = format!("{name} has no {key}");
        node.nearest(key)
            .problem(message)
            .hint("remove it; only an image-folder has it")
    });
    let of_numbers = [
        wrong_resolution(node, dataset, resolution),
        wrong_form(node, section, dataset),
        wrong_validation(node, section, dataset),
    ];
    of_numbers
        .into_iter()
        .flatten()
        .chain(broken)
        .chain(choices)
        .chain(foreign)
        .collect()
}

fn wrong_resolution(node: &Node, dataset: &Dataset, resolution: usize) -> Option<Problem> {
    let available = match dataset {
        Dataset::ImageFolder(_) => return None,
        Dataset::Polygons { .. } if DRAWN_RESOLUTIONS.contains(&resolution) => return None,
        Dataset::Polygons { .. } => "32; drawn at 28 pixels and padded with zeros to it".to_owned(),
        Dataset::Published(set) => {
            let description = set.description();
            if description.resolutions.contains(&resolution) {
                return None;
            }
            let in_words = |resolution: &usize| match set.bringing(*resolution) {
                Some(Bringing::Padding) => format!("{resolution} (padded with zeros)"),
                Some(Bringing::Halving(_)) => format!("{resolution} (means of 2 x 2 pixels)"),
                Some(Bringing::AsItIs) | None => resolution.to_string(),
            };
            let all: Vec<String> = description.resolutions.iter().map(in_words).collect();
            all.join(", ")
        }
    };
    let message = format!("{} is not available at {resolution} pixels", dataset.name());
    let problem = node.nearest("resolution").problem(message);
    Some(problem.hint(format!("available: {available}")))
}

fn wrong_form(node: &Node, section: &DataSection, dataset: &Dataset) -> Option<Problem> {
    let (Dataset::Published(set), Some(form)) = (dataset, section.form) else {
        return None;
    };
    let set = set.description();
    if set.forms.contains(&form) {
        return None;
    }
    let message = format!("{} is not read in the form {}", set.name, form.name());
    let forms: Vec<&str> = set.forms.iter().map(|form| form.name()).collect();
    let problem = node.nearest("as").problem(message);
    Some(problem.hint(format!("available: {}", forms.join(", "))))
}

fn wrong_validation(node: &Node, section: &DataSection, dataset: &Dataset) -> Option<Problem> {
    let validation = section.validation?;
    let trained = match dataset {
        Dataset::Published(set) => set.description().train,
        Dataset::Polygons { count } => *count,
        Dataset::ImageFolder(_) => return None,
    };
    let message = format!("{} has {trained} training images", dataset.name());
    let problem = node.nearest("validation").problem(message);
    let most = trained.saturating_sub(FEWEST_TRAINED);
    (validation > most).then(|| problem.hint(format!("at most {most} of them can be held out")))
}

/// A folder or file that the study names lies beside the study; one on the command line is where the user stands.
pub(super) fn beside(node: &Node, path: &Path, file: &str) -> PathBuf {
    match Path::new(file).parent() {
        Some(parent) if matches!(node.place, Place::File { .. }) => parent.join(path),
        _ => path.to_owned(),
    }
}
