//! The choices that some published sets leave open: what of them is trained on, and how their images become squares.
//!
//! Knows which set has which choice, and no file of a set.

use serde::Deserialize;

use crate::data::{BedroomPreparation, CelebaCrop, CelebaTraining, Filter, PublishedSet, Stl10Training};

use super::model::Resize;
use super::word::{Fit, ResizeFilter};

/// Which images are trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Training {
    #[serde(rename = "train")]
    Train,
    #[serde(rename = "unlabeled")]
    Unlabeled,
    #[serde(rename = "train+unlabeled")]
    TrainAndUnlabeled,
    #[serde(rename = "train+validation")]
    TrainAndValidation,
}

/// How images that are no squares become such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Preparation {
    #[serde(rename = "compare-gan")]
    CompareGan,
    #[serde(rename = "center-160")]
    Center160,
    #[serde(rename = "center-178")]
    Center178,
    #[serde(rename = "center-crop")]
    CenterCrop,
    #[serde(rename = "crop-resize")]
    CropResize,
}

/// The choices as a study makes them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choices {
    pub(super) training: Option<Training>,
    pub(super) preparation: Option<Preparation>,
    pub(super) resize: Option<Resize>,
}

/// A choice that a set does not have.
pub(super) struct Impossible {
    /// The key that makes it.
    pub(super) key: &'static str,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Choices {
    /// The set with these choices; what it does not have is left as is usual.
    pub(super) fn applied(self, usual: PublishedSet) -> PublishedSet {
        match usual {
            PublishedSet::Stl10(training) => PublishedSet::Stl10(match self.training {
                Some(Training::Unlabeled) => Stl10Training::Unlabeled,
                Some(Training::Train) => Stl10Training::Labeled,
                Some(Training::TrainAndUnlabeled) => Stl10Training::Both,
                Some(Training::TrainAndValidation) | None => training,
            }),
            PublishedSet::Celeba(crop, training) => {
                let training = match self.training {
                    Some(Training::TrainAndValidation) => CelebaTraining::TrainAndValidation,
                    _ => training,
                };
                let crop = match self.preparation {
                    Some(Preparation::Center160) => CelebaCrop::Center160(self.filter()),
                    Some(Preparation::Center178) => CelebaCrop::Center178(self.filter()),
                    _ => crop,
                };
                PublishedSet::Celeba(crop, training)
            }
            PublishedSet::LsunBedroom(preparation) => PublishedSet::LsunBedroom(match self.preparation {
                Some(Preparation::CropResize) => BedroomPreparation::CropResize(self.filter()),
                _ => preparation,
            }),
            other => other,
        }
    }

    fn filter(self) -> Filter {
        match self.resize.map(|resize| resize.filter) {
            Some(ResizeFilter::Box) => Filter::Box,
            Some(ResizeFilter::Bilinear) => Filter::Bilinear,
            Some(ResizeFilter::Bicubic) | None => Filter::Bicubic,
            Some(ResizeFilter::Lanczos3) => Filter::Lanczos3,
        }
    }

    /// What the set does not have of these choices; `set` is what they were applied to, or none that is published.
    pub(super) fn impossible(self, name: &str, set: Option<PublishedSet>) -> Vec<Impossible> {
        let all = [
            self.impossible_training(name, set),
            self.impossible_preparation(name, set),
            self.impossible_resize(name, set),
        ];
        all.into_iter().flatten().collect()
    }

    fn impossible_training(self, name: &str, set: Option<PublishedSet>) -> Option<Impossible> {
        use Training::{Train, TrainAndUnlabeled, TrainAndValidation, Unlabeled};
        let (known, words): (&[Training], &str) = match set {
            Some(PublishedSet::Stl10(_)) => (
                &[Unlabeled, Train, TrainAndUnlabeled],
                "unlabeled, train, train+unlabeled",
            ),
            Some(PublishedSet::Celeba(..)) => (&[Train, TrainAndValidation], "train, train+validation"),
            _ => (&[], ""),
        };
        let training = self.training?;
        (!known.contains(&training)).then(|| Impossible {
            key: "training",
            message: match known {
                [] => format!("{name} has one set of training images"),
                _ => format!("{name} has no training images of this name"),
            },
            hint: match known {
                [] => "remove it; only stl10 and celeba have a choice".to_owned(),
                _ => format!("available: {words}"),
            },
        })
    }

    fn impossible_preparation(self, name: &str, set: Option<PublishedSet>) -> Option<Impossible> {
        use Preparation::{Center160, Center178, CenterCrop, CompareGan, CropResize};
        let (known, words): (&[Preparation], &str) = match set {
            Some(PublishedSet::Celeba(..)) => (
                &[CompareGan, Center160, Center178],
                "compare-gan, center-160, center-178",
            ),
            Some(PublishedSet::LsunBedroom(_)) => (&[CenterCrop, CropResize], "center-crop, crop-resize"),
            _ => (&[], ""),
        };
        let preparation = self.preparation?;
        (!known.contains(&preparation)).then(|| Impossible {
            key: "preparation",
            message: match known {
                [] => format!("{name} has no preparation to choose"),
                _ => format!("{name} has no preparation of this name"),
            },
            hint: match known {
                [] => "remove it; only celeba and lsun-bedroom have a choice".to_owned(),
                _ => format!("available: {words}"),
            },
        })
    }

    fn impossible_resize(self, name: &str, set: Option<PublishedSet>) -> Option<Impossible> {
        let resize = self.resize?;
        let key = "resize";
        let (filter, resizing) = match set? {
            PublishedSet::Celeba(crop, _) => (crop.filter(), "center-160 or center-178"),
            PublishedSet::LsunBedroom(preparation) => (preparation.filter(), "crop-resize"),
            _ => {
                return Some(Impossible {
                    key,
                    message: format!("{name} has no resize"),
                    hint: "remove it; only an image-folder, celeba and lsun-bedroom have it".to_owned(),
                });
            }
        };
        let (message, hint) = match (filter, resize.fit) {
            (None, _) => (
                format!("this preparation of {name} has no filter"),
                format!("remove it, or set preparation: {resizing}"),
            ),
            (Some(_), Fit::Stretch) => (
                format!("images of {name} are not stretched"),
                "remove fit; the preparation takes a square".to_owned(),
            ),
            (Some(_), Fit::Crop) => return None,
        };
        Some(Impossible { key, message, hint })
    }
}
