//! What is to be measured without a study: metrics and extractors in the words of a study's section `evaluate`, from a
//! command line.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::device::Device;
use super::document::Source;
use super::extractor::Extractor;
use super::metric::Metric;
use super::problem::Problem;
use super::shape::{DEVICE, EXTRACTORS, METRICS, Shape, check};

/// Reads metrics as they stand in a study's list, `fid, { precision-recall: { k: 5 } }`; `argument` is what messages show.
///
/// # Errors
/// Every problem found; two metrics that are equal.
pub fn metrics(argument: &str, text: &str) -> Result<Vec<Metric>, Vec<Problem>> {
    let metrics: Vec<Metric> = read(
        argument,
        // On a line of its own the bracket ends no comment.
        &format!("[{text}\n]"),
        Shape::List(&Shape::Choice(METRICS)),
    )?;
    let repeated = metrics.iter().enumerate().find(|(at, metric)| {
        metrics[..*at]
            .iter()
            .any(|earlier| earlier.name() == metric.name())
    });
    let said = |message: String| {
        vec![Problem::new(
            &Source::Argument(argument.into()).start(),
            "",
            message,
        )]
    };
    match (repeated, metrics.is_empty()) {
        (Some((_, metric)), _) => Err(said(format!("{metric} is named twice"))),
        (None, true) => Err(said("expected a metric, found none".to_owned())),
        (None, false) => Ok(metrics),
    }
}

/// Reads an extractor as it stands in a study, with some of its choices apart; `argument` is what messages show.
///
/// # Errors
/// Every problem found.
pub fn extractor(argument: &str, name: &str, choices: &[(&str, &str)]) -> Result<Extractor, Vec<Problem>> {
    let choices: Vec<String> = choices
        .iter()
        .map(|(name, value)| format!("{name}: {}", quoted(value)))
        .collect();
    let text = match choices.is_empty() {
        true => name.to_owned(),
        false => format!("{{ {name}: {{ {} }} }}", choices.join(", ")),
    };
    read(argument, &text, Shape::Choice(EXTRACTORS))
}

/// Reads the name of a device; `argument` is what messages show.
///
/// # Errors
/// Where there is none of that name.
pub fn device(argument: &str, name: &str) -> Result<Device, Vec<Problem>> {
    read(argument, &quoted(name), DEVICE)
}

/// Text as YAML reads it back: a string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn read<T: DeserializeOwned>(argument: &str, text: &str, shape: Shape) -> Result<T, Vec<Problem>> {
    let source = Source::Argument(Arc::from(argument));
    let node = source.read(text, "")?;
    let mut problems = Vec::new();
    let checked = check(&node, shape, &mut problems);
    match checked {
        Some(value) if problems.is_empty() => {
            Ok(serde_json::from_value(value).expect("what was checked has the form of the model"))
        }
        _ => Err(problems),
    }
}
