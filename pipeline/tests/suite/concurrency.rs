//! Several workers, several builds.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gan_pipeline::{Event, ExecuteOptions, FinalState, Unfinished, execute};

use crate::support::{Bench, Sketch, options, results, set};

fn runs(bench: &Bench, runs: i64, segments: i64) -> Sketch {
    let mut sketch = Sketch::new();
    for seed in 1..=runs {
        sketch.run(bench, &format!("run-{seed}"), seed, segments);
    }
    sketch
}

#[test]
fn two_builds_at_once_run_each_stage_once() {
    for _ in 0..3 {
        let bench = Bench::new();
        let sketch = runs(&bench, 2, 5);
        let start = Barrier::new(2);
        let counts = std::thread::scope(|scope| {
            let build = || {
                start.wait();
                bench
                    .build_with(&sketch.graph, &ExecuteOptions { jobs: 2, ..options() })
                    .unwrap()
                    .counts()
            };
            let [one, two] = [scope.spawn(build), scope.spawn(build)];
            [one.join().unwrap(), two.join().unwrap()]
        });
        let ran = bench.ran();
        assert_eq!(ran.len(), 20, "{ran:?}");
        assert_eq!(set(&ran).len(), 20);
        assert_eq!(counts[0].ran + counts[1].ran, 20);
        assert!(counts.iter().all(|counts| counts.hit + counts.ran == 20));

        let alone = Bench::new();
        alone.build(&runs(&alone, 2, 5).graph);
        assert!(results(&bench.store) == results(&alone.store));
    }
}

#[test]
fn jobs_run_side_by_side_and_share_the_threads() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let meeting = Arc::new(Barrier::new(3));
    for number in 0..3 {
        let meeting = Arc::clone(&meeting);
        let stage = bench
            .metric(&format!("metric {number}"))
            .parameter("number", number)
            .work(move |context| {
                // Passes only if all three are running.
                meeting.wait();
                context.output("value", &[number as u8])?;
                context.fact("threads", context.threads());
                Ok(gan_pipeline::Outcome::Completed)
            });
        sketch.add(stage);
    }
    let options = ExecuteOptions {
        jobs: 3,
        threads: 7,
        ..options()
    };
    let report = bench.build_with(&sketch.graph, &options).unwrap();
    assert!(
        report
            .stages()
            .iter()
            .all(|stage| stage.entry.as_ref().unwrap().facts["threads"] == 2)
    );
}

#[test]
fn never_more_stages_run_than_there_are_jobs() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    for number in 0..12 {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        let fake = bench
            .metric(&format!("metric {number}"))
            .parameter("number", number);
        let plain = fake.clone();
        sketch.add(fake.work(move |context| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_millis(2));
            let outcome = plain.write_outputs(context);
            running.fetch_sub(1, Ordering::SeqCst);
            outcome
        }));
    }
    bench
        .build_with(&sketch.graph, &ExecuteOptions { jobs: 3, ..options() })
        .unwrap();
    assert!(most.load(Ordering::SeqCst) <= 3);
}

#[test]
fn stages_that_need_the_device_run_one_at_a_time_and_others_beside_them() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let on_device = Arc::new(AtomicUsize::new(0));
    let meeting = Arc::new(Barrier::new(2));
    for number in 0..4 {
        let (on_device, meeting) = (Arc::clone(&on_device), Arc::clone(&meeting));
        let fake = bench
            .metric(&format!("on the device {number}"))
            .parameter("number", number)
            .on_device();
        let plain = fake.clone();
        sketch.add(fake.work(move |context| {
            assert_eq!(on_device.fetch_add(1, Ordering::SeqCst), 0, "the device is taken");
            if number == 0 {
                // Passes only once the stage that does not need the device runs too.
                meeting.wait();
            }
            let outcome = plain.write_outputs(context);
            on_device.fetch_sub(1, Ordering::SeqCst);
            outcome
        }));
    }
    let fake = bench.metric("beside it");
    let plain = fake.clone();
    sketch.add(fake.work(move |context| {
        meeting.wait();
        plain.write_outputs(context)
    }));
    let report = bench
        .build_with(&sketch.graph, &ExecuteOptions { jobs: 3, ..options() })
        .unwrap();
    assert_eq!(report.counts().ran, 5);
}

#[test]
fn what_a_stage_measures_is_told_and_reported_and_enters_no_entry() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let plain = bench.metric("metric");
    let id = sketch.add(plain.clone().work(move |context| {
        context.measure("launches", 3);
        context.measure("launches", 4);
        plain.write_outputs(context)
    }));
    let (report, events) = bench.watch(&sketch.graph, &options());
    let told = events.iter().find_map(|event| match event {
        Event::StageFinished { measurements, .. } => Some(measurements.clone()),
        _ => None,
    });
    assert_eq!(told.unwrap()["launches"], 7);
    assert_eq!(report.stage(id).attempts[0].measurements["launches"], 7);
    assert!(report.stage(id).entry.as_ref().unwrap().facts.is_empty());
}

#[test]
fn progress_from_many_jobs_arrives_and_blocks_nobody() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    for number in 0..8 {
        let fake = bench
            .metric(&format!("metric {number}"))
            .parameter("number", number);
        let plain = fake.clone();
        sketch.add(fake.work(move |context| {
            for done in 1..=50 {
                context.progress(done, 50, "steps");
            }
            context.log("half of it was easy");
            plain.write_outputs(context)
        }));
    }
    let (report, events) = bench.watch(&sketch.graph, &ExecuteOptions { jobs: 4, ..options() });
    assert!(report.is_complete());
    let progress = events
        .iter()
        .filter(|event| matches!(event, Event::StageProgress { unit: "steps", .. }));
    assert_eq!(progress.count(), 400);
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::StageLog { .. }))
            .count(),
        8
    );
}

#[test]
fn a_stage_starts_after_those_above_it_have_finished() {
    let bench = Bench::new();
    let sketch = runs(&bench, 4, 3);
    let (_, events) = bench.watch(&sketch.graph, &ExecuteOptions { jobs: 4, ..options() });
    let mut finished = Vec::new();
    for event in &events {
        let id = event.stage().id;
        match event {
            Event::StageStarted { .. } => {
                assert!(
                    sketch
                        .graph
                        .inputs(id)
                        .all(|input| finished.contains(&input.producer))
                );
            }
            Event::StageFinished { .. } => finished.push(id),
            _ => {}
        }
    }
    assert_eq!(finished.len(), 24);
}

#[test]
fn a_build_that_waits_for_another_says_so_and_can_be_cancelled() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let metric = sketch.add(bench.metric("metric"));
    let key = bench.plan(&sketch.graph).document(metric).unwrap().key();
    let held = bench.store.lock(&key, &mut |_| {}).unwrap();

    let cancel = Arc::new(AtomicBool::new(false));
    let holders = Mutex::new(Vec::new());
    let observer = |event: &Event| {
        if let Event::StageWaiting { holder, .. } = event {
            holders.lock().unwrap().push(holder.clone());
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let options = ExecuteOptions {
        cancel: Arc::clone(&cancel),
        ..options()
    };
    let clock = Instant::now();
    let report = execute(&sketch.graph, &bench.store, &options, &observer).unwrap();
    assert!(clock.elapsed() < Duration::from_secs(20));
    assert_eq!(
        report.stage(metric).state,
        FinalState::Unfinished(Unfinished::Cancelled)
    );
    let holder = holders.into_inner().unwrap().remove(0);
    assert!(holder.contains(&std::process::id().to_string()), "{holder}");

    drop(held);
    cancel.store(false, Ordering::Relaxed);
    assert!(bench.build_with(&sketch.graph, &options).unwrap().is_complete());
    assert_eq!(bench.ran(), ["metric"]);
}

#[test]
fn an_observer_that_panics_ends_the_build_instead_of_blocking_it() {
    let bench = Bench::new();
    let sketch = runs(&bench, 3, 2);
    let build = || {
        let options = ExecuteOptions { jobs: 3, ..options() };
        execute(&sketch.graph, &bench.store, &options, &|event| {
            assert!(
                !matches!(event, Event::StageFinished { .. }),
                "an observer with a bug"
            );
        })
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(build)).is_err());
}
