//! What a process leaves behind that is killed at an arbitrary moment.
//!
//! The processes are this test binary again, told by an environment variable where their store is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part of the support")]
mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use gan_cache::{Collection, Digest, LockHolder, Policy, Status, Store};
use support::{Bench, document};

const ROOT: &str = "GAN_CACHE_TEST_ROOT";
const READY: &str = "ready";
const DEADLINE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn the_lock_of_a_killed_process_is_free() {
    let bench = Bench::new();
    let mut holder = start("holds_a_lock_until_it_is_killed", bench.store.root());
    let pid = holder.id();
    let mut waited_for = None;
    let mut on_wait = |found: &LockHolder| {
        waited_for = found.pid;
        holder.kill().unwrap();
    };
    let lock = bench.store.lock(&document(1).key(), &mut on_wait);
    holder.wait().unwrap();
    assert!(lock.is_ok());
    assert_eq!(waited_for, Some(pid));
}

#[test]
#[ignore = "not a test: the process that the_lock_of_a_killed_process_is_free starts and kills"]
fn holds_a_lock_until_it_is_killed() {
    let Some(store) = store_of_this_process() else {
        return;
    };
    let _lock = store
        .lock(&document(1).key(), &mut |_| panic!("it is free"))
        .unwrap();
    fs::write(store.root().join(READY), b"").unwrap();
    std::thread::sleep(DEADLINE);
}

#[test]
fn a_killed_publisher_leaves_only_whole_entries() {
    let bench = Bench::new();
    for round in 0..12 {
        let mut publisher = start("publishes_until_it_is_killed", bench.store.root());
        std::thread::sleep(Duration::from_micros(1700 * round));
        publisher.kill().unwrap();
        publisher.wait().unwrap();
        fs::remove_file(bench.store.root().join(READY)).unwrap();

        let named = bench.files("entries").len();
        assert_eq!(
            (0..).take_while(|seed| is_whole(&bench.store, *seed)).count(),
            named,
            "round {round}"
        );
        for path in bench.files("blobs") {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(Digest::of_file(&path).unwrap().to_string(), name, "round {round}");
        }
    }
    assert!(
        !bench.files("entries").is_empty(),
        "no publisher lived long enough to publish"
    );
}

#[test]
fn a_killed_collection_leaves_only_whole_entries() {
    const ENTRIES: u32 = 100;
    let full = Bench::new();
    for seed in 0..ENTRIES {
        full.publish(&document(seed), &seed.to_le_bytes());
    }
    let mut removed = 0;
    for round in 0..6 {
        let bench = full.copy_aged(100 * DAY);
        let mut collector = start("collects_everything_unused", bench.store.root());
        std::thread::sleep(Duration::from_micros(700 * round));
        collector.kill().unwrap();
        collector.wait().unwrap();
        for seed in 0..ENTRIES {
            if let Some(entry) = bench.store.entry(&document(seed).key()).unwrap() {
                assert!(
                    bench.store.blob(&entry.outputs["generator"].digest).is_ok(),
                    "round {round}"
                );
            } else {
                removed += 1;
            }
        }
        // What the first left half done the next one ends, and what is found anew is stored anew.
        bench
            .store
            .remove(&unused(&bench.store), &mut |_| {}, &mut |_, _| {})
            .unwrap();
        assert!(bench.files("entries").is_empty(), "round {round}");
        bench.publish(&document(1), b"weights");
        assert!(bench.store.entry(&document(1).key()).unwrap().is_some());
    }
    assert!(removed > 0, "no collection lived long enough to remove anything");
}

#[test]
#[ignore = "not a test: the process that a_killed_collection_leaves_only_whole_entries starts and kills"]
fn collects_everything_unused() {
    let Some(store) = store_of_this_process() else {
        return;
    };
    let collection = unused(&store);
    fs::write(store.root().join(READY), b"").unwrap();
    store.remove(&collection, &mut |_| {}, &mut |_, _| {}).unwrap();
}

fn unused(store: &Store) -> Collection {
    let policy = Policy {
        unused_for: Some(30 * DAY),
        ..Policy::default()
    };
    Collection::choose(&store.inventory().unwrap(), &policy, SystemTime::now())
}

#[test]
fn what_a_running_process_uses_stays_until_it_is_killed() {
    let bench = Bench::new();
    for seed in 1..=2 {
        bench.publish(&document(seed), &seed.to_le_bytes());
        bench.age(&bench.entry_path(&document(seed).key()), 100 * DAY);
    }
    let mut builder = start("finds_an_entry_and_runs_until_it_is_killed", bench.store.root());
    let everything = Policy {
        unused_for: Some(Duration::ZERO),
        ..Policy::default()
    };
    let collect = || {
        let collection =
            Collection::choose(&bench.store.inventory().unwrap(), &everything, SystemTime::now());
        bench
            .store
            .remove(&collection, &mut |_| {}, &mut |_, _| {})
            .unwrap();
    };
    collect();
    assert!(is_there(&bench, 1), "the running process has found it");
    assert!(!is_there(&bench, 2), "nobody has");
    builder.kill().unwrap();
    builder.wait().unwrap();
    collect();
    assert!(!is_there(&bench, 1), "the process has ended");
    assert!(bench.files("builds").is_empty());
}

fn is_there(bench: &Bench, seed: u32) -> bool {
    bench.store.entry(&document(seed).key()).unwrap().is_some()
}

#[test]
#[ignore = "not a test: the process that what_a_running_process_uses_stays_until_it_is_killed starts and kills"]
fn finds_an_entry_and_runs_until_it_is_killed() {
    let Some(store) = store_of_this_process() else {
        return;
    };
    let build = store.begin_build("study").unwrap();
    assert!(build.store().entry(&document(1).key()).unwrap().is_some());
    fs::write(store.root().join(READY), b"").unwrap();
    std::thread::sleep(DEADLINE);
}

/// Whether the entry is there; if so it has all that it names.
fn is_whole(store: &Store, seed: u32) -> bool {
    let Some(entry) = store.entry(&document(seed).key()).unwrap() else {
        return false;
    };
    assert_eq!(entry.outputs.len(), 2);
    for reference in entry.outputs.values() {
        assert_eq!(
            store.blob(&reference.digest).unwrap().len() as u64,
            reference.bytes
        );
    }
    true
}

#[test]
#[ignore = "not a test: the process that a_killed_publisher_leaves_only_whole_entries starts and kills"]
fn publishes_until_it_is_killed() {
    let Some(store) = store_of_this_process() else {
        return;
    };
    let deadline = Instant::now() + DEADLINE;
    fs::write(store.root().join(READY), b"").unwrap();
    for seed in 0.. {
        let mut publication = store.publish(&document(seed)).unwrap();
        publication
            .blob("generator", &seed.to_le_bytes().repeat(50_000))
            .unwrap();
        publication.blob("state", &seed.to_le_bytes()).unwrap();
        publication.commit(Status::Completed, BTreeMap::new()).unwrap();
        if Instant::now() > deadline {
            return;
        }
    }
}

/// Runs one of the processes above, and returns once it is ready.
fn start(process: &str, root: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", process, "--ignored"])
        .env(ROOT, root)
        .stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + DEADLINE;
    while !root.join(READY).exists() {
        if Instant::now() > deadline || child.try_wait().unwrap().is_some() {
            child.kill().unwrap_or_default();
            panic!("{process} did not get ready");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

/// The store of a process started by a test; there is none when the tests marked `ignore` are run by hand.
fn store_of_this_process() -> Option<Store> {
    std::env::var_os(ROOT).map(|root: OsString| Store::open(Path::new(&root)).unwrap())
}
