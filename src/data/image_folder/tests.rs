//! Folders: splits, labels, what is left out, and what is refused. Images are drawn and saved here.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use image::RgbImage;
use tempfile::TempDir;

use super::*;
use crate::data::{Filter, Fit};

const SETTINGS: ImageFolder = ImageFolder {
    resolution: 4,
    color: Color::Rgb,
    resize: Resize {
        filter: Filter::Bicubic,
        fit: Fit::Crop,
    },
    test_fraction: 0.5,
    labels: Labels::None,
    corrupt: Corrupt::Refuse,
};

/// A digest that puts its file into a split of equal parts.
fn digest(split: Split) -> [u8; 32] {
    match split {
        Split::Test => [0; 32],
        Split::Train => [255; 32],
    }
}

fn read(settings: ImageFolder, files: &[(&str, Split, PreparedFile)]) -> Result<FolderSummary, DataError> {
    let mut reading = FolderReading::new(settings, Path::new("photos"));
    for (name, split, prepared) in files {
        let file = ImageFile {
            name: name.as_bytes(),
            path: Path::new(name),
            digest: &digest(*split),
        };
        let prepared = match prepared {
            PreparedFile::Image(pixels) => PreparedFile::Image(pixels.clone()),
            PreparedFile::Corrupt(reason) => PreparedFile::Corrupt(reason.clone()),
            PreparedFile::Other => PreparedFile::Other,
        };
        reading.take(&file, prepared);
    }
    reading.finish()
}

fn image(name: &str, split: Split) -> (&str, Split, PreparedFile) {
    (name, split, PreparedFile::Image(vec![0; 48]))
}

fn corrupt(name: &str) -> (&str, Split, PreparedFile) {
    (
        name,
        Split::Train,
        PreparedFile::Corrupt("it ends early".to_owned()),
    )
}

/// Two images of each split in each of two classes.
fn classes() -> Vec<(&'static str, Split, PreparedFile)> {
    let names = ["cat/1", "cat/2", "cat/3", "cat-like/1", "cat-like/2"];
    let splits = [Split::Train, Split::Train, Split::Test, Split::Train, Split::Test];
    names
        .into_iter()
        .zip(splits)
        .map(|(name, split)| image(name, split))
        .collect()
}

#[test]
fn the_split_is_a_function_of_the_content_and_about_the_share_asked_for() {
    let settings = ImageFolder {
        test_fraction: 0.2,
        ..SETTINGS
    };
    let mut stream = crate::random::Stream::new(0, 0, "test", 0);
    let mut random = || -> [u8; 32] { std::array::from_fn(|_| stream.below(256) as u8) };
    let tested = (0..10_000)
        .filter(|_| settings.split(&random()) == Split::Test)
        .count();
    // Four standard deviations of 40.
    assert!((1840..=2160).contains(&tested), "{tested}");
    // The boundary is 0.2 of 2^64 = 0x3333...
    let at = |first: [u8; 8]| settings.split(&std::array::from_fn(|i| first.get(i).copied().unwrap_or(0)));
    assert_eq!(at([0x33; 8]), Split::Test);
    assert_eq!(at([0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x40, 0]), Split::Train);
}

#[test]
fn a_file_is_brought_to_the_resolution_and_colors_asked_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("red");
    RgbImage::from_pixel(9, 5, image::Rgb([255, 0, 0]))
        .save_with_format(&path, image::ImageFormat::Png)
        .unwrap();
    let file = ImageFile {
        name: b"red",
        path: &path,
        digest: &[0; 32],
    };
    let prepare = |color| ImageFolder { color, ..SETTINGS }.prepare(&file).unwrap();
    assert_eq!(prepare(Color::Rgb), PreparedFile::Image([255, 0, 0].repeat(16)));
    assert_eq!(prepare(Color::Gray), PreparedFile::Image(vec![76; 16]));
    let absent = ImageFile {
        path: Path::new("no/such"),
        ..file
    };
    assert!(matches!(SETTINGS.prepare(&absent), Err(DataError::Read { .. })));
}

#[test]
fn labels_number_the_folders_in_the_order_of_their_names() {
    let settings = ImageFolder {
        labels: Labels::Folder,
        ..SETTINGS
    };
    // By paths `cat-like/1` comes before `cat/1`, because `-` sorts before `/`; by names it is the other way round.
    let mut files = classes();
    files.sort_by_key(|(name, ..)| *name);
    assert_eq!(files[0].0, "cat-like/1");
    let summary = read(settings, &files).unwrap();
    assert_eq!(summary.classes, ["cat", "cat-like"]);
    assert_eq!(
        (summary.train_labels, summary.test_labels),
        (vec![1, 0, 0], vec![1, 0])
    );
    assert_eq!((summary.train, summary.test), (3, 2));
    let unlabelled = read(SETTINGS, &files).unwrap();
    assert!(unlabelled.classes.is_empty() && unlabelled.train_labels.is_empty());
}

#[test]
fn only_the_first_folder_of_a_path_is_the_label() {
    let settings = ImageFolder {
        labels: Labels::Folder,
        ..SETTINGS
    };
    let mut files = classes();
    files.push(image("dog/small/1", Split::Train));
    files.push(("notes/readme.txt", Split::Train, PreparedFile::Other));
    let summary = read(settings, &files).unwrap();
    assert_eq!(summary.classes, ["cat", "cat-like", "dog"]);
    assert_eq!(
        (summary.other, summary.first_other.as_deref()),
        (1, Some("notes/readme.txt"))
    );
}

#[test]
fn every_corrupt_image_is_named_up_to_twenty() {
    let mut files = classes();
    files.insert(1, corrupt("broken.jpg"));
    files.insert(3, corrupt("dark/empty.png"));
    let error = read(SETTINGS, &files).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 of 7 images in photos cannot be decoded:\n  broken.jpg (it ends early)\n  dark/empty.png (it ends early)"
    );
    assert!(error.hint().unwrap().contains("`corrupt: skip`"));
    let names: Vec<String> = (0..30).map(|index| format!("{index}.png")).collect();
    files.extend(names.iter().map(|name| corrupt(name)));
    let message = read(SETTINGS, &files).unwrap_err().to_string();
    assert!(
        message.starts_with("32 of 37 images") && message.ends_with("\n  and 12 more"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 22);
}

#[test]
fn corrupt_images_are_skipped_and_counted_only_when_asked() {
    let settings = ImageFolder {
        corrupt: Corrupt::Skip,
        labels: Labels::Folder,
        ..SETTINGS
    };
    let mut files = classes();
    files.insert(0, corrupt("broken/only.jpg"));
    let summary = read(settings, &files).unwrap();
    assert_eq!((summary.corrupt_count, summary.train, summary.test), (1, 3, 2));
    assert_eq!(summary.corrupt[0].name, "broken/only.jpg");
    assert_eq!(
        summary.classes,
        ["cat", "cat-like"],
        "a folder without a usable image is no class"
    );
}

#[test]
fn a_folder_without_images_or_with_too_few_is_refused_with_a_hint() {
    let other = ("readme.txt", Split::Train, PreparedFile::Other);
    let none = read(SETTINGS, &[other]).unwrap_err();
    assert_eq!(
        none.to_string(),
        "photos holds no PNG, JPEG or WebP image among 1 files"
    );
    assert!(none.hint().unwrap().contains("data.path"));
    let few = read(
        SETTINGS,
        &[
            image("1", Split::Train),
            image("2", Split::Train),
            image("3", Split::Test),
        ],
    )
    .unwrap_err();
    assert_eq!(
        few.to_string(),
        "photos holds 2 training and 1 test images, expected at least 2 of each"
    );
    assert!(few.hint().unwrap().contains("test_fraction"));
}

#[test]
fn folders_that_cannot_be_classes_are_refused() {
    let settings = ImageFolder {
        labels: Labels::Folder,
        ..SETTINGS
    };
    let refused = |files: &[(&str, Split, PreparedFile)]| read(settings, files).unwrap_err().to_string();

    let mut outside = classes();
    outside.push(image("loose.png", Split::Train));
    assert_eq!(
        refused(&outside),
        "1 images lie in photos itself, in no folder that could be their label:\n  loose.png"
    );
    let mut untrained = classes();
    untrained.push(image("owl/1", Split::Test));
    assert_eq!(
        refused(&untrained),
        "every image of the class \"owl\" in photos is a test image"
    );
    let mut one = classes();
    one.retain(|(name, ..)| name.starts_with("cat/"));
    one.push(image("cat/4", Split::Test));
    assert_eq!(
        refused(&one),
        "photos has 1 folders of images, expected 2 to 256 as labels"
    );
    let names: Vec<String> = (0..257).map(|index| format!("{index}/image")).collect();
    let mut many: Vec<_> = names.iter().map(|name| image(name, Split::Train)).collect();
    many.extend(classes());
    assert_eq!(
        refused(&many),
        "photos has 259 folders of images, expected 2 to 256 as labels"
    );
}

#[test]
fn once_a_folder_is_refused_nothing_is_kept() {
    let mut reading = FolderReading::new(SETTINGS, Path::new("photos"));
    let file = ImageFile {
        name: b"1",
        path: Path::new("1"),
        digest: &[0; 32],
    };
    let pixels = || PreparedFile::Image(vec![7; 48]);
    assert_eq!(reading.take(&file, pixels()), Some((Split::Test, vec![7; 48])));
    assert_eq!(reading.take(&file, PreparedFile::Corrupt("no".to_owned())), None);
    assert_eq!(reading.take(&file, pixels()), None);
}
