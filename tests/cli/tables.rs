//! Result tables shown as text and CSV.

use super::environment::{CHECKPOINTS, RUNS, TestEnv};

#[test]
fn every_table_of_a_study_can_be_shown() {
    let env = TestEnv::new(1500);
    env.build(&[]);
    let lines = |arguments: &[&str]| env.run(arguments).expect(0).stdout.lines().count();
    let header = 2;
    assert_eq!(lines(&["table", "tiny.yaml"]), header + RUNS * 2);
    assert_eq!(lines(&["table", "tiny.yaml", "runs"]), header + RUNS);
    assert_eq!(
        lines(&["table", "results/tiny", "metrics"]),
        header + RUNS * CHECKPOINTS * 2
    );
    assert!(lines(&["table", "results/tiny", "losses"]) > header + RUNS * 4);
    assert!(lines(&["table", "tiny.yaml", "stages"]) > header + RUNS * CHECKPOINTS);
}

#[test]
fn csv_has_the_columns_that_were_asked_for() {
    let env = TestEnv::new(1501);
    env.build(&[]);
    let ran = env
        .run(&[
            "table",
            "tiny.yaml",
            "runs",
            "--format",
            "csv",
            "--columns",
            "run,status,last_step",
        ])
        .expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    run,status,last_step
    none/seed-1,completed,4
    spectral/seed-1,completed,4
    ");
}

#[test]
fn an_unknown_column_is_refused_with_the_nearest_one() {
    let env = TestEnv::new(1502);
    env.build(&[]);
    let ran = env
        .run(&["table", "tiny.yaml", "runs", "--columns", "run,statu"])
        .expect(2);
    assert!(ran.stderr.contains("did you mean \"status\"?"), "{}", ran.stderr);
}

#[test]
fn a_study_without_results_is_told_to_be_built() {
    let env = TestEnv::new(1503);
    let ran = env.run(&["table", "tiny.yaml"]).expect(5);
    assert!(ran.stderr.contains("gan-pipe build"), "{}", ran.stderr);
}

#[test]
fn what_a_study_asks_for_and_no_run_has_is_named() {
    let env = TestEnv::new(1504);
    env.build(&[]);
    let of_all = env.run(&["table", "tiny.yaml"]).expect(0).stdout;
    assert!(!of_all.contains("no value yet"), "{of_all}");
    let study = std::fs::read_to_string(env.path("tiny.yaml")).expect("the study was written");
    let more = study.replace("[fid, inception-score]", "[fid, kid, precision-recall]");
    assert_ne!(more, study);
    env.write("tiny.yaml", &more);
    let table = env.run(&["table", "tiny.yaml"]).expect(0).stdout;
    assert!(
        table.ends_with("no value yet, or failed: kid, precision, recall\n"),
        "{table}"
    );
}
