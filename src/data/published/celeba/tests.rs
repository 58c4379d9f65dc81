//! Three faces that Pillow wrote against what TensorFlow 1 makes of them (tests/golden/archives.py), and lists and folders that
//! are not those of the set.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use tempfile::TempDir;

use super::*;
use crate::data::golden::{Golden, archive};

/// A copy of the three faces, changed.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("img_align_celeba")).unwrap();
    for index in 0..3 {
        let file = format!("img_align_celeba/{}", name(index));
        fs::copy(archive(&file), folder.path().join(&file)).unwrap();
    }
    let list = "list_eval_partition.txt";
    fs::copy(archive(list), folder.path().join(list)).unwrap();
    folder
}

fn read_folder(
    folder: &Path,
    crop: CelebaCrop,
    training: CelebaTraining,
    split: Split,
) -> Result<Vec<Vec<u8>>, DataError> {
    let faces = Faces {
        list: &folder.join("list_eval_partition.txt"),
        folder: &folder.join("img_align_celeba"),
        partitions: [1, 1, 1],
    };
    let mut images = Vec::new();
    faces.read(crop, training, split, 64, &mut |pixels, _| {
        images.push(pixels.to_vec());
        Ok::<_, DataError>(())
    })?;
    Ok(images)
}

fn refusal(folder: &TempDir) -> String {
    let read = read_folder(
        folder.path(),
        CelebaCrop::CompareGan,
        CelebaTraining::Train,
        Split::Train,
    );
    let error = read.unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    let path = format!("{}/", folder.path().display());
    error.to_string().replace(&path, "")
}

#[test]
fn faces_are_those_that_compare_gan_cuts_out_in_the_order_of_the_list() {
    let golden = Golden::read();
    let (crop, both) = (CelebaCrop::CompareGan, CelebaTraining::TrainAndValidation);
    let mut found = read_folder(&archive(""), crop, both, Split::Train).unwrap();
    found.extend(read_folder(&archive(""), crop, both, Split::Test).unwrap());
    assert_eq!(found.len(), 3);
    for (index, pixels) in found.iter().enumerate() {
        let (shape, expected) = golden.bytes(&format!("celeba.{index}"));
        assert_eq!((shape, pixels.len()), (vec![64, 64, 3], 64 * 64 * 3));
        let differences = pixels.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b));
        // Decoders of JPEG differ by as much.
        assert!(differences.clone().max().unwrap() <= 3, "{index}");
        assert!(
            differences.map(f64::from).sum::<f64>() / (pixels.len() as f64) < 0.5,
            "{index}"
        );
    }
    let alone = read_folder(&archive(""), crop, CelebaTraining::Train, Split::Train).unwrap();
    assert_eq!(alone, found[..1]);
}

#[test]
fn the_other_crops_are_wider_or_antialiased() {
    let read = |crop| read_folder(&archive(""), crop, CelebaTraining::Train, Split::Train).unwrap();
    let whole = read(CelebaCrop::Center178(Filter::Box));
    let image = image_of_file(&archive("img_align_celeba/000001.jpg")).unwrap();
    let square = image.centered(178, 178);
    let fit = Fit::Crop;
    let filter = Filter::Box;
    assert_eq!(whole[0], square.resized(64, Resize { filter, fit }));
    let filter = Filter::Bilinear;
    let smooth = read(CelebaCrop::Center160(filter));
    assert_eq!(
        smooth[0],
        image.centered(160, 160).resized(64, Resize { filter, fit })
    );
    assert_ne!(smooth, read(CelebaCrop::CompareGan));
}

#[test]
fn the_published_numbers_are_those_of_the_distribution() {
    let train = CelebaTraining::Train.description();
    assert_eq!((train.train, train.test), (162_770, 19_962));
    let both = CelebaTraining::TrainAndValidation.description();
    assert_eq!((both.train, both.test), (182_637, 19_962));
    assert_eq!(PARTITIONS.iter().sum::<usize>(), 202_599);
}

#[test]
fn a_list_that_is_not_that_of_the_set_is_refused_by_its_line() {
    let says = |text: &str| {
        let folder = copy();
        fs::write(folder.path().join("list_eval_partition.txt"), text).unwrap();
        refusal(&folder)
    };
    let line = |line, found: &str, expected: &str| {
        format!("line {line} of list_eval_partition.txt is {found:?}, expected {expected}")
    };
    assert_eq!(
        says("000001.jpg 0\n000002.jpg 0\n000003.jpg 2\n"),
        line(2, "000002.jpg 0", "\"000002.jpg 1\"")
    );
    assert_eq!(
        says("image_id,partition\n000001.jpg,0\n"),
        line(1, "image_id,partition", "\"000001.jpg 0\"")
    );
    assert_eq!(
        says("000001.jpg 0\n000003.jpg 2\n000002.jpg 1\n"),
        line(2, "000003.jpg 2", "\"000002.jpg 1\"")
    );
    assert_eq!(
        says("000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n000004.jpg 2\n"),
        line(4, "000004.jpg 2", "\"no more lines\"")
    );
    assert_eq!(
        says("000001.jpg 0\n000002.jpg 1\n"),
        "list_eval_partition.txt holds 2, expected 3 images"
    );
    assert_eq!(
        says("000001.jpg 0\n000002.jp"),
        line(2, "000002.jp", "\"000002.jpg 1\"")
    );
}

#[test]
fn a_folder_that_lacks_an_image_or_has_another_is_refused() {
    let folder = copy();
    let images = folder.path().join("img_align_celeba");
    fs::write(images.join("notes.txt"), "no image").unwrap();
    read_folder(
        folder.path(),
        CelebaCrop::CompareGan,
        CelebaTraining::Train,
        Split::Train,
    )
    .unwrap();
    fs::copy(images.join("000001.jpg"), images.join("000004.jpg")).unwrap();
    assert_eq!(refusal(&folder), "img_align_celeba holds 4, expected 3 images");
    fs::remove_file(images.join("000001.jpg")).unwrap();
    let read = read_folder(
        folder.path(),
        CelebaCrop::CompareGan,
        CelebaTraining::Train,
        Split::Train,
    );
    let error = read.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("cannot read {}", images.join("000001.jpg").display())
    );
}

#[test]
fn an_image_of_another_size_or_that_is_cut_short_is_refused_by_its_path() {
    let folder = copy();
    let first = folder.path().join("img_align_celeba/000001.jpg");
    let bytes = fs::read(&first).unwrap();
    fs::write(&first, &bytes[..bytes.len() / 2]).unwrap();
    let message = refusal(&folder);
    assert!(
        message.starts_with("img_align_celeba/000001.jpg is no image that can be decoded: "),
        "{message}"
    );
    fs::write(&first, "text").unwrap();
    assert_eq!(
        refusal(&folder),
        "img_align_celeba/000001.jpg is no image that can be decoded: the content is not PNG, JPEG or WebP"
    );
    image::RgbImage::new(178, 217)
        .save_with_format(&first, image::ImageFormat::Png)
        .unwrap();
    assert_eq!(
        refusal(&folder),
        "img_align_celeba/000001.jpg holds one of 217 x 178, expected an image of 218 x 178"
    );
}
