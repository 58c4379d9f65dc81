//! The networks whose weights are known: what they are called here, and where and under which names they are published.

use std::path::{Path, PathBuf};

use super::arrays::{KnownArray, inception, vgg16};
use super::error::ArraysError;
use super::file::ArraySummary;

/// A network whose trained weights are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownNetwork {
    /// The Inception-v3 of December 2015 with 1008 logits, of which the Fréchet Inception distance is made (Heusel et al. 2017).
    Inception2015,
    /// The Inception-v3 of torchvision with 1000 logits.
    InceptionTorchvision,
    /// VGG-16 of torchvision (Simonyan & Zisserman 2014, configuration D).
    Vgg16,
}

/// How a network's weights are published.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The files, any of which will do.
    pub files: &'static [PublishedFile],
    /// On what terms, as far as their publishers say.
    pub terms: &'static str,
}

/// A published file.
#[derive(Clone, Copy, Debug)]
pub struct PublishedFile {
    /// Its name, which ends in the first digits of its SHA-256.
    pub name: &'static str,
    /// Its address.
    pub address: &'static str,
}

impl PublishedFile {
    /// The first digits of the file's SHA-256, which stand in its name (`torch.hub`, `check_hash`).
    #[must_use]
    pub fn sha256_prefix(&self) -> &'static str {
        let stem = self.name.trim_end_matches(".pth");
        stem.rsplit('-').next().unwrap_or_default()
    }
}

const INCEPTION_2015: Published = Published {
    files: &[
        PublishedFile {
            name: "pt_inception-2015-12-05-6726825d.pth",
            address: "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        },
        PublishedFile {
            name: "weights-inception-2015-12-05-6726825d.pth",
            address: "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
        },
    ],
    terms: "converted from Google's, which are under the Apache License 2.0",
};

const INCEPTION_TORCHVISION: Published = Published {
    files: &[
        PublishedFile {
            name: "inception_v3_google-0cc3c7bd.pth",
            address: "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
        },
        PublishedFile {
            name: "inception_v3_google-1a9a5a14.pth",
            address: "https://download.pytorch.org/models/inception_v3_google-1a9a5a14.pth",
        },
    ],
    terms: "terms may derive from those of ImageNet, on which it was trained",
};

const VGG16: Published = Published {
    files: &[PublishedFile {
        name: "vgg16-397923af.pth",
        address: "https://download.pytorch.org/models/vgg16-397923af.pth",
    }],
    terms: "terms may derive from those of ImageNet, on which it was trained",
};

impl KnownNetwork {
    /// All networks.
    pub const ALL: [Self; 3] = [Self::Inception2015, Self::InceptionTorchvision, Self::Vgg16];

    /// The name of this network, as studies, keys and tables write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inception2015 => "inception-v3-2015",
            Self::InceptionTorchvision => "inception-v3-torchvision",
            Self::Vgg16 => "vgg16",
        }
    }

    /// How its weights are published.
    #[must_use]
    pub fn published(self) -> &'static Published {
        match self {
            Self::Inception2015 => &INCEPTION_2015,
            Self::InceptionTorchvision => &INCEPTION_TORCHVISION,
            Self::Vgg16 => &VGG16,
        }
    }

    /// The published file with this SHA-256, of 64 digits.
    #[must_use]
    pub fn published_file(self, sha256: &str) -> Option<&'static PublishedFile> {
        let mut files = self.published().files.iter();
        files.find(|file| sha256.starts_with(file.sha256_prefix()))
    }

    /// The names under which a file of this network's weights is looked for: the published ones, and each of them as safetensors.
    pub fn file_names(self) -> impl Iterator<Item = String> {
        let names = self.published().files.iter().map(|file| file.name);
        names.flat_map(|name| [name.to_owned(), name.replace(".pth", ".safetensors")])
    }

    /// The file of this network's weights in a folder, or nothing where it has none.
    #[must_use]
    pub fn find_in(self, folder: &Path) -> Option<PathBuf> {
        let mut paths = self.file_names().map(|name| folder.join(name));
        paths.find(|path| path.is_file())
    }

    /// Where this network's weights would lie in a folder, whether they are there or not.
    #[must_use]
    pub fn path_in(self, folder: &Path) -> PathBuf {
        let usual = folder.join(self.published().files[0].name);
        self.find_in(folder).unwrap_or(usual)
    }

    /// What a user who has no such file can do.
    #[must_use]
    pub fn missing_hint(self) -> String {
        let file = self.published().files[0];
        format!(
            "bring {} and put it in its place by `gan-pipe weights import FILE`",
            file.address
        )
    }

    /// The arrays that the network has.
    pub(super) fn arrays(self) -> Vec<KnownArray> {
        match self {
            Self::Inception2015 => inception(1008),
            Self::InceptionTorchvision => inception(1000),
            Self::Vgg16 => vgg16(),
        }
    }

    /// The network whose arrays a file has.
    ///
    /// # Errors
    /// [`ArraysError::NoNetwork`] where they resemble those of none; otherwise what of the network they resemble is wrong.
    pub fn of_arrays<'a>(
        arrays: impl Iterator<Item = &'a ArraySummary> + Clone,
    ) -> Result<Self, ArraysError> {
        let shape = |name: &str| {
            let array = arrays.clone().find(|array| array.name == name);
            array.map(|array| &array.shape[..])
        };
        let network = match (shape("fc.weight"), shape("classifier.0.weight")) {
            (Some([1008, _]), _) => Self::Inception2015,
            (Some([1000, _]), _) if shape("Mixed_7c.branch1x1.conv.weight").is_some() => {
                Self::InceptionTorchvision
            }
            (None, Some(_)) => Self::Vgg16,
            _ => {
                let first = arrays.clone().next();
                let first = first.map_or("none".to_owned(), |array| {
                    format!("{:?} of {}", array.name, extents(&array.shape))
                });
                let count = arrays.count();
                return Err(ArraysError::NoNetwork { count, first });
            }
        };
        let real = arrays.filter(|array| array.is_real);
        network.check(real.map(|array| (&array.name[..], &array.shape[..])))?;
        Ok(network)
    }

    /// Holds the names and shapes of arrays to those of the network; what a network in use does not need may be there or not.
    pub(super) fn check<'a>(
        self,
        found: impl Iterator<Item = (&'a str, &'a [usize])>,
    ) -> Result<(), ArraysError> {
        let found: std::collections::BTreeMap<&str, &[usize]> =
            found.filter(|(name, _)| !is_ignored(name)).collect();
        let known = self.arrays();
        for array in &known {
            let expected = || extents(&array.shape);
            match found.get(&array.name[..]) {
                Some(shape) if **shape == *array.shape => {}
                Some(shape) => {
                    return Err(ArraysError::Shape {
                        network: self,
                        name: array.name.clone(),
                        expected: expected(),
                        found: extents(shape),
                    });
                }
                None => {
                    return Err(ArraysError::Missing {
                        network: self,
                        name: array.name.clone(),
                        expected: expected(),
                    });
                }
            }
        }
        let names: std::collections::BTreeSet<&str> = known.iter().map(|array| &array.name[..]).collect();
        match found.keys().find(|name| !names.contains(**name)) {
            Some(name) => Err(ArraysError::Unexpected {
                network: self,
                name: (*name).to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// Whether an array belongs to what only training has: Inception's second output, and counters of batches.
pub(super) fn is_ignored(name: &str) -> bool {
    name.starts_with("AuxLogits.") || name.ends_with(".num_batches_tracked")
}

/// A shape in words.
pub(super) fn extents(shape: &[usize]) -> String {
    match shape {
        [] => "one number".to_owned(),
        shape => {
            let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
            extents.join(" x ")
        }
    }
}

#[cfg(test)]
mod tests;
