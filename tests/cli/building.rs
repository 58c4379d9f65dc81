//! Builds: what they leave, what they say, and that a second one does nothing.

use std::fs;

use super::environment::{CHECKPOINTS, RUNS, TestEnv, of_event};

#[test]
fn a_build_leaves_tables_samples_and_generators() {
    let env = TestEnv::new(500);
    let last = env.build(&[]);
    assert_eq!(last["failed"], 0);
    let results = env.path("results/tiny");
    for file in ["runs.parquet", "metrics.parquet", "losses.parquet"] {
        assert!(results.join(file).is_file(), "{file} is missing");
    }
    for run in ["none/seed-1", "spectral/seed-1"] {
        assert!(
            results
                .join("export")
                .join(run)
                .join("generator.safetensors")
                .is_file()
        );
        let samples = fs::read_dir(results.join("samples").join(run)).expect("there are samples");
        assert_eq!(
            samples.count(),
            CHECKPOINTS,
            "a grid for each checkpoint of {run}"
        );
    }
    let listed = last["files"].as_array().expect("the last message lists files");
    assert_eq!(listed.len(), 3 + RUNS * (CHECKPOINTS + 1));
    assert!(
        listed
            .iter()
            .all(|file| results.join(file.as_str().unwrap_or("/absent")).is_file())
    );
}

#[test]
fn a_second_build_runs_nothing_and_writes_nothing() {
    let env = TestEnv::new(501);
    let first = env.build(&[]);
    let before = env.times("results");
    let second = env.run(&["build", "tiny.yaml"]).expect(0);
    let last = second.stdout.lines().last().unwrap_or_default();
    let expected = format!(
        "stages: {0}, hit: {0}, ran: 0, failed: 0, diverged: 0, skipped: 0 in ",
        first["stages"]
    );
    assert!(last.starts_with(&expected), "{last}");
    assert_eq!(env.times("results"), before);
}

#[test]
fn the_summary_has_a_line_for_each_setting() {
    let env = TestEnv::new(502);
    let ran = env.run(&["build", "tiny.yaml"]).expect(0);
    let heading = ran.stdout.lines().next().unwrap_or_default();
    let words: Vec<&str> = heading.split_whitespace().collect();
    assert_eq!(words, ["setting", "fid", "inception-score"]);
    for setting in ["none ", "spectral "] {
        assert!(
            ran.stdout.lines().any(|line| line.starts_with(setting)),
            "{}",
            ran.stdout
        );
    }
    assert!(ran.stdout.contains("at step 4\n"), "{}", ran.stdout);
    let few = "warning: 16 generated images for 128 features: ";
    assert!(ran.stdout.contains(few), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("    Finished none/seed-1/train 0-2 in "),
        "{}",
        ran.stderr
    );
}

#[test]
fn quiet_leaves_the_summary_alone_and_verbose_lists_hits() {
    let env = TestEnv::new(503);
    env.build(&[]);
    let quiet = env.run(&["build", "tiny.yaml", "-q"]).expect(0);
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.contains("ran: 0"));
    let verbose = env.run(&["build", "tiny.yaml", "-v"]).expect(0);
    assert!(
        verbose.stderr.contains("         Hit none/seed-1/train 0-2\n"),
        "{}",
        verbose.stderr
    );
}

#[test]
fn in_json_every_stage_starts_and_ends_and_the_last_message_counts() {
    let env = TestEnv::new(504);
    let messages = env
        .run(&["build", "tiny.yaml", "--message-format", "json"])
        .expect(0)
        .messages();
    let (first, last) = (&messages[0], &messages[messages.len() - 1]);
    assert_eq!(
        (&first["event"], &last["event"]),
        (&"building".into(), &"finished".into())
    );
    assert_eq!(first["stages"], last["stages"]);
    let ran = of_event(&messages, "ran");
    assert_eq!(last["ran"], ran.len());
    assert_eq!(last["hit"], of_event(&messages, "hit").len());
    let started = of_event(&messages, "started");
    let has_started = |stage: &serde_json::Value| started.iter().any(|message| message["stage"] == *stage);
    assert!(ran.iter().all(|message| has_started(&message["stage"])));
    for count in ["failed", "diverged", "skipped", "unfinished"] {
        assert_eq!(last[count], 0, "{count}");
    }
    let warnings = last["warnings"].to_string();
    assert!(
        warnings.contains("16 generated images for 128 features"),
        "{warnings}"
    );
    assert!(
        last["elapsed_seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds > 0.0)
    );
}

#[test]
fn what_is_deleted_from_the_results_comes_back_without_running_anything() {
    let env = TestEnv::new(505);
    env.build(&[]);
    let before = env.files("results");
    fs::remove_dir_all(env.path("results/tiny/samples/none")).expect("samples can be removed");
    fs::remove_file(env.path("results/tiny/metrics.parquet")).expect("a table can be removed");
    let again = env.build(&[]);
    assert_eq!(again["ran"], 0);
    assert_eq!(env.files("results"), before, "the same bytes as before");
}

#[test]
fn a_study_that_runs_twice_gives_the_same_bytes_whatever_the_threads() {
    let env = TestEnv::new(506);
    // A cache of its own, in which only the extractor and another seed's runs are known.
    env.build(&["--set", "seed=5060"]);
    env.copy_cache("another-cache");
    let one = env.build(&["--out", "one", "--jobs", "1", "--threads", "1"]);
    let two = env.build(&[
        "--out",
        "two",
        "--cache-dir",
        "another-cache",
        "--jobs",
        "2",
        "--threads",
        "3",
    ]);
    assert_eq!(one["ran"], two["ran"], "both had to run");
    let without_costs = |folder: &str| {
        let mut files = env.files(folder);
        files.retain(|path, _| !path.starts_with("stages"));
        files
    };
    assert_eq!(without_costs("one"), without_costs("two"));
}

#[test]
fn the_study_of_another_folder_uses_what_is_known() {
    let (first, second) = (TestEnv::new(507), TestEnv::new(507));
    let built = first.build(&[]);
    let found = second.build(&[]);
    assert_eq!((&found["hit"], &found["ran"]), (&built["stages"], &0.into()));
    assert!(second.path("results/tiny/runs.parquet").is_file());
    let stages = || second.files("results/tiny/stages").len();
    assert_eq!(stages(), 1, "the folder has every table, though nothing ran");
    second.build(&[]);
    assert_eq!(stages(), 1, "what found everything adds nothing to it");
}

#[test]
fn a_run_that_diverges_is_a_result_and_no_failure() {
    let env = TestEnv::new(508);
    let absurd = [
        "build",
        "tiny.yaml",
        "--set",
        "base.optimizer.adam.learning_rate=1e30",
    ];
    let ran = env.run(&absurd).expect(0);
    for run in ["none/seed-1", "spectral/seed-1"] {
        let line = format!("diverged: {run} at step ");
        assert!(ran.stdout.contains(&line), "{}", ran.stdout);
    }
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("failed: 0, diverged: 2, skipped: "), "{last}");
    let again = env.run(&absurd).expect(0);
    assert!(again.stdout.contains("ran: 0"), "{}", again.stdout);
    let runs = env.run(&["table", "tiny.yaml", "runs", "--columns", "run,status"]);
    assert_eq!(runs.expect(0).stdout.matches("diverged").count(), 2);
}

#[test]
fn a_build_with_nothing_to_do_reads_no_blob() {
    let env = TestEnv::new(509);
    env.build(&["--set", "seed=5090"]);
    env.copy_cache("own-cache");
    let own = ["--cache-dir", "own-cache"];
    env.build(&own);
    env.damage("own-cache/blobs", |_| true);
    let again = env.build(&own);
    assert_eq!(again["ran"], 0);
}
