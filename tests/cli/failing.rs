//! What is wrong is said with its place and a hint, and each kind has its exit code.

use super::environment::TestEnv;

#[test]
fn an_unknown_study_file_is_named_with_a_hint() {
    let ran = TestEnv::new(200).run(&["build", "absent.yaml"]).expect(2);
    insta::assert_snapshot!(ran.stderr, @r"
    error: cannot read the study absent.yaml
    caused by: No such file or directory (os error 2)
    hint: `gan-pipe init absent.yaml` writes a study to start from
    ");
}

#[test]
fn every_problem_of_a_study_has_its_line_and_a_hint() {
    let env = TestEnv::new(201);
    env.write(
        "wrong.yaml",
        "study: wrong\ndata: { dataset: polygons, count: 64 }\nbase: { stepps: 4, checkpoint_every: 2 }\nseeds: 1\n",
    );
    let ran = env.run(&["plan", "wrong.yaml"]).expect(2);
    assert!(
        ran.stderr.contains("wrong.yaml:3:9: base.stepps: "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("hint: did you mean \"steps\"?"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.ends_with("error: the study has 2 problems\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_wrong_value_on_the_command_line_is_named_by_its_argument() {
    let env = TestEnv::new(202);
    let ran = env
        .run(&["plan", "tiny.yaml", "--set", "base.steps=none", "--device", "gpu"])
        .expect(2);
    assert!(
        ran.stderr.contains("--set base.steps=none: base.steps: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--device gpu: device: "), "{}", ran.stderr);
}

#[test]
fn a_cache_folder_that_is_a_file_has_its_exit_code() {
    let env = TestEnv::new(203);
    env.write("occupied", "");
    let ran = env
        .run(&["build", "tiny.yaml", "--cache-dir", "occupied"])
        .expect(4);
    assert!(ran.stderr.contains("occupied"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
}

#[test]
fn a_results_folder_that_is_a_file_is_refused_before_anything_runs() {
    let env = TestEnv::new(204);
    env.write("occupied", "");
    let ran = env
        .run(&["build", "tiny.yaml", "--out", "occupied/results"])
        .expect(5);
    assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("--out"), "{}", ran.stderr);
}

#[test]
fn data_that_is_absent_does_not_keep_a_plan_from_being_made() {
    let env = with_absent_data(205);
    let ran = env.run(&["plan", "fashion.yaml"]).expect(0);
    assert!(ran.stdout.contains("data not on this machine"), "{}", ran.stdout);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("hit: 0"), "{last}");
}

#[test]
fn a_build_without_data_names_the_file_and_where_to_get_it() {
    let env = with_absent_data(206);
    let ran = env.run(&["build", "fashion.yaml"]).expect(3);
    assert!(ran.stderr.contains("is not on this machine"), "{}", ran.stderr);
    assert!(ran.stderr.contains("train-images-idx3-ubyte"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert!(
        !env.path("results").exists(),
        "a build that cannot begin leaves no folder"
    );
}

#[test]
fn in_json_an_error_is_the_last_message() {
    let env = with_absent_data(207);
    let ran = env
        .run(&["build", "fashion.yaml", "--message-format", "json"])
        .expect(3);
    let messages = ran.messages();
    let last = messages.last().expect("there is a message");
    assert_eq!((&last["event"], &last["status"]), (&"error".into(), &3.into()));
}

#[test]
fn a_stage_that_fails_is_named_with_its_causes() {
    let env = with_absent_data(208);
    for file in [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ] {
        env.write(&format!("absent/{file}"), "no images");
    }
    let ran = env
        .run(&["build", "fashion.yaml", "--message-format", "json"])
        .expect(1);
    let last = ran.messages().pop().expect("there is a message");
    assert_eq!((&last["event"], &last["failed"]), (&"finished".into(), &1.into()));
    assert!(
        ran.stderr.contains("error: stage \"data\" failed"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("caused by: "), "{}", ran.stderr);
}

/// A study of Fashion-MNIST whose folder is empty.
fn with_absent_data(seed: u32) -> TestEnv {
    let env = TestEnv::new(seed);
    env.write("absent/readme", "the files are elsewhere");
    env.write(
        "fashion.yaml",
        "data: { dataset: fashion-mnist, path: absent }\nbase: { steps: 4, checkpoint_every: 2 }\nseeds: 1\n",
    );
    env
}
