//! Time to plan a study of 10,000 stages: 100 runs of 20 segments, each with features and three metrics, on one data set.
//!
//! `cargo bench --workspace --profile dev --bench planning`

use std::collections::BTreeMap;
use std::sync::Arc;

use gan_cache::{Store, Value};
use gan_pipeline::{
    ExecuteOptions, Graph, Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure, StageId,
    execute, plan,
};
use tempfile::TempDir;

const RUNS: i64 = 100;
const SEGMENTS: i64 = 20;
const METRICS: [&str; 3] = ["fid", "inception-score", "kid"];

/// A stage that writes its own name.
struct Named {
    kind: &'static str,
    name: String,
    run: i64,
    step: i64,
    outputs: &'static [OutputSpecification],
}

const GENERATOR_AND_STATE: &[OutputSpecification] = &[
    OutputSpecification {
        name: "generator",
        keep: Keep::Always,
    },
    OutputSpecification {
        name: "state",
        keep: Keep::Always,
    },
];
const VALUES: &[OutputSpecification] = &[OutputSpecification {
    name: "values",
    keep: Keep::Always,
}];

impl Stage for Named {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    /// As many as a segment of training has.
    fn parameters(&self) -> BTreeMap<String, Value> {
        let settings = (0..20_i64).map(|index| (format!("setting_{index}"), Value::from(index)));
        settings
            .chain([
                ("run".to_owned(), Value::from(self.run)),
                ("step".to_owned(), Value::from(self.step)),
            ])
            .collect()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        self.outputs.to_vec()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        for output in self.outputs {
            context.output(output.name, self.name.as_bytes())?;
        }
        Ok(Outcome::Completed)
    }
}

fn stage(kind: &'static str, run: i64, step: i64, outputs: &'static [OutputSpecification]) -> Arc<dyn Stage> {
    Arc::new(Named {
        kind,
        name: format!("run-{run}/{kind} {step}"),
        run,
        step,
        outputs,
    })
}

/// `runs` runs: 100 stages each.
fn graph(runs: i64) -> Graph {
    let mut graph = Graph::new("planning");
    let data = graph.add(stage("data", 0, 0, VALUES));
    for run in 0..runs {
        let mut before = None;
        for step in 0..SEGMENTS {
            let train = graph.add(stage("train", run, step, GENERATOR_AND_STATE));
            connect(&mut graph, data, "values", train, "data");
            if let Some(before) = before {
                connect(&mut graph, before, "state", train, "state");
            }
            before = Some(train);
            let features = graph.add(stage("features", run, step, VALUES));
            connect(&mut graph, train, "generator", features, "generator");
            for metric in METRICS {
                let metric = graph.add(stage(metric, run, step, VALUES));
                connect(&mut graph, features, "values", metric, "features");
            }
        }
    }
    graph
}

fn connect(graph: &mut Graph, from: StageId, output: &str, to: StageId, input: &str) {
    graph
        .connect(from, output, to, input)
        .expect("the stages of this graph fit together");
}

fn store() -> (TempDir, Store) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = Store::open(&folder.path().join("store")).expect("a new store opens");
    (folder, store)
}

#[divan::bench(sample_count = 10)]
fn of_10_000_stages_that_all_will_run() {
    let (_folder, store) = store();
    let planned = plan(&graph(RUNS), &store).expect("an empty store can be read");
    assert_eq!(planned.counts().at_most(), (RUNS * SEGMENTS * 5 + 1) as usize);
}

#[divan::bench(sample_count = 10)]
fn of_1_000_stages_that_all_are_hits(bencher: divan::Bencher<'_, '_>) {
    let (_folder, store) = store();
    let graph = graph(RUNS / 10);
    execute(&graph, &store, &ExecuteOptions::default(), &|_| {}).expect("stages that write can run");
    bencher.bench_local(|| {
        let planned = plan(&graph, &store).expect("the store can be read");
        assert_eq!(planned.counts().at_most(), 0);
    });
}

fn main() {
    divan::main();
}
