//! What may be wrong with a file of weights.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::known::KnownNetwork;

/// A file of weights cannot be used.
#[derive(Debug, Error)]
pub enum WeightsFileError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is of no format that is read.
    #[error("{path} is neither a PyTorch file (.pth) nor a safetensors file")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// It begins as a file of a format and is none.
    #[error("{path} is no {format} that can be read: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The format in words.
        format: &'static str,
        /// What is wrong, as the end of a sentence about the file.
        reason: String,
    },
    /// Its arrays are not those of the network.
    #[error("{path} does not fit")]
    Arrays {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ArraysError,
    },
}

impl WeightsFileError {
    /// What may help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check that the file is there and that you may read it",
            Self::UnknownFormat { .. } => {
                "expected what torch.save or safetensors wrote; a page of a server or an \
                                           archive around the file is neither"
            }
            Self::Format { reason, .. } if reason.contains("is no plain data") => {
                "expected the arrays alone, as torch.save(network.state_dict(), path) writes them; a file with a \
                 program in it (TorchScript, a whole pickled network) is never run"
            }
            Self::Format { .. } => "bring the file again: it is damaged, incomplete or of another program",
            Self::Arrays { .. } => {
                "expected the published file of a network; `gan-pipe weights list` tells their \
                                    names and where they are published"
            }
        }
    }
}

/// Arrays are not those of a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ArraysError {
    /// They are those of no network that is known.
    #[error("its {count} arrays are those of no known network; the first is {first}")]
    NoNetwork {
        /// How many arrays there are.
        count: usize,
        /// Name and shape of the first.
        first: String,
    },
    /// They are those of another network.
    #[error("its arrays are those of {}, and {} was asked for", found.name(), network.name())]
    OtherNetwork {
        /// The network.
        network: KnownNetwork,
        /// The one that they are of.
        found: KnownNetwork,
    },
    /// One is missing.
    #[error("{} has an array {name:?} of {expected}, which is not there", network.name())]
    Missing {
        /// The network.
        network: KnownNetwork,
        /// The array.
        name: String,
        /// Its shape.
        expected: String,
    },
    /// One has another shape.
    #[error("the array {name:?} of {} is one of {expected}, found {found}", network.name())]
    Shape {
        /// The network.
        network: KnownNetwork,
        /// The array.
        name: String,
        /// The shape it must have.
        expected: String,
        /// The shape it has.
        found: String,
    },
    /// One is not the network's.
    #[error("{} has no array {name:?}", network.name())]
    Unexpected {
        /// The network.
        network: KnownNetwork,
        /// The array.
        name: String,
    },
    /// One has a number that is none.
    #[error("the array {name:?} of {} holds a number that is not finite", network.name())]
    NotFinite {
        /// The network.
        network: KnownNetwork,
        /// The array.
        name: String,
    },
}
