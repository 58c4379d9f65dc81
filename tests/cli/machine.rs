//! What the program says about the machine it is on.

use super::environment::{Ran, TestEnv, of_event};

#[test]
fn a_machine_that_can_build_has_no_problem_and_drivers_are_not_heard() {
    let env = TestEnv::new(1400);
    let ran = env
        .run(&["doctor", "--cache-dir", "own", "--message-format", "json"])
        .expect(0);
    assert_eq!(ran.stderr, "");
    let messages = ran.messages();
    let checks = of_event(&messages, "check");
    for name in ["program", "cpu", "memory", "cache", "disk", "device", "data"] {
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

#[cfg(feature = "vulkan")]
#[test]
fn both_devices_are_tested_and_measured() {
    let env = TestEnv::new(1402);
    let ran = env
        .run(&["doctor", "--cache-dir", "own", "--message-format", "json"])
        .expect(0);
    let messages = ran.messages();
    let checks = of_event(&messages, "check");
    let cpu = checks.iter().find(|check| check["name"] == "cpu");
    let cpu = cpu.expect("a check of the processor")["text"].to_string();
    assert!(
        cpu.contains("self-test passed; matmul ") && cpu.contains(" GB/s"),
        "{cpu}"
    );
    let software = checks
        .iter()
        .find(|check| check["device"]["name"] == "vulkan:software");
    let software = software.expect("the tests need a software driver");
    assert_eq!(software["state"], "ok", "{software}");
    let device = &software["device"];
    assert_eq!(device["self_test_passed"], true);
    for number in [
        "memory_bytes",
        "largest_array_bytes",
        "matmul_flops_per_second",
        "copy_bytes_per_second",
    ] {
        assert!(
            device[number].as_f64().is_some_and(|number| number > 0.0),
            "{number}: {device}"
        );
    }
    assert!(device["driver"].is_string(), "{device}");
}

#[cfg(feature = "vulkan")]
#[test]
fn a_machine_without_a_driver_is_told_so_and_can_build() {
    let env = TestEnv::new(1403);
    let output = env
        .command(&["doctor", "--cache-dir", "own"])
        .envs([("VK_DRIVER_FILES", "/nowhere"), ("VK_ICD_FILENAMES", "/nowhere")])
        .output();
    let ran = Ran::from(output.expect("the program starts")).expect(0);
    assert!(
        ran.stdout.contains("no GPU; training runs on the processor"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("vulkan:"), "{}", ran.stdout);
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
