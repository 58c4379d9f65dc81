//! Folders of images that are missing, hold no images or broken ones, or cannot give what a study asks for.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;

use image::RgbImage;

use super::NO_SEED;
use crate::environment::TestEnv;
use crate::page;

/// The study `own.yaml` of the folder `photos`, with more of the study and of its data.
fn study_of_photos(data: &str, more: &str) -> TestEnv {
    let env = TestEnv::new(NO_SEED);
    let base = "base: { architecture: { width: 0.015625 }, batch_size: 4, steps: 4, checkpoint_every: 2 }";
    let data = format!("data: {{ dataset: image-folder, path: photos{data} }}");
    env.write("own.yaml", &format!("{data}\n{base}\n{more}\n"));
    env
}

/// As many images as asked for, each of its own content.
fn write_images(env: &TestEnv, count: u8) {
    fs::create_dir_all(env.path("photos")).expect("the test's folder can be written");
    for index in 0..count {
        let image = RgbImage::from_fn(40, 33, |x, y| image::Rgb([index, x as u8, y as u8]));
        let path = env.path(&format!("photos/{index:02}.png"));
        image.save(path).expect("the test's folder can be written");
    }
}

fn assert_build_says(case: &str, env: &TestEnv) {
    let ran = env.run(&["build", "own.yaml", "-q"]);
    page::assert_says(case, env, &ran);
}

#[test]
fn a_folder_of_images_that_is_not_there_is_named() {
    assert_build_says("folder-missing", &study_of_photos("", ""));
}

#[test]
fn a_file_in_place_of_the_folder_of_images_is_refused() {
    let env = study_of_photos("", "");
    env.write("photos", "no folder");
    assert_build_says("folder-is-a-file", &env);
}

#[test]
fn a_folder_without_images_is_refused() {
    let env = study_of_photos("", "");
    env.write("photos/readme.txt", "nothing here");
    assert_build_says("folder-without-images", &env);
}

#[test]
fn images_that_cannot_be_decoded_are_all_named() {
    let env = study_of_photos("", "");
    write_images(&env, 12);
    let whole = fs::read(env.path("photos/03.png")).expect("the image was just written");
    fs::write(env.path("photos/03.png"), &whole[..whole.len() / 2]).expect("the image can be written");
    env.write("photos/page.jpg", "<html>");
    assert_build_says("images-corrupt", &env);
}

#[cfg(unix)]
#[test]
fn a_folder_that_contains_itself_is_refused() {
    let env = study_of_photos("", "");
    write_images(&env, 2);
    symlink(env.path("photos"), env.path("photos/again")).expect("the test's folder can be written");
    assert_build_says("folder-loop", &env);
}

#[test]
fn fewer_training_images_than_a_batch_holds_are_refused() {
    let env = study_of_photos("", "");
    write_images(&env, 16);
    let ran = env.run(&["build", "own.yaml", "-q", "--set", "base.batch_size=64"]);
    page::assert_says("images-too-few", &env, &ran);
}

#[test]
fn a_classifier_is_refused_where_there_are_no_labels() {
    assert_build_says(
        "no-labels",
        &study_of_photos("", "evaluate: { extractor: classifier }"),
    );
}

#[test]
fn a_metric_of_classes_is_refused_where_the_extractor_knows_none() {
    assert_build_says(
        "no-classes",
        &study_of_photos("", "evaluate: { metrics: [fid, inception-score] }"),
    );
}

#[test]
fn a_field_of_folders_is_refused_of_other_data() {
    let env = study_of_photos("", "");
    let arguments = [
        "build",
        "own.yaml",
        "-q",
        "--set",
        "data={ dataset: polygons, labels: folder }",
    ];
    page::assert_says("field-of-folders", &env, &env.run(&arguments));
}
