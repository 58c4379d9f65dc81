//! Making, accepting and refusing the folder of a store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part of the support")]
mod support;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use gan_cache::{Digest, Store, StoreError};
use support::{Bench, document};

#[test]
fn a_new_store_is_tagged_as_a_cache_and_states_its_format() {
    let bench = Bench::new();
    let root = bench.store.root();
    let tag = fs::read_to_string(root.join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    assert_eq!(fs::read_to_string(root.join("format")).unwrap(), "1\n");
    for folder in [
        "blobs",
        "entries",
        "locks",
        "tmp",
        "partial",
        "history",
        "fingerprints",
    ] {
        assert!(root.join(folder).is_dir(), "{folder}");
    }
}

#[test]
fn a_store_can_be_opened_again_and_by_many_threads_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let opened: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Store::open(folder.path())))
            .collect();
        assert!(opened.into_iter().all(|thread| thread.join().unwrap().is_ok()));
    });
    assert_eq!(fs::read_to_string(folder.path().join("format")).unwrap(), "1\n");
}

#[test]
fn a_store_of_a_newer_format_is_refused_naming_both_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("format"), "7\n").unwrap();
    let error = Store::open(folder.path()).unwrap_err();
    assert!(matches!(
        error,
        StoreError::NewerFormat {
            found: 7,
            supported: 1,
            ..
        }
    ));
    let message = error.to_string();
    assert!(
        message.contains("has format 7") && message.contains("formats up to 1"),
        "{message}"
    );
    assert!(message.contains("hint: "), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_format_file_without_a_format_is_refused() {
    for content in ["", "zero", "0", "-1", "99999999999999999999"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("format"), content).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(
            matches!(error, StoreError::UnknownFormat { .. }),
            "{content}: {error}"
        );
    }
}

#[test]
fn a_root_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    for root in [file.clone(), file.join("store")] {
        let error = Store::open(&root).unwrap_err();
        let StoreError::Io { doing, path, source } = &error else {
            panic!("{error}")
        };
        assert_eq!(*doing, "create the store folder");
        assert!(path.starts_with(&root), "{}", path.display());
        assert!(
            matches!(source.kind(), ErrorKind::NotADirectory | ErrorKind::AlreadyExists),
            "{source}"
        );
        assert!(error.to_string().contains(&root.display().to_string()), "{error}");
    }
}

#[test]
fn a_store_whose_folder_became_a_file_is_an_error_and_not_a_miss() {
    let bench = Bench::new();
    fs::remove_dir(bench.store.root().join("entries")).unwrap();
    fs::write(bench.store.root().join("entries"), b"").unwrap();
    assert!(matches!(
        bench.store.entry(&document(1).key()),
        Err(StoreError::Io { .. })
    ));
}

#[test]
fn a_store_whose_folder_is_gone_refuses_to_publish() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.store.root()).unwrap();
    let error = bench.store.publish(&document(1)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&bench.store.root().display().to_string()),
        "{error}"
    );
}

#[test]
fn old_temporary_files_are_removed_and_young_ones_kept() {
    let bench = Bench::new();
    let (old, young) = (
        bench.store.root().join("tmp/old"),
        bench.store.root().join("tmp/young"),
    );
    fs::write(&young, b"").unwrap();
    let month_ago = SystemTime::now() - Duration::from_secs(30 * 24 * 60 * 60);
    File::create(&old).unwrap().set_modified(month_ago).unwrap();
    Store::open(bench.store.root()).unwrap();
    assert_eq!(bench.files("tmp"), [young]);
}

#[test]
fn the_fingerprint_of_an_outside_file_is_the_digest_of_its_content() {
    let bench = Bench::new();
    let path = bench.folder().join("images");
    for content in [b"digits".as_slice(), b"letter", b"", b"longer content"] {
        fs::write(&path, content).unwrap();
        assert_eq!(bench.store.fingerprint(&path).unwrap(), Digest::of(content));
    }
    let error = bench
        .store
        .fingerprint(&bench.folder().join("absent"))
        .unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
}
