//! Files of weights that are damaged, of another kind or of another network, and such as hold a program.

use std::fs;
use std::path::Path;

use super::{NO_SEED, assert_ends};
use crate::environment::TestEnv;
use crate::weights::zeros;

/// A file that PyTorch wrote; `tests/golden/weights_files.py`.
fn golden(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights_files");
    fs::read(folder.join(file)).expect("the golden can be read")
}

/// Imports a file of these bytes, which must be refused as the page says; nothing is kept.
fn assert_import_refused(case: &str, bytes: &[u8]) {
    let env = TestEnv::new(NO_SEED);
    fs::write(env.path("given.pth"), bytes).expect("the test's folder can be written");
    assert_ends(case, &env, &["weights", "import", "given.pth"]);
    assert!(!env.path("weights").exists());
}

#[test]
fn a_file_with_a_program_in_it_is_refused_and_not_run() {
    assert_import_refused("weights-of-a-program", &golden("harmful.pth"));
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let whole = golden("module.pth");
    assert_import_refused("weights-cut-short", &whole[..whole.len() / 2]);
}

#[test]
fn a_number_that_has_changed_is_noticed() {
    let mut bytes = golden("zip.pth");
    let pickle = bytes.windows(8).position(|window| window == b"data.pkl");
    // Behind the name lies a field of padding; the pickle ends where its next file begins.
    let start = pickle.expect("an archive of PyTorch has a pickle") + 200;
    bytes[start] ^= 1;
    assert_import_refused("weights-damaged", &bytes);
}

#[test]
fn a_file_of_another_kind_is_no_weights() {
    assert_import_refused("weights-of-no-format", b"<!DOCTYPE html><title>Not found</title>");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let env = TestEnv::new(NO_SEED);
    assert_ends("weights-not-there", &env, &["weights", "check", "absent.pth"]);
}

#[test]
fn arrays_of_an_unknown_network_are_refused() {
    assert_import_refused("weights-of-no-network", &golden("module.pth"));
}

#[test]
fn an_array_of_another_shape_is_named() {
    let env = TestEnv::new(NO_SEED);
    let shape = ("Mixed_6b.branch1x1.conv.weight", &[192, 768, 3, 3][..]);
    zeros(&env.path("given.safetensors"), Some(shape));
    let arguments = ["weights", "import", "given.safetensors"];
    assert_ends("weights-of-another-shape", &env, &arguments);
    assert!(!env.path("weights").exists());
}

#[test]
fn a_second_file_for_a_network_is_refused() {
    let env = TestEnv::new(NO_SEED);
    env.write("weights/inception_v3_google-1a9a5a14.pth", "another");
    zeros(&env.path("given.safetensors"), None);
    assert_ends("weights-twice", &env, &["weights", "import", "given.safetensors"]);
    assert_eq!(env.files("weights").len(), 1);
}

#[test]
fn without_any_weights_there_is_nothing_to_check() {
    assert_ends("no-weights", &TestEnv::new(NO_SEED), &["weights", "check"]);
}
