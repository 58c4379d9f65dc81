//! Folders: what is in the digest and what is not, and what cannot be read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    folder
}

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn read(folder: &Path) -> Result<Folder, StoreError> {
    Folder::read(folder, |path| {
        Digest::of_file(path).map_err(StoreError::io("read", path))
    })
}

fn names(folder: &Folder) -> Vec<&str> {
    folder
        .files
        .iter()
        .map(|file| std::str::from_utf8(&file.name).unwrap())
        .collect()
}

#[test]
fn files_are_sorted_by_the_bytes_of_their_names() {
    let folder = folder(&[
        ("b/1", "x"),
        ("a/10", "x"),
        ("a/9", "x"),
        ("a-1", "x"),
        ("Z", "x"),
        ("é", "x"),
    ]);
    let read = read(folder.path()).unwrap();
    assert_eq!(names(&read), ["Z", "a-1", "a/10", "a/9", "b/1", "é"]);
    assert_eq!(read.files[2].digest, Digest::of(b"x"));
    assert_eq!(read.files[2].path, folder.path().join("a/10"));
}

#[test]
fn a_moved_folder_keeps_its_digest_and_any_change_gives_another() {
    let files = [("a/1", "one"), ("a/2", "two")];
    let (here, there) = (folder(&files), folder(&files));
    let digest = |folder: &TempDir| read(folder.path()).unwrap().digest;
    let before = digest(&here);
    assert_eq!(before, digest(&there));

    write(there.path(), "a/2", "too");
    let changed = digest(&there);
    write(there.path(), "a/2", "two");
    write(there.path(), "b", "");
    let added = digest(&there);
    fs::remove_file(there.path().join("b")).unwrap();
    fs::rename(there.path().join("a/2"), there.path().join("a/3")).unwrap();
    let renamed = digest(&there);
    fs::rename(there.path().join("a/3"), there.path().join("a/2")).unwrap();
    assert_eq!(digest(&there), before);
    let all = [before, changed, added, renamed];
    for (index, one) in all.iter().enumerate() {
        assert!(!all[..index].contains(one), "change {index} was not noticed");
    }
}

#[test]
fn names_and_contents_cannot_be_taken_for_each_other() {
    let file = |name: &str| FolderFile {
        name: name.into(),
        path: PathBuf::new(),
        digest: Digest::of(b""),
    };
    let lists = [
        vec![],
        vec![file("ab")],
        vec![file("a"), file("b")],
        vec![file("")],
    ];
    let encoded: Vec<_> = lists.iter().map(|list| encoded(list)).collect();
    for (index, one) in encoded.iter().enumerate() {
        assert!(!encoded[..index].contains(one));
    }
}

#[test]
fn hidden_files_and_folders_are_passed_over() {
    let folder = folder(&[("1", ""), (".DS_Store", ""), ("a/._2", ""), (".git/3", "")]);
    assert_eq!(names(&read(folder.path()).unwrap()), ["1"]);
}

#[test]
fn links_are_followed() {
    let outside = folder(&[("2", "two"), ("b/3", "three")]);
    let folder = folder(&[("1", "one")]);
    symlink(outside.path().join("2"), folder.path().join("two")).unwrap();
    symlink(outside.path().join("b"), folder.path().join("more")).unwrap();
    let read = read(folder.path()).unwrap();
    assert_eq!(names(&read), ["1", "more/3", "two"]);
    assert_eq!(read.files[2].digest, Digest::of(b"two"));
}

#[test]
fn a_link_to_a_folder_above_is_refused_and_one_to_a_sibling_is_not() {
    let folder = folder(&[("a/1", ""), ("b/2", "")]);
    symlink(folder.path().join("a"), folder.path().join("b/sibling")).unwrap();
    assert_eq!(
        names(&read(folder.path()).unwrap()),
        ["a/1", "b/2", "b/sibling/1"]
    );
    let link = folder.path().join("a/up");
    symlink(folder.path(), &link).unwrap();
    let message = read(folder.path()).unwrap_err().to_string();
    assert!(
        message.contains("leads back to a folder that it lies in"),
        "{message}"
    );
}

#[test]
fn a_link_to_nothing_and_a_folder_that_is_a_file_are_errors_that_name_them() {
    let folder = folder(&[("1", "")]);
    let link = folder.path().join("2.png");
    symlink(folder.path().join("absent"), &link).unwrap();
    let message = read(folder.path()).unwrap_err().to_string();
    let expected = "leads to nothing; hint: remove the link, or restore what it leads to";
    assert_eq!(message, format!("{} {expected}", link.display()));
    let file = folder.path().join("1");
    let message = read(&file).unwrap_err().to_string();
    assert_eq!(message, format!("cannot list the folder {}", file.display()));
}
