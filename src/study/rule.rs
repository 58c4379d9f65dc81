//! What cannot be, though every value by itself is fine: rules between the values of a study.
//!
//! Each rule reports at the value that a user would change. Knows nothing of reading or expanding.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::{Content, Node};
use super::matrix::Combination;
use super::model::{At, Data, Dataset, Evaluate, Settings};
use super::problem::{Place, Problem};
use super::word::{ArchitectureName, Padding};

/// The one resolution SNDCGAN is built for here, in pixels.
const RESOLUTION: usize = 32;
/// Images in the training split of polygons where the study does not say.
const POLYGONS: usize = 10_000;
/// The most checkpoints of one run; each is a file of weights.
const MOST_CHECKPOINTS: u64 = 10_000;
/// Channels of SNDCGAN's narrowest hidden layer at width 1.
const SNDCGAN_NARROWEST: f64 = 64.0;

/// The section `data` as it is written, each value checked by itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DataSection {
    dataset: DatasetName,
    path: Option<String>,
    resolution: usize,
    padding: Option<Padding>,
    count: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DatasetName {
    FashionMnist,
    Mnist,
    Polygons,
}

/// One setting whose values were checked, each by itself.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) combination: Combination,
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

/// Returns what the section says that its set of images cannot have.
fn contradictions(node: &Node, section: &DataSection, name: &str) -> Vec<Problem> {
    let drawn = section.dataset == DatasetName::Polygons;
    let rules = [
        (
            section.resolution != RESOLUTION,
            "resolution",
            format!("{name} is not available at {} pixels", section.resolution),
            "available: 32; sets of 28 pixels are padded with zeros to it",
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
            drawn && section.padding.is_some(),
            "padding",
            format!("{name} are drawn by the program, which pads them itself"),
            "remove it",
        ),
    ];
    let broken = rules.into_iter().filter(|(broken, ..)| *broken);
    broken
        .map(|(_, key, message, hint)| node.nearest(key).problem(message).hint(hint))
        .collect()
}

/// A folder in the file lies beside the file; one on the command line is where the user stands.
fn folder(node: &Node, path: &Path, file: &str) -> PathBuf {
    match Path::new(file).parent() {
        Some(parent) if matches!(node.place, Place::File { .. }) => parent.join(path),
        _ => path.to_owned(),
    }
}

/// Checks one setting, and it with the data.
pub(super) fn setting(setting: &Setting, data: Option<&Data>, problems: &mut Vec<Problem>) {
    let base = &setting.combination.base;
    problems.extend(too_narrow(base, &setting.settings));
    problems.extend(too_many_checkpoints(base, &setting.settings));
    problems.extend(data.and_then(|data| too_few_images(base, &setting.settings, data)));
}

fn too_narrow(base: &Node, settings: &Settings) -> Option<Problem> {
    let width = settings.architecture.width;
    let narrowest = match settings.architecture.name {
        ArchitectureName::Sndcgan => SNDCGAN_NARROWEST,
    };
    let problem = || {
        let message = format!("width {width} leaves less than one channel of a layer of {narrowest}");
        let hint = format!("the least width is 1/{narrowest} = {}", 1.0 / narrowest);
        base.nearest("architecture.width").problem(message).hint(hint)
    };
    (width * narrowest < 1.0).then(problem)
}

fn too_many_checkpoints(base: &Node, settings: &Settings) -> Option<Problem> {
    let Settings {
        steps,
        checkpoint_every: every,
        ..
    } = settings;
    let problem = || {
        let message = format!("{steps} steps have over {MOST_CHECKPOINTS} checkpoints of {every}");
        base.nearest("checkpoint_every")
            .problem(message)
            .hint("save less often")
    };
    (steps / every > MOST_CHECKPOINTS).then(problem)
}

fn too_few_images(base: &Node, settings: &Settings, data: &Data) -> Option<Problem> {
    let Dataset::Polygons { count } = data.dataset else {
        return None;
    };
    let batch = settings.batch_size;
    let message = format!("a batch of {batch} needs as many images, data.count is {count}");
    let hint = "take a smaller batch_size, or a larger data.count";
    (count < batch).then(|| base.nearest("batch_size").problem(message).hint(hint))
}

/// Checks what is measured against the metrics' own needs and every setting's checkpoints.
pub(super) fn evaluate(
    document: &Node,
    evaluate: &Evaluate,
    settings: &[Setting],
    problems: &mut Vec<Problem>,
) {
    let node = document.nearest("evaluate");
    for metric in &evaluate.metrics {
        let least = metric.minimum_samples();
        if evaluate.samples < least {
            let message = format!(
                "{metric} needs at least {least} images, found {}",
                evaluate.samples
            );
            let problem = node.nearest("samples").problem(message);
            problems.push(problem.hint(format!("set evaluate.samples to {least} or more")));
        }
    }
    if let (At::Steps(steps), Content::List(written)) = (&evaluate.at, &node.nearest("at").content) {
        for step in steps {
            problems.extend(not_a_checkpoint(*step, written, settings));
        }
    }
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
