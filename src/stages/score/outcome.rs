//! What a build of a comparison's graph found, from its entries alone.

use gan_cache::Entry;
use gan_pipeline::{Report, StageId};
use serde_json::{Map, Value};

use super::compile::CompiledScore;
use super::extract::IMAGES;
use super::parts::input_name;
use super::read::{ARRAY, PROBABILITIES};
use super::statistics::{GENERATED_FILE, REFERENCE_FILE};
use crate::stages::metric::fact_name;

/// What was found.
#[derive(Clone, Debug)]
pub struct ScoreOutcome {
    /// The metrics that were measured, in the order in which they were asked for.
    pub metrics: Vec<ScoredMetric>,
    /// What is known of the reference.
    pub reference: ScoredSide,
    /// What is known of the generated images.
    pub generated: ScoredSide,
    /// Digest of the extractor's weights, where it has any.
    pub extractor_digest: Option<String>,
    /// What is noted with the extractor's weights.
    pub extractor_facts: Map<String, Value>,
}

/// A metric's values.
#[derive(Clone, Debug)]
pub struct ScoredMetric {
    /// The metric's name.
    pub metric: &'static str,
    /// Its values.
    pub values: Vec<ScoredValue>,
    /// What they were measured by.
    pub protocol: Map<String, Value>,
}

/// One number.
#[derive(Clone, Debug)]
pub struct ScoredValue {
    /// Its name, as in the table of metrics.
    pub name: &'static str,
    /// The number; none where there is none.
    pub value: Option<f64>,
    /// Its standard error, where the metric has one.
    pub standard_error: Option<f64>,
    /// Its standard deviation over the parts that it is a mean over.
    pub standard_deviation: Option<f64>,
    /// The ends of its interval, where one was asked for.
    pub interval: Option<[f64; 2]>,
}

/// What is known of a side: of each of its parts.
#[derive(Clone, Debug, Default)]
pub struct ScoredSide {
    /// In the order in which they were named, none for one that failed; empty where no metric saw the side.
    pub parts: Vec<Option<ScoredPart>>,
}

/// What is known of a part of a side.
#[derive(Clone, Debug, Default)]
pub struct ScoredPart {
    /// Images, or rows of an array; none for a mean and a covariance, which do not say of how many they are.
    pub count: Option<u64>,
    /// Numbers in a feature vector; none for logits.
    pub dimension: Option<u64>,
    /// Least and largest height and width, where images were looked at.
    pub extents: Option<[[u64; 2]; 2]>,
    /// Files of the folder that are no images.
    pub other_files: u64,
    /// Digest of the images, or of the file of the array.
    pub source_digest: Option<String>,
    /// Digest of the features.
    pub features_digest: Option<String>,
    /// Whether what was given as logits looks like probabilities.
    pub are_probabilities: bool,
}

impl ScoredSide {
    /// The parts that are known.
    pub fn known(&self) -> impl Iterator<Item = &ScoredPart> {
        self.parts.iter().flatten()
    }

    /// Images, or rows of arrays, of all parts; none where one is not known.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        let counts: Option<Vec<u64>> = self.parts.iter().map(|part| part.as_ref()?.count).collect();
        let counts = counts.filter(|counts| !counts.is_empty())?;
        Some(counts.iter().sum())
    }

    /// Numbers in a feature vector, where all known parts have as many; none for logits.
    #[must_use]
    pub fn dimension(&self) -> Option<u64> {
        let first = self.known().next()?.dimension;
        first.filter(|_| self.known().all(|part| part.dimension == first))
    }

    /// Least and largest height and width of the parts that were looked at.
    #[must_use]
    pub fn extents(&self) -> Option<[[u64; 2]; 2]> {
        let all = self.known().filter_map(|part| part.extents);
        all.reduce(|[least, most], [other_least, other_most]| {
            let each = |a: [u64; 2], b: [u64; 2], of: fn(u64, u64) -> u64| [of(a[0], b[0]), of(a[1], b[1])];
            [
                each(least, other_least, u64::min),
                each(most, other_most, u64::max),
            ]
        })
    }

    /// Files of folders that are no images.
    #[must_use]
    pub fn other_files(&self) -> u64 {
        self.known().map(|part| part.other_files).sum()
    }
}

/// Facts that are values, and no protocol.
const VALUE_FACTS: [&str; 5] = [
    "value",
    "standard_error",
    "standard_deviation",
    "interval_low",
    "interval_high",
];

/// Collects what a build found.
#[must_use]
pub fn outcome(compiled: &CompiledScore, report: &Report) -> ScoreOutcome {
    let entry = |id| report.stage(id).entry.as_deref();
    let side = |ids: &[StageId], sources: &[&str]| ScoredSide {
        parts: match ids {
            [] => compiled
                .metrics
                .iter()
                .find_map(|(_, id)| sources.iter().find_map(|name| of_sources(entry(*id)?, name)))
                .unwrap_or_default(),
            ids => ids.iter().map(|&id| entry(id).map(part)).collect(),
        },
    };
    let metrics = compiled.metrics.iter().filter_map(|&(metric, id)| {
        let entry = entry(id)?;
        let number = |value: &str, fact: &str| entry.facts.get(&fact_name(metric, value, fact))?.as_f64();
        let values = metric.values().iter().map(|&name| ScoredValue {
            name,
            value: number(name, "value"),
            standard_error: number(name, "standard_error"),
            standard_deviation: number(name, "standard_deviation"),
            interval: number(name, "interval_low")
                .zip(number(name, "interval_high"))
                .map(|(low, high)| [low, high]),
        });
        let is_value = |fact: &str| {
            let of_value = |&value: &&'static str| {
                VALUE_FACTS
                    .iter()
                    .any(|own| fact_name(metric, value, own) == fact)
            };
            metric.values().iter().any(of_value)
        };
        let protocol = entry.facts.iter().filter(|(name, _)| !is_value(name));
        Some(ScoredMetric {
            metric: metric.name(),
            values: values.collect(),
            protocol: protocol
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    });
    let extractor = compiled.extractor.and_then(entry);
    ScoreOutcome {
        metrics: metrics.collect(),
        reference: side(&compiled.reference, &[REFERENCE_FILE]),
        generated: side(&compiled.generated, &[GENERATED_FILE, IMAGES]),
        extractor_digest: extractor
            .and_then(|entry| entry.outputs.get("weights"))
            .map(|weights| weights.digest.to_string()),
        extractor_facts: extractor
            .map(|entry| {
                entry
                    .facts
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            })
            .unwrap_or_default(),
    }
}

fn part(entry: &Entry) -> ScoredPart {
    let number = |name: &str| entry.facts.get(name).and_then(Value::as_u64);
    let pair = |name: &str| {
        let [height, width] = &entry.facts.get(name)?.as_array()?[..] else {
            return None;
        };
        Some([height.as_u64()?, width.as_u64()?])
    };
    ScoredPart {
        count: number("count"),
        dimension: number("dimension"),
        extents: pair("least_extents")
            .zip(pair("largest_extents"))
            .map(|(least, most)| [least, most]),
        other_files: number("other_files").unwrap_or_default(),
        are_probabilities: entry.facts.get(PROBABILITIES) == Some(&Value::Bool(true)),
        source_digest: source_digest(entry, IMAGES).or_else(|| source_digest(entry, ARRAY)),
        features_digest: entry
            .outputs
            .get("features")
            .map(|features| features.digest.to_string()),
    }
}

/// What is known of parts of which there are no features: what the metric was a function of.
fn of_sources(entry: &Entry, name: &str) -> Option<Vec<Option<ScoredPart>>> {
    let parts = (0..).map_while(|part| source_digest(entry, &input_name(name, part)));
    let parts = parts.map(|digest| {
        Some(ScoredPart {
            source_digest: Some(digest),
            ..ScoredPart::default()
        })
    });
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then_some(parts)
}

fn source_digest(entry: &Entry, name: &str) -> Option<String> {
    let digest = entry.document.inputs.get(&format!("source.{name}"))?;
    Some(digest.to_string())
}
