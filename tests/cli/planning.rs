//! What a build would do, told without doing it.

use std::path::Path;

use super::environment::{CHECKPOINTS, RUNS, TestEnv, of_event};

#[test]
fn a_template_can_be_planned_as_it_is_and_is_never_overwritten() {
    let env = TestEnv::new(300);
    let ran = env.run(&["init", "new.yaml"]).expect(0);
    assert!(ran.stdout.contains("gan-pipe plan new.yaml"), "{}", ran.stdout);
    env.run(&["plan", "new.yaml"]).expect(0);
    env.write("new.yaml", "mine");
    let refused = env.run(&["init", "new.yaml"]).expect(2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(env.files(".")[Path::new("new.yaml")], b"mine");
    env.run(&["init", "new.yaml", "--force"]).expect(0);
    env.run(&["plan", "new.yaml"]).expect(0);
}

#[test]
fn a_plan_says_what_will_run_and_runs_nothing() {
    let env = TestEnv::new(301);
    let before = env.run(&["plan", "tiny.yaml"]).expect(0);
    assert!(before.stdout.starts_with("tiny: 2 runs, "), "{}", before.stdout);
    assert!(before.stdout.contains("\nnone/seed-1\n"), "{}", before.stdout);
    assert!(before.stdout.contains("at most "), "{}", before.stdout);
    assert!(!env.path("results").exists());
    env.run(&["plan", "tiny.yaml", "--exit-code"]).expect(10);
}

#[test]
fn after_a_build_everything_is_a_hit() {
    let env = TestEnv::new(302);
    env.build(&[]);
    let ran = env.run(&["plan", "tiny.yaml", "--exit-code"]).expect(0);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.ends_with("nothing to run"), "{last}");
}

#[test]
fn a_longer_study_keeps_what_the_shorter_one_has() {
    let env = TestEnv::new(303);
    let built = env.build(&[]);
    let arguments = [
        "plan",
        "tiny.yaml",
        "--set",
        "base.steps=6",
        "--message-format",
        "json",
    ];
    let messages = env.run(&arguments).expect(0).messages();
    let last = messages.last().expect("a plan has a last message");
    assert_eq!(last["event"], "finished");
    assert_eq!(last["hit"], built["stages"]);
    let will_run = of_event(&messages, "will-run");
    assert_eq!(will_run.len(), RUNS, "the next segment of each run");
    assert!(will_run.iter().all(|message| message["kind"] == "train"));
    let stages: usize = messages.len() - 1;
    assert!(stages > RUNS * CHECKPOINTS, "{stages} stages");
}

#[test]
fn every_stage_is_listed_on_request() {
    let env = TestEnv::new(304);
    let ran = env.run(&["plan", "tiny.yaml", "--verbose"]).expect(0);
    for stage in ["train 0-2", "train 2-4", "fid 4", "inception-score 0"] {
        let count = ran.stdout.matches(stage).count();
        assert!(count >= RUNS, "{stage}:\n{}", ran.stdout);
    }
}

#[test]
fn without_measurements_there_is_no_estimate_and_a_plan_says_so() {
    let env = TestEnv::new(305);
    let plan = env
        .run(&["plan", "tiny.yaml", "--cache-dir", "empty"])
        .expect(0)
        .stdout;
    let none = "\nestimate: none; no stage like these has been measured in this cache yet; --rate counts operations instead\n";
    assert!(plan.contains(none), "{plan}");
}

#[test]
fn a_plan_estimates_from_what_such_stages_took_and_a_build_says_the_same_first() {
    let env = TestEnv::new(306);
    let parallel = ["--jobs", "1", "--threads", "1"];
    env.build(&parallel);
    let longer = [
        &["tiny.yaml", "--set", "base.steps=8", "--message-format", "json"][..],
        &parallel,
    ]
    .concat();
    let messages = env.run(&[&["plan"], &longer[..]].concat()).expect(0).messages();
    let last = messages.last().expect("a plan has a last message");
    let estimate = &last["estimate"];
    assert_eq!(
        (&estimate["same"], &estimate["unmeasured"]),
        (&last["at_most"], &0.into())
    );
    assert!(
        estimate["seconds"].as_f64() > Some(0.0) && estimate["bytes"].as_u64() > Some(1000),
        "{last}"
    );
    let training = messages.iter().find(|message| message["event"] == "will-run");
    let training = training.expect("a longer study trains");
    assert_eq!(
        (&training["basis"], &training["estimated_seconds"].is_number()),
        (&"same".into(), &true)
    );
    let built = env.run(&[&["build"], &longer[..]].concat()).expect(0).messages();
    assert_eq!(built[1]["event"], "estimate");
    for field in ["seconds", "bytes", "same", "jobs"] {
        assert_eq!(built[1][field], estimate[field], "{field}");
    }
    let again = env.run(&[&["plan"], &longer[..]].concat()).expect(0).messages();
    assert!(
        again.last().is_some_and(|last| last["estimate"].is_null()),
        "nothing is left to run"
    );
}

#[test]
fn a_study_of_the_landscape_is_planned_without_its_data_and_what_runs_share_counts_once() {
    let env = TestEnv::new(307);
    let study = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/studies/landscape/losses-celeba-hq-128.yaml"
    );
    let plan = env.run(&["plan", study]).expect(0).stdout;
    // A run: the initial weights, 5 segments, and a grid, features and a distance at 6 checkpoints. Shared: the data, the
    // extractor, and the features of test images and their statistics.
    let stages = 720 * (1 + 5 + 6 * 3) + 4;
    assert!(
        plan.starts_with(&format!("losses-celeba-hq-128: 720 runs, {stages} stages\n")),
        "{}",
        plan.lines().next().unwrap_or_default()
    );
    assert!(plan.contains("; --rate counts operations instead\n"), "{plan}");
    let counted = env.run(&["plan", study, "--rate", "1000"]).expect(0).stdout;
    let estimate = counted.lines().find(|line| line.starts_with("estimate: "));
    let estimate = estimate.expect("a plan with a rate has an estimate");
    assert!(estimate.starts_with("estimate: at least "), "{estimate}");
    assert!(
        estimate.contains("3600 stages counted in operations at the rate given, "),
        "{estimate}"
    );
    for wrong in ["0", "-1", "fast", "inf"] {
        let rate = format!("--rate={wrong}");
        let refused = env.run(&["plan", study, &rate]).expect(2).stderr;
        assert!(
            refused.contains("expected a number above 0, in GFLOP/s"),
            "{refused}"
        );
    }
}
