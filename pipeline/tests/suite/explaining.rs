//! Why a stage is no hit.

use gan_cache::Value;
use gan_pipeline::{ExecuteError, Explanation, Graph, Keep, StageId, StagePlan, explain};

use crate::support::{Bench, Sketch, chain, entry};

fn explain_stage(bench: &Bench, graph: &Graph, id: StageId) -> Explanation {
    explain(graph, &bench.store, id).unwrap()
}

fn prepared(bench: &Bench, size: i64, learning_rates: &[(&str, i64)]) -> (Graph, Vec<StageId>) {
    let mut sketch = Sketch::new();
    let prepare = sketch.add(
        bench
            .fake("prepare", "prepare")
            .parameter("size", size)
            .output("data", Keep::Always),
    );
    let trains = learning_rates.iter().map(|(name, rate)| {
        let train = sketch
            .graph
            .add(std::sync::Arc::new(bench.train(name, 1).parameter("rate", *rate)));
        sketch.graph.connect(prepare, "data", train, "data").unwrap();
        train
    });
    let trains = trains.collect();
    (sketch.graph, trains)
}

#[test]
fn a_hit_needs_no_explanation() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 1);
    let report = bench.build(&graph);
    let explanation = explain_stage(&bench, &graph, trains[0]);
    assert!(matches!(explanation.status, StagePlan::Hit(_)));
    assert_eq!(explanation.document.unwrap(), entry(&report, trains[0]).document);
    assert!(explanation.comparison.is_none());
}

#[test]
fn the_first_of_its_kind_has_nothing_to_be_compared_with() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 1);
    let explanation = explain_stage(&bench, &graph, trains[0]);
    assert!(matches!(explanation.status, StagePlan::WillRun { .. }));
    assert!(explanation.comparison.is_none());
}

#[test]
fn the_changed_field_is_named() {
    let bench = Bench::new();
    bench.build(&prepared(&bench, 1, &[("a", 10), ("b", 20)]).0);
    let (graph, trains) = prepared(&bench, 1, &[("a", 10), ("b", 30)]);
    let comparison = explain_stage(&bench, &graph, trains[1]).comparison.unwrap();
    assert_eq!(comparison.name, "b/train 1");
    let [difference] = &comparison.differences[..] else {
        panic!("{comparison:?}")
    };
    assert_eq!(difference.path, "parameters.rate");
    assert_eq!(
        (&difference.before, &difference.after),
        (&Some(Value::from(20_i64)), &Some(Value::from(30_i64)))
    );
}

#[test]
fn a_changed_input_is_named() {
    let bench = Bench::new();
    bench.build(&prepared(&bench, 1, &[("a", 10)]).0);
    let (graph, trains) = prepared(&bench, 2, &[("a", 10)]);
    assert!(matches!(
        explain_stage(&bench, &graph, trains[0]).status,
        StagePlan::Unknown { .. }
    ));
    // Once the stage above has run, the difference can be seen.
    let prepare = graph.find("prepare").unwrap();
    let (mut only_prepare, _) = prepared(&bench, 2, &[]);
    bench.build(&only_prepare);
    only_prepare.add(std::sync::Arc::new(bench.fake("other", "other")));
    assert!(matches!(
        explain_stage(&bench, &graph, prepare).status,
        StagePlan::Hit(_)
    ));
    let comparison = explain_stage(&bench, &graph, trains[0]).comparison.unwrap();
    let paths: Vec<_> = comparison
        .differences
        .iter()
        .map(|difference| difference.path.as_str())
        .collect();
    assert_eq!(paths, ["inputs.data"]);
}

#[test]
fn the_document_with_the_fewest_differences_is_chosen_then_the_newest() {
    let bench = Bench::new();
    let build = |rates: &[(&str, i64)], seed| {
        let mut sketch = Sketch::new();
        for (name, rate) in rates {
            sketch.add(
                bench
                    .train(name, 1)
                    .parameter("rate", *rate)
                    .parameter("seed", seed),
            );
        }
        bench.build(&sketch.graph);
    };
    build(&[("close", 1)], 1);
    build(&[("newer", 2)], 1);
    build(&[("far", 9)], 9);
    let mut sketch = Sketch::new();
    let train = sketch.add(bench.train("mine", 1).parameter("rate", 3).parameter("seed", 1));
    let comparison = explain_stage(&bench, &sketch.graph, train).comparison.unwrap();
    assert_eq!(
        (comparison.name.as_str(), comparison.differences.len()),
        ("newer/train 1", 1)
    );

    // Among equally close ones a stage of the same name comes first.
    let mut sketch = Sketch::new();
    let train = sketch.add(bench.train("close", 1).parameter("rate", 3).parameter("seed", 1));
    let comparison = explain_stage(&bench, &sketch.graph, train).comparison.unwrap();
    assert_eq!(comparison.name, "close/train 1");
}

#[test]
fn the_status_is_that_of_the_plan() -> Result<(), ExecuteError> {
    let bench = Bench::new();
    bench.build(&chain(&bench, 2).0);
    let (graph, _) = chain(&bench, 4);
    let plan = bench.plan(&graph);
    for id in graph.stages() {
        let status = explain_stage(&bench, &graph, id).status;
        assert_eq!(format!("{status:?}"), format!("{:?}", plan.stage(id)));
    }
    Ok(())
}
