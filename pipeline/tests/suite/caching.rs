//! What runs again and what does not.

use std::path::Path;
use std::time::Duration;

use gan_pipeline::{
    Event, ExecuteError, ExecuteOptions, Graph, GraphError, Keep, Outcome, PlanError, StagePlan,
};

use crate::support::{Bench, Sketch, chain, entry, failure_of, is_hit, options, results, set};

#[test]
fn a_second_build_runs_nothing_and_reads_no_blob() {
    let bench = Bench::new();
    let (graph, _) = chain(&bench, 3);
    let first = bench.build(&graph);
    assert_eq!((first.counts().ran, first.counts().hit), (6, 0));
    assert!(first.is_complete());
    bench.ran();
    // Were a blob read, the damage would show.
    for stage in first.stages() {
        let entry = stage.entry.as_ref().unwrap();
        entry
            .outputs
            .keys()
            .filter(|output| bench.has_blob(entry, output))
            .for_each(|output| bench.damage(entry, output));
    }

    let second = bench.build(&graph);
    assert!(bench.ran().is_empty());
    assert_eq!((second.counts().ran, second.counts().hit), (0, 6));
}

#[test]
fn extending_a_chain_runs_only_the_new_segments() {
    let bench = Bench::new();
    bench.build(&chain(&bench, 2).0);
    bench.ran();

    bench.build(&chain(&bench, 4).0);
    let expected = ["run/train 3", "run/train 4", "run/metric 3", "run/metric 4"];
    assert_eq!(set(&bench.ran()), set(&expected.map(str::to_owned)));
}

#[test]
fn a_worker_continues_the_chain_it_has_extended() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    sketch.run(&bench, "a", 1, 2);
    sketch.run(&bench, "b", 2, 2);
    bench.build(&sketch.graph);
    let expected = [
        "a/train 1",
        "a/train 2",
        "a/metric 1",
        "a/metric 2",
        "b/train 1",
        "b/train 2",
        "b/metric 1",
        "b/metric 2",
    ];
    assert_eq!(bench.ran(), expected);
}

#[test]
fn a_changed_parameter_runs_only_what_depends_on_it() {
    let bench = Bench::new();
    let graph = |seed_of_b| {
        let mut sketch = Sketch::new();
        sketch.run(&bench, "a", 1, 2);
        sketch.run(&bench, "b", seed_of_b, 2);
        sketch.graph
    };
    bench.build(&graph(2));
    bench.ran();

    bench.build(&graph(3));
    let ran = bench.ran();
    assert_eq!(ran.len(), 4, "{ran:?}");
    assert!(ran.iter().all(|name| name.starts_with("b/")), "{ran:?}");
}

#[test]
fn equal_bytes_of_a_stage_that_ran_again_keep_everything_below_a_hit() {
    let bench = Bench::new();
    let graph = |threshold| {
        let mut sketch = Sketch::new();
        let prepare = bench
            .fake("prepare", "prepare")
            .parameter("threshold", threshold)
            .output("data", Keep::Always)
            .work(|context| {
                context.output("data", b"the same whatever the threshold")?;
                Ok(Outcome::Completed)
            });
        let prepare = sketch.add(prepare);
        let metric = sketch.add(bench.metric("metric"));
        sketch.connect(prepare, "data", metric, "data");
        (sketch.graph, metric)
    };
    bench.build(&graph(1).0);
    bench.ran();

    let (graph, metric) = graph(2);
    assert!(matches!(
        bench.plan(&graph).stage(metric),
        StagePlan::Unknown { .. }
    ));
    let report = bench.build(&graph);
    assert_eq!(bench.ran(), ["prepare"]);
    assert_eq!((report.counts().ran, report.counts().hit), (1, 1));
}

#[test]
fn stages_with_one_key_run_once_and_hold_no_worker_meanwhile() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    for name in ["one", "two", "three"] {
        let fake = bench.metric(name);
        let plain = fake.clone();
        sketch.add(fake.work(move |context| {
            std::thread::sleep(Duration::from_millis(20));
            plain.write_outputs(context)
        }));
    }
    // Two runs that only differ in name share all their segments.
    sketch.run(&bench, "short", 1, 1);
    sketch.run(&bench, "long", 1, 2);
    let (report, events) = bench.watch(&sketch.graph, &ExecuteOptions { jobs: 4, ..options() });
    let ran = bench.ran();
    assert_eq!(ran.len(), 5, "{ran:?}");
    assert_eq!((report.counts().ran, report.counts().hit), (5, 4));
    let waits = |event: &Event| matches!(event, Event::StageWaiting { .. });
    assert!(!events.iter().any(waits));
}

#[test]
fn an_entry_without_an_output_that_the_stage_declares_is_not_used() {
    let bench = Bench::new();
    let mut sketch = Sketch::new();
    let metric = sketch.add(bench.metric("metric"));
    bench.build(&sketch.graph);

    let mut sketch = Sketch::new();
    assert_eq!(
        metric,
        sketch.add(bench.metric("metric").output("table", Keep::Always))
    );
    assert_eq!(bench.plan(&sketch.graph).counts().will_run, 1);
    let failure = failure_of(&bench.build(&sketch.graph), metric);
    assert!(
        failure.to_string().contains("without output \"table\""),
        "{failure}"
    );
    assert!(failure.hint.unwrap().contains("version"));
}

#[test]
fn one_job_and_four_jobs_leave_identical_results() {
    let build = |jobs| {
        let bench = Bench::new();
        let mut sketch = Sketch::new();
        for seed in 1..=5 {
            sketch.run(&bench, &format!("run-{seed}"), seed, 4);
        }
        let report = bench
            .build_with(&sketch.graph, &ExecuteOptions { jobs, ..options() })
            .unwrap();
        assert!(report.is_complete());
        results(&bench.store)
    };
    let one = build(1);
    assert!(one.len() > 60, "{}", one.len());
    assert!(one == build(4));
}

#[test]
fn a_plan_without_the_data_reports_it_and_a_build_refuses_before_anything_runs() {
    let bench = Bench::new();
    let path = bench.folder.path().join("images.gz");
    let mut sketch = Sketch::new();
    let other = sketch.add(bench.metric("other"));
    let prepare = sketch.add(
        bench
            .fake("prepare", "prepare")
            .source("images", &path)
            .output("data", Keep::Always),
    );
    let metric = sketch.add(bench.metric("metric"));
    sketch.connect(prepare, "data", metric, "data");

    let plan = bench.plan(&sketch.graph);
    assert!(matches!(plan.stage(prepare), StagePlan::MissingData { source, .. } if source == "images"));
    assert!(matches!(plan.stage(metric), StagePlan::BelowMissingData { stage } if *stage == prepare));
    assert!(matches!(plan.stage(other), StagePlan::WillRun { .. }));
    assert_eq!((plan.counts().missing, plan.counts().at_most()), (2, 1));

    let error = bench.build_with(&sketch.graph, &options()).unwrap_err();
    assert!(
        matches!(&error, ExecuteError::MissingData { stage, data, others: 0, .. }
        if stage == "prepare" && data == "images")
    );
    assert!(error.to_string().contains("images.gz"), "{error}");
    assert!(bench.ran().is_empty());

    std::fs::write(&path, b"pixels").unwrap();
    assert!(bench.build(&sketch.graph).is_complete());
}

#[test]
fn changed_data_runs_what_reads_it_and_a_moved_file_does_not() {
    let bench = Bench::new();
    let [here, there] = ["here", "there"].map(|name| bench.folder.path().join(name));
    let graph = |path| {
        let mut sketch = Sketch::new();
        sketch.add(
            bench
                .fake("prepare", "prepare")
                .source("images", path)
                .output("data", Keep::Always),
        );
        sketch.graph
    };
    std::fs::write(&here, b"one").unwrap();
    std::fs::write(&there, b"one").unwrap();
    bench.build(&graph(&here));
    assert_eq!(bench.ran(), ["prepare"]);
    bench.build(&graph(&there));
    assert!(bench.ran().is_empty());
    std::fs::write(&there, b"a second set").unwrap();
    bench.build(&graph(&there));
    assert_eq!(bench.ran(), ["prepare"]);
}

#[test]
fn a_moved_folder_is_a_hit_and_one_with_an_added_or_renamed_file_is_not() {
    let bench = Bench::new();
    let [here, there] = ["here", "there"].map(|name| bench.folder.path().join(name));
    let graph = |path: &Path| {
        let mut sketch = Sketch::new();
        let fake = bench.fake("prepare", "prepare").source("images", path);
        sketch.add(fake.output("data", Keep::Always).work(|context| {
            let folder = context.source_folder("images")?;
            let names: Vec<u8> = folder.files.into_iter().flat_map(|file| file.name).collect();
            let mut draft = context.draft()?;
            draft.append(&names)?;
            context.output_draft("data", draft)?;
            Ok(Outcome::Completed)
        }));
        sketch.graph
    };
    let ran = |path: &Path| bench.build(&graph(path)).counts().ran;
    std::fs::create_dir_all(here.join("cats")).unwrap();
    std::fs::write(here.join("cats/1"), b"one").unwrap();
    assert_eq!((ran(&here), ran(&here)), (1, 0));
    std::fs::rename(&here, &there).unwrap();
    assert_eq!(ran(&there), 0);
    std::fs::write(there.join("cats/2"), b"two").unwrap();
    assert_eq!((ran(&there), ran(&there)), (1, 0));
    std::fs::rename(there.join("cats/2"), there.join("cats/3")).unwrap();
    assert_eq!((ran(&there), ran(&there)), (1, 0));
}

#[test]
fn a_file_that_changes_while_a_stage_reads_it_is_a_failure() {
    let bench = Bench::new();
    let path = bench.folder.path().join("images");
    std::fs::write(&path, b"one").unwrap();
    let mut sketch = Sketch::new();
    let fake = bench
        .fake("prepare", "prepare")
        .source("images", &path)
        .output("data", Keep::Always);
    let prepare = sketch.add(fake.clone().work(move |context| {
        let path = context.source("images")?.to_owned();
        context.output("data", &std::fs::read(&path)?)?;
        std::fs::write(&path, b"another")?;
        Ok(Outcome::Completed)
    }));
    let failure = failure_of(&bench.build(&sketch.graph), prepare);
    assert!(
        failure.to_string().ends_with("(images) changed during the build"),
        "{failure}"
    );
    assert!(results(&bench.store).is_empty());
}

#[test]
fn the_plan_agrees_with_what_the_build_does() {
    let bench = Bench::new();
    bench.build(&chain(&bench, 2).0);
    bench.ran();

    let (graph, _) = chain(&bench, 4);
    let plan = bench.plan(&graph);
    let report = bench.build(&graph);
    for stage in report.stages() {
        let ran = stage.state == gan_pipeline::FinalState::Ran;
        assert_eq!(is_hit(&plan, stage.id), !ran, "{}", stage.name);
    }
    let counts = plan.counts();
    assert_eq!((counts.hit, counts.will_run, counts.unknown), (4, 1, 3));
    assert_eq!(report.counts().ran, counts.at_most());
    let keys = |id| bench.plan(&graph).document(id).unwrap().key();
    assert!(
        report
            .stages()
            .iter()
            .all(|stage| stage.key == Some(keys(stage.id)))
    );
}

#[test]
fn a_required_output_is_made_again_and_others_are_not() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 2);
    let report = bench.build(&graph);
    bench.ran();
    for train in &trains {
        std::fs::remove_file(bench.blob_path(&entry(&report, *train), "generator")).unwrap();
    }
    bench.build(&graph);
    assert!(bench.ran().is_empty());

    let require = vec![(trains[0], "generator".to_owned())];
    let report = bench
        .build_with(&graph, &ExecuteOptions { require, ..options() })
        .unwrap();
    assert_eq!(bench.ran(), ["run/train 1"]);
    assert!(bench.has_blob(&entry(&report, trains[0]), "generator"));
    assert_eq!((report.counts().ran, report.counts().hit), (1, 3));
}

#[test]
fn requiring_an_output_that_does_not_exist_is_an_error() {
    let bench = Bench::new();
    let (graph, trains) = chain(&bench, 1);
    let require = vec![(trains[0], "discriminator".to_owned())];
    let error = bench
        .build_with(&graph, &ExecuteOptions { require, ..options() })
        .unwrap_err();
    assert!(matches!(
        error,
        ExecuteError::Plan(PlanError::Requirement(GraphError::UnknownOutput { .. }))
    ));
}

#[test]
fn impossible_connections_are_refused() {
    let bench = Bench::new();
    let mut graph = Graph::new("study");
    let [a, b] = ["a", "b"].map(|name| {
        graph.add(std::sync::Arc::new(
            bench.fake("pass", name).output("data", Keep::Always),
        ))
    });
    graph.connect(b, "data", a, "data").unwrap();
    let refused = |result: Result<(), GraphError>| result.unwrap_err().to_string();
    assert!(refused(graph.connect(a, "data", b, "data")).contains("cycle"));
    assert!(refused(graph.connect(a, "data", a, "itself")).contains("cycle"));
    assert!(refused(graph.connect(b, "data", a, "data")).contains("already connected to \"b\""));
    assert!(refused(graph.connect(b, "pixels", a, "more")).contains("it has: data"));
    assert!(refused(graph.connect(b, "data", a, "source.more")).contains("kept for outside files"));
    // The order of a graph that is not in order of insertion is found.
    bench.build(&graph);
    assert_eq!(bench.ran(), ["b", "a"]);

    graph.add(std::sync::Arc::new(bench.fake("pass", "a")));
    let error = bench.build_with(&graph, &options()).unwrap_err();
    assert!(matches!(error, ExecuteError::Plan(PlanError::RepeatedName { name }) if name == "a"));
}

#[test]
fn two_thousand_hits_take_a_small_part_of_a_second() {
    let bench = Bench::in_memory();
    let mut sketch = Sketch::new();
    for seed in 0..10 {
        sketch.run(&bench, &format!("run-{seed}"), seed, 100);
    }
    bench
        .build_with(&sketch.graph, &ExecuteOptions { jobs: 4, ..options() })
        .unwrap();
    let clock = std::time::Instant::now();
    let report = bench.build(&sketch.graph);
    let seconds = clock.elapsed().as_secs_f64();
    assert_eq!((report.counts().hit, report.counts().ran), (2_000, 0));
    // A busy machine is slow, but not as slow as work that is quadratic in the number of stages.
    assert!(seconds < 1.0, "{seconds} s");
}
