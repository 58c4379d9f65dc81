//! Why a stage would run, told as the field that differs.

use super::environment::TestEnv;

#[test]
fn the_setting_that_changed_is_named_with_both_values() {
    let env = TestEnv::new(400);
    env.build(&[]);
    let rate = "base.optimizer.adam.learning_rate=1e-3";
    let ran = env
        .run(&["explain", "tiny.yaml", "none/seed-1", "--set", rate])
        .expect(0);
    assert!(
        ran.stdout.contains("none/seed-1/train 0-2: will run"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("learning_rate: 0.0002 -> 0.001"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_setting_is_explained_by_the_first_of_its_stages_that_is_no_hit() {
    let env = TestEnv::new(404);
    env.build(&[]);
    let ran = env
        .run(&["explain", "tiny.yaml", "spectral", "--set", "base.steps=6"])
        .expect(0);
    assert!(
        ran.stdout.starts_with("spectral/seed-1/train 4-6: will run"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_hit_is_told_as_one() {
    let env = TestEnv::new(401);
    env.build(&[]);
    let ran = env
        .run(&["explain", "tiny.yaml", "spectral/seed-1/fid 4"])
        .expect(0);
    assert!(
        ran.stdout.starts_with("spectral/seed-1/fid 4: hit\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_run_or_a_setting_without_work_is_told_to_be_all_hits() {
    let env = TestEnv::new(405);
    env.build(&[]);
    for name in ["spectral/seed-1", "spectral"] {
        let ran = env.run(&["explain", "tiny.yaml", name]).expect(0);
        let count = ran.stdout.strip_prefix(&format!("{name}: all "));
        let count = count.and_then(|rest| rest.strip_suffix(" stages are hits\n"));
        let count: Option<usize> = count.and_then(|count| count.parse().ok());
        assert!(count > Some(5), "{}", ran.stdout);
    }
}

#[test]
fn a_stage_that_waits_for_another_is_explained_by_that_one() {
    let env = TestEnv::new(402);
    env.build(&[]);
    let arguments = [
        "explain",
        "tiny.yaml",
        "none/seed-1/fid 4",
        "--set",
        "base.batch_size=8",
    ];
    let ran = env.run(&arguments).expect(0);
    assert!(
        ran.stdout.contains("unknown until none/seed-1/train 0-2 has run"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("batch_size: 4 -> 8"), "{}", ran.stdout);
}

#[test]
fn a_misspelt_or_ambiguous_name_is_refused_with_the_names_there_are() {
    let env = TestEnv::new(403);
    let unknown = env.run(&["explain", "tiny.yaml", "clasifier"]).expect(2);
    assert!(
        unknown.stderr.contains("did you mean \"classifier\"?"),
        "{}",
        unknown.stderr
    );
    let ambiguous = env.run(&["explain", "tiny.yaml", "fid"]).expect(2);
    assert!(
        ambiguous.stderr.contains("spectral/seed-1/fid 4"),
        "{}",
        ambiguous.stderr
    );
}
