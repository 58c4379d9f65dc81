//! Ctrl-C keeps what is finished, and the next build goes on from there.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::environment::TestEnv;

/// Long enough that the signal always arrives while it runs: 20 segments a run.
const LONGER: [&str; 4] = ["--set", "base.steps=40", "--set", "evaluate.at=last"];

#[test]
fn an_interrupted_build_keeps_its_segments_and_the_next_one_goes_on() {
    let env = TestEnv::new(600);
    let arguments = [&["build", "tiny.yaml", "--message-format", "json"][..], &LONGER].concat();
    let mut child = env
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    wait_for_segment(&mut lines);
    interrupt(&child);
    let last = last_message(lines);
    assert_eq!(child.wait().expect("the program ends").code(), Some(130));
    assert_eq!((&last["event"], &last["failed"]), (&"finished".into(), &0.into()));
    assert!(last["unfinished"].as_u64() > Some(0), "{last}");
    let known = last["hit"].as_u64().unwrap_or(0) + last["ran"].as_u64().unwrap_or(0);

    let next = env.build(&LONGER);
    assert_eq!(next["unfinished"], 0);
    assert!(next["hit"].as_u64() >= Some(known), "{next} after {last}");
    assert!(next["ran"].as_u64() > Some(0), "{next}");
}

/// Reads until the second segment of some run has ended.
fn wait_for_segment(lines: &mut Lines<BufReader<ChildStdout>>) {
    let is_segment = |message: &Value| message["event"] == "ran" && message["kind"] == "train";
    let ended = lines.map(|line| parse(&line.expect("the program writes lines")));
    let found = ended.filter(is_segment).nth(1);
    assert!(found.is_some(), "the build ended before two segments ran");
}

fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(
        kill.is_ok_and(|status| status.success()),
        "the signal was not sent"
    );
}

fn last_message(lines: Lines<BufReader<ChildStdout>>) -> Value {
    let last = lines.last().expect("there is a last message");
    parse(&last.expect("the program writes lines"))
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}
