//! Divergence, failure, panic and cancellation: what is stored, and what else runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gan_cache::Status;
use gan_pipeline::{
    Blame, Event, ExecuteOptions, FinalState, Outcome, StageFailure, StagePlan, Unfinished, execute,
};

use crate::support::{Bench, Fake, Sketch, chain, entry, failure_of, options, results, set};

#[test]
fn a_diverged_outcome_is_a_hit_that_skips_what_is_below_and_nothing_else() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let diverges = bench.train("bad", 1).work(|context| {
        context.fact("first_bad_step", 17);
        Ok(Outcome::Diverged)
    });
    let first = sketch.add(diverges);
    let second = sketch.add(bench.train("bad", 2));
    sketch.connect(first, "state", second, "state");
    let metric = sketch.add(bench.metric("bad/metric 2"));
    sketch.connect(second, "generator", metric, "generator");
    sketch.run(&bench, "good", 1, 1);

    let (report, events) = bench.watch(&sketch.graph, &options());
    assert_eq!(bench.ran(), ["bad/train 1", "good/train 1", "good/metric 1"]);
    assert_eq!(entry(&report, first).status, Status::Diverged);
    assert_eq!(entry(&report, first).facts["first_bad_step"], 17);
    for skipped in [second, metric] {
        assert_eq!(
            report.stage(skipped).state,
            FinalState::Skipped { diverged: first }
        );
    }
    let skipped = events
        .iter()
        .filter(|event| matches!(event, Event::StageSkipped { .. }))
        .count();
    assert_eq!(skipped, 2);
    let counts = report.counts();
    assert_eq!((counts.ran, counts.diverged, counts.skipped), (3, 1, 2));
    assert!(report.is_complete());

    let plan = bench.plan(&sketch.graph);
    assert!(matches!(plan.stage(metric), StagePlan::Skipped { diverged } if *diverged == first));
    let counts = bench.build(&sketch.graph).counts();
    assert!(bench.ran().is_empty());
    assert_eq!((counts.hit, counts.diverged, counts.skipped), (3, 1, 2));
}

/// A run whose second segment does not work, and one that is fine.
fn with_failing_segment(bench: &Bench, work: fn(Fake) -> Fake) -> Sketch {
    let mut sketch = Sketch::new();
    let first = sketch.add(bench.train("bad", 1));
    let second = sketch.add(work(bench.train("bad", 2)));
    let third = sketch.add(bench.train("bad", 3));
    sketch.connect(first, "state", second, "state");
    sketch.connect(second, "state", third, "state");
    sketch.run(bench, "good", 1, 1);
    sketch
}

fn fails(stage: Fake) -> Fake {
    stage.work(|context| {
        context.output("generator", b"half done")?;
        Err(StageFailure::message("out of memory").with_hint("use a smaller batch"))
    })
}

#[test]
fn without_keep_going_nothing_starts_after_a_failure() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, fails);
    let report = bench.build(&sketch.graph);
    assert_eq!(bench.ran(), ["bad/train 1", "bad/train 2"]);
    let [second, third, good] =
        ["bad/train 2", "bad/train 3", "good/train 1"].map(|name| sketch.graph.find(name).unwrap());
    let failure = failure_of(&report, second);
    assert_eq!(failure.messages, ["out of memory"]);
    assert_eq!(failure.hint.as_deref(), Some("use a smaller batch"));
    let below = Unfinished::BelowFailure { failed: second };
    assert_eq!(report.stage(third).state, FinalState::Unfinished(below));
    assert_eq!(
        report.stage(good).state,
        FinalState::Unfinished(Unfinished::NotStarted)
    );
    let counts = report.counts();
    assert_eq!(
        (counts.ran, counts.failed, counts.unfinished, counts.stages),
        (1, 1, 3, 5)
    );
    assert!(!report.is_complete());
}

#[test]
fn with_keep_going_everything_runs_that_is_not_below_the_failure() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, fails);
    let options = ExecuteOptions {
        keep_going: true,
        ..options()
    };
    let (report, events) = bench.watch(&sketch.graph, &options);
    assert_eq!(
        bench.ran(),
        ["bad/train 1", "bad/train 2", "good/train 1", "good/metric 1"]
    );
    assert_eq!(
        (
            report.counts().ran,
            report.counts().failed,
            report.counts().unfinished
        ),
        (3, 1, 1)
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::StageAbandoned { failed, .. }
        if &*failed.name == "bad/train 2"))
    );
}

#[test]
fn a_failure_leaves_no_entry_and_runs_again() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, fails);
    bench.build(&sketch.graph);
    let before = results(&bench.store);
    bench.ran();
    bench.build(&sketch.graph);
    assert_eq!(bench.ran(), ["bad/train 2"]);
    assert!(results(&bench.store) == before);
    let repaired = with_failing_segment(&bench, |stage| stage);
    assert!(bench.build(&repaired.graph).is_complete());
}

#[test]
fn a_panicking_stage_is_a_failure_and_the_others_go_on() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, |stage| stage.work(|_| panic!("index out of bounds")));
    for jobs in [1, 4] {
        let options = ExecuteOptions {
            keep_going: true,
            jobs,
            ..options()
        };
        let report = bench.build_with(&sketch.graph, &options).unwrap();
        let failure = failure_of(&report, sketch.graph.find("bad/train 2").unwrap());
        assert_eq!(failure.messages, ["the stage panicked: index out of bounds"]);
        assert_eq!((report.counts().failed, report.counts().unfinished), (1, 1));
        assert!(
            report
                .stage(sketch.graph.find("good/metric 1").unwrap())
                .entry
                .is_some()
        );
    }
}

#[test]
fn a_store_that_cannot_be_written_is_a_failure_that_names_the_output() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let unfinished = bench.store.root().join("tmp");
    let fake = bench.metric("metric").work(move |context| {
        std::fs::remove_dir_all(&unfinished)?;
        context.output("value", b"1")?;
        Ok(Outcome::Completed)
    });
    let metric = sketch.add(fake);
    let report = bench.build(&sketch.graph);
    let failure = failure_of(&report, metric);
    assert_eq!(failure.messages[0], "cannot write output \"value\"");
    assert!(failure.messages.len() >= 3, "{failure:?}");
    assert!(results(&bench.store).is_empty());
    assert!(report.stage(metric).entry.is_none());
}

#[test]
fn a_store_that_cannot_be_read_while_a_build_runs_fails_the_stage_and_the_rest_is_reported() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 2);
    let entries = bench.store.root().join("entries");
    let observer = |event: &Event| {
        if matches!(event, Event::StageFinished { .. }) && entries.is_dir() {
            std::fs::remove_dir_all(&entries).unwrap();
            std::fs::write(&entries, b"").unwrap();
        }
    };
    let report = execute(&graph, &bench.store, &options(), &observer).unwrap();
    assert_eq!(report.stage(trains[0]).state, FinalState::Ran);
    assert_eq!(bench.ran(), ["run/train 1"]);
    let failure = report.stages().iter().find_map(|stage| match &stage.state {
        FinalState::Failed(failure) => Some(failure),
        _ => None,
    });
    let failure = failure.unwrap();
    assert_eq!(failure.blame, Blame::Store);
    assert!(
        failure.messages[0].starts_with("cannot look up stage"),
        "{failure:?}"
    );
}

#[test]
fn a_failure_tells_whether_the_store_the_data_or_the_stage_is_to_blame() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let own = sketch.add(
        bench
            .metric("own")
            .parameter("n", 1)
            .work(|_| Err(StageFailure::message("no"))),
    );
    let read = bench.metric("read").parameter("n", 3).work(|_| {
        let failure = StageFailure::message("no image").with_blame(Blame::Data);
        Err(failure.with_hint("try another file"))
    });
    let read = sketch.add(read);
    let panicking = bench.metric("panicking").parameter("n", 4);
    let panicking = sketch.add(panicking.work(|_| panic!("a bug")));
    // Last, because nothing can be stored afterwards.
    let unfinished = bench.store.root().join("tmp");
    let stored = bench.metric("stored").parameter("n", 2).work(move |context| {
        std::fs::remove_dir_all(&unfinished)?;
        context.output("value", b"1")?;
        Ok(Outcome::Completed)
    });
    let stored = sketch.add(stored);
    let options = ExecuteOptions {
        keep_going: true,
        ..options()
    };
    let report = bench.build_with(&sketch.graph, &options).unwrap();
    let blames = [own, read, panicking, stored].map(|id| failure_of(&report, id).blame);
    assert_eq!(blames, [Blame::Stage, Blame::Data, Blame::Stage, Blame::Store]);
}

#[test]
fn a_stage_that_forgets_an_output_is_a_failure() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, |stage| {
        stage.work(|context| {
            context.output("generator", b"only this")?;
            Ok(Outcome::Completed)
        })
    });
    let report = bench.build(&sketch.graph);
    let failure = failure_of(&report, sketch.graph.find("bad/train 2").unwrap());
    assert!(
        failure.messages[0].ends_with("without writing its outputs: state"),
        "{failure:?}"
    );
}

#[test]
fn requests_a_context_cannot_fulfil_name_what_there_is() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, |stage| {
        stage.work(|context| {
            let errors = [
                context.input("data").map(drop).unwrap_err(),
                context.output("images", b"").map(drop).unwrap_err(),
                context.source("labels").map(drop).unwrap_err(),
            ];
            Err(StageFailure::message(
                errors.map(|error| error.to_string()).join("; "),
            ))
        })
    });
    let report = bench.build(&sketch.graph);
    let failure = failure_of(&report, sketch.graph.find("bad/train 2").unwrap());
    let expected = "no input \"data\" is connected; there are: state; \
        the stage declares no output \"images\"; it has: generator, state; \
        the stage declares no source \"labels\"; it has: none";
    assert_eq!(failure.messages, [expected]);
}

#[test]
fn cancelling_stops_cleanly_and_stores_nothing_half_done() {
    for jobs in [1, 3] {
        let bench = Bench::new();
        let cancel = Arc::new(AtomicBool::new(false));
        let mut sketch = Sketch::new();
        let first = sketch.add(bench.train("run", 1));
        let request = Arc::clone(&cancel);
        let second = bench.train("run", 2).work(move |context| {
            context.output("generator", b"half done")?;
            std::fs::write(context.partial()?.join("step"), b"12")?;
            request.store(true, Ordering::Relaxed);
            context.check_cancelled()?;
            Ok(Outcome::Completed)
        });
        let second = sketch.add(second);
        let third = sketch.add(bench.train("run", 3));
        sketch.connect(first, "state", second, "state");
        sketch.connect(second, "state", third, "state");

        let options = ExecuteOptions {
            jobs,
            cancel,
            ..options()
        };
        let (report, events) = bench.watch(&sketch.graph, &options);
        assert_eq!(bench.ran(), ["run/train 1", "run/train 2"]);
        assert_eq!(
            report.stage(second).state,
            FinalState::Unfinished(Unfinished::Cancelled)
        );
        assert_eq!(
            report.stage(third).state,
            FinalState::Unfinished(Unfinished::NotStarted)
        );
        assert_eq!(
            (
                report.counts().ran,
                report.counts().failed,
                report.counts().unfinished
            ),
            (1, 0, 2)
        );
        assert!(
            events
                .iter()
                .any(|event| matches!(event, Event::StageCancelled { .. }))
        );
        // One entry with two blobs, and the unfinished work for the next time.
        assert_eq!(results(&bench.store).len(), 3);
        let key = report.stage(second).key.unwrap();
        assert_eq!(
            std::fs::read(bench.store.partial(&key).join("step")).unwrap(),
            b"12"
        );

        let repeated = bench.build_with(&sketch.graph, &options).unwrap();
        assert!(bench.ran().is_empty());
        assert_eq!(repeated.counts().hit, 1);
    }
}

#[test]
fn unfinished_work_is_found_again_and_goes_with_the_entry() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let resumes = bench.metric("metric").work(|context| {
        let path = context.partial()?.join("step");
        if !path.exists() {
            std::fs::write(&path, b"12")?;
            return Err(StageFailure::message("the power went"));
        }
        context.output("value", &std::fs::read(&path)?)?;
        Ok(Outcome::Completed)
    });
    let metric = sketch.add(resumes);
    bench.build(&sketch.graph);
    let report = bench.build(&sketch.graph);
    let entry = entry(&report, metric);
    assert_eq!(&*bench.store.blob(&entry.outputs["value"].digest).unwrap(), b"12");
    assert!(!bench.store.partial(&entry.key).exists());
}

#[test]
fn a_stage_that_stops_unasked_has_failed() {
    let bench = Bench::new();
    let sketch = with_failing_segment(&bench, |stage| stage.work(|_| Err(StageFailure::Cancelled)));
    let report = bench.build(&sketch.graph);
    let failure = failure_of(&report, sketch.graph.find("bad/train 2").unwrap());
    assert!(failure.messages[0].contains("nobody asked"), "{failure:?}");
    assert_eq!(set(&bench.ran()).len(), 2);
}
