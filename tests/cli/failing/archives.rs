//! Data sets in archives, lists and records that are damaged, or not those of the set.

use std::fs;
use std::path::Path;

use super::{NO_SEED, assert_ends, assert_refused};
use crate::environment::TestEnv;

const BEDROOMS: &str = "dataset: lsun-bedroom, preparation: crop-resize, resolution: 32";
const DATABASE: &str = "bedroom_train_lmdb/data.mdb";
const FACES: &str = "dataset: celeba-hq-128, resolution: 32";
const RECORDS: &str = "celebahq-r07.tfrecords";

/// A file that Python's lmdb, TensorFlow or Pillow wrote; `tests/golden/archives.py`.
fn golden(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/archives");
    fs::read(folder.join(file)).expect("the golden can be read")
}

/// Builds a study of this data from files below `images`, which must be refused as the page says; nothing is stored.
fn assert_build_refused(case: &str, data: &str, files: &[(&str, &[u8])]) {
    let env = TestEnv::new(NO_SEED);
    env.write(
        "study.yaml",
        &format!("data: {{ {data}, path: images }}\nbase: {{ steps: 4, checkpoint_every: 2 }}\n"),
    );
    for (file, bytes) in files {
        let path = env.path("images").join(file);
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).expect("the test's folder can be written");
        fs::write(&path, bytes).expect("the test's folder can be written");
    }
    assert_ends(
        case,
        &env,
        &["build", "study.yaml", "--quiet", "--cache-dir", "cache"],
    );
    for folder in ["cache/entries", "cache/blobs", "cache/tmp"] {
        assert!(env.files(folder).is_empty(), "{folder} is not empty");
    }
}

#[test]
fn a_database_that_is_cut_short_is_refused() {
    let bytes = golden(DATABASE);
    assert_build_refused("database-cut-short", BEDROOMS, &[(DATABASE, &bytes[..40_000])]);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let bytes = b"PK\x03\x04 an archive that was not unpacked".repeat(300);
    assert_build_refused("no-database", BEDROOMS, &[(DATABASE, &bytes)]);
}

#[test]
fn a_database_of_another_count_is_refused() {
    assert_build_refused(
        "database-of-another-count",
        BEDROOMS,
        &[(DATABASE, &golden(DATABASE))],
    );
}

#[test]
fn a_record_whose_checksum_is_wrong_is_refused() {
    let mut bytes = golden(RECORDS);
    bytes[1000] ^= 1;
    assert_build_refused("record-damaged", FACES, &[(RECORDS, &bytes)]);
}

#[test]
fn records_of_another_level_are_refused() {
    assert_build_refused(
        "records-of-another-level",
        FACES,
        &[(RECORDS, &golden("celebahq-r03.tfrecords"))],
    );
}

#[test]
fn a_list_of_partitions_that_is_not_that_of_the_set_is_refused() {
    let first = "img_align_celeba/000001.jpg";
    assert_build_refused(
        "list-of-another-set",
        "dataset: celeba, resolution: 32",
        &[
            (first, &golden(first)),
            ("list_eval_partition.txt", b"000001.jpg 0\n000003.jpg 0\n"),
        ],
    );
}

#[test]
fn a_preparation_of_another_set_is_refused() {
    assert_refused(
        "preparation-of-another-set",
        "data: { dataset: celeba, path: images, preparation: crop-resize, resolution: 32 }\nbase: { steps: 4 }\n",
    );
}
