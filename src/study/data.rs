//! The section `data`: from what is written to the data of a study, with the defaults and needs of each set of images.
//!
//! Knows no setting and no file of a data set.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::Node;
use super::model::{Data, Dataset, ImageFolder, Resize};
use super::problem::{Place, Problem};
use super::word::{Color, Corrupt, Fit, Labels, Padding, ResizeFilter};

/// The one resolution SNDCGAN is built for here, in pixels.
const RESOLUTION: usize = 32;
/// Images in the training split of polygons where the study does not say.
const POLYGONS: usize = 10_000;
/// The share of a folder's images that are test images where the study does not say.
const TEST_FRACTION: f64 = 0.2;

/// The section `data` as it is written, each value checked by itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DataSection {
    dataset: DatasetName,
    path: Option<String>,
    resolution: usize,
    padding: Option<Padding>,
    count: Option<usize>,
    color: Option<Color>,
    resize: Option<Resize>,
    test_fraction: Option<f64>,
    labels: Option<Labels>,
    corrupt: Option<Corrupt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DatasetName {
    FashionMnist,
    Mnist,
    Polygons,
    ImageFolder,
}

/// Turns the section into the data of a study.
pub(super) fn data(
    document: &Node,
    section: DataSection,
    file: &str,
    problems: &mut Vec<Problem>,
) -> Option<Data> {
    let node = document.nearest("data");
    let (dataset, padding) = match section.dataset {
        DatasetName::FashionMnist => (Dataset::FashionMnist, Some(Padding::Zero)),
        DatasetName::Mnist => (Dataset::Mnist, Some(Padding::Zero)),
        DatasetName::Polygons => {
            let count = section.count.unwrap_or(POLYGONS);
            (Dataset::Polygons { count }, None)
        }
        DatasetName::ImageFolder => (Dataset::ImageFolder(section.image_folder()), None),
    };
    let contradictions = contradictions(node, &section, dataset.name());
    let path = section
        .path
        .map(|path| folder(node.nearest("path"), Path::new(&path), file));
    let resolution = section.resolution;
    let data = contradictions.is_empty().then_some(Data {
        dataset,
        path,
        resolution,
        padding,
    });
    problems.extend(contradictions);
    data
}

impl DataSection {
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
fn contradictions(node: &Node, section: &DataSection, name: &str) -> Vec<Problem> {
    let drawn = section.dataset == DatasetName::Polygons;
    let folder = section.dataset == DatasetName::ImageFolder;
    let rules = [
        (
            section.resolution != RESOLUTION,
            "resolution",
            format!("{name} is not available at {} pixels", section.resolution),
            if folder {
                "available: 32; images of every size are brought to it"
            } else {
                "available: 32; sets of 28 pixels are padded with zeros to it"
            },
        ),
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
    ];
    let broken = rules.into_iter().filter(|(broken, ..)| *broken);
    let broken = broken.map(|(_, key, message, hint)| node.nearest(key).problem(message).hint(hint));
    let foreign = section.keys_of_a_folder().filter(|_| !folder).map(|key| {
        let message = format!("{name} has no {key}");
        node.nearest(key)
            .problem(message)
            .hint("remove it; only an image-folder has it")
    });
    broken.chain(foreign).collect()
}

/// A folder in the file lies beside the file; one on the command line is where the user stands.
fn folder(node: &Node, path: &Path, file: &str) -> PathBuf {
    match Path::new(file).parent() {
        Some(parent) if matches!(node.place, Place::File { .. }) => parent.join(path),
        _ => path.to_owned(),
    }
}
