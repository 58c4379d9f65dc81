//! One builder for one key at a time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part of the support")]
mod support;

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use gan_cache::{Collection, LockHolder, Policy};
use support::{Bench, document};

fn must_not_wait(holder: &LockHolder) {
    panic!("waits for {holder}");
}

#[test]
fn a_free_lock_is_taken_without_waiting_again_and_again() {
    let bench = Bench::new();
    for _ in 0..3 {
        let _lock = bench.store.lock(&document(1).key(), &mut must_not_wait).unwrap();
        let _other_key = bench.store.lock(&document(2).key(), &mut must_not_wait).unwrap();
    }
}

#[test]
fn a_held_lock_is_waited_for_and_its_holder_named_once() {
    let bench = Bench::new();
    let key = document(1).key();
    let held = bench.store.lock(&key, &mut must_not_wait).unwrap();
    let released = AtomicBool::new(false);
    let waits = AtomicU32::new(0);
    let (told, holders) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let mut on_wait = |holder: &LockHolder| {
                waits.fetch_add(1, Ordering::SeqCst);
                told.send(holder.clone()).unwrap();
            };
            let _lock = bench.store.lock(&key, &mut on_wait).unwrap();
            assert!(released.load(Ordering::SeqCst), "two hold one lock");
        });
        let holder = holders.recv().unwrap();
        assert_eq!(holder.pid, Some(std::process::id()));
        assert!(holder.to_string().contains("locks"), "{holder}");
        std::thread::sleep(Duration::from_millis(50));
        released.store(true, Ordering::SeqCst);
        drop(held);
        waiter.join().unwrap();
    });
    assert_eq!(waits.into_inner(), 1);
}

#[test]
fn only_one_of_many_threads_holds_a_lock() {
    let bench = Bench::new();
    let inside = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let _lock = bench.store.lock(&document(1).key(), &mut |_| {}).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold one lock");
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
}

#[test]
fn an_unreadable_holder_is_waited_for_all_the_same() {
    let bench = Bench::new();
    let key = document(1).key();
    let held = bench.store.lock(&key, &mut must_not_wait).unwrap();
    fs::write(bench.store.root().join("locks").join(key.to_string()), b"{").unwrap();
    let mut held = Some(held);
    let mut on_wait = |holder: &LockHolder| {
        assert_eq!(holder.to_string(), "another process");
        held = None;
    };
    let _lock = bench.store.lock(&key, &mut on_wait).unwrap();
    assert!(held.is_none());
}

#[test]
fn a_collection_that_removes_free_locks_never_lets_two_in() {
    let bench = Bench::new();
    let key = document(1).key();
    let (inside, done) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let lockers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let _lock = bench.store.lock(&key, &mut |_| {}).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold one lock");
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let later = SystemTime::now() + Duration::from_secs(7200);
                let inventory = bench.store.inventory().unwrap();
                let collection = Collection::choose(&inventory, &Policy::default(), later);
                bench
                    .store
                    .remove(&collection, &mut |_| {}, &mut |_, _| {})
                    .unwrap();
            }
        });
        for locker in lockers {
            locker.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
}
