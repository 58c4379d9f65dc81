//! Mean and spread of each metric over the seeds of a setting, at the last step.
//!
//! Works on rows alone. Rows whose protocols differ are never mixed: that is an error which names the field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::columns::{Columns, columns};
use super::schema::{MetricRow, Protocol};

columns! {
    /// One metric of one setting over its seeds, at the last step that any of them was measured at.
    pub struct Summary {
        /// Name of the study.
        pub study: String,
        /// Name of the setting.
        pub setting: String,
        /// Name of the metric.
        pub metric: String,
        /// Step of the measured checkpoints.
        pub step: i64 as "steps",
        /// Mean over the seeds; null if no seed has a value.
        pub mean: Option<f64> as "of the metric",
        /// Standard deviation over the seeds with n - 1 in the denominator; null below two values.
        pub standard_deviation: Option<f64> as "of the metric",
        /// Seeds that have a value at this step.
        pub count: i64 as "seeds",
        /// Seeds that were measured at this step and have no value.
        pub missing: i64 as "seeds",
        /// How all of the values were measured.
        pub protocol: Protocol,
        /// Name of the convention that the runs were trained by.
        pub convention: String,
    }
}

/// A protocol column's value in one run or setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The value; `absent` for null.
    pub value: String,
    /// Name of the run or setting.
    pub name: String,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in \"{}\"", self.value, self.name)
    }
}

/// Rows that cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SummaryError {
    /// Two rows of one metric were measured differently.
    #[error("metric \"{metric}\" was measured in two ways: {field} is {} and {}", .both[0], .both[1])]
    MixedProtocols {
        /// Name of the metric.
        metric: String,
        /// Column that differs.
        field: &'static str,
        /// The column's two values, and where each stands.
        both: Box<[Measured; 2]>,
    },
    /// Two rows have one setting, metric, step and seed.
    #[error("metric \"{metric}\" of run \"{run}\" at step {step} stands in two rows")]
    RepeatedRow {
        /// Name of the metric.
        metric: String,
        /// Name of the run.
        run: String,
        /// Step of both rows.
        step: i64,
    },
}

impl SummaryError {
    /// Returns what the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::MixedProtocols { .. } => {
                "choose rows of one protocol, for instance with a WHERE on that column"
            }
            Self::RepeatedRow { .. } => "give each row once: were the tables of one study joined twice?",
        }
    }
}

/// Returns one summary for each study, setting and metric, in this order; the order of `rows` does not matter.
///
/// Only the last step counts at which any seed of the setting has a row for the metric. With values x_1..x_n the
/// standard deviation is sqrt(sum (x_i - mean)^2 / (n - 1)).
///
/// # Errors
/// `MixedProtocols` if rows that would be averaged differ in a protocol column or in the convention; `RepeatedRow` if
/// a seed has two of them.
pub fn summarize(rows: &[MetricRow]) -> Result<Vec<Summary>, SummaryError> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&MetricRow>> = BTreeMap::new();
    for row in rows {
        groups
            .entry((&row.study, &row.setting, &row.metric))
            .or_default()
            .push(row);
    }
    groups.into_values().map(summarize_group).collect()
}

/// Refuses summaries that must not be ranked together: some metric was measured differently in two of them.
///
/// # Errors
/// `MixedProtocols` with the first field that differs.
pub fn check_comparable(summaries: &[Summary]) -> Result<(), SummaryError> {
    let mut first: BTreeMap<&str, &Summary> = BTreeMap::new();
    for summary in summaries {
        let earlier = first.entry(&summary.metric).or_insert(summary);
        if let Some(field) = difference(&earlier.protocol, &summary.protocol) {
            return Err(field.error(&summary.metric, &earlier.setting, &summary.setting));
        }
    }
    Ok(())
}

/// Summarizes the rows of one setting and metric, of which there is at least one.
fn summarize_group(mut rows: Vec<&MetricRow>) -> Result<Summary, SummaryError> {
    // In the order of the seeds, so that the sums have the same bits for any order of the input.
    rows.sort_by_key(|row| (row.step, row.seed));
    let last = rows[rows.len() - 1];
    rows.retain(|row| row.step == last.step);
    check_rows(&rows)?;
    let values: Vec<f64> = rows
        .iter()
        .filter_map(|row| row.value)
        .filter(|value| !value.is_nan())
        .collect();
    let mean = mean(&values);
    Ok(Summary {
        study: last.study.clone(),
        setting: last.setting.clone(),
        metric: last.metric.clone(),
        step: last.step,
        mean,
        standard_deviation: mean.and_then(|mean| standard_deviation(&values, mean)),
        count: values.len() as i64,
        missing: (rows.len() - values.len()) as i64,
        protocol: last.protocol.clone(),
        convention: last.convention.clone(),
    })
}

/// Refuses rows of one setting, metric and step that differ in protocol or convention, or repeat a seed.
fn check_rows(rows: &[&MetricRow]) -> Result<(), SummaryError> {
    let first = rows[0];
    let mut seeds = BTreeSet::new();
    for row in rows {
        if let Some(field) = difference(&first.protocol, &row.protocol) {
            return Err(field.error(&row.metric, &first.run, &row.run));
        }
        if first.convention != row.convention {
            let (left, right) = (first.convention.clone(), row.convention.clone());
            return Err(Difference {
                field: "convention",
                left,
                right,
            }
            .error(&row.metric, &first.run, &row.run));
        }
        if !seeds.insert(row.seed) {
            let (metric, run) = (row.metric.clone(), row.run.clone());
            return Err(SummaryError::RepeatedRow {
                metric,
                run,
                step: row.step,
            });
        }
    }
    Ok(())
}

struct Difference {
    field: &'static str,
    left: String,
    right: String,
}

impl Difference {
    fn error(self, metric: &str, left_name: &str, right_name: &str) -> SummaryError {
        let measured = |value, name: &str| Measured {
            value,
            name: name.to_owned(),
        };
        let both = Box::new([measured(self.left, left_name), measured(self.right, right_name)]);
        SummaryError::MixedProtocols {
            metric: metric.to_owned(),
            field: self.field,
            both,
        }
    }
}

/// Returns the first column in which two protocols differ.
fn difference(left: &Protocol, right: &Protocol) -> Option<Difference> {
    let (left, right) = (left.cells(), right.cells());
    let index = left
        .iter()
        .zip(&right)
        .position(|(left, right)| left.order(right).is_ne())?;
    let shown = |text: String| {
        if text.is_empty() {
            "absent".to_owned()
        } else {
            text
        }
    };
    let field = Protocol::columns()[index].name;
    Some(Difference {
        field,
        left: shown(left[index].to_string()),
        right: shown(right[index].to_string()),
    })
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn standard_deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}
