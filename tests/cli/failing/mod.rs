//! What is wrong is said with its place and a hint, and each kind has its exit code: every row of docs/errors.md.
//!
//! Tests run as root in some places, where permissions bind nobody. So nothing here is made unwritable by its
//! permissions: a file stands where a folder must be, a path leads below `/proc`, where no one can make a file, or the
//! system limits how large a file may become.

mod archives;
mod building;
mod command_line;
mod data;
mod device;
mod evaluation;
mod matrix;
mod own_images;
mod published;
mod results;
mod score;
mod store;
mod study;
mod weights;

use super::environment::{Ran, TestEnv};
use super::page;

/// Studies that are never built need no seed of their own.
const NO_SEED: u32 = 200;

/// A study that is right, `base` last and open for more keys.
const STUDY: &str = "\
study: example
data: { dataset: polygons, count: 64 }
base:
  batch_size: 4
  steps: 1000
  checkpoint_every: 500
";

/// Plans a study file that holds this text, which must be refused as the page says.
fn assert_refused(case: &str, text: &str) {
    let env = TestEnv::new(NO_SEED);
    env.write("study.yaml", text);
    page::assert_says(case, &env, &env.run(&["plan", "study.yaml"]));
}

/// As [`assert_refused`], with lines at the end of [`STUDY`].
fn assert_refused_with(case: &str, lines: &str) {
    assert_refused(case, &format!("{STUDY}{lines}\n"));
}

/// As [`assert_refused`], with a part of [`STUDY`] replaced.
fn assert_refused_instead(case: &str, part: &str, by: &str) {
    assert!(STUDY.contains(part));
    assert_refused(case, &STUDY.replace(part, by));
}

/// Runs the program on `tiny.yaml` or what else the arguments name, which must end as the page says.
fn assert_ends(case: &str, env: &TestEnv, arguments: &[&str]) -> Ran {
    let ran = env.run(arguments);
    page::assert_says(case, env, &ran);
    ran
}
