//! Examples of TensorFlow (tests/golden/archives.py), and bytes that are none.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::data::golden::{Golden, archive};
use crate::data::tfrecord::TfRecords;

fn records() -> Vec<Vec<u8>> {
    let records = TfRecords::open(&archive("celebahq-r03.tfrecords")).unwrap();
    records.map(Result::unwrap).collect()
}

#[test]
fn features_are_those_that_tensorflow_wrote() {
    let (_, pixels) = Golden::read().bytes("records.r03");
    for (record, pixels) in records().iter().zip(pixels.chunks(192)) {
        let example = Example::read(record).unwrap();
        assert_eq!(example.whole("shape").unwrap(), [3, 8, 8]);
        let planes = example.bytes("data").unwrap();
        for (index, &pixel) in pixels.iter().enumerate() {
            assert_eq!(planes[index % 3 * 64 + index / 3], pixel);
        }
    }
}

#[test]
fn a_feature_that_is_missing_or_of_another_kind_is_named() {
    let record = &records()[0];
    let example = Example::read(record).unwrap();
    let message = example.bytes("image/encoded").unwrap_err().to_string();
    let features = message
        .strip_prefix("it has no feature \"image/encoded\"; it has ")
        .unwrap();
    assert!(
        features.contains("\"data\"") && features.contains("\"shape\""),
        "{message}"
    );
    let message = example.whole("data").unwrap_err().to_string();
    assert_eq!(message, "its feature \"data\" is not whole numbers");
    let message = example.bytes("shape").unwrap_err().to_string();
    assert_eq!(message, "its feature \"shape\" is not one value of bytes");
    let empty = Example::read(&[]).unwrap();
    assert_eq!(
        empty.whole("shape").unwrap_err().to_string(),
        "it has no feature \"shape\"; it has none"
    );
}

#[test]
fn no_beginning_and_no_damage_of_an_example_is_more_than_an_error() {
    let record = &records()[0];
    for length in 0..record.len() {
        if let Ok(example) = Example::read(&record[..length]) {
            assert!(
                example.bytes("data").is_err() || example.whole("shape").is_err(),
                "{length}"
            );
        }
    }
    for place in 0..record.len() {
        for bit in 0..8 {
            let mut damaged = record.clone();
            damaged[place] ^= 1 << bit;
            if let Ok(example) = Example::read(&damaged) {
                assert!(example.bytes("data").map_or(0, <[u8]>::len) <= record.len());
            }
        }
    }
}

#[test]
fn numbers_stand_one_by_one_or_together_and_unknown_fields_are_skipped() {
    // int64_list { value: 300, value: -1 } unpacked, with a fixed field that nobody knows before it.
    let one_by_one = [
        0x3D, 1, 2, 3, 4, 0x08, 0xAC, 0x02, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1,
    ];
    assert_eq!(whole_values(&one_by_one).unwrap(), [300, -1]);
    assert_eq!(whole_values(&[0x0A, 3, 0xAC, 0x02, 5]).unwrap(), [300, 5]);
    assert_eq!(
        whole_values(&[0x0A, 2, 0xAC, 0x82]).unwrap_err(),
        ExampleError::Malformed("a number has no end")
    );
    assert_eq!(
        whole_values(&[0x0B]).unwrap_err(),
        ExampleError::Malformed("a field has no kind of protocol buffers")
    );
}
