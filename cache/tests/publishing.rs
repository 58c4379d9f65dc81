//! What is published is found again, whole or not at all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part of the support")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Barrier;

use gan_cache::{BlobError, BlobReference, Cost, Digest, Status, Store, StoreError, Value};
use support::{Bench, document, overwrite, publish};

#[test]
fn a_published_entry_is_found_with_its_outputs_and_facts() {
    let bench = Bench::new();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    let generator = publication.blob("generator", b"weights").unwrap();
    let state = publication.blob("state", b"moments").unwrap();
    assert_eq!(
        generator,
        BlobReference {
            digest: Digest::of(b"weights"),
            bytes: 7
        }
    );
    let facts = BTreeMap::from([
        ("fid".to_owned(), serde_json::json!(0.1 + 0.2)),
        (
            "steps".to_owned(),
            serde_json::json!([1, 18_446_744_073_709_551_615_u64, null]),
        ),
    ]);
    let committed = publication.commit(Status::Completed, facts.clone()).unwrap();

    let key = document(1).key();
    let found = Store::open(bench.store.root())
        .unwrap()
        .entry(&key)
        .unwrap()
        .unwrap();
    assert_eq!(found, committed);
    assert_eq!(
        (found.key, &found.document, found.status),
        (key, &document(1), Status::Completed)
    );
    assert_eq!(found.outputs["state"], state);
    assert_eq!(found.facts, facts);
    assert_eq!(&bench.store.blob(&generator.digest).unwrap()[..], b"weights");
    assert!(bench.store.has_blob(&state));
    assert!(!bench.store.has_blob(&BlobReference {
        bytes: 8,
        ..generator
    }));
}

#[test]
fn an_entry_knows_what_its_stage_took_and_one_without_that_is_read_too() {
    let bench = Bench::new();
    let cost = Cost {
        seconds: 0.1 + 0.2,
        threads: 4,
        ended: 1_700_000_000,
    };
    let mut publication = bench.store.publish(&document(1)).unwrap();
    publication.note_cost(cost);
    publication.commit(Status::Completed, BTreeMap::new()).unwrap();
    let found = |seed| bench.store.entry(&document(seed).key()).unwrap().unwrap();
    assert_eq!(found(1).cost, Some(cost));

    bench.publish(&document(2), b"weights");
    let text = fs::read_to_string(bench.entry_path(&document(2).key())).unwrap();
    assert!(
        !text.contains("cost"),
        "an entry of an earlier version has no such field"
    );
    assert_eq!(found(2).cost, None);
}

#[test]
fn a_diverged_stage_is_an_entry_too() {
    let bench = Bench::new();
    let facts = BTreeMap::from([("first_bad_step".to_owned(), serde_json::json!(17))]);
    bench
        .store
        .publish(&document(1))
        .unwrap()
        .commit(Status::Diverged, facts)
        .unwrap();
    let found = bench.store.entry(&document(1).key()).unwrap().unwrap();
    assert_eq!(found.status, Status::Diverged);
    assert!(found.outputs.is_empty());
}

#[test]
fn nothing_is_found_under_a_key_that_was_not_published() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    assert_eq!(bench.store.entry(&document(2).key()).unwrap(), None);
}

#[test]
fn a_dropped_publication_leaves_nothing() {
    let bench = Bench::new();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    publication.blob("generator", b"weights").unwrap();
    drop(publication);
    assert_eq!(bench.store.entry(&document(1).key()).unwrap(), None);
    for folder in ["entries", "blobs", "tmp"] {
        assert_eq!(bench.files(folder), [] as [std::path::PathBuf; 0], "{folder}");
    }
}

#[test]
fn a_commit_leaves_no_temporary_files() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    bench.publish(&document(1), b"weights");
    assert!(bench.files("tmp").is_empty());
}

#[test]
fn content_published_twice_is_one_blob() {
    let bench = Bench::new();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    publication.blob("generator", b"weights").unwrap();
    publication.blob("average", b"weights").unwrap();
    publication.commit(Status::Completed, BTreeMap::new()).unwrap();
    let written = fs::metadata(bench.blob_path(&Digest::of(b"weights")))
        .unwrap()
        .ino();
    bench.publish(&document(2), b"weights");
    assert_eq!(bench.files("blobs"), [bench.blob_path(&Digest::of(b"weights"))]);
    let metadata = fs::metadata(bench.blob_path(&Digest::of(b"weights"))).unwrap();
    assert_eq!(metadata.ino(), written, "it was written again");
}

#[test]
fn a_blob_is_read_only() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    let mode = fs::metadata(bench.blob_path(&Digest::of(b"weights")))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o444);
}

#[test]
fn empty_small_and_mapped_contents_are_read_back() {
    let bench = Bench::new();
    for (seed, bytes) in [0, 1, (64 << 10) - 1, 64 << 10, (3 << 20) + 5]
        .into_iter()
        .enumerate()
    {
        let content: Vec<u8> = (0..bytes).map(|i| (i % 253) as u8).collect();
        let entry = bench.publish(&document(seed as u32), &content);
        let blob = bench.store.blob(&entry.outputs["generator"].digest).unwrap();
        assert!(blob[..] == content, "{bytes} bytes");
        assert_eq!(blob.digest(), Digest::of(&content));
    }
}

#[test]
fn a_mapped_blob_outlives_its_removal() {
    let bench = Bench::new();
    let content = vec![7; 1 << 20];
    bench.publish(&document(1), &content);
    let blob = bench.store.blob(&Digest::of(&content)).unwrap();
    bench.store.remove_blob(&Digest::of(&content)).unwrap();
    assert!(blob[..] == content);
}

#[test]
fn a_truncated_or_flipped_blob_is_damaged_and_a_deleted_one_missing() {
    let bench = Bench::new();
    for content in [vec![7; 100], vec![7; 200_000]] {
        let digest = bench.publish(&document(content.len() as u32), &content).outputs["generator"].digest;
        let path = bench.blob_path(&digest);
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut flipped = content.clone();
            flipped[at] ^= 1;
            overwrite(&path, &flipped);
            assert!(
                matches!(bench.store.blob(&digest), Err(BlobError::Damaged { .. })),
                "bit flipped at {at}"
            );
            overwrite(&path, &content[..at]);
            let error = bench.store.blob(&digest).unwrap_err();
            assert!(matches!(error, BlobError::Damaged { .. }), "truncated to {at}");
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
        bench.store.remove_blob(&digest).unwrap();
        assert!(matches!(
            bench.store.blob(&digest),
            Err(BlobError::Missing { .. })
        ));
        bench.store.remove_blob(&digest).unwrap();
    }
}

#[test]
fn publishing_again_repairs_a_damaged_blob() {
    let bench = Bench::new();
    let digest = bench.publish(&document(1), b"weights").outputs["generator"].digest;
    overwrite(&bench.blob_path(&digest), b"weighty");
    bench.publish(&document(1), b"weights");
    assert_eq!(&bench.store.blob(&digest).unwrap()[..], b"weights");
}

#[test]
fn a_truncated_or_changed_entry_is_a_miss_and_stays_where_it_is() {
    let bench = Bench::new();
    let entry = bench.publish(&document(1), b"weights");
    let path = bench.entry_path(&entry.key);
    let json = fs::read(&path).unwrap();
    for length in 0..json.len() - 2 {
        overwrite(&path, &json[..length]);
        assert_eq!(
            bench.store.entry(&entry.key).unwrap(),
            None,
            "truncated to {length}"
        );
    }
    for at in 0..json.len() {
        let mut garbled = json.clone();
        garbled[at] ^= 1;
        overwrite(&path, &garbled);
        // A flip may turn one white space into another, which changes nothing.
        let found = bench.store.entry(&entry.key).unwrap();
        assert!(
            found.is_none() || found.as_ref() == Some(&entry),
            "byte {at} changed the entry"
        );
    }
    let changed_fact = String::from_utf8(json.clone())
        .unwrap()
        .replace("12.345", "11.345");
    overwrite(&path, changed_fact.as_bytes());
    assert_eq!(bench.store.entry(&entry.key).unwrap(), None);
    assert!(path.exists());
    assert_eq!(bench.publish(&document(1), b"weights"), entry);
    assert_eq!(fs::read(&path).unwrap(), json);
}

#[test]
fn an_entry_under_another_key_is_a_miss() {
    let bench = Bench::new();
    let entry = bench.publish(&document(1), b"weights");
    let other = document(2).key();
    let path = bench.entry_path(&other);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(bench.entry_path(&entry.key), &path).unwrap();
    assert_eq!(bench.store.entry(&other).unwrap(), None);
}

#[test]
fn a_folder_in_place_of_an_entry_is_a_miss() {
    let bench = Bench::new();
    fs::create_dir_all(bench.entry_path(&document(1).key())).unwrap();
    assert_eq!(bench.store.entry(&document(1).key()).unwrap(), None);
}

#[test]
fn the_first_complete_entry_of_a_key_stays() {
    let bench = Bench::new();
    let first = bench.publish(&document(1), b"weights");
    assert_eq!(bench.publish(&document(1), b"interchangeable"), first);
    assert_eq!(bench.store.entry(&first.key).unwrap(), Some(first));
}

#[test]
fn an_entry_that_lost_a_blob_is_replaced() {
    let bench = Bench::new();
    for (seed, damage) in [(1, None), (2, Some(b"weighty"))] {
        let first = bench.publish(&document(seed), b"weights");
        let lost = first.outputs["generator"].digest;
        match damage {
            None => bench.store.remove_blob(&lost).unwrap(),
            Some(content) => overwrite(&bench.blob_path(&lost), content),
        }
        let second = bench.publish(&document(seed), b"interchangeable");
        assert_eq!(second.outputs["generator"].digest, Digest::of(b"interchangeable"));
        assert_eq!(bench.store.entry(&first.key).unwrap(), Some(second));
    }
}

#[test]
fn threads_publishing_one_key_all_get_the_same_entry() {
    for round in 0..20 {
        let bench = Bench::new();
        let start = Barrier::new(4);
        let entries: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4_u8)
                .map(|thread| {
                    let (bench, start) = (&bench, &start);
                    scope.spawn(move || {
                        start.wait();
                        // Half the rounds race with contents that are only interchangeable.
                        publish(&bench.store, &document(1), &[thread * (round % 2), 1, 2])
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let found = bench.store.entry(&document(1).key()).unwrap().unwrap();
        assert!(entries.iter().all(|entry| *entry == found), "round {round}");
        assert!(bench.store.blob(&found.outputs["generator"].digest).is_ok());
        assert!(bench.files("tmp").is_empty());
    }
}

#[test]
fn a_commit_that_fails_leaves_no_entry_and_names_the_path() {
    let bench = Bench::new();
    let digest = Digest::of(b"weights");
    let shard = bench.blob_path(&digest).parent().unwrap().to_owned();
    fs::write(&shard, b"a file where a folder should be").unwrap();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    publication.blob("generator", b"weights").unwrap();
    let error = publication
        .commit(Status::Completed, BTreeMap::new())
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Io { path, .. } if *path == shard),
        "{error}"
    );
    assert_eq!(bench.store.entry(&document(1).key()).unwrap(), None);
    assert!(bench.files("entries").is_empty());
    assert!(bench.files("tmp").is_empty());
}

#[test]
fn one_output_cannot_be_published_twice() {
    let bench = Bench::new();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    publication.blob("generator", b"weights").unwrap();
    let error = publication.blob("generator", b"others").unwrap_err();
    assert!(matches!(error, StoreError::OutputTwice { .. }), "{error}");
}

#[test]
fn an_entry_too_deep_to_be_read_is_refused_when_it_is_made() {
    let bench = Bench::new();
    let mut deep = document(1);
    let nested = (0..200).fold(Value::from(1_i64), |value, _| Value::List(vec![value]));
    deep.parameters.insert("deep".to_owned(), nested);
    let error = bench
        .store
        .publish(&deep)
        .unwrap()
        .commit(Status::Completed, BTreeMap::new())
        .unwrap_err();
    assert!(matches!(error, StoreError::EntryNotReadable { .. }), "{error}");
    assert!(bench.files("entries").is_empty());
}

#[test]
fn partial_work_is_never_an_entry_and_goes_with_the_commit() {
    let bench = Bench::new();
    for (seed, is_folder) in [(1, true), (2, false)] {
        let key = document(seed).key();
        let path = bench.store.partial(&key);
        if is_folder {
            fs::create_dir(&path).unwrap();
            fs::write(path.join("step-100"), b"weights").unwrap();
        } else {
            fs::write(&path, b"weights").unwrap();
        }
        assert_eq!(bench.store.entry(&key).unwrap(), None);
        bench.publish(&document(seed), b"weights");
        assert!(!path.exists());
    }
}

#[test]
fn a_thousand_outputs_need_no_thousand_open_files() {
    let bench = Bench::new();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    for output in 0..1500_u32 {
        publication
            .blob(&output.to_string(), &output.to_le_bytes())
            .unwrap();
    }
    let entry = publication.commit(Status::Completed, BTreeMap::new()).unwrap();
    assert!(
        entry
            .outputs
            .values()
            .all(|reference| bench.store.blob(&reference.digest).is_ok())
    );
}

#[test]
fn a_blob_written_piece_by_piece_is_the_one_written_at_once() {
    let bench = Bench::new();
    let content: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    let mut draft = bench.store.draft().unwrap();
    draft.append(&[0; 8]).unwrap();
    for piece in content[8..].chunks(1000) {
        draft.append(piece).unwrap();
    }
    draft.replace_beginning(&content[..8]).unwrap();
    let mut publication = bench.store.publish(&document(1)).unwrap();
    let written = publication.draft("train", draft).unwrap();
    assert_eq!(
        written,
        BlobReference {
            digest: Digest::of(&content),
            bytes: content.len() as u64
        }
    );
    assert!(
        !bench.store.has_blob(&written),
        "nothing is visible before the commit"
    );
    let again = publication.blob("train", &content).unwrap_err();
    assert!(matches!(again, StoreError::OutputTwice { .. }));
    publication.commit(Status::Completed, BTreeMap::new()).unwrap();
    assert_eq!(&bench.store.blob(&written.digest).unwrap()[..], content);
    let mode = fs::metadata(bench.blob_path(&written.digest))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o444);
}

#[test]
fn a_draft_that_is_dropped_leaves_nothing() {
    let bench = Bench::new();
    let mut draft = bench.store.draft().unwrap();
    draft.append(b"half").unwrap();
    assert_eq!(bench.files("tmp").len(), 1);
    drop(draft);
    assert_eq!(bench.files("tmp").len(), 0);
}
