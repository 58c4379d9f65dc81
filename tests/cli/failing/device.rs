//! Devices that a build cannot use.

use super::{NO_SEED, assert_ends, assert_refused_with};
use crate::devices::own_images;
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

#[cfg(not(feature = "metal"))]
#[test]
fn a_device_that_this_build_leaves_out_is_refused_with_the_feature_that_adds_it() {
    let env = TestEnv::new(NO_SEED);
    let build = [
        "build",
        "tiny.yaml",
        "--device",
        "metal",
        "--quiet",
        "--cache-dir",
        "cache",
    ];
    assert_ends("device-not-built", &env, &build);
    assert!(env.files("cache/entries").is_empty(), "something has run");
}

#[test]
fn a_precision_that_the_processor_lacks_is_refused_where_it_is_written() {
    assert_refused_with("precision-without-gpu", "precision: bf16");
}

/// The software driver has buffers of 128 MiB at most, and so have the weights of this generator one too large.
#[cfg(feature = "vulkan")]
#[test]
fn a_device_that_cannot_hold_an_array_fails_the_stage_with_what_helps() {
    let env = TestEnv::new(NO_SEED);
    let images = own_images();
    let build = [
        &[
            "build",
            "tiny.yaml",
            "--quiet",
            "--cache-dir",
            "cache",
            "--jobs",
            "1",
        ][..],
        &[
            "--device",
            "vulkan:software",
            "--set",
            "base.latent.dimension=65536",
        ],
        &["--set", "base.architecture.width=0.078125"],
        &[
            "--set",
            "matrix={}",
            "--set",
            "base.discriminator.normalization=none",
        ],
        &["--set", &images, "--set", "evaluate={ samples: 16, at: last }"],
    ]
    .concat();
    assert_ends("device-too-small", &env, &build);
    let entries = env.files("cache/entries").into_values();
    let kinds: Vec<String> = entries
        .map(|entry| String::from_utf8(entry).expect("an entry is text"))
        .filter(|entry| entry.contains("\"first_step\""))
        .collect();
    assert!(kinds.is_empty(), "a failure is no result: {kinds:?}");
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
    assert!(said.contains("device: cpu, because there is no GPU\n"), "{said}");
}
