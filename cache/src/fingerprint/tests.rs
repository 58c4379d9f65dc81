//! Fingerprints: when a remembered digest is believed, and when the file is read again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::path::Path;

use tempfile::TempDir;

use super::*;

/// A file, a place for hints, and a clock that a test sets.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(content: &[u8]) -> Bench {
        let bench = Bench {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(bench.hints()).unwrap();
        fs::write(bench.file(), content).unwrap();
        bench
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    fn hints(&self) -> PathBuf {
        self.folder.path().join("hints")
    }

    fn take(&self, seconds_from_now: i64) -> Fingerprint {
        let (seconds, nanoseconds) = now();
        let at = (seconds + seconds_from_now, nanoseconds);
        take(&self.hints(), self.folder.path(), &self.file(), at).unwrap()
    }

    /// Long after the file was last touched.
    fn take_later(&self) -> Fingerprint {
        self.take(60)
    }
}

fn read(content: &[u8]) -> Fingerprint {
    Fingerprint {
        digest: Digest::of(content),
        was_read: true,
    }
}

fn remembered(content: &[u8]) -> Fingerprint {
    Fingerprint {
        digest: Digest::of(content),
        was_read: false,
    }
}

/// Writes in place, so that the inode stays, and gives the file back the time it was modified at.
fn change_and_restore_time(path: &Path, content: &[u8]) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, content).unwrap();
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    assert_eq!(fs::metadata(path).unwrap().modified().unwrap(), modified);
}

#[test]
fn a_file_left_alone_is_read_once() {
    let bench = Bench::new(b"digits");
    assert_eq!(bench.take_later(), read(b"digits"));
    assert_eq!(bench.take_later(), remembered(b"digits"));
}

#[test]
fn a_change_with_the_same_size_and_a_restored_time_is_noticed() {
    let bench = Bench::new(b"digits");
    bench.take_later();
    let before = Stamp::of(&fs::metadata(bench.file()).unwrap()).unwrap();
    // The kernel's clock ticks every few milliseconds; only a later tick is another time of change.
    std::thread::sleep(std::time::Duration::from_millis(50));
    change_and_restore_time(&bench.file(), b"letter");
    let after = Stamp::of(&fs::metadata(bench.file()).unwrap()).unwrap();
    assert_eq!(
        (before.inode, before.size, before.modified),
        (after.inode, after.size, after.modified)
    );
    assert_eq!(bench.take_later(), read(b"letter"));
    assert_eq!(bench.take_later(), remembered(b"letter"));
}

#[test]
fn a_file_touched_just_now_is_not_trusted() {
    let bench = Bench::new(b"digits");
    assert_eq!(bench.take(0), read(b"digits"));
    assert_eq!(bench.take(1), read(b"digits"));
    // Within one tick this could leave the stamp as it was, which is why no hint may exist yet.
    change_and_restore_time(&bench.file(), b"letter");
    assert_eq!(bench.take(1), read(b"letter"));
}

#[test]
fn a_file_from_the_future_is_not_trusted() {
    let bench = Bench::new(b"digits");
    assert_eq!(bench.take(-3600), read(b"digits"));
    assert_eq!(bench.take(-3600), read(b"digits"));
}

#[test]
fn a_replaced_file_is_read_again() {
    let bench = Bench::new(b"digits");
    bench.take_later();
    let other = bench.folder.path().join("other");
    fs::write(&other, b"letter").unwrap();
    fs::rename(&other, bench.file()).unwrap();
    assert_eq!(bench.take_later(), read(b"letter"));
}

#[test]
fn a_damaged_hint_costs_one_reading() {
    let bench = Bench::new(b"digits");
    bench.take_later();
    let hint = fs::read_dir(bench.hints())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let other = Digest::of(b"other").to_string();
    let forged = fs::read_to_string(&hint)
        .unwrap()
        .replace(&Digest::of(b"digits").to_string(), &other);
    for content in [forged.as_bytes(), b"", b"{\"stamp\""] {
        fs::write(&hint, content).unwrap();
        assert_eq!(bench.take_later(), read(b"digits"));
        assert_eq!(bench.take_later(), remembered(b"digits"));
    }
}

#[test]
fn an_absent_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.gz");
    let error = take(folder.path(), folder.path(), &path, now()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read {}", path.display()));
}

#[test]
fn of_a_folder_only_the_files_that_changed_are_read_again() {
    let bench = Bench::new(b"digits");
    let images = bench.folder.path().join("folder");
    fs::create_dir(&images).unwrap();
    for name in ["1", "2", "3"] {
        fs::write(images.join(name), name).unwrap();
    }
    let take = |seconds| {
        let (now, nanoseconds) = now();
        let (hints, tmp) = (bench.hints(), bench.folder.path());
        take_folder(&hints, tmp, &images, (now + seconds, nanoseconds)).unwrap()
    };
    assert_eq!(take(0).1, 3);
    assert_eq!(take(0).1, 3, "files touched just now are not trusted");
    let (first, were_read) = take(60);
    assert_eq!((were_read, take(60)), (3, (first.clone(), 0)));
    assert_eq!(
        fs::read_dir(bench.hints()).unwrap().count(),
        1,
        "one file of hints for all"
    );

    let other = bench.folder.path().join("other");
    fs::write(&other, "two").unwrap();
    fs::rename(&other, images.join("2")).unwrap();
    let (changed, were_read) = take(60);
    assert_eq!(were_read, 1);
    assert_ne!(changed.digest, first.digest);
    assert_eq!(changed.files[1].digest, Digest::of(b"two"));

    let moved = bench.folder.path().join("moved");
    fs::rename(&images, &moved).unwrap();
    let (hints, tmp) = (bench.hints(), bench.folder.path());
    let (there, were_read) = take_folder(&hints, tmp, &moved, (now().0 + 60, 0)).unwrap();
    assert_eq!((there.digest, were_read), (changed.digest, 0));
}
