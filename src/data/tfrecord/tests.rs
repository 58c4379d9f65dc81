//! Files of TensorFlow's TFRecordWriter (tests/golden/archives.py), whole, cut short and damaged.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::*;
use crate::data::golden::archive;

/// Bytes of a record of the file, all of it.
const RECORD: usize = 247;

fn records_of(bytes: &[u8]) -> (PathBuf, Result<Vec<Vec<u8>>, TfRecordError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small-r03.tfrecords");
    fs::write(&path, bytes).unwrap();
    let records = TfRecords::open(&path).unwrap().collect();
    (path, records)
}

fn small() -> Vec<u8> {
    fs::read(archive("celebahq-r03.tfrecords")).unwrap()
}

#[test]
fn the_checksum_is_that_of_castagnoli() {
    // RFC 3720, appendix B.4, and the check value of the catalogue of cyclic redundancy checks.
    assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
    assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
    assert_eq!(crc32c(b"123456789"), 0xE306_9283);
}

#[test]
fn records_of_tensorflow_are_read_one_by_one() {
    let (_, records) = records_of(&small());
    let records = records.unwrap();
    assert_eq!(records.len(), 20);
    assert!(records.iter().all(|record| record.len() == RECORD - 16));
    let (_, none) = records_of(&[]);
    assert_eq!(none.unwrap().len(), 0);
}

#[test]
fn a_file_that_ends_within_a_record_is_cut_short_and_one_that_ends_between_two_is_shorter() {
    for length in 0..3 * RECORD {
        let (_, records) = records_of(&small()[..length]);
        match records {
            Ok(records) => assert_eq!(records.len() * RECORD, length),
            Err(TfRecordError::Truncated { record, .. }) => assert_eq!(record as usize, length / RECORD),
            Err(other) => panic!("{length}: {other}"),
        }
    }
}

#[test]
fn every_damaged_byte_is_found_and_named() {
    for place in 0..2 * RECORD {
        let mut bytes = small();
        bytes[place] ^= 0x10;
        let (path, records) = records_of(&bytes);
        let error = records.unwrap_err();
        let part = if place % RECORD < 12 { "length" } else { "content" };
        let begins = format!(
            "record {} of {} is damaged: the checksum of its {part}",
            place / RECORD,
            path.display()
        );
        assert!(error.to_string().starts_with(&begins), "{place}: {error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_length_beyond_the_file_is_not_believed() {
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend(masked(crc32c(&bytes)).to_le_bytes());
    bytes.extend([0; 100]);
    let (_, records) = records_of(&bytes);
    let error = records.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("record 0 needs 18446744073709551631 bytes, found 112"),
        "{error}"
    );
}

#[test]
fn other_files_are_told() {
    let (path, records) = records_of(b"\x1f\x8b\x08\x00 and what gzip made");
    assert_eq!(
        records.unwrap_err().to_string(),
        format!("{} is compressed by gzip", path.display())
    );
    let (_, records) = records_of(&[b'P'; 100]);
    let hint = records.unwrap_err().hint().unwrap();
    assert!(hint.starts_with("is it a TFRecord file?"), "{hint}");
}
