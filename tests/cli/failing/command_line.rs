//! Mistakes on the command line.

use super::{NO_SEED, assert_ends};
use crate::environment::TestEnv;
use crate::page;

/// Plans `tiny.yaml` with these arguments, which must be refused as the page says.
fn assert_refused(case: &str, arguments: &[&str]) {
    let env = TestEnv::new(NO_SEED);
    assert_ends(case, &env, &[&["plan", "tiny.yaml"], arguments].concat());
}

#[test]
fn an_override_without_an_equals_sign_is_refused() {
    assert_refused("set-without-value", &["--set", "base.steps"]);
}

#[test]
fn an_override_of_an_unknown_key_is_named_by_its_argument() {
    assert_refused("set-unknown-key", &["--set", "base.stps=500"]);
}

#[test]
fn an_override_with_a_wrong_value_is_named_by_its_argument() {
    assert_refused(
        "set-wrong-value",
        &["--set", "base.steps=many", "--device", "gpu"],
    );
}

#[test]
fn an_override_that_is_no_yaml_is_refused() {
    assert_refused("set-not-yaml", &["--set", "evaluate.metrics=[fid"]);
}

#[test]
fn an_override_that_the_matrix_undoes_is_refused() {
    assert_refused(
        "set-without-effect",
        &["--set", "base.discriminator.normalization=none"],
    );
}

#[test]
fn an_override_below_a_value_is_refused() {
    assert_refused("set-below-a-value", &["--set", "base.steps.first=1"]);
}

#[test]
fn an_unknown_command_gets_the_one_that_was_meant() {
    assert_ends("unknown-command", &TestEnv::new(NO_SEED), &["bild", "tiny.yaml"]);
}

#[test]
fn an_unknown_option_gets_the_one_that_was_meant() {
    assert_ends(
        "unknown-option",
        &TestEnv::new(NO_SEED),
        &["build", "tiny.yaml", "--keep-goin"],
    );
}

#[test]
fn a_number_of_jobs_that_is_none_is_refused() {
    assert_ends(
        "wrong-number",
        &TestEnv::new(NO_SEED),
        &["build", "tiny.yaml", "--jobs", "0"],
    );
}

#[test]
fn a_stage_that_does_not_exist_gets_the_one_that_was_meant() {
    assert_ends(
        "unknown-stage",
        &TestEnv::new(NO_SEED),
        &["explain", "tiny.yaml", "clasifier"],
    );
}

#[test]
fn a_run_that_does_not_exist_gets_the_one_that_was_meant() {
    assert_ends(
        "unknown-run",
        &TestEnv::new(NO_SEED),
        &["explain", "tiny.yaml", "spectral/seed-7"],
    );
}

#[test]
fn a_part_of_several_names_is_refused_with_these_names() {
    assert_ends(
        "ambiguous-stage",
        &TestEnv::new(NO_SEED),
        &["explain", "tiny.yaml", "fid"],
    );
}

#[test]
fn a_column_that_does_not_exist_gets_the_one_that_was_meant() {
    let env = TestEnv::new(210);
    env.build(&[]);
    assert_ends(
        "unknown-column",
        &env,
        &["table", "tiny.yaml", "runs", "--columns", "run,statu"],
    );
}

#[test]
fn a_study_is_never_overwritten_unasked() {
    let env = TestEnv::new(NO_SEED);
    env.write("mine.yaml", "mine");
    assert_ends("init-existing", &env, &["init", "mine.yaml"]);
    assert_eq!(
        std::fs::read_to_string(env.path("mine.yaml")).ok().as_deref(),
        Some("mine")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let env = TestEnv::new(NO_SEED);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut command = env.command(&["schema"]);
    let output = command
        .stdout(full.expect("Linux has /dev/full"))
        .output()
        .expect("the program starts");
    page::assert_says("output-full", &env, &output.into());
}
