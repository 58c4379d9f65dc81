//! Files of Python's lmdb (tests/golden/archives.py), whole, cut short and damaged.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::data::golden::{Golden, archive};

const FILES: [(&str, &str); 2] = [
    ("bedroom_train_lmdb", "bedroom_train_lmdb/data.mdb"),
    ("tree", "tree.mdb"),
];

/// A key and its value.
type Record = (Vec<u8>, Vec<u8>);

fn records(path: &Path) -> Result<Vec<Record>, LmdbError> {
    let lmdb = Lmdb::open(path)?;
    let record = |entry: Result<Entry, LmdbError>| {
        let entry = entry?;
        let value = lmdb.value(&entry)?;
        Ok((entry.key, value))
    };
    lmdb.entries().map(record).collect()
}

/// The sum of (position x byte), positions from 1, modulo 2^32.
fn weighted(bytes: &[u8]) -> i64 {
    let sum: u64 = bytes
        .iter()
        .zip(1..)
        .map(|(&byte, position)| u64::from(byte) * position)
        .sum();
    i64::from(sum as u32)
}

/// A copy of a file, changed.
fn changed(file: &str, change: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.mdb");
    let mut bytes = fs::read(archive(file)).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn records_are_those_that_pythons_lmdb_wrote_in_its_order() {
    let golden = Golden::read();
    for (name, file) in FILES {
        let (shape, keys) = golden.bytes(&format!("lmdb.{name}.keys"));
        let found = records(&archive(file)).unwrap();
        assert_eq!(found.len(), shape[0], "{file}");
        let found_keys: Vec<u8> = found.iter().flat_map(|(key, _)| key.clone()).collect();
        assert_eq!(found_keys, keys, "{file}");
        let lengths: Vec<i64> = found.iter().map(|(_, value)| value.len() as i64).collect();
        assert_eq!(lengths, golden.whole(&format!("lmdb.{name}.lengths")), "{file}");
        let sums: Vec<i64> = found.iter().map(|(_, value)| weighted(value)).collect();
        assert_eq!(sums, golden.whole(&format!("lmdb.{name}.sums")), "{file}");
    }
    assert_eq!(Lmdb::open(&archive("tree.mdb")).unwrap().depth, 3);
}

#[test]
fn values_beside_their_keys_and_on_pages_of_their_own_are_both_there() {
    let lmdb = Lmdb::open(&archive("bedroom_train_lmdb/data.mdb")).unwrap();
    let on_pages = |entry: &Entry| matches!(entry.value, entries::Value::Pages { .. });
    let found: Vec<bool> = lmdb.entries().map(|entry| on_pages(&entry.unwrap())).collect();
    assert!(found.contains(&true) && found.contains(&false), "{found:?}");
}

#[test]
fn a_file_that_is_cut_short_is_refused_when_it_is_opened() {
    let file = "bedroom_train_lmdb/data.mdb";
    let whole = records(&archive(file)).unwrap();
    for length in (0..94_208).step_by(512) {
        let (_folder, path) = changed(file, |bytes| bytes.truncate(length));
        let Err(error) = Lmdb::open(&path) else {
            // What is behind the last value is in no record.
            assert_eq!(
                (records(&path).unwrap() == whole, length > 86_000),
                (true, true),
                "{length}"
            );
            continue;
        };
        let fits = match error {
            LmdbError::NoDatabase { .. } => length < 4096 + META_BYTES,
            LmdbError::Truncated { .. } => length > 4096,
            _ => false,
        };
        assert!(fits, "{length}: {error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_file_without_pages_that_were_never_written_is_whole() {
    // As where the newest meta page counts a page that was freed before it was written.
    let (_folder, path) = changed("bedroom_train_lmdb/data.mdb", |bytes| {
        for meta in [0, 4096] {
            bytes[meta + 136..meta + 144].copy_from_slice(&9_999_u64.to_le_bytes());
        }
    });
    assert_eq!(records(&path).unwrap().len(), 18);
}

#[test]
fn the_size_of_the_map_in_the_file_does_not_matter() {
    for size in [0_u64, 4096, u64::MAX] {
        let (_folder, path) = changed("bedroom_train_lmdb/data.mdb", |bytes| {
            for meta in [0, 4096] {
                bytes[meta + 32..meta + 40].copy_from_slice(&size.to_le_bytes());
            }
        });
        assert_eq!(records(&path).unwrap().len(), 18);
    }
}

#[test]
fn other_files_and_other_kinds_of_databases_are_refused_by_name() {
    let says = |change: &dyn Fn(&mut Vec<u8>)| {
        let (_folder, path) = changed("bedroom_train_lmdb/data.mdb", |bytes| change(bytes));
        let error = Lmdb::open(&path).unwrap_err();
        let message = error.to_string().replace(path.to_str().unwrap(), "FILE");
        assert!(error.hint().is_some(), "{message}");
        message
    };
    let kind = "FILE is an LMDB database of a kind that is not read: ";
    assert_eq!(
        says(&|bytes| bytes.fill(b'P')),
        "FILE is no LMDB database: bytes 16 to 19 are 0x50505050, expected 0xbeefc0de"
    );
    assert_eq!(
        says(&|bytes| bytes.clear()),
        "FILE is no LMDB database: it has 0 bytes"
    );
    assert_eq!(
        says(&|bytes| bytes[20] = 2),
        format!("{kind}version 2 of the format")
    );
    assert_eq!(
        says(&|bytes| bytes[16..20].reverse()),
        format!("{kind}the format of big-endian machines")
    );
    assert_eq!(
        says(&|bytes| drop(bytes.drain(..4))),
        format!("{kind}the format of 32-bit machines")
    );
    assert_eq!(
        says(&|bytes| {
            bytes[92] = 4;
            bytes[4096 + 92] = 4;
        }),
        format!("{kind}a table with the flags 0x0004")
    );
    assert_eq!(
        says(&|bytes| bytes[40] = 1),
        "page 0 of FILE is damaged: it announces a size of pages that LMDB does not have"
    );
}

#[test]
fn fewer_records_than_announced_are_an_error() {
    let (_folder, path) = changed("bedroom_train_lmdb/data.mdb", |bytes| {
        for meta in [0, 4096] {
            bytes[meta + 120] = 19;
        }
    });
    let error = records(&path).unwrap_err();
    assert!(
        error.to_string().ends_with("announces 19 records and holds 18"),
        "{error}"
    );
}

#[test]
fn a_damaged_byte_is_an_error_or_changes_a_value_and_never_more() {
    let whole = records(&archive("tree.mdb")).unwrap();
    let length = fs::metadata(archive("tree.mdb")).unwrap().len();
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut refused = 0;
    for _ in 0..600 {
        // Most of what matters stands at the beginning of a page.
        let page = random(length / 4096) * 4096;
        let places = [page + random(40), page + random(4096)];
        let (_folder, path) = changed("tree.mdb", |bytes| {
            for place in places {
                bytes[place as usize] ^= 1 << random(8);
            }
        });
        match records(&path) {
            Ok(found) => assert!(found.len() <= whole.len(), "{places:?}"),
            Err(error) => {
                assert!(error.hint().is_some());
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn pages_that_point_in_a_circle_are_an_error() {
    let (_folder, path) = changed("tree.mdb", |bytes| {
        // Every pointer of a branch leads to the branch itself.
        for page in 2..bytes.len() / 4096 {
            let start = page * 4096;
            if bytes[start + 10] == 1 {
                let nodes = (usize::from(u16_at(bytes, start + 12).unwrap()) - 16) / 2;
                for node in 0..nodes {
                    let place = start + usize::from(u16_at(bytes, start + 16 + 2 * node).unwrap());
                    bytes[place..place + 2].copy_from_slice(&(page as u16).to_le_bytes());
                }
            }
        }
    });
    let error = records(&path).unwrap_err();
    assert!(
        error.to_string().ends_with("it is not as deep as it should be"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_database_in_a_folder_that_nobody_may_write_to_is_read_and_gets_no_file() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = changed("tree.mdb", |_| ());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(records(&path).unwrap().len(), 51);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_file_that_is_not_there_says_why() {
    let error = Lmdb::open(Path::new("/nowhere/data.mdb")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nowhere/data.mdb");
}
