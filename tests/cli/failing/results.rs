//! Results folders that cannot be used, and what a build leaves of them.

use std::fs;

use super::{NO_SEED, assert_ends};
use crate::environment::TestEnv;
use crate::page;

#[test]
fn a_results_folder_that_is_a_file_is_refused_before_anything_runs() {
    let env = TestEnv::new(NO_SEED);
    env.write("occupied", "");
    assert_ends(
        "results-is-a-file",
        &env,
        &["build", "tiny.yaml", "--out", "occupied/results"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_results_folder_that_cannot_be_written_is_refused_before_anything_runs() {
    let env = TestEnv::new(NO_SEED);
    let build = [
        "build",
        "tiny.yaml",
        "--quiet",
        "--cache-dir",
        "cache",
        "--out",
        "/proc/gan-pipe",
    ];
    assert_ends("results-not-writable", &env, &build);
    assert!(env.files("cache/entries").is_empty(), "nothing ran");
}

#[test]
fn the_results_of_another_study_are_not_overwritten() {
    let env = TestEnv::new(230);
    env.build(&["--out", "results"]);
    let before = env.files("results");
    let other = ["build", "tiny.yaml", "--out", "results", "--set", "study=other"];
    assert_ends("results-of-another-study", &env, &other);
    assert_eq!(env.files("results"), before);
}

#[test]
fn a_file_where_a_folder_must_be_is_named_after_the_summary() {
    let env = TestEnv::new(231);
    env.write("results/tiny/samples", "in the way");
    let ran = assert_ends("results-blocked", &env, &["build", "tiny.yaml", "--quiet"]);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("stages: ") && last.contains("failed: 0"),
        "{}",
        ran.stdout
    );
    assert!(
        env.path("results/tiny/stages").is_dir(),
        "what the build did is noted"
    );
    fs::remove_file(env.path("results/tiny/samples")).expect("the test's folder can be written");
    assert_eq!(env.build(&[])["ran"], 0, "nothing that ran is lost");
    assert!(env.path("results/tiny/samples").is_dir());
}

#[test]
fn in_json_an_error_of_the_results_comes_after_the_counts() {
    let env = TestEnv::new(235);
    env.write("results/tiny/samples", "in the way");
    let messages = env
        .run(&["build", "tiny.yaml", "--message-format", "json"])
        .expect(5)
        .messages();
    let [.., finished, error] = &messages[..] else {
        panic!("{messages:?}")
    };
    assert_eq!(
        (&finished["event"], &error["event"]),
        (&"finished".into(), &"error".into())
    );
    assert_eq!(error["status"], 5);
}

#[test]
fn a_study_without_results_is_told_to_be_built() {
    assert_ends("no-results", &TestEnv::new(NO_SEED), &["table", "tiny.yaml"]);
}

#[test]
fn a_damaged_table_is_named_and_comes_back_with_a_build() {
    let env = TestEnv::new(232);
    env.build(&[]);
    env.write("results/tiny/runs.parquet", "no table");
    assert_ends("damaged-table", &env, &["table", "tiny.yaml", "runs"]);
    assert_eq!(env.build(&[])["ran"], 0);
    env.run(&["table", "tiny.yaml", "runs"]).expect(0);
}

#[test]
fn a_run_that_the_study_no_longer_has_leaves_the_results_and_other_files_stay() {
    let env = TestEnv::new(233);
    env.build(&[]);
    env.write("results/tiny/samples/none/notes.txt", "mine");
    env.build(&["--set", "matrix.discriminator.normalization=[spectral]"]);
    assert!(!env.path("results/tiny/samples/none/seed-1").exists());
    assert!(!env.path("results/tiny/export/none").exists());
    assert!(env.path("results/tiny/samples/none/notes.txt").exists());
    assert!(
        env.path("results/tiny/export/spectral/seed-1/generator.safetensors")
            .exists()
    );
    assert_eq!(
        env.build(&[])["ran"],
        0,
        "the cache keeps what the results no longer show"
    );
    assert!(env.path("results/tiny/export/none").exists());
}

#[test]
fn a_results_folder_that_is_deleted_comes_back_without_running_anything() {
    let env = TestEnv::new(234);
    env.build(&[]);
    let before = env.files("results/tiny/samples");
    fs::remove_dir_all(env.path("results")).expect("the test's folder can be written");
    let ran = env.run(&["build", "tiny.yaml"]).expect(0);
    page::assert_says_text("results-deleted", &env, ran.code, &ran.stderr);
    assert_eq!(env.files("results/tiny/samples"), before);
}
