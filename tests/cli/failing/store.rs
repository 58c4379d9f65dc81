//! Cache folders that cannot be used, and files in them that are damaged.

use std::fs;
use std::process::Command;

use super::{NO_SEED, assert_ends};
use crate::environment::{Ran, TestEnv, of_event};
use crate::page;

#[test]
fn a_cache_folder_that_is_a_file_is_refused() {
    let env = TestEnv::new(NO_SEED);
    env.write("occupied", "");
    assert_ends(
        "cache-is-a-file",
        &env,
        &["build", "tiny.yaml", "--cache-dir", "occupied"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_cache_folder_that_cannot_be_made_is_refused() {
    let env = TestEnv::new(NO_SEED);
    assert_ends(
        "cache-not-writable",
        &env,
        &["build", "tiny.yaml", "--cache-dir", "/proc/gan-pipe"],
    );
}

#[test]
fn a_cache_of_a_newer_version_is_refused_and_left_alone() {
    let env = TestEnv::new(NO_SEED);
    env.write("newer/format", "7\n");
    assert_ends(
        "cache-newer",
        &env,
        &["build", "tiny.yaml", "--cache-dir", "newer"],
    );
    assert_eq!(env.files("newer").len(), 1, "nothing was added");
}

#[test]
fn a_folder_of_something_else_is_no_cache() {
    let env = TestEnv::new(NO_SEED);
    env.write("photos/format", "landscape\n");
    assert_ends(
        "cache-is-something-else",
        &env,
        &["build", "tiny.yaml", "--cache-dir", "photos"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_home_folder_that_does_not_exist_gives_no_cache_folder() {
    let env = TestEnv::new(NO_SEED);
    let mut command = env.command(&["plan", "tiny.yaml"]);
    command
        .env_remove("GAN_PIPE_CACHE")
        .env_remove("XDG_CACHE_HOME")
        .env("HOME", "/proc/nobody");
    let ran = Ran::from(command.output().expect("the program starts"));
    page::assert_says("no-home", &env, &ran);
}

/// Runs the program where no file may become larger than so many blocks of 512 bytes; a write beyond them fails, as it
/// does on a full disk.
fn run_with_small_files(env: &TestEnv, blocks: u32, arguments: &[&str]) -> Ran {
    let program = env.command(arguments);
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\""),
        ])
        .arg(program.get_program())
        .args(arguments)
        .current_dir(env.path(""));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Ran::from(shell.output().expect("there is a shell"))
}

#[test]
fn a_cache_that_is_full_ends_the_build_and_holds_nothing_half_written() {
    let env = TestEnv::new(NO_SEED);
    let build = ["build", "tiny.yaml", "--quiet", "--cache-dir", "cache"];
    let ran = run_with_small_files(&env, 64, &build);
    page::assert_says("cache-full", &env, &ran);
    assert!(env.files("cache/entries").is_empty(), "a failure is no entry");
    assert!(env.files("cache/blobs").is_empty());
    assert!(env.files("cache/tmp").is_empty(), "what was begun is gone");
}

#[test]
fn a_damaged_entry_is_a_miss_and_its_stage_runs_again() {
    let env = TestEnv::new(220);
    env.build(&["--set", "seed=2200"]);
    env.copy_cache("cache");
    let own = ["--cache-dir", "cache"];
    env.build(&own);
    let results = env.files("results");
    env.damage("cache/entries", |entry| {
        String::from_utf8_lossy(entry).contains("\"grid\"")
    });
    let ran = env.run(&[&["build", "tiny.yaml"][..], &own].concat());
    let warning = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("warning:"))
        .unwrap_or_default();
    page::assert_says_text("damaged-entry", &env, ran.code, &format!("{warning}\n"));
    assert!(!ran.stdout.contains("ran: 0"), "{}", ran.stdout);
    let mut again = env.files("results");
    let is_result = |path: &std::path::Path| !path.starts_with("tiny/stages");
    again.retain(|path, _| is_result(path));
    assert!(
        results
            .iter()
            .filter(|(path, _)| is_result(path))
            .all(|(path, bytes)| again[path] == *bytes)
    );
}

#[test]
fn a_damaged_blob_is_made_again_by_the_build_that_needs_it() {
    let env = TestEnv::new(221);
    env.build(&["--set", "seed=2210"]);
    env.copy_cache("cache");
    let own = ["--cache-dir", "cache"];
    env.build(&own);
    let samples = env.files("results/tiny/samples");
    env.damage("cache/blobs", |content| {
        samples.values().any(|sample| sample == content)
    });
    fs::remove_dir_all(env.path("results/tiny/samples")).expect("samples can be removed");
    let ran = env.run(&[&["build", "tiny.yaml"][..], &own].concat());
    let warning = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("warning:"))
        .unwrap_or_default();
    page::assert_says_text("damaged-blob", &env, ran.code, &format!("{warning}\n"));
    assert!(!ran.stdout.contains("ran: 0"), "{}", ran.stdout);
    assert_eq!(env.files("results/tiny/samples"), samples);
    assert_eq!(env.build(&own)["ran"], 0, "everything is mended");
}

/// A study whose first two runs leave larger files than its last one.
const WIDE_AND_NARROW: &str = "\
study: wide
seed: 222
data: { dataset: polygons, count: 64 }
base:
  latent: { dimension: 4 }
  batch_size: 4
  steps: 2
  checkpoint_every: 2
matrix:
  architecture.width: [0.125, 0.25, 0.015625]
seeds: 1
evaluate: { samples: 16, metrics: [fid] }
";

/// Builds [`WIDE_AND_NARROW`] where the files of its wide runs find no room; what both share is known before.
fn build_without_room_for_wide(arguments: &[&str]) -> (TestEnv, Ran) {
    let env = TestEnv::new(222);
    // The narrow run is not one of the runs of `tiny.yaml`.
    env.build(&["--set", "seed=2220"]);
    env.copy_cache("cache");
    env.write("wide.yaml", WIDE_AND_NARROW);
    let ran = build_wide(&env, &[&["--quiet"][..], arguments].concat());
    (env, ran)
}

fn build_wide(env: &TestEnv, arguments: &[&str]) -> Ran {
    let build = ["build", "wide.yaml", "--jobs", "1", "--cache-dir", "cache"];
    run_with_small_files(env, 256, &[&build[..], arguments].concat())
}

#[test]
fn after_a_failure_nothing_starts_any_more() {
    let (env, ran) = build_without_room_for_wide(&[]);
    page::assert_says("stage-failed", &env, &ran);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("ran: 0, failed: 1"), "{last}");
    assert!(
        env.path("results/wide/stages").is_dir(),
        "what the build did is noted"
    );
    let runs = env
        .run(&[
            "table",
            "wide.yaml",
            "runs",
            "--columns",
            "run,status",
            "--format",
            "csv",
        ])
        .expect(0);
    let expected = "run,status\nwidth=0.015625/seed-1,incomplete\nwidth=0.125/seed-1,failed\nwidth=0.25/seed-1,incomplete\n";
    assert_eq!(runs.stdout, expected);
}

#[test]
fn with_keep_going_the_other_runs_end_and_all_failures_are_listed() {
    let (env, ran) = build_without_room_for_wide(&["--keep-going"]);
    page::assert_says("stage-failed-keep-going", &env, &ran);
    assert!(
        ran.stdout.contains("failed: width=0.125/seed-1\n"),
        "{}",
        ran.stdout
    );
    let runs = env
        .run(&[
            "table",
            "wide.yaml",
            "runs",
            "--columns",
            "run,status",
            "--format",
            "csv",
        ])
        .expect(0);
    let expected =
        "run,status\nwidth=0.015625/seed-1,completed\nwidth=0.125/seed-1,failed\nwidth=0.25/seed-1,failed\n";
    assert_eq!(runs.stdout, expected);
}

#[test]
fn what_failed_does_not_run_again_because_a_blob_is_damaged() {
    let (env, _) = build_without_room_for_wide(&["--keep-going"]);
    let samples = env.files("results/wide/samples");
    assert!(!samples.is_empty(), "the narrow run has left grids");
    env.damage("cache/blobs", |content| {
        samples.values().any(|sample| sample == content)
    });
    fs::remove_dir_all(env.path("results/wide/samples")).expect("samples can be removed");
    let again = ["--keep-going", "--message-format", "json"];
    let ran = build_wide(&env, &again).expect(4);
    let messages = ran.messages();
    let failed = of_event(&messages, "failed");
    assert_eq!(failed.len(), 2, "{failed:?}");
    // What was damaged is gone, so that the next build makes it again at once.
    build_wide(&env, &again).expect(4);
    assert_eq!(env.files("results/wide/samples"), samples);
}
