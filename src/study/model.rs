//! A validated study: what is trained, on what, and what is measured.
//!
//! Plain data. Knows no YAML, no stage and no file; every value here has passed the study's checks, so the
//! readers of these types need no checks of their own. Serialized, each type reads as it does in a study file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::convention::Convention;
use super::device::Device;
use super::extractor::Extractor;
use super::metric::Metric;
use super::word::{
    Against, ArchitectureName, Color, Corrupt, Distribution, DraganForm, Fit, GeneratorNormalization, Keep,
    Labels, Loss, Normalization, Padding, Precision, ResizeFilter, StepsOf,
};
use crate::data::{Form, PublishedSet};

/// A study with its matrix expanded: one entry of `runs` for each setting and run seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Study {
    /// The name: lower-case letters, digits and hyphens, safe as a folder name.
    pub name: String,
    /// The seed every random stream of the study starts from.
    pub seed: u64,
    /// The images to learn from.
    pub data: Data,
    /// The reading of the papers where they and their code differ.
    pub convention: Convention,
    /// The device that trains, samples, extracts features and measures distances.
    pub device: Device,
    /// What operands of products are rounded to in training; f32 where the device is the processor.
    pub precision: Precision,
    /// What is measured, and when.
    pub evaluate: Evaluate,
    /// Which training states outlive the segment that needs them.
    pub keep: Keep,
    /// The runs, ordered by setting, then by run seed; never empty, names are distinct.
    pub runs: Vec<Run>,
}

/// One training run: one setting with one run seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// The setting and the seed, as in `spectral+gradient/seed-1`; the only slash is the one between them.
    pub name: String,
    /// What the matrix varies, as in `spectral+gradient`; `base` where nothing varies.
    pub setting: String,
    /// The complete settings.
    pub settings: Settings,
    /// The run seed, from 1.
    pub seed: u64,
}

impl Run {
    /// Returns the steps at which the run is saved: 0, `checkpoint_every`, its multiples, and the last step.
    pub fn checkpoints(&self) -> Vec<u64> {
        self.settings.checkpoints()
    }
}

/// Everything that training depends on, besides the data, the convention and the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The networks.
    pub architecture: Architecture,
    /// The input of the generator.
    pub latent: Latent,
    /// The game the two players play.
    pub loss: Loss,
    /// How the discriminator is held back.
    pub discriminator: Discriminator,
    /// How the generator is built and learns.
    pub generator: Generator,
    /// How both players learn, but for a generator with an optimizer of its own.
    pub optimizer: Optimizer,
    /// Images in a batch, at least 2.
    pub batch_size: usize,
    /// Discriminator updates of the whole run, at least 1.
    pub steps: u64,
    /// The player whose updates the file counts in `steps` and `checkpoint_every`; both are the discriminator's here.
    pub steps_of: StepsOf,
    /// Steps from one checkpoint to the next, at least 1; the last interval may be shorter.
    pub checkpoint_every: u64,
}

impl Settings {
    /// Returns the settings with every number of steps counted in updates of the discriminator.
    pub(super) fn in_steps(mut self) -> Self {
        if self.steps_of == StepsOf::Generator {
            for steps in [&mut self.steps, &mut self.checkpoint_every] {
                *steps = steps.saturating_mul(self.discriminator.steps);
            }
        }
        self
    }

    /// Returns the steps at which a run with these settings is saved, see [`Run::checkpoints`].
    pub fn checkpoints(&self) -> Vec<u64> {
        let every = usize::try_from(self.checkpoint_every)
            .unwrap_or(usize::MAX)
            .max(1);
        let mut steps: Vec<u64> = (0..self.steps).step_by(every).collect();
        steps.push(self.steps);
        steps
    }

    /// Tells whether a run with these settings is saved at a step.
    pub fn is_checkpoint(&self, step: u64) -> bool {
        step == self.steps || (step < self.steps && step.is_multiple_of(self.checkpoint_every))
    }
}

/// The networks of both players.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// The networks of both players.
    pub name: ArchitectureName,
    /// That of the discriminator, where it is another.
    pub discriminator: Option<ArchitectureName>,
    /// The factor on every hidden layer's channels, at most 4 and at least one channel of each; 1 is the published network.
    pub width: f64,
}

/// The input of the generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// Numbers in one latent vector (z).
    pub dimension: usize,
    /// What each of them is drawn from.
    pub distribution: Distribution,
}

/// How the discriminator is held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discriminator {
    /// The normalization of its layers.
    pub normalization: Normalization,
    /// The term added to its loss.
    pub penalty: Penalty,
    /// Discriminator updates for each generator update, at least 1.
    pub steps: u64,
    /// What every number that it learns is kept within, positive: weight clipping.
    pub weight_clip: Option<f64>,
}

/// How the generator is built and learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The normalization of its layers.
    pub normalization: GeneratorNormalization,
    /// The average of its weights that is evaluated, if any.
    pub moving_average: Option<MovingAverage>,
    /// How it learns, where the discriminator learns in another way.
    pub optimizer: Option<Optimizer>,
}

/// An exponential moving average of the generator's weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovingAverage {
    /// What it keeps of itself at each update, in [0, 1).
    pub decay: f64,
    /// The step of its first update, at least 1; before that it is the weights themselves.
    pub from: u64,
}

/// The term added to the discriminator's loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Penalty {
    /// No term.
    None,
    /// The gradient penalty (Gulrajani et al. 2017, equation 3).
    Gradient {
        /// The weight of the penalty, positive.
        lambda: f64,
    },
    /// DRAGAN's penalty (Kodali et al. 2017).
    Dragan {
        /// The weight of the penalty, positive.
        lambda: f64,
        /// Where it takes the gradient.
        form: DraganForm,
    },
    /// Half the squared weights.
    L2 {
        /// The weight of the penalty, positive.
        lambda: f64,
    },
    /// R1 (Mescheder et al. 2018, equation 9).
    R1 {
        /// The weight of the penalty, positive.
        lambda: f64,
    },
}

impl Penalty {
    /// Returns the name in a study file.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gradient { .. } => "gradient",
            Self::Dragan { .. } => "dragan",
            Self::L2 { .. } => "l2",
            Self::R1 { .. } => "r1",
        }
    }

    /// Returns its weight in the loss, if there is a penalty.
    pub fn lambda(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Gradient { lambda }
            | Self::Dragan { lambda, .. }
            | Self::L2 { lambda }
            | Self::R1 { lambda } => Some(lambda),
        }
    }
}

/// How a player learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam (Kingma and Ba 2015, algorithm 1).
    Adam {
        /// The step size, positive.
        learning_rate: f64,
        /// The decay of the first moment, in [0, 1).
        beta1: f64,
        /// The decay of the second moment, in [0, 1).
        beta2: f64,
        /// The length that gradients are shortened to, positive.
        clip_norm: Option<f64>,
        /// The step at whose end a linear fall of the step size reaches 0.
        decay_until: Option<u64>,
    },
    /// RMSProp (Hinton 2012).
    Rmsprop {
        /// The step size, positive.
        learning_rate: f64,
        /// The decay of the mean square, in [0, 1).
        decay: f64,
        /// The length that gradients are shortened to, positive.
        clip_norm: Option<f64>,
        /// The step at whose end a linear fall of the step size reaches 0.
        decay_until: Option<u64>,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// The step size, positive.
        learning_rate: f64,
        /// What the velocity keeps of itself, in [0, 1).
        momentum: f64,
        /// The length that gradients are shortened to, positive.
        clip_norm: Option<f64>,
        /// The step at whose end a linear fall of the step size reaches 0.
        decay_until: Option<u64>,
    },
}

impl Optimizer {
    /// Returns the name in a study file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam { .. } => "adam",
            Self::Rmsprop { .. } => "rmsprop",
            Self::Sgd { .. } => "sgd",
        }
    }

    /// Returns the step size of the first step.
    pub fn learning_rate(self) -> f64 {
        match self {
            Self::Adam { learning_rate, .. }
            | Self::Rmsprop { learning_rate, .. }
            | Self::Sgd { learning_rate, .. } => learning_rate,
        }
    }

    /// Returns the length that gradients are shortened to.
    pub fn clip_norm(self) -> Option<f64> {
        match self {
            Self::Adam { clip_norm, .. } | Self::Rmsprop { clip_norm, .. } | Self::Sgd { clip_norm, .. } => {
                clip_norm
            }
        }
    }

    /// Returns the step at whose end the step size is 0.
    pub fn decay_until(self) -> Option<u64> {
        match self {
            Self::Adam { decay_until, .. }
            | Self::Rmsprop { decay_until, .. }
            | Self::Sgd { decay_until, .. } => decay_until,
        }
    }
}

/// The images to learn from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// The set of images.
    pub dataset: Dataset,
    /// The folder that holds its files, where the study names one; always none for images that are drawn.
    pub path: Option<PathBuf>,
    /// Pixels on each side of an image, as the networks see it.
    pub resolution: usize,
    /// How a smaller image reaches the resolution; none where images have it already.
    pub padding: Option<Padding>,
    /// The form of a published set's files, where the study names one.
    pub form: Option<Form>,
    /// How many of the last training images are taken out of training, to choose a model by; none where all are trained on.
    pub validation: Option<usize>,
}

impl Data {
    /// Returns the channels of an image: 1 for gray, 3 for RGB.
    pub fn channels(&self) -> usize {
        match &self.dataset {
            Dataset::ImageFolder(ImageFolder {
                color: Color::Rgb, ..
            }) => 3,
            Dataset::ImageFolder(ImageFolder {
                color: Color::Gray, ..
            })
            | Dataset::Polygons { .. } => 1,
            Dataset::Published(set) => set.description().channels,
        }
    }

    /// Tells whether every image has a class.
    pub fn has_labels(&self) -> bool {
        match &self.dataset {
            Dataset::ImageFolder(folder) => folder.labels == Labels::Folder,
            Dataset::Polygons { .. } => true,
            Dataset::Published(set) => !set.description().classes.is_empty(),
        }
    }
}

/// A set of images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dataset {
    /// Polygons that the program draws itself.
    Polygons {
        /// Images in the training split.
        count: usize,
    },
    /// A folder of the user's own images.
    ImageFolder(ImageFolder),
    /// A published set, whose count, size, splits and order are fixed.
    #[serde(untagged)]
    Published(PublishedSet),
}

/// How a folder of images becomes a data set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ImageFolder {
    /// Colors of every image.
    pub color: Color,
    /// How images of other sizes are brought to the resolution.
    pub resize: Resize,
    /// The share of images that are test images, in (0, 1).
    pub test_fraction: f64,
    /// Where classes come from.
    pub labels: Labels,
    /// What becomes of images that cannot be decoded.
    pub corrupt: Corrupt,
}

/// How images of any size become squares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resize {
    /// The weights of neighbouring pixels.
    pub filter: ResizeFilter,
    /// What becomes of an image that is not a square.
    pub fit: Fit,
}

/// What is measured, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluate {
    /// The network whose features and classes the metrics see.
    pub extractor: Extractor,
    /// The published file of its weights, where the study names one.
    pub weights: Option<PathBuf>,
    /// Generated images for each evaluation.
    pub samples: usize,
    /// The metrics, in the order of the file; never empty, all different.
    pub metrics: Vec<Metric>,
    /// How intervals are found, if they are.
    pub bootstrap: Option<Bootstrap>,
    /// The real images that generated ones are compared with.
    pub against: Against,
    /// The checkpoints to evaluate.
    pub at: At,
}

impl Evaluate {
    /// Returns the steps at which a run is evaluated, ascending.
    pub fn steps(&self, run: &Run) -> Vec<u64> {
        match &self.at {
            At::All => run.checkpoints(),
            At::Last => vec![run.settings.steps],
            At::Steps(steps) => steps.clone(),
        }
    }
}

/// Intervals from images that are drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// How often images are drawn again.
    pub resamples: usize,
    /// The share of the values within the interval, in (0, 1).
    pub level: f64,
    /// Of what is drawn.
    pub seed: u64,
}

/// The checkpoints to evaluate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// Every checkpoint, the untrained networks of step 0 included.
    All,
    /// The last step alone.
    Last,
    /// These steps, ascending; each is a checkpoint of every run.
    Steps(Vec<u64>),
}

impl Dataset {
    /// Returns the name in a study file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published(set) => set.description().name,
            Self::Polygons { .. } => "polygons",
            Self::ImageFolder(_) => "image-folder",
        }
    }
}
