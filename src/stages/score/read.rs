//! What was made of images elsewhere: features or logits as a blob of features, and statistics as they are.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use super::Side;
use super::error::ScoreError;
use super::extract::of_input;
use super::input::{Content, ScoreInput};
use crate::arrays;
use crate::extractor::Features;
use crate::stages::images_file::features_to_bytes;

pub(super) const ARRAY: &str = "array";
/// The fact that says that logits look like probabilities.
pub(super) const PROBABILITIES: &str = "are_probabilities";

/// Reads features `[n, d]` or logits `[n, k]` of a file.
pub(super) struct ReadFeatures {
    pub(super) side: Side,
    /// Which part of the side, in the stage's name.
    pub(super) ordinal: String,
    pub(super) input: ScoreInput,
}

impl Stage for ReadFeatures {
    fn kind(&self) -> &'static str {
        "features"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        format!("features of the {} side{}", self.side.name(), self.ordinal)
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let (Content::Features { name, .. } | Content::Logits { name }) = &self.input.content else {
            panic!("{} are no features", self.input.content.name());
        };
        BTreeMap::from([
            (ARRAY.to_owned(), Value::from(name.as_str())),
            ("are".to_owned(), Value::from(self.input.content.name())),
        ])
    }

    fn sources(&self) -> Vec<Source> {
        vec![Source {
            name: ARRAY.to_owned(),
            path: self.input.path.clone(),
        }]
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "features",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let features = read(&self.input).map_err(of_input)?;
        context.output("features", &features_to_bytes(&features)?)?;
        context.fact("count", features.count);
        if features.dimension > 0 {
            context.fact("dimension", features.dimension);
        }
        if are_probabilities(&features) {
            context.fact(PROBABILITIES, true);
        }
        Ok(Outcome::Completed)
    }
}

/// Whether every row of logits is one of probabilities: not negative, with a sum of 1.
fn are_probabilities(features: &Features) -> bool {
    let row = |row: &[f32]| {
        let sum: f64 = row.iter().map(|value| f64::from(*value)).sum();
        row.iter().all(|value| *value >= 0.0) && (sum - 1.0).abs() < 1e-3
    };
    !features.logits.is_empty() && features.logits.chunks_exact(features.classes).all(row)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "features are f32 everywhere; those of f64 are rounded"
)]
fn read(input: &ScoreInput) -> Result<Features, ScoreError> {
    let (Content::Features { name, .. } | Content::Logits { name }) = &input.content else {
        panic!("{} are no features", input.content.name());
    };
    let array = arrays::open_named(&input.path, name)?;
    let &[count, columns] = array.shape() else {
        panic!("an array of shape {:?} was taken for a matrix", array.shape());
    };
    let values: Vec<f32> = array.to_f64()?.into_iter().map(|value| value as f32).collect();
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(ScoreError::NoNumber {
            path: input.path.clone(),
            row: at / columns,
            column: at % columns,
        });
    }
    Ok(match input.content {
        Content::Logits { .. } => Features {
            count,
            dimension: 0,
            features: Vec::new(),
            classes: columns,
            probabilities: Vec::new(),
            logits: values,
        },
        _ => Features {
            count,
            dimension: columns,
            features: values,
            classes: 0,
            probabilities: Vec::new(),
            logits: Vec::new(),
        },
    })
}
