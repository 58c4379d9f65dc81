//! What a study file does, seen from outside: runs, names and messages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod data;
mod device;
mod documentation;
mod evaluation;
mod files;
mod landscape;
mod matrix;
mod message;
mod overrides;
mod own_images;
mod schema;

use super::{Override, Run, Study};

/// A study with nothing left out that has no default, and `base` open for more keys at the end.
const SHORT: &str = "data: { dataset: polygons }\nbase:\n  steps: 1000\n  checkpoint_every: 400\n";

/// Reads a text as the file `studies/x.yaml`.
fn read(text: &str) -> Study {
    Study::parse(text, "studies/x.yaml", &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a study that is wrong, and returns what is said about it.
fn messages(text: &str) -> String {
    match Study::parse(text, "studies/x.yaml", &[]) {
        Ok(study) => panic!("this should be refused: {study:?}"),
        Err(error) => error.to_string(),
    }
}

/// Asserts what is said about each text, after the file's name.
fn assert_says(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let messages = messages(text).replace("studies/x.yaml:", "");
        assert_eq!(messages, *expected, "of\n{text}");
    }
}

fn set(text: &str) -> Override {
    Override::parse(text).unwrap()
}

fn setting_names(study: &Study) -> Vec<&str> {
    let first = study.runs.iter().filter(|run| run.seed == 1);
    first.map(|run: &Run| run.setting.as_str()).collect()
}
