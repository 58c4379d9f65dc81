//! What can be wrong with a comparison, found before anything is computed.

use std::io;
use std::path::PathBuf;

use crate::arrays::{ArrayError, ArrayFile};
use crate::data::DataError;
use gan_pipeline::GraphError;

/// A comparison that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// Nothing can be read at a path.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is of no known kind.
    #[error("{} is neither a folder of images nor a file of arrays (.npy, .npz)", path.display())]
    UnknownFile {
        /// The file.
        path: PathBuf,
    },
    /// A file is one image.
    #[error("{} is one image, expected a folder of images", path.display())]
    OneImage {
        /// The file.
        path: PathBuf,
    },
    /// An archive has several arrays, none of which must be meant.
    #[error("{} holds the arrays {}, and none is named arr_0", path.display(), names.join(", "))]
    WhichArray {
        /// The archive.
        path: PathBuf,
        /// Names of its arrays.
        names: Vec<String>,
    },
    /// An array is not what it is taken for.
    #[error("{} holds {found}, expected {expected}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What the array is.
        found: String,
        /// What it should be.
        expected: &'static str,
        /// What may help.
        hint: &'static str,
    },
    /// Of a mean and a covariance it is not known how many images they are of.
    #[error("{} holds a mean and a covariance, which cannot be one of several parts", path.display())]
    StatisticsAsPart {
        /// The file.
        path: PathBuf,
    },
    /// Two parts of a side share files, whose images would count twice.
    #[error("{} and {} are the same, or one lies in the other: its images would count twice", other.display(), path.display())]
    Twice {
        /// A part.
        path: PathBuf,
        /// The part before it.
        other: PathBuf,
    },
    /// A feature or logit that is not finite, or becomes so in f32.
    #[error("{} holds what is no finite number of 32 bits in row {row}, column {column}, counted from 0", path.display())]
    NoNumber {
        /// The file.
        path: PathBuf,
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
    },
    /// A metric cannot be had from what a side is.
    #[error("{metric} needs {needs}, and {} holds {found}", path.display())]
    Metric {
        /// The metric.
        metric: &'static str,
        /// What it needs.
        needs: &'static str,
        /// The side.
        path: PathBuf,
        /// What the side is.
        found: &'static str,
        /// What may help.
        hint: &'static str,
    },
    /// A metric belongs to a training run.
    #[error("{metric} needs a training run, not images alone")]
    OfRun {
        /// The metric.
        metric: &'static str,
    },
    /// A metric needs classes that the extractor does not tell.
    #[error(
        "{metric} needs classes, which the extractor {extractor} does not tell{}",
        layer.map(|layer| format!(" at layer {layer}")).unwrap_or_default()
    )]
    NoClasses {
        /// The metric.
        metric: &'static str,
        /// The extractor.
        extractor: &'static str,
        /// The layer that features leave, where there is a choice.
        layer: Option<&'static str>,
    },
    /// A reference, and no metric that compares.
    #[error("no metric here compares with a reference, and {} is one", path.display())]
    NothingCompares {
        /// The reference.
        path: PathBuf,
    },
    /// Features of two extractors, or of two layers.
    #[error(
        "{} has {dimension} features an image and {} has {other}", first.display(), second.display()
    )]
    Dimensions {
        /// A side or a part of one.
        first: PathBuf,
        /// Its features.
        dimension: usize,
        /// Another.
        second: PathBuf,
        /// The features of that one.
        other: usize,
    },
    /// An extractor is trained on a study's data.
    #[error("the extractor {extractor} is trained on the data set of a study, which is not here")]
    Untrained {
        /// The extractor.
        extractor: &'static str,
    },
    /// The weights of a network are nowhere to be found.
    #[error("the weights of {network} are not on this machine")]
    NoWeights {
        /// The network.
        network: &'static str,
        /// What to do.
        hint: String,
    },
    /// A file of arrays cannot be read.
    #[error(transparent)]
    Arrays(#[from] ArrayError),
    /// Images cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The stages do not fit together, which is a mistake in this program.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl ScoreError {
    /// An array that is not what it is taken for.
    pub(super) fn of_array(array: &ArrayFile, expected: &'static str, hint: &'static str) -> Self {
        Self::Array {
            path: array.path().to_owned(),
            found: format!("{} of shape {:?}", array.element(), array.shape()),
            expected,
            hint,
        }
    }

    /// What may help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the spelling; a path is taken from the folder that the command runs in"
            }
            Self::Unreadable { .. } => "check that you may read it",
            Self::UnknownFile { .. } => "unpack an archive of images into a folder, and name the folder",
            Self::OneImage { .. } => "name the folder that it lies in",
            Self::WhichArray { .. } => "write the one that is meant alone, with numpy.save",
            Self::Array { hint, .. } | Self::Metric { hint, .. } => hint,
            Self::StatisticsAsPart { .. } => {
                "they do not say of how many images they are; give them alone, or the features that they are of"
            }
            Self::NoNumber { .. } => "see what the network made of the image of this row",
            Self::Twice { .. } => "name each folder and each file of a side once",
            Self::OfRun { .. } => "name it under evaluate.metrics of a study",
            Self::NoClasses { layer: Some(_), .. } => {
                "an Inception network tells them at its layers 2048, which it has where `--layer` is left out, and logits"
            }
            Self::NoClasses { .. } => "`--extractor inception-v3-2015` tells them, or give `--logits`",
            Self::NothingCompares { .. } => "leave `--reference` out",
            Self::Dimensions { .. } => {
                "both sides, and all parts of them, must come from one extractor and layer; `--extractor` and `--layer` \
                 choose those of images"
            }
            Self::Untrained { .. } => {
                "`--extractor inception-v3-2015` is what published numbers are of; random-convolution and pixels need \
                 no file"
            }
            Self::NoWeights { hint, .. } => return Some(hint.clone()),
            Self::Arrays(error) => error.hint(),
            Self::Data(error) => return error.hint(),
            Self::Graph(_) => "this is a defect of gan-pipe; please report it",
        };
        Some(hint.to_owned())
    }
}
