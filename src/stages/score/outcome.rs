//! What a build of a comparison's graph found, from its entries alone.

use gan_cache::Entry;
use gan_pipeline::{Report, StageId};
use serde_json::{Map, Value};

use super::compile::CompiledScore;
use super::extract::IMAGES;
use super::read::ARRAY;
use crate::stages::metric::fact_name;

/// What was found.
#[derive(Clone, Debug)]
pub struct ScoreOutcome {
    /// The metrics that were measured, in the order in which they were asked for.
    pub metrics: Vec<ScoredMetric>,
    /// What is known of the reference's images; none where they were not looked at.
    pub reference: Option<ScoredSide>,
    /// The same of the generated ones.
    pub generated: Option<ScoredSide>,
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
#[derive(Clone, Debug)]
pub struct ScoredSide {
    /// In the order in which they were named; at least one.
    pub parts: Vec<ScoredPart>,
}

/// What is known of a part of a side.
#[derive(Clone, Debug)]
pub struct ScoredPart {
    /// Images, or rows of an array.
    pub count: u64,
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
}

impl ScoredSide {
    /// Images, or rows of arrays, of all parts.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.parts.iter().map(|part| part.count).sum()
    }

    /// Numbers in a feature vector; none for logits.
    #[must_use]
    pub fn dimension(&self) -> Option<u64> {
        self.parts.first()?.dimension
    }

    /// Least and largest height and width, where images were looked at.
    #[must_use]
    pub fn extents(&self) -> Option<[[u64; 2]; 2]> {
        let all = self.parts.iter().filter_map(|part| part.extents);
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
        self.parts.iter().map(|part| part.other_files).sum()
    }

    /// Digests of the parts' features, where all are known.
    #[must_use]
    pub fn features_digests(&self) -> Option<Vec<&str>> {
        self.parts
            .iter()
            .map(|part| part.features_digest.as_deref())
            .collect()
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
    let side = |ids: &[StageId]| {
        let parts: Option<Vec<ScoredPart>> = ids.iter().map(|&id| entry(id).map(part)).collect();
        parts
            .filter(|parts| !parts.is_empty())
            .map(|parts| ScoredSide { parts })
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
        reference: side(&compiled.reference),
        generated: side(&compiled.generated),
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
    let source = |name: &str| entry.document.inputs.get(&format!("source.{name}"));
    ScoredPart {
        count: number("count").unwrap_or_default(),
        dimension: number("dimension"),
        extents: pair("least_extents")
            .zip(pair("largest_extents"))
            .map(|(least, most)| [least, most]),
        other_files: number("other_files").unwrap_or_default(),
        source_digest: source(IMAGES).or_else(|| source(ARRAY)).map(ToString::to_string),
        features_digest: entry
            .outputs
            .get("features")
            .map(|features| features.digest.to_string()),
    }
}
