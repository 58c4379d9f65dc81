//! What the program says about the machine it is on.

use super::environment::{TestEnv, of_event};

#[test]
fn a_machine_that_can_build_has_no_problem_and_drivers_are_not_heard() {
    let env = TestEnv::new(1400);
    let ran = env
        .run(&["doctor", "--cache-dir", "own", "--message-format", "json"])
        .expect(0);
    assert_eq!(ran.stderr, "");
    let messages = ran.messages();
    let checks = of_event(&messages, "check");
    for name in ["program", "cpu", "memory", "cache", "disk", "vulkan", "data"] {
        let check = checks.iter().find(|check| check["name"] == name);
        let check = check.unwrap_or_else(|| panic!("no check of {name}"));
        assert!(check["state"] == "ok" || check["state"] == "note", "{check}");
    }
    let last = messages.last().expect("there is a last message");
    assert_eq!(last["problems"], 0);
    let text = env.run(&["doctor", "--cache-dir", "own"]).expect(0).stdout;
    assert_eq!(
        text.lines().filter(|line| !line.contains("hint: ")).count(),
        checks.len()
    );
}

#[test]
fn a_cache_that_cannot_be_used_is_a_problem_with_a_hint() {
    let env = TestEnv::new(1401);
    env.write("file", "no folder");
    let ran = env.run(&["doctor", "--cache-dir", "file"]).expect(1);
    assert!(ran.stdout.contains("problem  cache    cannot "), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("hint: check that the cache folder"),
        "{}",
        ran.stdout
    );
}
