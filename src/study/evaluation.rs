//! The section `evaluate`: from what is written to what is measured, and what of it cannot be.
//!
//! Each rule reports at the value that a user would change. Knows no formula and no file of weights.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::data::beside;
use super::document::{Content, Node};
use super::extractor::Extractor;
use super::metric::{Metric, MsSsimForm};
use super::model::{At, Bootstrap, Data, Dataset, Evaluate, Settings};
use super::problem::Problem;
use super::rule::Setting;
use super::word::{Against, Loss};
use crate::data::Polygons;

/// The least pixels of an image whose fifth scale a filter of 11 pixels fits into: 10 * 2^4 + 1.
const FIVE_SCALES: usize = 161;

/// The section `evaluate` as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EvaluateSection {
    extractor: Option<Extractor>,
    weights: Option<String>,
    samples: usize,
    metrics: Option<Vec<Metric>>,
    bootstrap: Option<Bootstrap>,
    against: Against,
    at: At,
}

impl EvaluateSection {
    /// Fills in what depends on the data: a classifier where there are labels, and every usual metric that the extractor
    /// allows.
    pub(super) fn complete(self, data: Option<&Data>, document: &Node, file: &str) -> Evaluate {
        let EvaluateSection {
            extractor,
            weights,
            samples,
            metrics,
            bootstrap,
            against,
            mut at,
        } = self;
        if let At::Steps(steps) = &mut at {
            steps.sort_unstable();
        }
        let extractor = extractor.unwrap_or(match data.is_none_or(Data::has_labels) {
            true => Extractor::Classifier,
            false => Extractor::RandomConvolution,
        });
        let metrics = metrics.unwrap_or_else(|| {
            let all = [Metric::Fid, Metric::INCEPTION_SCORE].into_iter();
            all.filter(|metric| extractor.kind().knows_classes() || !metric.needs_classes())
                .collect()
        });
        let place = document.nearest("evaluate.weights");
        Evaluate {
            extractor,
            weights: weights.map(|path: String| -> PathBuf { beside(place, Path::new(&path), file) }),
            samples,
            metrics,
            bootstrap,
            against,
            at,
        }
    }
}

/// Checks what is measured against the metrics' own needs and every setting's checkpoints.
pub(super) fn check(
    document: &Node,
    evaluate: &Evaluate,
    data: Option<&Data>,
    settings: &[Setting],
    problems: &mut Vec<Problem>,
) {
    let node = document.nearest("evaluate");
    problems.extend(data.and_then(|data| no_labels(node, evaluate, data)));
    problems.extend(no_weights(node, evaluate));
    problems.extend(no_classes(node, evaluate, data));
    problems.extend(data.and_then(|data| no_validation(node, evaluate, data)));
    problems.extend(memorized_validation(node, evaluate));
    problems.extend(repeated(node, evaluate));
    problems.extend(no_intervals(node, evaluate));
    problems.extend(no_decision(node, evaluate, settings));
    problems.extend(data.and_then(|data| more_latents_than_pixels(node, evaluate, data, settings)));
    for metric in &evaluate.metrics {
        let held_out = data.and_then(|data| held_out(evaluate, data));
        let few = too_few_samples(node, evaluate, *metric, data, held_out);
        problems.extend(few.or_else(|| too_few_reference(node, evaluate, *metric, held_out?)));
        problems.extend(data.and_then(|data| too_small(node, *metric, data)));
    }
    if let (At::Steps(steps), Content::List(written)) = (&evaluate.at, &node.nearest("at").content) {
        for step in steps {
            problems.extend(not_a_checkpoint(*step, written, settings));
        }
    }
}

/// Where a metric stands in the list of the file, or the list, or what is there of the section.
fn place(node: &Node, metric: Metric) -> &Node {
    let list = node.nearest("metrics");
    let is_it = |item: &&Node| match &item.content {
        Content::Text(word) => word == metric.name(),
        _ => item.get(metric.name()).is_some(),
    };
    match &list.content {
        Content::List(items) => items.iter().find(is_it).unwrap_or(list),
        _ => list,
    }
}

/// How many images there are to compare with; how many a folder has shows when it is read.
fn held_out(evaluate: &Evaluate, data: &Data) -> Option<usize> {
    match (evaluate.against, data.dataset) {
        (Against::Validation, _) => data.validation,
        (Against::Test, Dataset::Published(set)) => Some(set.description().test),
        (Against::Test, Dataset::Polygons { .. }) => Some(Polygons::default().test),
        (Against::Test, Dataset::ImageFolder(_)) => None,
    }
}

/// A metric of more images than are made of each generator.
fn too_few_samples(
    node: &Node,
    evaluate: &Evaluate,
    metric: Metric,
    data: Option<&Data>,
    held_out: Option<usize>,
) -> Option<Problem> {
    // Both sets of features are as large.
    let as_many = held_out.filter(|_| matches!(metric, Metric::Prd { .. }));
    let features = data.map_or(0, |data| {
        let extents = [data.resolution, data.resolution, data.channels()];
        evaluate.extractor.kind().features(extents)
    });
    let least = metric.minimum_samples(features).max(as_many.unwrap_or(0));
    let found = evaluate.samples;
    let problem = || {
        let message = format!("{metric} needs at least {least} images, found {found}");
        let problem = node.nearest("samples").problem(message);
        problem.hint(format!("set evaluate.samples to {least} or more"))
    };
    (found < least).then(problem)
}

/// A metric of more images than there are to compare with.
fn too_few_reference(node: &Node, evaluate: &Evaluate, metric: Metric, held_out: usize) -> Option<Problem> {
    let (least, against) = (metric.minimum_reference(), evaluate.against);
    let problem = || {
        let message = format!(
            "{metric} needs at least {least} images to compare with, and there are {held_out} {against} images"
        );
        let hint = format!("remove {metric}, or set it so that {held_out} are enough");
        place(node, metric).problem(message).hint(hint)
    };
    (held_out < least).then(problem)
}

/// Images without room for the filters of a metric.
fn too_small(node: &Node, metric: Metric, data: &Data) -> Option<Problem> {
    let Metric::MsSsim {
        form: MsSsimForm::Standard,
        ..
    } = metric
    else {
        return None;
    };
    let pixels = data.resolution;
    let problem = || {
        let message = format!(
            "the standard form of {metric} needs at least {FIVE_SCALES} pixels, and images have {pixels}"
        );
        let problem = place(node, metric).problem(message);
        problem.hint("write ms-ssim alone: its usual form has filters that shrink with the images")
    };
    (pixels < FIVE_SCALES).then(problem)
}

/// A metric that stands in the list with two settings: its rows could not be put together.
fn repeated(node: &Node, evaluate: &Evaluate) -> Option<Problem> {
    let mut names: Vec<&str> = Vec::new();
    let metric = evaluate.metrics.iter().find(|metric| {
        let stood = names.contains(&metric.name());
        names.push(metric.name());
        stood
    })?;
    let list = node.nearest("metrics");
    let message = format!("{metric} stands in the list twice");
    let hint = "a study measures it by one setting; another study with the same base shares what was trained";
    Some(list.problem(message).hint(hint))
}

/// Weights for an extractor that has its own.
fn no_weights(node: &Node, evaluate: &Evaluate) -> Option<Problem> {
    let extractor = evaluate.extractor;
    let without = evaluate.weights.is_some() && !extractor.kind().needs_weights_file();
    let problem = || {
        let message = format!("{extractor} has no weights file");
        let problem = node.nearest("weights").problem(message);
        problem.hint("remove it, or name the extractor that it belongs to, such as inception-v3-2015")
    };
    without.then(problem)
}

/// Intervals where no metric has any.
fn no_intervals(node: &Node, evaluate: &Evaluate) -> Option<Problem> {
    let without =
        evaluate.bootstrap.is_some() && !evaluate.metrics.iter().any(|metric| metric.has_intervals());
    let problem = || {
        let problem = node
            .nearest("bootstrap")
            .problem("no metric of the study can have intervals");
        problem.hint("remove it; fid can have them, and inception-score without splits")
    };
    without.then(problem)
}

/// An accuracy of discriminators that decide nothing.
fn no_decision(node: &Node, evaluate: &Evaluate, settings: &[Setting]) -> Option<Problem> {
    let is_it = |metric: &&Metric| matches!(metric, Metric::DiscriminatorAccuracy { .. });
    let metric = evaluate.metrics.iter().find(is_it)?;
    let setting = settings
        .iter()
        .find(|setting| setting.settings.loss == Loss::Wasserstein)?;
    let message = format!(
        "{metric} needs a discriminator that decides what is real, and the loss of {} is wasserstein",
        setting.name
    );
    let hint = format!("remove {metric}; such a discriminator only says which of two images is more real");
    Some(place(node, *metric).problem(message).hint(hint))
}

/// A Jacobian that has no condition, because directions of the latent must lead nowhere.
fn more_latents_than_pixels(
    node: &Node,
    evaluate: &Evaluate,
    data: &Data,
    settings: &[Setting],
) -> Option<Problem> {
    let is_it = |metric: &&Metric| matches!(metric, Metric::Jacobian { .. });
    let metric = evaluate.metrics.iter().find(is_it)?;
    let pixels = data.resolution * data.resolution * data.channels();
    let setting = settings
        .iter()
        .find(|setting| setting.settings.latent.dimension > pixels)?;
    let message = format!(
        "{metric} needs latents of no more numbers than an image, which are {pixels}, and those of {} have {}",
        setting.name, setting.settings.latent.dimension
    );
    let hint = format!("remove {metric}, or set base.latent.dimension to {pixels} or less");
    Some(place(node, *metric).problem(message).hint(hint))
}

/// The nearness of training images, compared with that of images that were taken out of them.
fn memorized_validation(node: &Node, evaluate: &Evaluate) -> Option<Problem> {
    let metric = Metric::Memorization;
    let both = evaluate.against == Against::Validation && evaluate.metrics.contains(&metric);
    let problem = || {
        let message = format!("{metric} compares with the test images, and evaluate.against is validation");
        let problem = place(node, metric).problem(message);
        problem.hint("remove it, or leave evaluate.against out")
    };
    both.then(problem)
}

/// An extractor that is trained on labels, and data without.
fn no_labels(node: &Node, evaluate: &Evaluate, data: &Data) -> Option<Problem> {
    if data.has_labels() || !evaluate.extractor.kind().needs_labels() {
        return None;
    }
    let (extractor, dataset) = (evaluate.extractor, data.dataset.name());
    let message = format!("{extractor} is trained on labels, and this {dataset} has none");
    Some(node.nearest("extractor").problem(message).hint(
        "random-convolution needs no labels; where the folders are classes, data: { labels: folder } makes them labels",
    ))
}

/// A metric of class probabilities, and an extractor that gives none.
fn no_classes(node: &Node, evaluate: &Evaluate, data: Option<&Data>) -> Option<Problem> {
    let extractor = evaluate.extractor;
    let metric = evaluate.metrics.iter().find(|metric| metric.needs_classes())?;
    if extractor.kind().knows_classes() {
        return None;
    }
    let at_layer = match extractor.kind().layer() {
        Some(layer) if extractor.kind().needs_weights_file() => format!(" at layer {layer}"),
        _ => String::new(),
    };
    let message = format!("{metric} needs class probabilities, which {extractor} does not give{at_layer}");
    let hint = if data.is_some_and(Data::has_labels) {
        "use the extractor classifier, or remove the metric"
    } else {
        "remove it; with labels there is the extractor classifier, which gives them"
    };
    Some(place(node, *metric).problem(message).hint(hint))
}

/// A comparison with images that are not held out.
fn no_validation(node: &Node, evaluate: &Evaluate, data: &Data) -> Option<Problem> {
    let without = evaluate.against == Against::Validation && data.validation.is_none();
    let problem = || {
        let problem = node
            .nearest("against")
            .problem("no images are held out to compare with");
        problem.hint("say how many of the training images are, as in data: { validation: 5000 }")
    };
    without.then(problem)
}

fn not_a_checkpoint(step: u64, written: &[Node], settings: &[Setting]) -> Option<Problem> {
    let setting = settings
        .iter()
        .find(|setting| !setting.settings.is_checkpoint(step))?;
    #[expect(clippy::cast_precision_loss, reason = "checked to be below 2^53")]
    let node = written.iter().find(|node| node.number() == Some(step as f64))?;
    let Settings {
        steps,
        checkpoint_every: every,
        ..
    } = setting.settings;
    let problem = node.problem(format!("{} has no checkpoint at step {step}", setting.name));
    Some(problem.hint(format!("it is saved at 0, every {every} steps, and at {steps}")))
}
