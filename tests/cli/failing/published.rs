//! Published sets whose files are cut short, of another set, or under each other's names; and downloads that fail.

use std::fs::{self, File};
use std::path::Path;

use super::{NO_SEED, assert_ends};
use crate::data_server::serve;
use crate::environment::TestEnv;
use crate::page;

const RECORD: u64 = 3073;
const NAMES: &str = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n";
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/published_sets");

/// A file of so many zeros that takes no room.
fn zeros(path: &Path, bytes: u64) {
    let file = path.parent().map(fs::create_dir_all).map(|_| File::create(path));
    let file = file.expect("a file lies in a folder");
    file.and_then(|file| file.set_len(bytes))
        .expect("the test's folder can be written");
}

/// CIFAR-10's binary files, all zeros, and a study of them.
fn cifar10() -> TestEnv {
    let env = TestEnv::new(NO_SEED);
    env.write(
        "cifar.yaml",
        "data: { dataset: cifar10, path: images }\nbase: { steps: 4, checkpoint_every: 2 }\n",
    );
    let batches = (1..=5).map(|number| format!("data_batch_{number}.bin"));
    for file in batches.chain(["test_batch.bin".to_owned()]) {
        zeros(&env.path("images").join(file), 10_000 * RECORD);
    }
    env.write("images/batches.meta.txt", NAMES);
    env
}

fn assert_build_refused(case: &str, env: &TestEnv) {
    let arguments = ["build", "cifar.yaml", "--quiet", "--cache-dir", "cache"];
    assert_ends(case, env, &arguments);
    assert!(env.files("cache/entries").is_empty());
}

#[test]
fn records_that_are_cut_short_are_refused() {
    let env = cifar10();
    zeros(&env.path("images/data_batch_2.bin"), 10_000 * RECORD - 1);
    assert_build_refused("records-cut-off", &env);
}

#[test]
fn another_number_of_images_is_refused() {
    let env = cifar10();
    zeros(&env.path("images/data_batch_1.bin"), 9_999 * RECORD);
    assert_build_refused("records-count", &env);
}

#[test]
fn names_of_the_classes_of_another_set_are_refused() {
    let env = cifar10();
    env.write("images/batches.meta.txt", "apple\naquarium_fish\n");
    assert_build_refused("class-names", &env);
}

#[test]
fn another_number_of_images_of_a_class_is_refused() {
    let env = cifar10();
    assert_ends(
        "class-counts",
        &env,
        &["data", "check", "cifar10", "--path", "images"],
    );
}

/// CIFAR-10's Python files: the names, and `bytes` as every batch.
fn pickled(bytes: &[u8]) -> TestEnv {
    let env = TestEnv::new(NO_SEED);
    let batches = (1..=5).map(|number| format!("data_batch_{number}"));
    for file in batches.chain(["test_batch".to_owned()]) {
        zeros(&env.path("images").join(&file), 0);
        fs::write(env.path("images").join(file), bytes).expect("the test's folder can be written");
    }
    let names = Path::new(GOLDEN).join("cifar10-names.python2");
    fs::copy(names, env.path("images/batches.meta")).expect("the names can be copied");
    env
}

#[test]
fn a_batch_with_too_few_images_or_under_anothers_name_is_refused() {
    let first = fs::read(Path::new(GOLDEN).join("cifar10.python2")).expect("the batch can be read");
    let check = ["data", "check", "cifar10", "--path", "images"];
    assert_ends("batch-count", &pickled(&first), &check);
    let label = b"training batch 1 of 5";
    let at = first.windows(label.len()).position(|window| window == label);
    let mut other = first;
    other[at.expect("a batch has a label") + 15] = b'2';
    assert_ends("batch-swapped", &pickled(&other), &check);
}

#[test]
fn a_pickle_that_would_run_something_is_refused() {
    let harmful = b"\x80\x02cposix\nsystem\nU\x04true\x85R.";
    let check = ["data", "check", "cifar10", "--path", "images"];
    assert_ends("pickle-harmful", &pickled(harmful), &check);
}

#[test]
fn a_plain_folder_of_images_is_no_published_set_unless_told() {
    let env = TestEnv::new(NO_SEED);
    env.write(
        "cifar.yaml",
        "data: { dataset: cifar10, path: images }\nbase: { steps: 4, checkpoint_every: 2 }\n",
    );
    let image = Path::new(GOLDEN).join("../images/rgb.png");
    for folder in ["train", "test"] {
        let cats = env.path("images").join(folder).join("cat");
        fs::create_dir_all(&cats).expect("the test's folder can be written");
        fs::copy(&image, cats.join("1.png")).expect("the image can be copied");
    }
    assert_build_refused("plain-folder", &env);
    let as_images = ["data", "check", "cifar10", "--path", "images", "--as", "images"];
    assert_ends("image-size", &env, &as_images);
    for folder in ["train", "test"] {
        let cats = env.path("images").join(folder).join("cat");
        fs::remove_file(cats.join("1.png")).expect("the test's folder can be written");
    }
    assert_ends("image-count", &env, &as_images);
}

#[test]
fn a_set_without_a_usual_folder_needs_one_to_be_checked() {
    let env = TestEnv::new(NO_SEED);
    assert_ends("check-without-path", &env, &["data", "check", "mnist"]);
}

#[test]
fn a_name_that_no_set_has_gets_the_one_that_was_meant() {
    let env = TestEnv::new(NO_SEED);
    assert_ends("unknown-set", &env, &["data", "fetch", "cifar-10"]);
    assert_ends(
        "unknown-form",
        &env,
        &["data", "fetch", "cifar10", "--as", "matlab"],
    );
}

/// Fetches MNIST from a server of this test, which must be refused as the page says.
fn assert_fetch_refused(case: &str, answer: &'static [u8]) {
    let env = TestEnv::new(NO_SEED);
    let server = serve(move |_| Some(answer.to_vec()).filter(|answer| !answer.is_empty()));
    let ran = env.run(&["data", "fetch", "mnist", "--from", &server, "--color", "never"]);
    page::assert_says_text(
        case,
        &env,
        ran.code,
        &ran.stderr.replace(&server, "http://SERVER"),
    );
    assert!(
        env.files("data").is_empty(),
        "nothing is left: {:?}",
        env.files("data")
    );
}

#[test]
fn a_server_that_does_not_have_the_file_is_named() {
    assert_fetch_refused("fetch-refused", b"");
}

#[test]
fn a_file_with_another_digest_is_not_kept() {
    assert_fetch_refused("fetch-digest", b"another file");
}
