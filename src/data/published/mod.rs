//! Published sets of images, whose count, size, splits and order are fixed: what each has, where its files lie, and its
//! images one after the other.
//!
//! A set is one file beside this one, a variant of [`PublishedSet`], and an arm in each `match` here. What a set says of
//! itself is held against its files while they are read, so that a file that is cut short, of another set or of the other
//! split is an error and never a slightly different data set. Reads no more than it is asked for, image by image; a set
//! may be larger than memory. Knows no study and no cache.

mod celeba;
mod celeba_hq;
mod cifar10;
mod files;
mod form;
mod images_form;
mod lsun_bedroom;
mod mnist_family;
mod origin;
mod pickle;
mod prepared;
mod records;
mod square;
mod stl10;

use std::path::Path;

use serde::Serialize;

use super::error::DataError;
use super::images::Split;
use super::resize::Filter;

pub use celeba::{CelebaCrop, CelebaTraining};
pub use files::{Located, SetFile, SetFiles};
pub use form::Form;
pub use lsun_bedroom::BedroomPreparation;
pub use mnist_family::FASHION_MNIST_FOLDER;
pub use origin::{Download, Origin};
pub(crate) use square::Bringing;
pub use stl10::Stl10Training;

use files::Wanted;
use mnist_family::MnistFamily;

/// A published set of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublishedSet {
    /// Clothes from a shop (Xiao, Rasul & Vollgraf 2017).
    FashionMnist,
    /// Handwritten digits (LeCun, Cortes & Burges 1998).
    Mnist,
    /// Photographs of ten kinds of things (Krizhevsky 2009).
    Cifar10,
    /// Photographs from ImageNet, mostly without labels (Coates, Lee & Ng 2011).
    Stl10(Stl10Training),
    /// Aligned faces (Liu, Luo, Wang & Tang 2015).
    Celeba(CelebaCrop, CelebaTraining),
    /// Faces in high quality at 128 pixels (Karras, Aila, Laine & Lehtinen 2018).
    #[serde(rename = "celeba-hq-128")]
    CelebaHq128,
    /// Bedrooms (Yu et al. 2015).
    LsunBedroom(BedroomPreparation),
}

/// What is known of a published set before any file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The name, as studies, keys and tables write it.
    pub name: &'static str,
    /// Height and width of an image as it is published, in pixels.
    pub side: usize,
    /// Channels of a pixel: 1 for gray, 3 for RGB.
    pub channels: usize,
    /// Names of the classes in the order of their numbers; none without labels.
    pub classes: &'static [&'static str],
    /// Images in the training split.
    pub train: usize,
    /// Images in the test split.
    pub test: usize,
    /// Whether every class has the same number of images, in each split.
    pub balanced: bool,
    /// Heights and widths that images can be brought to, in pixels; the first is the default.
    pub resolutions: &'static [usize],
    /// The forms it is read in, the one that is preferred first; never empty.
    pub forms: &'static [Form],
    /// Where the system installs it, if a package does.
    pub usual_folder: Option<&'static str>,
    /// The Debian package that installs it.
    pub package: Option<&'static str>,
}

/// What takes the images of a split one after the other: pixels [resolution, resolution, c] and the class.
pub type Take<'t, E> = dyn FnMut(&[u8], Option<u8>) -> Result<(), E> + 't;

impl Description {
    /// Number of images in a split, before any are taken out of it.
    pub fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Test => self.test,
        }
    }
}

impl PublishedSet {
    /// Every set, with the choices that a study leaves out.
    pub const ALL: [Self; 7] = [
        Self::FashionMnist,
        Self::Mnist,
        Self::Cifar10,
        Self::Stl10(Stl10Training::Unlabeled),
        Self::Celeba(CelebaCrop::CompareGan, CelebaTraining::Train),
        Self::CelebaHq128,
        Self::LsunBedroom(BedroomPreparation::CenterCrop),
    ];

    /// The set of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.description().name == name)
    }

    /// What is known of the set.
    pub fn description(self) -> Description {
        match self {
            Self::FashionMnist => MnistFamily::FashionMnist.description(),
            Self::Mnist => MnistFamily::Mnist.description(),
            Self::Cifar10 => cifar10::DESCRIPTION,
            Self::Stl10(training) => training.description(),
            Self::Celeba(_, training) => training.description(),
            Self::CelebaHq128 => celeba_hq::DESCRIPTION,
            Self::LsunBedroom(preparation) => preparation.description(),
        }
    }

    /// What stands in a key beside the name, the form and the resolution: choices that change the images.
    pub fn choices(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::FashionMnist | Self::Mnist | Self::Cifar10 | Self::CelebaHq128 => Vec::new(),
            Self::Stl10(training) => vec![("training", training.name())],
            Self::Celeba(crop, training) => {
                let choices = [("preparation", crop.name()), ("training", training.name())];
                with_filter(choices.to_vec(), crop.filter())
            }
            Self::LsunBedroom(preparation) => {
                with_filter(vec![("preparation", preparation.name())], preparation.filter())
            }
        }
    }

    /// How an image reaches a resolution, where it can: as it is, where the set's own preparation leads there.
    pub(crate) fn bringing(self, resolution: usize) -> Option<Bringing> {
        let set = self.description();
        match self {
            Self::Celeba(..) | Self::LsunBedroom(_) => {
                set.resolutions.contains(&resolution).then_some(Bringing::AsItIs)
            }
            _ => Bringing::of(set.side, resolution),
        }
    }

    /// Finds the files below `folder`, or where the system installs them, without reading one.
    ///
    /// Without a form that is the one whose files are there, the preferred one where there are several; images in folders
    /// are taken only where the form says so. Where files are missing they are named where they are expected.
    ///
    /// # Errors
    /// [`DataError::FolderNotGiven`] for a set without a usual folder, [`DataError::UnknownForm`].
    pub fn locate(self, folder: Option<&Path>, form: Option<Form>) -> Result<Located, DataError> {
        files::locate(self, folder, form)
    }

    /// The files of a form, in a fixed order.
    fn wanted(self, form: Form) -> &'static [Wanted] {
        match (self, form) {
            (Self::Celeba(..), _) => celeba::WANTED,
            (Self::CelebaHq128, form) => celeba_hq::wanted(form),
            (Self::LsunBedroom(_), form) => lsun_bedroom::wanted(form),
            (_, Form::Images) => images_form::WANTED,
            (Self::FashionMnist | Self::Mnist, _) => mnist_family::WANTED,
            (Self::Cifar10, form) => cifar10::wanted(form),
            (Self::Stl10(training), _) => training.wanted(),
        }
    }

    /// The folders of a split where the form is images in folders.
    fn image_folders(self, split: Split) -> &'static [&'static str] {
        match (self, split) {
            (Self::Stl10(training), Split::Train) => training.image_folders(),
            (_, Split::Train) => &["train"],
            (_, Split::Test) => &["test"],
        }
    }

    /// Gives the images of a split to `take`, in their order: pixels [resolution, resolution, c], and the class where the
    /// set has classes. Ends with the first error that `take` returns.
    ///
    /// # Errors
    /// Where a file cannot be read, or is not of this set's count, size, split, order and classes.
    pub fn read<E: From<DataError>>(
        self,
        files: &SetFiles,
        split: Split,
        resolution: usize,
        take: &mut Take<'_, E>,
    ) -> Result<(), E> {
        let description = self.description();
        let mut square = Vec::new();
        let mut found = Found::default();
        let mut take = |pixels: &[u8], label: Option<u8>| {
            found.note(label);
            let Description { side, channels, .. } = description;
            let side = match self {
                // Of the resolution already.
                Self::Celeba(..) | Self::LsunBedroom(_) => resolution,
                _ => side,
            };
            square::bring(pixels, side, channels, resolution, &mut square)?;
            take(&square, label)
        };
        match (self, files.form) {
            (Self::Celeba(crop, training), _) => {
                celeba::read(crop, training, files, split, resolution, &mut take)?;
            }
            (Self::CelebaHq128, _) => celeba_hq::read(files, split, &mut take)?,
            (Self::LsunBedroom(preparation), _) => {
                lsun_bedroom::read(preparation, files, split, resolution, &mut take)?;
            }
            (_, Form::Images) => {
                images_form::read(&description, files, self.image_folders(split), &mut take)?;
            }
            (Self::FashionMnist | Self::Mnist, _) => {
                mnist_family::read(&description, files, split, &mut take)?
            }
            (Self::Cifar10, Form::Python) => cifar10::read_python(files, split, &mut take)?,
            (Self::Cifar10, _) => cifar10::read_binary(files, split, &mut take)?,
            (Self::Stl10(training), _) => training.read(files, split, &mut take)?,
        }
        Ok(found.check(&description, files, split)?)
    }
}

fn with_filter(
    mut choices: Vec<(&'static str, &'static str)>,
    filter: Option<Filter>,
) -> Vec<(&'static str, &'static str)> {
    choices.extend(filter.map(|filter| ("filter", filter.name())));
    choices
}

/// The images of a split in words.
fn in_words(split: Split) -> &'static str {
    match split {
        Split::Train => "training",
        Split::Test => "test",
    }
}

/// How many images there were, and how many of each class.
#[derive(Default)]
struct Found {
    images: usize,
    of_class: Vec<usize>,
}

impl Found {
    fn note(&mut self, label: Option<u8>) {
        self.images += 1;
        if let Some(label) = label.map(usize::from) {
            if self.of_class.len() <= label {
                self.of_class.resize(label + 1, 0);
            }
            self.of_class[label] += 1;
        }
    }

    fn check(mut self, set: &Description, files: &SetFiles, split: Split) -> Result<(), DataError> {
        let expected = set.count(split);
        let folder = files.folder();
        if self.images != expected {
            let split = in_words(split);
            return Err(DataError::WrongShape {
                path: folder.to_owned(),
                expected: expected.to_string(),
                found: format!("{} {split} images", self.images),
            });
        }
        if !set.balanced || set.classes.is_empty() {
            return Ok(());
        }
        self.of_class.resize(set.classes.len(), 0);
        let each = expected / set.classes.len();
        match self.of_class.iter().position(|&count| count != each) {
            Some(class) => Err(DataError::Unbalanced {
                folder: folder.to_owned(),
                split: in_words(split),
                class: set.classes[class],
                found: self.of_class[class],
                expected: each,
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
