//! What of a store can go and why, and that nothing goes that somebody uses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part of the support")]
mod support;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::time::{Duration, SystemTime};

use gan_cache::{Collection, Digest, Fate, HistoryRecord, Object, Policy, Reason, Status};
use support::{Bench, document, overwrite};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn unused_for(days: u32) -> Policy {
    Policy {
        unused_for: Some(days * DAY),
        ..Policy::default()
    }
}

fn choose(bench: &Bench, policy: &Policy) -> Collection {
    Collection::choose(&bench.store.inventory().unwrap(), policy, SystemTime::now())
}

/// Removes what is chosen, and returns how many things were spared.
fn remove(bench: &Bench, collection: &Collection) -> usize {
    let fates = fates(bench, collection).into_iter();
    fates.filter(|fate| *fate == Fate::Spared).count()
}

/// Removes what is chosen, and returns what became of each.
fn fates(bench: &Bench, collection: &Collection) -> Vec<Fate> {
    let mut fates = Vec::new();
    let mut note = |_: &gan_cache::Garbage, fate| fates.push(fate);
    bench.store.remove(collection, &mut |_| {}, &mut note).unwrap();
    fates
}

/// An entry whose file was last used so many days ago, with one blob.
fn publish_old(bench: &Bench, seed: u32, content: &[u8], days: u32) {
    bench.publish(&document(seed), content);
    bench.age(&bench.entry_path(&document(seed).key()), days * DAY);
    bench.age(&bench.blob_path(&Digest::of(content)), days * DAY);
}

fn is_there(bench: &Bench, seed: u32) -> bool {
    bench.store.entry(&document(seed).key()).unwrap().is_some()
}

fn has(bench: &Bench, content: &[u8]) -> bool {
    bench.blob_path(&Digest::of(content)).exists()
}

#[test]
fn a_store_in_order_has_no_garbage() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 400);
    drop(bench.store.lock(&document(1).key(), &mut |_| {}).unwrap());
    let collection = choose(&bench, &Policy::default());
    assert!(collection.garbage.is_empty(), "{:?}", collection.garbage);
    assert!(collection.bytes_before > 7);
}

#[test]
fn choosing_removes_nothing() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 40);
    assert_eq!(choose(&bench, &unused_for(30)).garbage.len(), 2);
    assert!(is_there(&bench, 1) && has(&bench, b"weights"));
}

#[test]
fn a_blob_that_no_entry_names_goes_once_it_is_not_on_its_way_any_more() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    let path = bench.blob_path(&Digest::of(b"weights"));
    fs::remove_file(bench.entry_path(&document(1).key())).unwrap();
    assert!(choose(&bench, &Policy::default()).garbage.is_empty());
    bench.age(&path, 2 * HOUR);
    let collection = choose(&bench, &Policy::default());
    assert_eq!(collection.garbage[0].reason, Reason::Unreferenced);
    assert_eq!(
        (collection.garbage[0].path.clone(), collection.bytes()),
        (path, 7)
    );
    assert_eq!(remove(&bench, &collection), 0);
    assert!(!has(&bench, b"weights"));
}

#[test]
fn an_entry_that_is_not_used_goes_with_the_blobs_that_no_other_one_names() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"shared", 40);
    publish_old(&bench, 2, b"alone", 40);
    publish_old(&bench, 3, b"shared", 20);
    let collection = choose(&bench, &unused_for(30));
    let kinds = |object: &Object| matches!(object, Object::Entry { kind: Some(kind), .. } if kind == "train");
    assert_eq!(
        collection
            .garbage
            .iter()
            .filter(|garbage| kinds(&garbage.object))
            .count(),
        2
    );
    let key = document(2).key();
    assert!(
        collection
            .garbage
            .iter()
            .any(|garbage| garbage.reason == Reason::WithEntry { key })
    );
    remove(&bench, &collection);
    assert_eq!([1, 2, 3].map(|seed| is_there(&bench, seed)), [false, false, true]);
    assert!(has(&bench, b"shared") && !has(&bench, b"alone"));
}

#[test]
fn an_entry_that_is_to_be_kept_stays_however_old_and_large_the_store_is() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 400);
    let policy = Policy {
        keep: HashSet::from([document(1).key()]),
        max_bytes: Some(0),
        ..unused_for(30)
    };
    assert!(choose(&bench, &policy).garbage.is_empty());
}

#[test]
fn a_store_that_is_too_large_loses_what_was_not_used_for_longest() {
    let bench = Bench::new();
    for seed in 1..=4 {
        publish_old(&bench, seed, &seed.to_le_bytes().repeat(1000), 10 * seed);
    }
    let whole = choose(&bench, &Policy::default()).bytes_before;
    let policy = Policy {
        max_bytes: Some(whole - 5000),
        ..Policy::default()
    };
    let collection = choose(&bench, &policy);
    assert!(
        collection.bytes() >= 5000 && collection.bytes() < 10_000,
        "{}",
        collection.bytes()
    );
    remove(&bench, &collection);
    assert_eq!(
        [1, 2, 3, 4].map(|seed| is_there(&bench, seed)),
        [true, true, false, false]
    );
    assert!(
        choose(&bench, &policy).garbage.is_empty(),
        "it is small enough now"
    );
}

#[test]
fn a_damaged_entry_goes_with_the_reason_and_one_that_is_written_anew_meanwhile_stays() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    let path = bench.entry_path(&document(1).key());
    overwrite(&path, b"{}");
    bench.age(&path, HOUR);
    let collection = choose(&bench, &Policy::default());
    assert!(matches!(&collection.garbage[0].reason, Reason::Damaged { why } if why.contains("JSON")));
    bench.publish(&document(1), b"weights");
    assert_eq!(remove(&bench, &collection), 1);
    assert!(is_there(&bench, 1));
}

#[test]
fn an_entry_whose_blob_was_dropped_stays() {
    let bench = Bench::new();
    let entry = bench.publish(&document(1), b"state");
    bench
        .store
        .remove_blob(&entry.outputs["generator"].digest)
        .unwrap();
    let collection = choose(&bench, &Policy::default());
    assert!(collection.garbage.is_empty(), "{:?}", collection.garbage);
}

#[test]
fn what_a_build_finds_after_the_choice_is_spared_with_its_blobs() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"found", 40);
    publish_old(&bench, 2, b"not found", 40);
    let collection = choose(&bench, &unused_for(30));
    let build = bench.store.begin_build("study").unwrap();
    assert!(build.store().entry(&document(1).key()).unwrap().is_some());
    assert_eq!(remove(&bench, &collection), 2);
    assert!(is_there(&bench, 1) && has(&bench, b"found"));
    assert!(!is_there(&bench, 2) && !has(&bench, b"not found"));
}

#[test]
fn what_a_publication_finds_stored_after_the_choice_is_spared() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 40);
    let _build = bench.store.begin_build("study").unwrap();
    let collection = choose(&bench, &unused_for(30));
    let mut publication = bench.store.publish(&document(2)).unwrap();
    publication.blob("generator", b"weights").unwrap();
    remove(&bench, &collection);
    let entry = publication.commit(Status::Completed, BTreeMap::new()).unwrap();
    assert!(!is_there(&bench, 1));
    assert!(bench.store.has_blob(&entry.outputs["generator"]));
}

#[test]
fn what_a_publication_found_stored_before_the_choice_is_spared_too() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 40);
    let _build = bench.store.begin_build("study").unwrap();
    let mut publication = bench.store.publish(&document(2)).unwrap();
    publication.blob("generator", b"weights").unwrap();
    remove(&bench, &choose(&bench, &unused_for(30)));
    let entry = publication.commit(Status::Completed, BTreeMap::new()).unwrap();
    assert!(bench.store.has_blob(&entry.outputs["generator"]));
}

#[test]
fn an_entry_that_the_study_of_a_running_build_has_had_stays_though_the_build_has_not_come_to_it() {
    let bench = Bench::new();
    for seed in 1..=2 {
        publish_old(&bench, seed, &seed.to_le_bytes(), 40);
    }
    let record = HistoryRecord {
        kind: "train".into(),
        name: "train".into(),
        key: document(1).key(),
    };
    bench.store.history("study").append(&[record]).unwrap();
    let build = bench.store.begin_build("study").unwrap();
    let collection = choose(&bench, &unused_for(30));
    assert_eq!(collection.in_use, 1);
    remove(&bench, &collection);
    assert_eq!([1, 2].map(|seed| is_there(&bench, seed)), [true, false]);
    drop(build);
    remove(&bench, &choose(&bench, &unused_for(30)));
    assert!(!is_there(&bench, 1));
}

#[test]
fn a_key_that_is_being_built_stays() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 40);
    let _lock = bench.store.lock(&document(1).key(), &mut |_| {}).unwrap();
    assert!(choose(&bench, &unused_for(30)).garbage.is_empty());
}

#[test]
fn a_build_notes_a_use_once_a_day_and_looking_notes_none() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 2);
    let path = bench.entry_path(&document(1).key());
    let used = || fs::metadata(&path).unwrap().modified().unwrap();
    let before = used();
    assert!(is_there(&bench, 1));
    assert_eq!(used(), before, "a look is no use");
    let build = bench.store.begin_build("study").unwrap();
    build.store().entry(&document(1).key()).unwrap();
    let noted = used();
    assert!(noted > before + DAY);
    build.store().entry(&document(1).key()).unwrap();
    assert_eq!(used(), noted, "a second use within a day writes nothing");
}

#[test]
fn leftovers_go_once_no_process_can_have_them() {
    let bench = Bench::new();
    let root = bench.store.root();
    let temporary = root.join("tmp/leftover");
    let old = root.join("locks").join(document(7).key().to_string());
    for path in [&temporary, &old] {
        fs::write(path, b"").unwrap();
    }
    fs::write(root.join("builds/killed"), b"").unwrap();
    bench.store.history("gone").append(&[record(9)]).unwrap();
    let reasons = |collection: &Collection| -> Vec<Reason> {
        collection
            .garbage
            .iter()
            .map(|garbage| garbage.reason.clone())
            .collect()
    };
    assert_eq!(reasons(&choose(&bench, &Policy::default())), [Reason::Leftover]);
    for path in [temporary, old, root.join("history/gone")] {
        bench.age(&path, 2 * HOUR);
    }
    let collection = choose(&bench, &Policy::default());
    assert_eq!(collection.garbage.len(), 4, "{:?}", collection.garbage);
    assert_eq!(remove(&bench, &collection), 0);
    for folder in ["tmp", "builds", "history"] {
        assert!(bench.files(folder).is_empty(), "{folder}");
    }
}

fn record(seed: u32) -> HistoryRecord {
    HistoryRecord {
        kind: "train".into(),
        name: "train".into(),
        key: document(seed).key(),
    }
}

#[test]
fn unfinished_work_goes_when_it_is_finished_or_old_and_nobody_is_at_it() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    for seed in 1..=3 {
        let partial = bench.store.partial(&document(seed).key());
        fs::create_dir(&partial).unwrap();
        fs::write(partial.join("half"), b"12345").unwrap();
        bench.age(&partial, 40 * DAY);
    }
    let _lock = bench.store.lock(&document(3).key(), &mut |_| {}).unwrap();
    let collection = choose(&bench, &unused_for(30));
    let bytes: Vec<_> = collection.garbage.iter().map(|garbage| garbage.bytes).collect();
    assert_eq!(bytes, [5, 5], "{:?}", collection.garbage);
    assert!(
        collection
            .garbage
            .iter()
            .any(|garbage| garbage.reason == Reason::Finished)
    );
    remove(&bench, &collection);
    let is_left = [1, 2, 3].map(|seed| bench.store.partial(&document(seed).key()).exists());
    assert_eq!(is_left, [false, false, true]);
}

#[test]
fn an_inventory_counts_every_file_and_survives_strange_ones() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    bench.store.history("a/b").append(&[record(1)]).unwrap();
    fs::write(bench.store.root().join("blobs/README"), b"not a blob").unwrap();
    fs::write(bench.store.root().join("history/%zz"), b"not a history").unwrap();
    let inventory = bench.store.inventory().unwrap();
    assert_eq!((inventory.entries.len(), inventory.blobs.len()), (1, 1));
    assert!(inventory.entries[0].content.is_ok());
    assert_eq!(inventory.histories[0].study, "a/b");
    assert_eq!(inventory.histories[0].records, [record(1)]);
    let files = ["entries", "blobs/", "history/a%2fb"].map(|folder| {
        let files = bench.files(folder);
        let known = files.iter().filter(|path| !path.ends_with("README"));
        known.map(|path| fs::metadata(path).unwrap().len()).sum::<u64>()
    });
    assert_eq!(inventory.bytes(), files.iter().sum::<u64>());
}

#[test]
fn two_collections_at_once_remove_everything_once() {
    let bench = Bench::new();
    for seed in 0..80 {
        publish_old(&bench, seed, &seed.to_le_bytes(), 40);
    }
    let collection = choose(&bench, &unused_for(30));
    let fates: Vec<Fate> = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| fates(&bench, &collection)));
        both.into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let count = |wanted| fates.iter().filter(|fate| **fate == wanted).count();
    let garbage = collection.garbage.len();
    assert_eq!((count(Fate::Removed), count(Fate::Gone)), (garbage, garbage));
    assert!(bench.files("entries").is_empty() && bench.files("blobs").is_empty());
}

#[test]
fn what_cannot_be_read_as_an_entry_hides_no_other_and_a_folder_stays() {
    let bench = Bench::new();
    bench.publish(&document(1), b"weights");
    let folder = bench.entry_path(&document(2).key());
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(bench.store.entries().unwrap().len(), 1);
    let collection = choose(&bench, &Policy::default());
    let reason = &collection.garbage[0].reason;
    assert!(matches!(reason, Reason::Damaged { why } if why.contains("cannot be read")));
    assert_eq!(fates(&bench, &collection), [Fate::Spared]);
    assert!(folder.is_dir() && is_there(&bench, 1));
}

#[test]
fn only_a_blob_that_is_still_damaged_is_removed_as_such() {
    let bench = Bench::new();
    let digest = Digest::of(b"weights");
    let remove = || bench.store.remove_damaged_blob(&digest).unwrap();
    bench.publish(&document(1), b"weights");
    assert_eq!((remove(), has(&bench, b"weights")), (Fate::Gone, true));
    overwrite(&bench.blob_path(&digest), b"waits");
    assert_eq!((remove(), has(&bench, b"weights")), (Fate::Removed, false));
    assert_eq!(remove(), Fate::Gone);
    fs::create_dir(bench.blob_path(&digest)).unwrap();
    assert_eq!(remove(), Fate::Spared);
}

#[test]
fn what_cannot_be_looked_at_counts_as_a_running_build_and_a_held_lock() {
    let bench = Bench::new();
    let lock = bench
        .store
        .root()
        .join("locks")
        .join(document(1).key().to_string());
    for path in [bench.store.root().join("builds/loop"), lock] {
        std::os::unix::fs::symlink(&path, &path).unwrap();
    }
    let inventory = bench.store.inventory().unwrap();
    assert!(inventory.builds[0].is_running && inventory.locks[0].is_held);
}

#[test]
fn other_users_can_read_the_mark_of_a_build_and_the_description_of_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    // Readable to others as far as a file that anyone makes here is.
    fs::write(bench.folder().join("any"), b"").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o044;
    let usual = mode(&bench.folder().join("any"));
    let _build = bench.store.begin_build("study").unwrap();
    let described = ["format", "CACHEDIR.TAG"].map(|name| bench.store.root().join(name));
    for path in bench.files("builds").into_iter().chain(described) {
        assert_eq!(mode(&path), usual, "{}", path.display());
    }
}

#[test]
fn a_build_that_began_at_an_impossible_time_is_taken_for_an_old_one() {
    let bench = Bench::new();
    publish_old(&bench, 1, b"weights", 40);
    let path = bench.store.root().join("builds/strange");
    let record = br#"{"pid":1,"study":"study","started":18446744073709551615}"#;
    fs::write(&path, record).unwrap();
    let mark = fs::File::open(&path).unwrap();
    mark.lock().unwrap();
    let collection = choose(&bench, &unused_for(30));
    assert_eq!((collection.garbage.len(), collection.in_use), (0, 1));
}

#[test]
fn fingerprints_go_when_they_are_older_than_the_policy_or_ninety_days() {
    let bench = Bench::new();
    for (name, days) in [("new", 1), ("older", 40), ("oldest", 91)] {
        let path = bench.store.root().join("fingerprints").join(name);
        fs::write(&path, b"{}").unwrap();
        bench.age(&path, days * DAY);
    }
    let names = |policy: &Policy| -> Vec<String> {
        let collection = choose(&bench, policy);
        let garbage = collection.garbage.iter();
        let outdated = garbage.filter(|garbage| matches!(garbage.reason, Reason::Outdated { .. }));
        outdated
            .map(|garbage| garbage.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names(&Policy::default()), ["oldest"]);
    assert_eq!(names(&unused_for(30)), ["older", "oldest"]);
    assert_eq!(remove(&bench, &choose(&bench, &unused_for(30))), 0);
    assert_eq!(bench.files("fingerprints").len(), 1);
}
