//! `gan-pipe score`: the metrics alone, of images or arrays that any program made; no study and no network.
//!
//! Which stages that takes stands in `src/stages/score`; here are arguments, and how their outcome is told:
//! * `request`: from arguments to what is to be measured.
//! * `course`: the build of it.
//! * `table`: the outcome for people; `json`: for programs.
//! * `warning`: what should be known of a number before it is set beside another.

mod course;
mod json;
mod request;
mod table;
mod warning;

use std::path::PathBuf;

use clap::Args;

use super::arguments::VerbosityArguments;
use super::error::CommandError;
use super::inputs::CacheArguments;
use super::messages::Message;
use super::parallel::MOST_THREADS;
use super::status::Status;
use super::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  gan-pipe score --reference photos/ --generated samples/              FID, with Inception's features
  gan-pipe score --reference photos/ --generated samples.npz --metrics fid,kid,precision-recall
  gan-pipe score --reference stats.npz --generated samples/            against mu and sigma of pytorch-fid
  gan-pipe score --reference part-0.npy part-1.npy --generated samples/    a reference in parts
  gan-pipe score --generated samples/ --metrics inception-score
  gan-pipe score --reference a.npy --generated b.npy --features --metrics kid
  gan-pipe score --reference photos/ --generated samples/ --extractor random-convolution
  gan-pipe score --reference photos/ --generated samples/ --json

Metrics are named, and set, as in a study's evaluate.metrics:
  --metrics 'fid, { inception-score: { splits: 10, shuffle: 0 } }, { precision-recall: { k: 5 } }'

A folder's images may lie in folders of their own, be PNG, JPEG or WebP, and differ in size. Features are kept in the
cache: a second call with the same images extracts nothing.
";

/// Measure images of any origin: FID, KID, Inception score, precision, recall and others.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ScoreArguments {
    /// What to measure: a folder of images, an array of them (.npy, .npz), or mu and sigma (.npz); of several, each is a
    /// part of one set.
    #[arg(long, short, value_name = "PATH", required = true, num_args = 1..)]
    generated: Vec<PathBuf>,

    /// What to compare with, of the same kinds; metrics of generated images alone need none.
    #[arg(long, short, value_name = "PATH", num_args = 1..)]
    reference: Vec<PathBuf>,

    /// Metrics, separated by commas: fid, fid-infinity, kid, kid-subsets, inception-score, ms-ssim, precision-recall,
    /// density-coverage, prd.
    #[arg(long, short, value_name = "LIST", default_value = "fid")]
    metrics: String,

    /// The network whose features are compared: inception-v3-2015, inception-v3-torchvision, vgg16, random-convolution
    /// or pixels.
    #[arg(long, value_name = "NAME", default_value = "inception-v3-2015")]
    extractor: String,

    /// Where features leave the network: 64, 192, 768, 2048 or logits; of vgg16 fc2 or fc2-relu.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,

    /// How images come to the network's size: tensorflow-bilinear (torch-fidelity), torch-bilinear (pytorch-fid),
    /// torch-antialias (torchmetrics) or pillow-bicubic (clean-fid).
    #[arg(long, value_name = "NAME")]
    resize: Option<String>,

    /// Whether logits have their bias: without or with.
    #[arg(long, value_name = "WORD")]
    logit_bias: Option<String>,

    /// The file of the network's weights; left out, the one that `gan-pipe weights import` has put in its place.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// Take arrays for features [n, d], not for images.
    #[arg(long, conflicts_with = "logits")]
    features: bool,

    /// Take arrays for logits [n, k] of classes, not for images.
    #[arg(long)]
    logits: bool,

    /// Intervals of fid, and of inception-score without splits, from so many resamples of the images.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(20..=100_000))]
    bootstrap: Option<u64>,

    /// Extract features on this device: cpu, vulkan, vulkan:1, auto, ...
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,

    /// Threads [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,

    /// Print one JSON object: values by name, and what they were measured by.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    pub(super) verbosity: VerbosityArguments,
}

/// Runs the command; with `--json` an error is a message too.
pub(super) fn run(arguments: &ScoreArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let ended = course::score(arguments, terminal);
    if let (Err(error), true) = (&ended, arguments.json) {
        Message::error(error).print(terminal)?;
    }
    ended
}
