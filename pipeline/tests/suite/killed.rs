//! A build whose process dies in the middle of a stage.

use std::path::Path;
use std::process::Command;

use gan_cache::Store;
use gan_pipeline::{Graph, StageId};

use crate::support::{Bench, Sketch, chain, options, results};

/// Tells the child where the store is; without it the child's test has nothing to do.
const STORE: &str = "GAN_PIPELINE_TEST_STORE";

/// A run of four segments; the third takes the process with it if it is to be deadly.
fn run(bench: &Bench, is_deadly: bool) -> (Graph, Vec<StageId>) {
    if !is_deadly {
        return chain(bench, 4);
    }
    let mut sketch = Sketch::new();
    let chain: Vec<StageId> = (1..=4)
        .map(|segment| {
            let train = bench.train("run", segment).parameter("seed", 1);
            sketch.add(if segment == 3 {
                train.work(|context| {
                    context.output("generator", b"half done")?;
                    std::fs::write(context.partial()?.join("step"), b"12")?;
                    std::process::abort()
                })
            } else {
                train
            })
        })
        .collect();
    for (segment, train) in chain.iter().enumerate() {
        let metric = sketch.add(bench.metric(&format!("run/metric {}", segment + 1)));
        sketch.connect(*train, "generator", metric, "generator");
        if segment > 0 {
            sketch.connect(chain[segment - 1], "state", *train, "state");
        }
    }
    (sketch.graph, chain)
}

#[test]
fn the_child_dies_in_its_third_segment() {
    let Some(root) = std::env::var_os(STORE) else {
        return;
    };
    let bench = Bench {
        store: Store::open(Path::new(&root)).unwrap(),
        ..Bench::new()
    };
    bench.build_with(&run(&bench, true).0, &options()).unwrap();
    unreachable!("the third segment aborts the process");
}

#[test]
fn after_a_kill_finished_stages_are_hits_and_the_result_is_as_if_undisturbed() {
    let bench = Bench::new();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::the_child_dies_in_its_third_segment"])
        .env(STORE, bench.store.root())
        .output()
        .unwrap();
    assert!(!child.status.success());

    let (graph, trains) = run(&bench, false);
    let plan = bench.plan(&graph);
    assert!(
        trains[..2]
            .iter()
            .all(|train| crate::support::is_hit(&plan, *train))
    );
    let report = bench.build(&graph);
    let ran = bench.ran();
    let trained: Vec<_> = ran.iter().filter(|name| name.contains("train")).collect();
    assert_eq!(trained, ["run/train 3", "run/train 4"]);
    assert!(report.is_complete());

    let undisturbed = Bench::new();
    undisturbed.build(&run(&undisturbed, false).0);
    assert!(results(&bench.store) == results(&undisturbed.store));
}
