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
const NARROWEST: f64 = 64.0;

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
    let dataset = match section.dataset {
        DatasetName::FashionMnist => Dataset::FashionMnist,
        DatasetName::Mnist => Dataset::Mnist,
        DatasetName::Polygons => Dataset::Polygons {
            count: section.count.unwrap_or(POLYGONS),
        },
    };
    let drawn = section.dataset == DatasetName::Polygons;
    let before = problems.len();
    let mut refuse = |key: &str, message: String, hint: &str| {
        problems.push(node.nearest(key).problem(message).hint(hint));
    };
    if section.resolution != RESOLUTION {
        let message = format!(
            "{} is not available at {} pixels",
            dataset.name(),
            section.resolution
        );
        refuse(
            "resolution",
            message,
            "available: 32; sets of 28 pixels are padded with zeros to it",
        );
    }
    if !drawn && section.count.is_some() {
        refuse(
            "count",
            format!("{} has its own number of images", dataset.name()),
            "only polygons have a count",
        );
    }
    if drawn && section.path.is_some() {
        refuse("path", "polygons are drawn, not read".to_owned(), "remove it");
    }
    if drawn && section.padding.is_some() {
        refuse(
            "padding",
            "polygons are drawn at 32 pixels, without padding".to_owned(),
            "remove it",
        );
    }
    let path = section
        .path
        .map(|path| folder(node.nearest("path"), Path::new(&path), file));
    let padding = if drawn {
        None
    } else {
        Some(section.padding.unwrap_or(Padding::Zero))
    };
    (problems.len() == before).then_some(Data {
        dataset,
        path,
        resolution: section.resolution,
        padding,
    })
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
    let Settings {
        architecture,
        batch_size,
        steps,
        checkpoint_every,
        ..
    } = &setting.settings;
    match architecture.name {
        ArchitectureName::Sndcgan if architecture.width * NARROWEST < 1.0 => {
            let message = format!(
                "width {} leaves a layer of 64 channels with none",
                architecture.width
            );
            let problem = base.nearest("architecture.width").problem(message);
            problems.push(problem.hint("the least width is 1/64 = 0.015625"));
        }
        ArchitectureName::Sndcgan => {}
    }
    if steps / checkpoint_every > MOST_CHECKPOINTS {
        let message = format!("{steps} steps have over {MOST_CHECKPOINTS} checkpoints of {checkpoint_every}");
        problems.push(
            base.nearest("checkpoint_every")
                .problem(message)
                .hint("save less often"),
        );
    }
    if let Some(Data {
        dataset: Dataset::Polygons { count },
        ..
    }) = data
        && count < batch_size
    {
        let message = format!("a batch of {batch_size} needs as many images, data.count is {count}");
        problems.push(base.nearest("batch_size").problem(message));
    }
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
            problems.push(node.nearest("samples").problem(message));
        }
    }
    if let (At::Steps(steps), Content::List(written)) = (&evaluate.at, &node.nearest("at").content) {
        for step in steps {
            problems.extend(not_a_checkpoint(*step, written, settings));
        }
    }
}

fn not_a_checkpoint(step: u64, written: &[Node], settings: &[Setting]) -> Option<Problem> {
    let saved = |Settings {
                     steps,
                     checkpoint_every,
                     ..
                 }: &Settings| {
        step == *steps || (step < *steps && step.is_multiple_of(*checkpoint_every))
    };
    let setting = settings.iter().find(|setting| !saved(&setting.settings))?;
    #[expect(clippy::cast_precision_loss, reason = "checked to be below 2^53")]
    let node = written.iter().find(|node| node.number() == Some(step as f64))?;
    let Settings {
        steps,
        checkpoint_every,
        ..
    } = setting.settings;
    let problem = node.problem(format!("{} has no checkpoint at step {step}", setting.name));
    Some(problem.hint(format!(
        "it is saved at 0, every {checkpoint_every} steps, and at {steps}"
    )))
}
