//! Which blobs stay, and what happens when one is needed that is gone or damaged.

use std::sync::Arc;

use gan_pipeline::{Event, ExecuteOptions, FinalState, Keep, Outcome, Reason, StageFailure, StagePlan};

use crate::support::{Bench, Sketch, chain, entry, failure_of, options, results};

#[test]
fn a_state_goes_once_the_next_segment_has_it_and_the_last_one_stays() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 3);
    let (report, events) = bench.watch(&graph, &options());
    let has_state: Vec<_> = trains
        .iter()
        .map(|train| bench.has_blob(&entry(&report, *train), "state"))
        .collect();
    assert_eq!(has_state, [false, false, true]);
    assert!(
        trains
            .iter()
            .all(|train| bench.has_blob(&entry(&report, *train), "generator"))
    );
    let dropped = events
        .iter()
        .filter(|event| matches!(event, Event::BlobDropped { output: "state", .. }));
    assert_eq!(dropped.count(), 2);
}

#[test]
fn keeping_all_drops_nothing() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 3);
    let report = bench
        .build_with(
            &graph,
            &ExecuteOptions {
                keep_all: true,
                ..options()
            },
        )
        .unwrap();
    assert!(
        trains
            .iter()
            .all(|train| bench.has_blob(&entry(&report, *train), "state"))
    );

    // A later build that does not ask for it drops what is left over, though everything is a hit.
    bench.ran();
    let report = bench.build(&graph);
    assert!(bench.ran().is_empty());
    let has_state: Vec<_> = trains
        .iter()
        .map(|train| bench.has_blob(&entry(&report, *train), "state"))
        .collect();
    assert_eq!(has_state, [false, false, true]);
}

#[test]
fn a_state_stays_while_one_of_its_consumers_has_no_entry() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let train = sketch.add(bench.train("run", 1));
    let fails = bench
        .metric("fails")
        .parameter("luck", 0)
        .work(|_| Err(StageFailure::message("no luck")));
    let [good, fails] = [bench.metric("good"), fails].map(|stage| sketch.add(stage));
    sketch.connect(train, "state", good, "state");
    sketch.connect(train, "state", fails, "state");
    let report = bench
        .build_with(
            &sketch.graph,
            &ExecuteOptions {
                keep_going: true,
                ..options()
            },
        )
        .unwrap();
    assert_eq!(report.counts().ran, 2);
    assert!(bench.has_blob(&entry(&report, train), "state"));
}

#[test]
fn a_state_waits_for_what_only_looks_at_it_and_does_not_go_because_of_it() {
    let bench = Bench::new();
    let (mut graph, trains) = chain(&bench, 2);
    for (number, train) in trains.iter().enumerate() {
        let looks = bench.metric(&format!("looks {number}")).looking_at("state");
        let looks = graph.add(Arc::new(looks));
        graph.connect(*train, "state", looks, "state").unwrap();
    }
    let (report, events) = bench.watch(&graph, &options());
    assert!(!bench.has_blob(&entry(&report, trains[0]), "state"));
    assert!(bench.has_blob(&entry(&report, trains[1]), "state"));
    let at = |is_it: &dyn Fn(&Event) -> bool| events.iter().position(is_it).unwrap();
    let dropped = at(&|event| matches!(event, Event::BlobDropped { output: "state", .. }));
    let looked =
        at(&|event| matches!(event, Event::StageFinished { stage, .. } if &*stage.name == "looks 0"));
    assert!(looked < dropped, "{events:?}");
    bench.ran();
    bench.build(&graph);
    assert!(bench.ran().is_empty());
}

#[test]
fn a_state_that_another_run_ends_with_stays() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    // `short` ends with the state that `long` goes on from: one blob, and one of its two holders has no
    // consumer.
    let short = sketch.run(&bench, "short", 1, 1);
    let long = sketch.run(&bench, "long", 1, 2);
    let report = bench.build(&sketch.graph);
    assert_eq!(entry(&report, short[0]).key, entry(&report, long[0]).key);
    assert!(bench.has_blob(&entry(&report, short[0]), "state"));
}

#[test]
fn a_required_state_is_not_dropped() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 3);
    let require = vec![(trains[1], "state".to_owned())];
    let options = ExecuteOptions { require, ..options() };
    for expected in [6, 0] {
        let report = bench.build_with(&graph, &options).unwrap();
        assert!(bench.has_blob(&entry(&report, trains[1]), "state"));
        assert!(!bench.has_blob(&entry(&report, trains[0]), "state"));
        assert_eq!(bench.ran().len(), expected);
    }
}

#[test]
fn a_damaged_blob_is_made_again_and_its_consumer_gets_the_right_bytes() {
    let bench = Bench::new();
    let undisturbed = Bench::new();
    let (short, trains) = chain(&bench, 2);
    let report = bench.build(&short);
    bench.ran();
    let last = entry(&report, trains[1]);
    bench.damage(&last, "state");

    let (long, _) = chain(&bench, 3);
    // The length is right, so the plan cannot know.
    assert_eq!(bench.plan(&long).counts().will_run, 1);
    let (report, events) = bench.watch(&long, &options());
    let remade: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::BlobRemade {
                stage,
                output,
                consumer: Some(consumer),
                damaged,
            } => Some((&*stage.name, *output, &*consumer.name, *damaged)),
            _ => None,
        })
        .collect();
    assert_eq!(
        remade,
        [
            ("run/train 2", "state", "run/train 3", true),
            ("run/train 1", "state", "run/train 2", false)
        ]
    );
    assert_eq!(
        bench.ran(),
        [
            "run/train 3",
            "run/train 1",
            "run/train 2",
            "run/train 3",
            "run/metric 3"
        ]
    );
    assert!(report.is_complete());
    assert_eq!(
        report
            .stages()
            .iter()
            .map(|stage| stage.attempts.len())
            .collect::<Vec<_>>(),
        [1, 0, 1, 0, 2, 1]
    );

    undisturbed.build(&chain(&undisturbed, 3).0);
    assert!(results(&bench.store) == results(&undisturbed.store));
}

#[test]
fn missing_transient_states_are_made_again_all_the_way_up() {
    let bench = Bench::new();
    let (short, trains) = chain(&bench, 4);
    let report = bench.build(&short);
    bench.ran();
    std::fs::remove_file(bench.blob_path(&entry(&report, trains[3]), "state")).unwrap();

    let (long, trains) = chain(&bench, 5);
    let plan = bench.plan(&long);
    for train in &trains[..4] {
        let expected = Reason::BlobsMissing {
            outputs: vec!["state"],
        };
        assert!(matches!(plan.stage(*train), StagePlan::WillRun { reason, .. } if *reason == expected));
    }
    assert!(matches!(
        plan.stage(trains[4]),
        StagePlan::WillRun {
            reason: Reason::NoEntry,
            ..
        }
    ));
    assert_eq!((plan.counts().hit, plan.counts().at_most()), (4, 6));

    bench.build(&long);
    let expected = [
        "run/train 1",
        "run/train 2",
        "run/train 3",
        "run/train 4",
        "run/train 5",
        "run/metric 5",
    ];
    assert_eq!(bench.ran(), expected);
    let undisturbed = Bench::new();
    undisturbed.build(&chain(&undisturbed, 5).0);
    assert!(results(&bench.store) == results(&undisturbed.store));
}

#[test]
fn a_stage_that_gives_other_bytes_when_it_runs_again_takes_what_is_below_with_it() {
    let bench = Bench::new();
    let graph = |noise: &'static str, metrics: i64| {
        let mut sketch = Sketch::new();
        let noisy = bench
            .fake("noisy", "noisy")
            .output("data", Keep::Always)
            .work(move |context| {
                context.output("data", noise.as_bytes())?;
                Ok(Outcome::Completed)
            });
        let noisy = sketch.add(noisy);
        for metric in 1..=metrics {
            let metric = sketch.add(
                bench
                    .metric(&format!("metric {metric}"))
                    .parameter("metric", metric),
            );
            sketch.connect(noisy, "data", metric, "data");
        }
        (sketch.graph, noisy)
    };
    let (first, noisy) = graph("one", 1);
    let report = bench.build(&first);
    bench.ran();
    std::fs::remove_file(bench.blob_path(&entry(&report, noisy), "data")).unwrap();

    // The second metric needs the data, which comes out differently; so the first metric is out of date.
    let (second, _) = graph("two", 2);
    let (report, events) = bench.watch(&second, &options());
    assert_eq!(bench.ran(), ["noisy", "metric 1", "metric 2"]);
    assert!(report.is_complete());
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::RemadeDifferently { .. }))
    );
    bench.build(&second);
    assert!(bench.ran().is_empty());
}

#[test]
fn two_builds_in_a_row_report_as_one() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 2);
    let first = bench.build(&graph);
    std::fs::remove_file(bench.blob_path(&entry(&first, trains[0]), "generator")).unwrap();
    let require = ExecuteOptions {
        require: vec![(trains[0], "generator".to_owned())],
        ..options()
    };
    let second = bench.build_with(&graph, &require).unwrap();
    assert_eq!((second.counts().ran, second.counts().hit), (1, 3));
    let both = first.followed_by(second);
    assert_eq!((both.counts().ran, both.counts().hit), (4, 0));
    assert_eq!(both.stage(trains[0]).attempts.len(), 2);
    assert_eq!(both.stage(trains[1]).attempts.len(), 1);
}

#[test]
fn an_input_that_never_becomes_readable_is_a_failure_and_not_an_endless_loop() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let train = sketch.add(bench.train("run", 1));
    let blobs = bench.store.root().join("blobs");
    let metric = bench.metric("metric").work(move |context| {
        // Something takes the blobs away whenever the stage begins.
        std::fs::remove_dir_all(&blobs)?;
        std::fs::create_dir(&blobs)?;
        context.input("generator")?;
        Ok(Outcome::Completed)
    });
    let metric = sketch.add(metric);
    sketch.connect(train, "generator", metric, "generator");
    let report = bench.build(&sketch.graph);
    let failure = failure_of(&report, metric);
    assert!(
        failure.messages[0].contains("the generator of run/train 1"),
        "{failure:?}"
    );
    assert_eq!(bench.ran().len(), 8);
    assert_eq!(report.stage(train).state, FinalState::Ran);
}
