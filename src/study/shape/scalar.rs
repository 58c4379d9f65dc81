//! Checks of single values: numbers in their range, names and folders.

use std::ops::Bound;

use serde_json::Value as Json;

use super::Shape;
use crate::study::document::{Content, Node};
use crate::study::problem::Problem;

/// Checks a value that is neither a choice, a list nor a mapping.
pub(super) fn scalar(node: &Node, shape: Shape) -> Result<Json, Problem> {
    let value: Option<Json> = match shape {
        Shape::Whole { least, most } => whole(&node.content)
            .filter(|value| (least..=most).contains(value))
            .map(Json::from),
        Shape::Number { low, high } => node
            .number()
            .filter(|value| value.is_finite() && contains(low, high, *value))
            .map(Json::from),
        _ => match &node.content {
            Content::Text(name) if matches!(shape, Shape::Name) => is_name(name).then(|| name.clone().into()),
            Content::Text(folder) if !folder.is_empty() => Some(folder.clone().into()),
            _ => None,
        },
    };
    value.ok_or_else(|| node.problem(format!("expected {}, found {}", words(shape), node.found())))
}

/// Returns what a value that is neither a choice, a list nor a mapping must be, in words.
pub(in crate::study) fn words(shape: Shape) -> String {
    match shape {
        Shape::Whole { least, most } => whole_words(least, most),
        Shape::Number { low, high } => number_words(low, high),
        Shape::Name => "a name of a-z, 0-9 and hyphens, at most 64 long".to_owned(),
        Shape::File => "a file".to_owned(),
        _ => "a folder".to_owned(),
    }
}

/// Reads `2000` and also `2e3`, which is how long runs are written.
fn whole(content: &Content) -> Option<u64> {
    match *content {
        Content::Integer(value) => u64::try_from(value).ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "in range and whole"
        )]
        Content::Float(value) if value.fract() == 0.0 && (0.0..9e15).contains(&value) => Some(value as u64),
        _ => None,
    }
}

fn contains(low: Bound<f64>, high: Bound<f64>, value: f64) -> bool {
    std::ops::RangeBounds::contains(&(low, high), &value)
}

fn whole_words(least: u64, most: u64) -> String {
    if most >= 1 << 50 {
        format!("a whole number of at least {least}")
    } else {
        format!("a whole number from {least} to {most}")
    }
}

fn number_words(low: Bound<f64>, high: Bound<f64>) -> String {
    let low = match low {
        Bound::Included(value) => Some(format!("at least {value}")),
        Bound::Excluded(value) => Some(format!("more than {value}")),
        Bound::Unbounded => None,
    };
    let high = match high {
        Bound::Included(value) => Some(format!("at most {value}")),
        Bound::Excluded(value) => Some(format!("less than {value}")),
        Bound::Unbounded => None,
    };
    let ends: Vec<String> = low.into_iter().chain(high).collect();
    if ends.is_empty() {
        "a number".to_owned()
    } else {
        format!("a number of {}", ends.join(" and "))
    }
}

/// Tells whether a text can name a study: it becomes a folder and must read the same on every system.
pub(in crate::study) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 64
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
}
