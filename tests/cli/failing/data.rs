//! Data sets that are missing, or whose files are damaged or not what their names say.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{NO_SEED, assert_ends};
use crate::environment::TestEnv;
use crate::page;

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const FILES: [&str; 4] = [
    TRAIN_IMAGES,
    TRAIN_LABELS,
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

const IMAGES_MAGIC: u32 = 0x803;
const LABELS_MAGIC: u32 = 0x801;

/// A study of MNIST whose folder holds the four files, each one byte long.
fn with_files() -> TestEnv {
    let env = TestEnv::new(NO_SEED);
    env.write(
        "mnist.yaml",
        "data: { dataset: mnist, path: images }\nbase: { steps: 4, checkpoint_every: 2 }\n",
    );
    FILES.iter().for_each(|file| write(&env, file, &[0]));
    env
}

fn write(env: &TestEnv, file: &str, bytes: &[u8]) {
    fs::create_dir_all(env.path("images")).expect("the test's folder can be written");
    fs::write(env.path("images").join(file), bytes).expect("the test's folder can be written");
}

/// The bytes of an IDX file.
fn idx(header: &[u32], content: &[u8]) -> Vec<u8> {
    let header = header.iter().flat_map(|word| word.to_be_bytes());
    header.chain(content.iter().copied()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.expect("writing to memory does not fail")
}

/// Builds with these training files, which must be refused as the page says; nothing is stored.
fn assert_refused(case: &str, images: &[u8], labels: &[u8]) {
    let env = with_files();
    write(&env, TRAIN_IMAGES, images);
    write(&env, TRAIN_LABELS, labels);
    assert_build_refused(case, &env);
}

fn assert_build_refused(case: &str, env: &TestEnv) {
    assert_ends(
        case,
        env,
        &["build", "mnist.yaml", "--quiet", "--cache-dir", "cache"],
    );
    for folder in ["cache/entries", "cache/blobs", "cache/tmp"] {
        assert!(env.files(folder).is_empty(), "{folder} is not empty");
    }
}

#[test]
fn data_that_is_not_there_is_named_with_where_it_was_looked_for() {
    let env = with_files();
    fs::remove_file(env.path("images").join(TRAIN_IMAGES)).expect("the test's folder can be written");
    assert_build_refused("data-missing", &env);
    assert!(
        !env.path("results").exists(),
        "a build that cannot begin leaves no folder"
    );
}

#[test]
fn data_without_a_usual_place_must_be_named() {
    let env = with_files();
    assert_ends(
        "data-not-named",
        &env,
        &["plan", "mnist.yaml", "--set", "data.path=null"],
    );
}

#[test]
fn labels_in_place_of_images_are_refused() {
    assert_refused("labels-for-images", &idx(&[LABELS_MAGIC, 2], &[1, 2]), &[0]);
}

#[test]
fn images_in_place_of_labels_are_refused() {
    let images = idx(&[IMAGES_MAGIC, 1, 2, 2], &[0; 4]);
    assert_refused("images-for-labels", &images, &images);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    assert_refused("not-idx", b"\x89PNG\r\n\x1a\n", &[0]);
}

#[test]
fn a_header_that_is_cut_off_is_refused() {
    assert_refused("header-cut-off", &IMAGES_MAGIC.to_be_bytes(), &[0]);
}

#[test]
fn images_that_are_cut_off_say_how_much_there_is() {
    assert_refused(
        "images-cut-off",
        &idx(&[IMAGES_MAGIC, 60_000, 28, 28], &[0; 1000]),
        &[0],
    );
}

#[test]
fn a_compressed_file_that_is_cut_off_says_how_much_there_is() {
    // Packed without compression, so that it is plain how much is there.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    let packed = encoder
        .write_all(&idx(&[IMAGES_MAGIC, 60, 10, 10], &[0; 6000]))
        .and_then(|()| encoder.finish());
    let packed = packed.expect("writing to memory does not fail");
    assert_refused("gzip-cut-off", &packed[..3000], &[0]);
}

#[test]
fn a_compressed_file_that_is_damaged_is_refused() {
    let mut packed = gzip(&idx(&[IMAGES_MAGIC, 2, 2, 2], &[0; 8]));
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    assert_refused("gzip-damaged", &packed, &[0]);
}

#[test]
fn a_file_that_goes_on_after_its_images_is_refused() {
    assert_refused("images-too-long", &idx(&[IMAGES_MAGIC, 2, 2, 2], &[0; 9]), &[0]);
}

#[test]
fn a_header_that_announces_too_much_is_refused() {
    assert_refused(
        "images-too-large",
        &idx(&[IMAGES_MAGIC, u32::MAX, u32::MAX, u32::MAX], &[0; 9]),
        &[0],
    );
}

#[test]
fn a_file_without_images_is_refused() {
    assert_refused("images-empty", &idx(&[IMAGES_MAGIC, 0, 28, 28], &[]), &[0]);
}

#[test]
fn images_and_labels_of_different_counts_are_refused() {
    let images = idx(&[IMAGES_MAGIC, 2, 28, 28], &[0; 2 * 784]);
    assert_refused("counts-differ", &images, &idx(&[LABELS_MAGIC, 3], &[0; 3]));
}

#[test]
fn images_of_another_count_or_size_are_refused() {
    let images = idx(&[IMAGES_MAGIC, 2, 28, 27], &[0; 2 * 28 * 27]);
    assert_refused(
        "images-of-another-size",
        &images,
        &idx(&[LABELS_MAGIC, 2], &[0; 2]),
    );
}

#[test]
fn a_label_without_a_class_is_refused() {
    let images = gzip(&idx(&[IMAGES_MAGIC, 60_000, 28, 28], &vec![0; 60_000 * 784]));
    let mut labels = vec![9; 60_000];
    labels[41] = 10;
    assert_refused(
        "label-out-of-range",
        &images,
        &gzip(&idx(&[LABELS_MAGIC, 60_000], &labels)),
    );
}

#[test]
fn a_plan_needs_no_data_and_says_what_is_missing() {
    let env = with_files();
    fs::remove_file(env.path("images").join(TRAIN_IMAGES)).expect("the test's folder can be written");
    let ran = env.run(&["plan", "mnist.yaml"]).expect(0);
    assert!(ran.stdout.contains("data not on this machine"), "{}", ran.stdout);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("hit: 0"), "{last}");
}

#[test]
fn in_json_an_error_is_the_last_message() {
    let env = with_files();
    fs::remove_file(env.path("images").join(TRAIN_IMAGES)).expect("the test's folder can be written");
    let messages = env
        .run(&["build", "mnist.yaml", "--message-format", "json"])
        .expect(3)
        .messages();
    let last = messages.last().expect("there is a message");
    assert_eq!((&last["event"], &last["status"]), (&"error".into(), &3.into()));
}

#[test]
fn in_json_a_stage_that_fails_is_counted_in_the_last_message() {
    let env = with_files();
    let ran = env
        .run(&["build", "mnist.yaml", "--message-format", "json"])
        .expect(3);
    let last = ran.messages().pop().expect("there is a message");
    assert_eq!((&last["event"], &last["failed"]), (&"finished".into(), &1.into()));
    page::assert_says("header-empty", &env, &ran);
}
