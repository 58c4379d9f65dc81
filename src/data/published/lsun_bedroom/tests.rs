//! Images that Pillow and Python's lmdb wrote (tests/golden/archives.py), as they are distributed and as files, and databases
//! that are not those of the set.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::data::golden::{Golden, archive};

const GOLDEN: &str = "bedroom_train_lmdb/data.mdb";

fn rooms(preparation: BedroomPreparation) -> Rooms {
    Rooms {
        preparation,
        count: 18,
        resolution: 128,
    }
}

fn of_database(rooms: Rooms, path: &Path, split: Split) -> Result<Vec<Vec<u8>>, DataError> {
    let mut images = Vec::new();
    rooms.read_database(path, split, &mut |pixels, _| {
        images.push(pixels.to_vec());
        Ok::<_, DataError>(())
    })?;
    Ok(images)
}

fn of_files(rooms: Rooms, folder: &Path, split: Split) -> Result<Vec<Vec<u8>>, DataError> {
    let mut images = Vec::new();
    rooms.read_images(folder, split, &mut |pixels, _| {
        images.push(pixels.to_vec());
        Ok::<_, DataError>(())
    })?;
    Ok(images)
}

/// The records of the golden as files named by their keys, in folders named by the beginnings of these.
fn exported() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lmdb = Lmdb::open(&archive(GOLDEN)).unwrap();
    for entry in lmdb.entries() {
        let entry = entry.unwrap();
        let key = String::from_utf8(entry.key.clone()).unwrap();
        let inner = folder.path().join(&key[..1]).join(&key[1..2]);
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join(format!("{key}.webp")), lmdb.value(&entry).unwrap()).unwrap();
    }
    folder
}

/// A copy of the golden, changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.mdb");
    let mut bytes = fs::read(archive(GOLDEN)).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn the_middle_of_each_image_is_what_pillow_and_tensorflow_find_there() {
    let golden = Golden::read();
    let found = of_database(
        rooms(BedroomPreparation::CenterCrop),
        &archive(GOLDEN),
        Split::Train,
    )
    .unwrap();
    assert_eq!(found.len(), 18);
    for index in [0, 17] {
        let (shape, expected) = golden.bytes(&format!("cropped.{index}"));
        assert_eq!((shape, found[index].len()), (vec![128, 128, 3], 128 * 128 * 3));
        let differences = found[index].iter().zip(&expected).map(|(a, b)| a.abs_diff(*b));
        // Color is stored at half the resolution, and decoders differ in how they interpolate it.
        assert!(differences.clone().max().unwrap() <= 16, "{index}");
        assert!(
            differences.map(f64::from).sum::<f64>() / (found[index].len() as f64) < 1.0,
            "{index}"
        );
    }
}

#[test]
fn a_database_and_its_images_as_files_are_one_set() {
    let folder = exported();
    for preparation in [
        BedroomPreparation::CenterCrop,
        BedroomPreparation::CropResize(Filter::Bicubic),
        BedroomPreparation::CropResize(Filter::Box),
    ] {
        let rooms = rooms(preparation);
        let of_database = of_database(rooms, &archive(GOLDEN), Split::Train).unwrap();
        assert_eq!(of_database, of_files(rooms, folder.path(), Split::Train).unwrap());
        assert_eq!(of_database.len(), 18);
    }
}

#[test]
fn the_usual_preparation_resizes_the_largest_square() {
    let rooms = rooms(BedroomPreparation::CropResize(Filter::Box));
    let found = of_database(rooms, &archive(GOLDEN), Split::Train).unwrap();
    let folder = exported();
    let mut paths = Vec::new();
    images_form::below(folder.path(), &mut |path| paths.push(path)).unwrap();
    let image = image_of_file(&paths[0]).unwrap();
    let left = (image.width - 256) / 2;
    let top = (image.height - 256) / 2;
    let at = |y: usize, x: usize| u32::from(image.pixels[((top + y) * image.width + left + x) * 3]);
    for (y, x) in [(0, 0), (17, 99), (127, 127)] {
        let sum = at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) + at(2 * y + 1, 2 * x + 1);
        assert_eq!(u32::from(found[0][(y * 128 + x) * 3]), (sum + 2) / 4);
    }
}

#[test]
fn the_last_hundredth_in_the_order_of_keys_is_held_out() {
    let published = Rooms {
        count: IMAGES,
        ..rooms(BedroomPreparation::CenterCrop)
    };
    assert_eq!(published.part(Split::Train), (0, 3_002_712));
    assert_eq!(published.part(Split::Test), (3_002_712, 30_330));
    let description = BedroomPreparation::CenterCrop.description();
    assert_eq!((description.train, description.test), (3_002_712, 30_330));
}

#[test]
fn the_splits_are_the_records_before_and_behind_one_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.mdb");
    fs::copy(archive(GOLDEN), &path).unwrap();
    let all = of_database(rooms(BedroomPreparation::CenterCrop), &path, Split::Train).unwrap();
    // Of 18 none is a hundredth; a folder of 100 files, the golden's six times, has one.
    let images = tempfile::tempdir().unwrap();
    let exported = exported();
    let mut paths = Vec::new();
    images_form::below(exported.path(), &mut |path| paths.push(path)).unwrap();
    for index in 0..100 {
        fs::copy(&paths[index % 18], images.path().join(format!("{index:03}.webp"))).unwrap();
    }
    let rooms = Rooms {
        count: 100,
        ..rooms(BedroomPreparation::CenterCrop)
    };
    let train = of_files(rooms, images.path(), Split::Train).unwrap();
    let test = of_files(rooms, images.path(), Split::Test).unwrap();
    assert_eq!((train.len(), test.len()), (99, 1));
    assert_eq!((&train[98], &test[0]), (&all[98 % 18], &all[99 % 18]));
}

#[test]
fn another_number_of_records_or_files_is_refused() {
    let rooms = Rooms {
        count: IMAGES,
        ..rooms(BedroomPreparation::CenterCrop)
    };
    let path = archive(GOLDEN);
    let error = of_database(rooms, &path, Split::Train).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} holds 18, expected 3033042 images", path.display())
    );
    let folder = exported();
    let error = of_files(rooms, folder.path(), Split::Train).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} holds 18, expected 3033042 images", folder.path().display())
    );
}

#[test]
fn a_record_that_is_no_image_or_a_damaged_one_is_refused_by_its_key() {
    let lmdb = Lmdb::open(&archive(GOLDEN)).unwrap();
    let values: Vec<_> = lmdb
        .entries()
        .map(|entry| {
            let entry = entry.unwrap();
            let value = lmdb.value(&entry).unwrap();
            (String::from_utf8(entry.key).unwrap(), value)
        })
        .collect();
    let whole = fs::read(archive(GOLDEN)).unwrap();
    for (key, value) in [&values[2], &values[17]] {
        let place = whole
            .windows(value.len())
            .position(|window| window == value.as_slice())
            .unwrap();
        let says = |damage: &dyn Fn(&mut [u8])| {
            let (_folder, path) = changed(|bytes| damage(&mut bytes[place..place + value.len()]));
            let read = of_database(rooms(BedroomPreparation::CenterCrop), &path, Split::Train);
            let error = read.unwrap_err();
            assert!(error.hint().is_some());
            let message = error.to_string();
            let begins = format!(
                "the record {key} of {} is no image that can be decoded: ",
                path.display()
            );
            message
                .strip_prefix(&begins)
                .unwrap_or_else(|| panic!("{message}"))
                .to_owned()
        };
        assert_eq!(
            says(&|bytes| bytes.fill(b'x')),
            "the content is not PNG, JPEG or WebP"
        );
        // The beginning of the file stays, what follows goes.
        assert!(!says(&|bytes| bytes[20..].fill(0)).is_empty());
    }
}

#[test]
fn an_image_of_another_size_is_refused_by_its_key_or_path() {
    let folder = exported();
    let mut paths = Vec::new();
    images_form::below(folder.path(), &mut |path| paths.push(path)).unwrap();
    image::RgbImage::new(300, 255)
        .save_with_format(&paths[3], image::ImageFormat::Png)
        .unwrap();
    let read = of_files(rooms(BedroomPreparation::CenterCrop), folder.path(), Split::Train);
    assert_eq!(
        read.unwrap_err().to_string(),
        format!(
            "{} holds one of 255 x 300, expected an image of 256 pixels on the shorter side",
            paths[3].display()
        )
    );
    let rooms = rooms(BedroomPreparation::CenterCrop);
    let small = fs::read(archive("img_align_celeba/000001.jpg")).unwrap();
    let error = rooms
        .square_of_record(Path::new("data.mdb"), b"abc", &small)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "data.mdb holds one of 218 x 178 in the record abc, expected images of 256 pixels on the shorter side"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let (_folder, path) =
        changed(|bytes| *bytes = b"PK\x03\x04 an archive that was not unpacked".repeat(200));
    let error = of_database(rooms(BedroomPreparation::CenterCrop), &path, Split::Train).unwrap_err();
    assert!(error.to_string().contains(" is no LMDB database: "), "{error}");
    assert!(error.hint().is_some());
}

/// Reads what tests/golden/large_lmdb.py writes.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs a database of over 1 GB, named by GAN_PIPE_LARGE_LMDB"]
fn a_database_of_over_a_gigabyte_is_read_whole_in_bounded_memory() {
    let path = PathBuf::from(std::env::var_os("GAN_PIPE_LARGE_LMDB").expect("GAN_PIPE_LARGE_LMDB"));
    assert!(fs::metadata(&path).unwrap().len() > 1 << 30);
    let lmdb = Lmdb::open(&path).unwrap();
    let number = |key: &[u8]| u32::from_str_radix(std::str::from_utf8(&key[..8]).unwrap(), 16).unwrap() % 400;
    let mut brightness = lmdb
        .entries()
        .map(|entry| 80.0 + f64::from(number(&entry.unwrap().key)) / 4.0);
    let rooms = Rooms {
        count: 60_000,
        ..rooms(BedroomPreparation::CenterCrop)
    };
    let mut images = 0;
    let mut take = |pixels: &[u8], _| {
        let sum: f64 = pixels.iter().map(|&byte| f64::from(byte)).sum();
        let mean = sum / pixels.len() as f64;
        assert!(
            (mean - brightness.next().unwrap()).abs() < 2.0,
            "image {images}: {mean}"
        );
        images += 1;
        Ok::<_, DataError>(())
    };
    for split in [Split::Train, Split::Test] {
        rooms.read_database(&path, split, &mut take).unwrap();
    }
    assert_eq!(images, 60_000);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kibibytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kibibytes < 256 << 10, "{kibibytes} KiB at most");
}
