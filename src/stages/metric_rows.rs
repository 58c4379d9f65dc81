//! From the entries of metrics to rows of the table of metrics: each value with its protocol. Reads no blob.

use gan_cache::Entry;
use gan_pipeline::StageId;
use serde_json::Value;

use super::compile::Compiled;
use super::features::versioned_name;
use super::metric::fact_name;
use super::results::{Known, integer};
use crate::study::{Metric, Study};
use crate::table::{MetricRow, Protocol};

/// What becomes of the numbers that a generator makes, before images of them are measured.
const QUANTIZATION: &str = "rounded to bytes";

/// The averages that the batch normalization of an evaluated generator uses.
const BATCH_NORM: &str = "running averages";

/// One row a value of a metric and checkpoint that has been measured; reads no blob.
#[must_use]
pub fn metric_rows(study: &Study, compiled: &Compiled, known: &Known) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for (run, stages) in study.runs.iter().zip(&compiled.runs) {
        for &(step, metric, id) in &stages.metrics {
            let Some(entry) = known.completed(id) else {
                continue;
            };
            let at_step = |(at, _): &&(u64, StageId)| *at == step;
            let features = stages.features.iter().find(at_step).map(|(_, id)| *id);
            let measured = Measured {
                study,
                compiled,
                known,
                metric,
                entry,
                features,
            };
            let protocol = measured.protocol();
            rows.extend(metric.values().iter().map(|value| {
                let found = |fact: &str| measured.real(&fact_name(metric, value, fact));
                MetricRow {
                    study: study.name.clone(),
                    run: run.name.clone(),
                    setting: run.setting.clone(),
                    seed: integer(run.seed),
                    step: integer(step),
                    metric: (*value).to_owned(),
                    value: found("value"),
                    numeric_error: measured.real("numeric_error"),
                    standard_error: found("standard_error"),
                    standard_deviation: found("standard_deviation"),
                    r_squared: measured.real("r_squared"),
                    interval_low: found("interval_low"),
                    interval_high: found("interval_high"),
                    interval_level: measured
                        .real("interval_level")
                        .filter(|_| found("interval_low").is_some()),
                    interval_resamples: measured.count("interval_resamples"),
                    protocol: protocol.clone(),
                    convention: study.convention.name().to_owned(),
                }
            }));
        }
    }
    rows
}

/// One metric of one checkpoint, with all that is known of it.
struct Measured<'m> {
    study: &'m Study,
    compiled: &'m Compiled,
    known: &'m Known,
    metric: Metric,
    entry: &'m Entry,
    features: Option<StageId>,
}

impl Measured<'_> {
    fn count(&self, fact: &str) -> Option<i64> {
        self.entry.facts.get(fact).and_then(Value::as_i64)
    }

    fn real(&self, fact: &str) -> Option<f64> {
        self.entry.facts.get(fact).and_then(Value::as_f64)
    }

    fn text(&self, fact: &str) -> Option<String> {
        let text = self.entry.facts.get(fact).and_then(Value::as_str);
        text.map(str::to_owned)
    }

    fn protocol(&self) -> Protocol {
        let Self {
            study,
            compiled,
            known,
            metric,
            ..
        } = *self;
        let against = study.evaluate.against.name();
        let reference = metric
            .compares()
            .then(|| known.output(compiled.data, against))
            .flatten();
        let extractor = metric.needs_extractor().then(|| study.evaluate.extractor.kind());
        let stage = compiled.shared.extractor.filter(|_| extractor.is_some());
        let of_features = |fact: &str| known.entry(self.features?)?.facts.get(fact)?.as_i64();
        let choice = |choice: Option<&'static str>| choice.map(str::to_owned);
        Protocol {
            n_samples: self.count("n_samples").unwrap_or_default(),
            n_reference: self.count("n_reference"),
            n_training: self.count("n_training"),
            reference_digest: reference.map(|blob| blob.digest.to_string()),
            extractor: extractor.map(versioned_name),
            extractor_digest: stage
                .and_then(|id| known.output(id, "weights"))
                .map(|blob| blob.digest.to_string()),
            weights_digest: stage.and_then(|id| weights_digest(known.entry(id)?)),
            extractor_layer: choice(extractor.and_then(|kind| kind.layer())),
            resize: choice(extractor.and_then(|kind| kind.resize())),
            logit_bias: choice(extractor.and_then(|kind| kind.logit_bias())),
            extractor_accuracy: stage.and_then(|id| known.entry(id)?.facts.get("test_accuracy")?.as_f64()),
            feature_dimension: extractor.and_then(|_| of_features("dimension")),
            dataset: study.data.dataset.name().to_owned(),
            split: if metric.compares() { against } else { "none" }.to_owned(),
            quantization: metric.sees_images().then(|| QUANTIZATION.to_owned()),
            batch_norm: Some(BATCH_NORM.to_owned()),
            estimator: self.text("estimator").unwrap_or_default(),
            splits: self.count("splits"),
            subset_size: self.count("subset_size"),
            neighbours: self.count("neighbours"),
            metric_seed: self.count("metric_seed"),
            divisor: self.text("divisor"),
            fallback: self.text("fallback"),
        }
    }
}

/// The digest of the one file that weights were read from, if they were.
fn weights_digest(entry: &Entry) -> Option<String> {
    let sources = entry.document.inputs.iter();
    let mut sources = sources.filter(|(name, _)| name.starts_with("source."));
    sources.next().map(|(_, digest)| digest.to_string())
}
