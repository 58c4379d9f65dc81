//! Devices that a build cannot use.

use super::NO_SEED;
use crate::environment::{Ran, TestEnv};
use crate::page;

/// Runs the program where no Vulkan driver is found.
fn without_drivers(env: &TestEnv, arguments: &[&str]) -> Ran {
    let mut command = env.command(arguments);
    for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
        command.env(variable, env.path("no-driver.json"));
    }
    Ran::from(command.output().expect("the program starts"))
}

#[cfg(feature = "vulkan")]
#[test]
fn a_device_that_is_not_there_is_refused_before_anything_runs() {
    let env = TestEnv::new(NO_SEED);
    let build = [
        "build",
        "tiny.yaml",
        "--device",
        "vulkan:1",
        "--quiet",
        "--cache-dir",
        "cache",
    ];
    page::assert_says("no-device", &env, &without_drivers(&env, &build));
    assert!(env.files("cache/entries").is_empty(), "something has run");
}

#[test]
fn a_plan_does_not_ask_for_the_device() {
    let env = TestEnv::new(NO_SEED);
    let ran = without_drivers(&env, &["plan", "tiny.yaml", "--device", "vulkan:1"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("device: vulkan:1\n"), "{}", ran.stdout);
}

#[test]
fn automatic_is_the_processor_where_there_is_no_gpu_and_that_is_said() {
    let env = TestEnv::new(NO_SEED);
    let arguments = [
        "plan",
        "tiny.yaml",
        "--device",
        "auto",
        "--message-format",
        "json",
    ];
    let found = without_drivers(&env, &arguments);
    let named = without_drivers(&env, &[&arguments[..3], &["cpu"], &arguments[4..]].concat());
    assert_eq!(
        found.stdout, named.stdout,
        "the keys are those of the device that was found"
    );
    let said = without_drivers(&env, &["plan", "tiny.yaml", "--device", "auto"]).stdout;
    assert!(
        said.contains("device: cpu, because no GPU can be opened\n"),
        "{said}"
    );
}
