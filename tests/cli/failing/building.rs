//! Builds that diverge, that meet another one, or that are stopped.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::environment::{Ran, TestEnv};
use crate::page;

#[test]
fn a_loss_that_is_not_finite_is_a_result() {
    let env = TestEnv::new(240);
    let absurd = [
        "build",
        "tiny.yaml",
        "--quiet",
        "--set",
        "base.optimizer.adam.learning_rate=1e30",
    ];
    let ran = env.run(&absurd);
    let is_ending = |line: &&str| line.starts_with("diverged: ");
    let endings: Vec<&str> = ran.stdout.lines().filter(is_ending).collect();
    page::assert_says_text("nan-loss", &env, ran.code, &format!("{}\n", endings.join("\n")));
}

/// Sends a signal to a running program.
fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()), "{signal} was not sent");
}

/// Reads lines until one has this word, and returns it.
fn line_with(lines: &mut impl Iterator<Item = io::Result<String>>, word: &str) -> String {
    let line = lines
        .map(|line| line.expect("the program writes lines"))
        .find(|line| line.contains(word));
    line.unwrap_or_else(|| panic!("the program ended without saying {word}"))
}

/// Stops a build at a moment when it holds the lock of a stage, which it then does until it may go on.
///
/// A stage may have ended by the time the signal arrives; then a later one is waited for.
fn stop_while_it_builds(env: &TestEnv, build: &Child, said: &mut impl Iterator<Item = io::Result<String>>) {
    loop {
        line_with(said, "\"event\":\"started\"");
        send("-STOP", build);
        let stat = format!("/proc/{}/stat", build.id());
        // Stopped, or ended already; then no later stage begins.
        let rests = |stat: String| stat.contains(") T ") || stat.contains(") Z ");
        while !fs::read_to_string(&stat).is_ok_and(rests) {
            thread::sleep(Duration::from_millis(1));
        }
        if env.holds_a_lock(build.id()) {
            return;
        }
        send("-CONT", build);
    }
}

#[test]
fn of_two_builds_of_one_study_the_second_waits_and_finds_what_the_first_made() {
    let env = TestEnv::new(241);
    env.build(&["--set", "seed=2410"]);
    let mut first = env
        .command(&[
            "build",
            "tiny.yaml",
            "--message-format",
            "json",
            "--out",
            "first",
            "--jobs",
            "1",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = BufReader::new(first.stdout.take().expect("its output is piped")).lines();
    stop_while_it_builds(&env, &first, &mut said);
    let mut second = env
        .command(&["build", "tiny.yaml", "--out", "second", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(second.stderr.take().expect("its errors are piped")).lines();
    let waiting = line_with(&mut told, "Waiting");
    send("-CONT", &first);
    let first_end = line_with(&mut said, "\"event\":\"finished\"");
    told.for_each(drop);
    let mut summary = String::new();
    let mut stdout = second.stdout.take().expect("its output is piped");
    stdout
        .read_to_string(&mut summary)
        .expect("the program writes UTF-8");
    assert_eq!(first.wait().expect("the program ends").code(), Some(0));
    let code = second.wait().expect("the program ends").code();
    let waiting = waiting
        .replace(&first.id().to_string(), "4711")
        .replace(env!("CARGO_BIN_EXE_gan-pipe"), "gan-pipe");
    let stage = waiting.split("runs ").nth(1).unwrap_or_default();
    let waiting = waiting.replace(stage, "none/seed-1/train 0-2");
    page::assert_says_text("two-builds", &env, code.unwrap_or(-1), &format!("{waiting}\n"));
    assert!(summary.contains("failed: 0"), "{summary} after {first_end}");
    let (one, other) = (env.files("first"), env.files("second"));
    let is_result = |path: &&std::path::PathBuf| !path.starts_with("stages");
    for path in one.keys().filter(is_result) {
        assert_eq!(one[path], other[path], "{}", path.display());
    }
}

#[test]
fn a_second_interrupt_ends_a_build_that_cannot_end_by_itself() {
    let env = TestEnv::new(242);
    env.build(&[]);
    let (unread, mut full) = io::pipe().expect("there are pipes");
    // A pipe holds so much before a writer must wait: the summary finds no room, and the build cannot end.
    full.write_all(&[b' '; 1 << 16])
        .expect("an empty pipe holds 64 KiB");
    let mut child = env
        .command(&["build", "tiny.yaml"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(child.stderr.take().expect("its errors are piped")).lines();
    line_with(&mut told, "Building");
    send("-INT", &child);
    let stopping = line_with(&mut told, "Stopping");
    send("-INT", &child);
    let code = child.wait().expect("the program ends").code();
    drop(unread);
    page::assert_says_text(
        "interrupted-twice",
        &env,
        code.unwrap_or(-1),
        &format!("{stopping}\n"),
    );
    assert_eq!(env.build(&[])["ran"], 0);
}

#[test]
fn a_build_that_is_killed_says_nothing_and_the_next_one_goes_on() {
    let env = TestEnv::new(243);
    env.build(&["--set", "seed=2430"]);
    let mut child = env
        .command(&[
            "build",
            "tiny.yaml",
            "--message-format",
            "json",
            "--set",
            "base.steps=40",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    line_with(&mut said, "\"event\":\"ran\"");
    child.kill().expect("the program can be killed");
    let ran = Ran::from(child.wait_with_output().expect("the program ends"));
    page::assert_says("killed", &env, &ran);
    let next = env.build(&["--set", "base.steps=40"]);
    assert!(next["hit"].as_u64() > Some(0) && next["failed"] == 0, "{next}");
}
