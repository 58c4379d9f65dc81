//! Estimates from entries made up here, so that every number is known.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;

use gan_cache::{BlobReference, Cost, Digest, Entry, KeyDocument, Status, Store, Value};
use proptest::prelude::*;

use super::makespan::makespan;
use super::*;
use crate::stage::{Keep, Outcome, OutputSpecification, Stage};
use crate::{ExecuteOptions, Graph, StageContext, StageFailure, StageId, plan};

/// A segment of training: so many steps at a width; the state goes when it is consumed.
struct Segment {
    name: String,
    steps: u32,
    width: u32,
}

impl Stage for Segment {
    fn kind(&self) -> &'static str {
        "train"
    }
    fn version(&self) -> u32 {
        1
    }
    fn name(&self) -> String {
        self.name.clone()
    }
    fn operations(&self) -> Option<f64> {
        Some(f64::from(self.steps) * f64::from(self.width) * 1000.0)
    }
    fn parameters(&self) -> BTreeMap<String, Value> {
        parameters(self.steps, self.width, 1)
    }
    fn outputs(&self) -> Vec<OutputSpecification> {
        let output = |name, keep| OutputSpecification { name, keep };
        vec![
            output("generator", Keep::Always),
            output("losses", Keep::Always),
            output("state", Keep::UntilConsumed),
        ]
    }
    fn run(&self, _: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        unreachable!("nothing is built here")
    }
}

fn parameters(steps: u32, width: u32, seed: u32) -> BTreeMap<String, Value> {
    let fields = [("steps", steps), ("width", width), ("seed", seed)];
    fields
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .into()
}

/// Comparable by width; similar ones by steps times width.
fn workload(kind: &str, parameters: &BTreeMap<String, Value>, _: &InputBytes<'_>) -> Option<Workload> {
    let Value::Integer(steps) = parameters["steps"] else {
        return None;
    };
    let Value::Integer(width) = parameters["width"] else {
        return None;
    };
    let comparison = |settings, amount: i64| WorkloadComparison {
        settings,
        amount: amount as f64,
    };
    (kind == "train").then(|| Workload {
        same: comparison(Value::from(width), steps),
        similar: Some(comparison(Value::from(true), steps * width)),
        growing: &["losses"],
    })
}

/// An entry of a segment of 100 steps, whose outputs have 1000, 400 and 5000 bytes.
fn entry(width: u32, seed: u32, cost: Option<Cost>) -> Entry {
    let document = KeyDocument {
        kind: "train".to_owned(),
        version: 1,
        parameters: parameters(100, width, seed),
        inputs: BTreeMap::new(),
    };
    let blob = |bytes: u64| BlobReference {
        digest: Digest::of(&bytes.to_le_bytes()),
        bytes,
    };
    let outputs = [("generator", 1000), ("losses", 400), ("state", 5000)];
    Entry {
        key: document.key(),
        document,
        status: Status::Completed,
        outputs: outputs.map(|(name, bytes)| (name.to_owned(), blob(bytes))).into(),
        facts: BTreeMap::new(),
        cost,
    }
}

fn cost(seconds: f64, threads: u32, ended: u64) -> Option<Cost> {
    Some(Cost {
        seconds,
        threads,
        ended,
    })
}

/// A chain of segments of 50 steps.
fn chain(segments: u32, width: u32) -> Graph {
    let mut graph = Graph::new("study");
    let mut before: Option<StageId> = None;
    for number in 0..segments {
        let name = format!("train {number}");
        let id = graph.add(Arc::new(Segment {
            name,
            steps: 50,
            width,
        }));
        if let Some(before) = before.replace(id) {
            graph.connect(before, "state", id, "state").unwrap();
        }
    }
    graph
}

/// Estimates on an empty store, with two threads for the one job.
fn estimate_from(graph: &Graph, entries: &[Entry]) -> Estimate {
    estimate_at(graph, entries, None)
}

/// As [`estimate_from`], at so many operations a second.
fn estimate_at(graph: &Graph, entries: &[Entry], rate: Option<f64>) -> Estimate {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let options = ExecuteOptions {
        jobs: 1,
        threads: 2,
        ..ExecuteOptions::default()
    };
    let measured = Measured::new(entries.iter(), &workload);
    estimate(
        graph,
        &plan(graph, &store).unwrap(),
        &options,
        &measured,
        &workload,
        rate,
    )
    .unwrap()
}

#[test]
fn without_measurements_there_is_no_estimate() {
    let estimate = estimate_from(&chain(3, 8), &[]);
    assert!(!estimate.is_known());
    assert_eq!((estimate.unmeasured, estimate.unsized_stages), (3, 3));
    assert_eq!((estimate.seconds, estimate.bytes), (0.0, 0));
}

#[test]
fn the_time_is_the_median_of_the_same_settings_whatever_the_seed_scaled_by_steps() {
    let entries =
        [(1, 10.0), (2, 30.0), (3, 20.0)].map(|(seed, seconds)| entry(8, seed, cost(seconds, 2, 1)));
    let graph = chain(3, 8);
    let estimate = estimate_from(&graph, &entries);
    let first = estimate.stage(graph.find("train 0").unwrap()).unwrap();
    assert_eq!(first.seconds, Some((10.0, Basis::Same)));
    assert_eq!(first.measured, 3);
    assert_eq!(
        (estimate.seconds, estimate.same, estimate.unmeasured),
        (30.0, 3, 0)
    );
}

#[test]
fn of_many_measurements_the_newest_count() {
    let old = (0..20).map(|seed| entry(8, seed, cost(1000.0, 2, u64::from(seed))));
    let new = (20..29).map(|seed| entry(8, seed, cost(10.0, 2, u64::from(seed))));
    let entries: Vec<Entry> = new.chain(old).collect();
    assert_eq!(estimate_from(&chain(1, 8), &entries).seconds, 5.0);
}

#[test]
fn another_number_of_threads_or_a_similar_setting_is_said_to_be_similar() {
    let threads = estimate_from(
        &chain(2, 8),
        &[entry(8, 1, cost(10.0, 16, 1)), entry(8, 2, cost(40.0, 3, 1))],
    );
    assert_eq!((threads.seconds, threads.same, threads.similar), (40.0, 0, 2));
    let width = estimate_from(&chain(2, 16), &[entry(8, 1, cost(10.0, 2, 1))]);
    assert_eq!((width.seconds, width.same, width.similar), (20.0, 0, 2));
}

#[test]
fn what_was_never_measured_is_counted_in_operations_where_a_rate_is_given() {
    let graph = chain(2, 8);
    assert_eq!(estimate_from(&graph, &[]).counted, 0);
    // 50 steps of 8 x 1000 operations, each stage with both threads.
    let counted = estimate_at(&graph, &[], Some(1e5));
    let first = counted.stage(graph.find("train 0").unwrap()).unwrap();
    assert_eq!((first.seconds, first.measured), (Some((4.0, Basis::Counted)), 0));
    assert_eq!(
        (counted.seconds, counted.counted, counted.unmeasured),
        (8.0, 2, 0)
    );
    assert!(counted.is_known());
    let measured = estimate_at(&graph, &[entry(8, 1, cost(10.0, 2, 1))], Some(1e5));
    assert_eq!((measured.seconds, measured.same, measured.counted), (10.0, 2, 0));
}

#[test]
fn what_diverged_tells_nothing_and_an_entry_without_its_time_tells_its_length() {
    let diverged = Entry {
        status: Status::Diverged,
        ..entry(8, 1, cost(10.0, 2, 1))
    };
    let estimate = estimate_from(&chain(1, 8), &[diverged]);
    assert_eq!((estimate.unmeasured, estimate.unsized_stages), (1, 1));
    let estimate = estimate_from(&chain(1, 8), &[entry(8, 1, None)]);
    assert_eq!((estimate.unmeasured, estimate.unsized_stages), (1, 0));
}

#[test]
fn the_room_is_that_of_what_stays_and_only_what_grows_grows() {
    let entries = [entry(8, 1, cost(10.0, 2, 1))];
    // Two states are consumed; the last one stays. 50 steps of losses are half of 100.
    let expected = 3 * (1000 + 200) + 5000;
    assert_eq!(estimate_from(&chain(3, 8), &entries).bytes, expected);
}

#[test]
fn stages_that_can_run_at_once_do() {
    let mut graph = Graph::new("study");
    for number in 0..4 {
        let name = format!("train {number}");
        graph.add(Arc::new(Segment {
            name,
            steps: 50,
            width: 8,
        }));
    }
    let durations = [Some(3.0), Some(1.0), None, Some(1.0)];
    let times = [1, 2, 3, 9].map(|jobs| makespan(&graph, &durations, jobs));
    assert_eq!(times, [5.0, 3.0, 3.0, 3.0]);
    assert_eq!(
        makespan(&chain(4, 8), &[Some(1.0); 4], 3),
        4.0,
        "a chain gains nothing"
    );
}

proptest! {
    /// No better than the longest stage or an even split, and no worse than one at a time.
    #[test]
    fn the_time_of_a_build_lies_between_its_bounds(
        durations in proptest::collection::vec(proptest::option::of(0.0_f64..100.0), 1..12),
        jobs in 1_usize..5,
    ) {
        let mut graph = Graph::new("study");
        for number in 0..durations.len() {
            let name = format!("train {number}");
            graph.add(Arc::new(Segment { name, steps: 50, width: 8 }));
        }
        let time = makespan(&graph, &durations, jobs);
        let sum: f64 = durations.iter().flatten().sum();
        let longest = durations.iter().flatten().copied().fold(0.0, f64::max);
        prop_assert!(time >= longest.max(sum / jobs as f64) - 1e-9);
        prop_assert!(time <= sum + 1e-9);
    }
}
