//! The history of a study's keys.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part of the support")]
mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;

use gan_cache::HistoryRecord;
use support::{Bench, document};

fn record(name: &str, seed: u32) -> HistoryRecord {
    HistoryRecord {
        kind: "train".to_owned(),
        name: name.to_owned(),
        key: document(seed).key(),
    }
}

#[test]
fn records_come_back_in_order_newest_last() {
    let bench = Bench::new();
    let history = bench.store.history("quickstart");
    assert_eq!(history.records().unwrap(), []);
    history.append(&[record("a", 1), record("b", 2)]).unwrap();
    history.append(&[record("a", 3)]).unwrap();
    assert_eq!(
        history.records().unwrap(),
        [record("a", 1), record("b", 2), record("a", 3)]
    );
    assert_eq!(bench.store.history("other").records().unwrap(), []);
}

#[test]
fn a_stage_whose_key_has_not_changed_is_not_appended() {
    let bench = Bench::new();
    let history = bench.store.history("quickstart");
    history
        .append(&[record("a", 1), record("a", 1), record("b", 1)])
        .unwrap();
    history.append(&[record("b", 1), record("a", 1)]).unwrap();
    assert_eq!(history.records().unwrap(), [record("a", 1), record("b", 1)]);
    // Back to an earlier key is a change again.
    history.append(&[record("a", 2)]).unwrap();
    history.append(&[record("a", 1)]).unwrap();
    assert_eq!(history.records().unwrap()[2..], [record("a", 2), record("a", 1)]);
}

#[test]
fn stages_of_two_kinds_may_share_a_name() {
    let bench = Bench::new();
    let history = bench.store.history("quickstart");
    let other = HistoryRecord {
        kind: "evaluate".to_owned(),
        ..record("a", 2)
    };
    for _ in 0..2 {
        history.append(&[record("a", 1), other.clone()]).unwrap();
    }
    assert_eq!(history.records().unwrap(), [record("a", 1), other]);
}

#[test]
fn a_torn_last_line_is_left_out_and_does_not_spoil_the_next() {
    let bench = Bench::new();
    let history = bench.store.history("quickstart");
    history.append(&[record("a", 1), record("b", 2)]).unwrap();
    let path = bench.store.root().join("history/quickstart");
    let whole = fs::read(&path).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in second + 1..whole.len() - 1 {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(history.records().unwrap(), [record("a", 1)], "torn at {length}");
        history.append(&[record("c", 3)]).unwrap();
        assert_eq!(
            history.records().unwrap(),
            [record("a", 1), record("c", 3)],
            "torn at {length}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_left_out() {
    let bench = Bench::new();
    let history = bench.store.history("quickstart");
    history.append(&[record("a", 1)]).unwrap();
    let path = bench.store.root().join("history/quickstart");
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"\xff\xfe\n{}\n\n")
        .unwrap();
    history.append(&[record("b", 2)]).unwrap();
    assert_eq!(history.records().unwrap(), [record("a", 1), record("b", 2)]);
}

#[test]
fn the_name_of_a_study_never_leaves_the_folder_of_histories() {
    let bench = Bench::new();
    let names = [
        "..",
        ".",
        "",
        "%",
        "%2e",
        "a/b",
        "a%2fb",
        "../../outside",
        "größe",
        "a b",
        "A.b-c_1",
    ];
    for (seed, name) in names.iter().enumerate() {
        bench
            .store
            .history(name)
            .append(&[record("a", seed as u32)])
            .unwrap();
    }
    for (seed, name) in names.iter().enumerate() {
        assert_eq!(
            bench.store.history(name).records().unwrap(),
            [record("a", seed as u32)],
            "{name}"
        );
    }
    assert_eq!(bench.files("history").len(), names.len());
}
