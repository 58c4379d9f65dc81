//! What entries tell about the stages that made them, by what makes them comparable.

use std::collections::{BTreeMap, HashMap};

use gan_cache::{Digest, Entry, Status, Value};

use super::workload::WorkloadOf;

/// The newest measurements that count; older ones may be of a slower program.
const NEWEST: usize = 9;

/// What stages took, by their settings.
#[derive(Debug, Default)]
pub struct Measured {
    same: HashMap<Group, Samples>,
    similar: HashMap<Group, Samples>,
}

/// A kind with its version, and settings. Among similar stages the version does not count, and is 0.
type Group = (String, u32, Value);

#[derive(Debug, Default)]
pub(super) struct Samples {
    times: Vec<Time>,
    /// The newest length of each output, and the amount of work that made it.
    sizes: HashMap<String, Size>,
}

#[derive(Clone, Copy, Debug)]
struct Time {
    seconds_per_unit: f64,
    threads: u32,
    ended: u64,
}

#[derive(Clone, Copy, Debug)]
struct Size {
    ended: u64,
    bytes: u64,
    amount: f64,
}

/// A speed, and how many stages it is the median of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) seconds_per_unit: f64,
    pub(super) count: usize,
}

impl Measured {
    /// Takes what entries tell. Those that diverged ended early and tell nothing.
    pub fn new<'e>(entries: impl Iterator<Item = &'e Entry> + Clone, workload: &WorkloadOf<'_>) -> Measured {
        let outputs = entries.clone().flat_map(|entry| entry.outputs.values());
        let bytes: HashMap<Digest, u64> = outputs.map(|output| (output.digest, output.bytes)).collect();
        let mut measured = Measured::default();
        for entry in entries.filter(|entry| entry.status == Status::Completed) {
            measured.take(entry, &bytes, workload);
        }
        measured
    }

    fn take(&mut self, entry: &Entry, bytes: &HashMap<Digest, u64>, workload: &WorkloadOf<'_>) {
        let document = &entry.document;
        let input_bytes = |name: &str| bytes.get(document.inputs.get(name)?).copied();
        let Some(workload) = workload(&document.kind, &document.parameters, &input_bytes) else {
            return;
        };
        let same = (document.kind.clone(), document.version, workload.same.settings);
        self.same
            .entry(same)
            .or_default()
            .add(entry, workload.same.amount, workload.same.amount);
        if let Some(similar) = workload.similar {
            let group = (document.kind.clone(), 0, similar.settings);
            self.similar
                .entry(group)
                .or_default()
                .add(entry, similar.amount, workload.same.amount);
        }
    }

    pub(super) fn same(&self, kind: &str, version: u32, settings: &Value) -> Option<&Samples> {
        self.same.get(&(kind.to_owned(), version, settings.clone()))
    }

    pub(super) fn similar(&self, kind: &str, settings: &Value) -> Option<&Samples> {
        self.similar.get(&(kind.to_owned(), 0, settings.clone()))
    }
}

impl Samples {
    fn add(&mut self, entry: &Entry, time_amount: f64, size_amount: f64) {
        if let Some(cost) = entry.cost {
            self.times.push(Time {
                seconds_per_unit: cost.seconds / time_amount,
                threads: cost.threads,
                ended: cost.ended,
            });
        }
        let ended = entry.cost.map_or(0, |cost| cost.ended);
        for (name, output) in &entry.outputs {
            let size = Size {
                ended,
                bytes: output.bytes,
                amount: size_amount,
            };
            // Equally old ones are told apart by length, so that the order of entries does not matter.
            let newest = self.sizes.entry(name.clone()).or_insert(size);
            if (size.ended, size.bytes) > (newest.ended, newest.bytes) {
                *newest = size;
            }
        }
    }

    /// The median of the newest measurements with this number of threads.
    pub(super) fn rate(&self, threads: u32) -> Option<Rate> {
        let mut times: Vec<Time> = self
            .times
            .iter()
            .copied()
            .filter(|time| time.threads == threads)
            .collect();
        times.sort_by_key(|time| std::cmp::Reverse(time.ended));
        times.truncate(NEWEST);
        let mut rates: Vec<f64> = times.iter().map(|time| time.seconds_per_unit).collect();
        rates.sort_by(f64::total_cmp);
        let seconds_per_unit = match rates.len() {
            0 => return None,
            count if count % 2 == 1 => rates[count / 2],
            count => f64::midpoint(rates[count / 2 - 1], rates[count / 2]),
        };
        Some(Rate {
            seconds_per_unit,
            count: rates.len(),
        })
    }

    /// As [`Samples::rate`], with the number of threads that is nearest, of two equally near ones the smaller.
    pub(super) fn nearest_rate(&self, threads: u32) -> Option<Rate> {
        let distance = |other: u32| {
            let (less, more) = (threads.min(other).max(1), threads.max(other).max(1));
            f64::from(more) / f64::from(less)
        };
        let measured = self.times.iter().map(|time| time.threads);
        let nearest = measured.min_by(|one, other| {
            let by_distance = distance(*one).total_cmp(&distance(*other));
            by_distance.then(one.cmp(other))
        })?;
        self.rate(nearest)
    }

    /// The length of each output for an amount of work.
    pub(super) fn sizes(&self, amount: f64, growing: &[&str]) -> BTreeMap<String, u64> {
        let size = |(name, size): (&String, &Size)| {
            let factor = match growing.contains(&name.as_str()) {
                true => amount / size.amount,
                false => 1.0,
            };
            (name.clone(), (size.bytes as f64 * factor).round() as u64)
        };
        self.sizes.iter().map(size).collect()
    }
}
