//! Finding and reading the files of the MNIST family, made up and real.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use tempfile::TempDir;

use crate::data::published::tests::{Images, read};
use crate::data::{PublishedSet, Split};

const MNIST: PublishedSet = PublishedSet::Mnist;

fn idx(header: &[u32], content: Vec<u8>) -> Vec<u8> {
    header
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .chain(content)
        .collect()
}

/// Four plain files; the test split holds `images` and `labels`, the training split one byte each.
fn folder_with_test_split(images: Vec<u8>, labels: Vec<u8>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, bytes) in [
        ("train-images-idx3-ubyte", vec![0]),
        ("train-labels-idx1-ubyte", vec![0]),
        ("t10k-images-idx3-ubyte", images),
        ("t10k-labels-idx1-ubyte", labels),
    ] {
        std::fs::write(folder.path().join(file), bytes).unwrap();
    }
    folder
}

fn refusal(images: Vec<u8>, labels: Vec<u8>) -> String {
    let folder = folder_with_test_split(images, labels);
    let files = MNIST.locate(Some(folder.path()), None).unwrap().files;
    let error = read(MNIST, &files, Split::Test, 28).unwrap_err();
    error
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn the_installed_fashion_mnist_is_read_whole() {
    let set = PublishedSet::FashionMnist;
    let located = set.locate(None, None).unwrap();
    assert!(
        located.missing.is_none(),
        "this test needs Debian's package dataset-fashion-mnist"
    );
    for (split, first_labels, first_sum) in [
        (Split::Train, [9, 0, 0, 3, 0], 76_247),
        (Split::Test, [9, 2, 1, 1, 6], 33_456),
    ] {
        let count = set.description().count(split);
        let plain = read(set, &located.files, split, 28).unwrap();
        assert_eq!((plain.pixels.len(), plain.labels.len()), (count * 28 * 28, count));
        assert_eq!(plain.labels[..5], first_labels);
        let total = |pixels: &[u8]| pixels.iter().map(|&x| u64::from(x)).sum::<u64>();
        assert_eq!(total(&plain.pixels[..28 * 28]), first_sum);
        for class in 0..10 {
            let of_class = plain.labels.iter().filter(|&&label| label == class);
            assert_eq!(of_class.count(), count / 10);
        }
        let padded = read(set, &located.files, split, 32).unwrap();
        assert_eq!(padded.pixels.len(), count * 32 * 32);
        assert_eq!(total(&padded.pixels), total(&plain.pixels));
    }
}

#[test]
fn a_well_formed_split_is_read() {
    let pixels: Vec<u8> = (0..10_000 * 784).map(|i| (i % 251) as u8).collect();
    let images = idx(&[0x803, 10_000, 28, 28], pixels.clone());
    let folder = folder_with_test_split(images, idx(&[0x801, 10_000], vec![7; 10_000]));
    let files = MNIST.locate(Some(folder.path()), None).unwrap().files;
    let labels = vec![7; 10_000];
    assert_eq!(
        read(MNIST, &files, Split::Test, 28).unwrap(),
        Images { pixels, labels }
    );
}

#[test]
fn compressed_files_are_preferred_to_plain_ones() {
    let folder = folder_with_test_split(vec![0], vec![0]);
    let plain = MNIST.locate(Some(folder.path()), None).unwrap().files;
    assert_eq!(
        (plain.files[3].name, &plain.files[3].path),
        ("test-labels", &folder.path().join("t10k-labels-idx1-ubyte"))
    );
    std::fs::write(folder.path().join("t10k-labels-idx1-ubyte.gz"), [0]).unwrap();
    let both = MNIST.locate(Some(folder.path()), None).unwrap().files;
    assert_eq!(
        both.files[3].path,
        folder.path().join("t10k-labels-idx1-ubyte.gz")
    );
    assert_eq!(both.files[0], plain.files[0]);
}

#[test]
fn a_missing_file_is_named_with_where_it_was_looked_for_and_the_package() {
    let folder = folder_with_test_split(vec![0], vec![0]);
    std::fs::remove_file(folder.path().join("train-labels-idx1-ubyte")).unwrap();
    let missing = |set: PublishedSet| {
        let located = set.locate(Some(folder.path()), None).unwrap();
        assert_eq!(
            located.files.files[1].path,
            folder.path().join("train-labels-idx1-ubyte.gz"),
            "where it is expected"
        );
        located.missing.unwrap()
    };
    let error = missing(PublishedSet::FashionMnist);
    let expected = format!(
        "no file train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz in {}",
        folder.path().display()
    );
    assert_eq!(error.to_string(), expected);
    assert!(
        error
            .hint()
            .unwrap()
            .contains("apt install dataset-fashion-mnist")
    );
    assert!(!missing(MNIST).hint().unwrap().contains("apt"));
}

#[test]
fn mnist_needs_a_folder() {
    let error = MNIST.locate(None, None).unwrap_err().to_string();
    assert_eq!(
        error,
        "mnist has no usual folder, so the study must name the folder of its files"
    );
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let images = idx(&[0x803, 2, 28, 28], vec![0; 2 * 784]);
    assert_eq!(
        refusal(images, idx(&[0x801, 3], vec![0; 3])),
        "t10k-images-idx3-ubyte holds 2 images but t10k-labels-idx1-ubyte holds 3 labels"
    );
}

#[test]
fn images_of_another_count_or_size_are_refused() {
    let images = idx(&[0x803, 2, 28, 28], vec![0; 2 * 784]);
    assert_eq!(
        refusal(images, idx(&[0x801, 2], vec![0; 2])),
        "t10k-images-idx3-ubyte holds 2 images of 28 x 28, expected 10000 images of 28 x 28"
    );
    let images = idx(&[0x803, 10_000, 28, 27], vec![0; 10_000 * 28 * 27]);
    assert!(
        refusal(images, idx(&[0x801, 10_000], vec![0; 10_000])).contains("holds 10000 images of 28 x 27")
    );
}

#[test]
fn a_label_without_a_class_is_refused() {
    let images = idx(&[0x803, 10_000, 28, 28], vec![0; 10_000 * 784]);
    let mut labels = vec![9; 10_000];
    labels[41] = 10;
    assert_eq!(
        refusal(images, idx(&[0x801, 10_000], labels)),
        "label 41 of t10k-labels-idx1-ubyte is 10, expected 0 to 9"
    );
}
