//! IDX files, whole and damaged in every way the reader names.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;

fn file_of(bytes: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn idx(header: &[u32], content: &[u8]) -> Vec<u8> {
    header
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .chain(content.iter().copied())
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The message without the folder, and the hint.
fn refusal(bytes: &[u8]) -> (String, Option<String>) {
    let (folder, path) = file_of(bytes);
    let error = read_images(&path).unwrap_err();
    (
        error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), ""),
        error.hint(),
    )
}

#[test]
fn plain_and_compressed_files_hold_the_same_images() {
    let bytes = idx(&[IMAGES_MAGIC, 2, 1, 3], &[1, 2, 3, 4, 5, 6]);
    for bytes in [gzip(&bytes), bytes] {
        let (_folder, path) = file_of(&bytes);
        let images = read_images(&path).unwrap();
        assert_eq!(
            (images.count, images.height, images.width, images.channels),
            (2, 1, 3, 1)
        );
        assert_eq!(images.pixels, [1, 2, 3, 4, 5, 6]);
    }
}

#[test]
fn labels_are_read_as_they_stand() {
    let (_folder, path) = file_of(&idx(&[LABELS_MAGIC, 3], &[9, 0, 255]));
    assert_eq!(read_labels(&path).unwrap(), [9, 0, 255]);
}

#[test]
fn a_file_of_labels_is_no_file_of_images() {
    let (message, hint) = refusal(&idx(&[LABELS_MAGIC, 3], &[1, 2, 3]));
    assert_eq!(
        message,
        "file is no IDX file of images: it begins with 0x00000801, expected 0x00000803"
    );
    assert_eq!(
        hint.unwrap(),
        "this is a file of labels; images are in the file named after them"
    );
}

#[test]
fn another_file_is_no_idx_file() {
    let (message, hint) = refusal(b"\x89PNG\r\n\x1a\n");
    assert_eq!(
        message,
        "file is no IDX file of images: it begins with 0x89504e47, expected 0x00000803"
    );
    assert!(hint.unwrap().contains("IDX file as MNIST has them"));
}

#[test]
fn a_file_that_is_cut_short_says_how_much_it_holds() {
    let whole = idx(&[IMAGES_MAGIC, 2, 1, 3], &[1, 2, 3, 4, 5]);
    let (message, hint) = refusal(&whole);
    assert_eq!(message, "file holds 5 bytes of images, expected 6");
    assert_eq!(hint.unwrap(), "the file is cut short; copy or download it again");
    assert_eq!(
        refusal(&whole[..10]).0,
        "file holds 10 bytes of header, expected 12"
    );
    assert_eq!(refusal(&[]).0, "file holds 0 bytes of header, expected 4");
}

#[test]
fn a_compressed_file_that_is_cut_short_is_refused() {
    let content: Vec<u8> = (0..6000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let bytes = gzip(&idx(&[IMAGES_MAGIC, 60, 10, 10], &content));
    let (message, _) = refusal(&bytes[..bytes.len() / 2]);
    assert!(message.ends_with(" bytes of images, expected 6000"), "{message}");
}

#[test]
fn a_compressed_file_whose_checksum_is_wrong_is_refused() {
    let mut bytes = gzip(&idx(&[IMAGES_MAGIC, 2, 1, 3], &[1, 2, 3, 4, 5, 6]));
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    let (message, hint) = refusal(&bytes);
    assert_eq!(message, "cannot read file");
    assert_eq!(hint.unwrap(), "the file is damaged; copy or download it again");
}

#[test]
fn a_file_that_goes_on_after_its_images_is_refused() {
    let (message, hint) = refusal(&idx(&[IMAGES_MAGIC, 2, 1, 3], &[0; 7]));
    assert_eq!(message, "file holds more bytes of images, expected 6");
    assert!(hint.unwrap().contains("copy or download it again"));
}

#[test]
fn a_file_without_images_is_refused() {
    assert_eq!(
        refusal(&idx(&[IMAGES_MAGIC, 0, 28, 28], &[])).0,
        "file is empty: its header announces 0 images of 28 x 28 pixels"
    );
    assert!(
        refusal(&idx(&[IMAGES_MAGIC, 5, 0, 28], &[]))
            .0
            .starts_with("file is empty")
    );
}

#[test]
fn a_header_that_lies_allocates_nothing() {
    let (message, _) = refusal(&idx(&[IMAGES_MAGIC, u32::MAX, u32::MAX, u32::MAX], &[0; 9]));
    assert!(
        message.contains("more than the 2147483648 this reader takes"),
        "{message}"
    );
    let (message, _) = refusal(&idx(&[IMAGES_MAGIC, 2_000_000, 32, 32], &[0; 9]));
    assert_eq!(message, "file holds 9 bytes of images, expected 2048000000");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read_images(Path::new("nowhere/images")).unwrap_err().to_string();
    assert_eq!(error, "cannot read nowhere/images");
}
