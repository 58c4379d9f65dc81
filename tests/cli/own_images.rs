//! Own images: a folder is trained on and evaluated, and what moves its key. Folders that are refused are in `failing`.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};

use super::environment::{Ran, TestEnv, of_event};

const STUDY: &str = "\
study: own
data: { dataset: image-folder, path: photos }
base:
  architecture: { name: sndcgan, width: 0.015625 }
  latent: { dimension: 4 }
  batch_size: 4
  steps: 2
  checkpoint_every: 2
evaluate: { samples: 16, at: last }
";

/// Images in each of the two folders.
const EACH: u8 = 16;

/// The study `own.yaml` and its folder: red images of many sizes and formats in one folder, blue ones below another.
fn own_images(seed: u32) -> TestEnv {
    let env = TestEnv::new(seed);
    env.write("own.yaml", &format!("seed: {seed}\n{STUDY}"));
    for index in 0..EACH {
        let (width, height) = (20 + 3 * u32::from(index), 60 - 2 * u32::from(index));
        let shade = |x: u32, y: u32| ((7 * x + 11 * y) % 50) as u8 + 8 * index;
        let red = RgbImage::from_fn(width, height, |x, y| {
            Rgb([255 - shade(x, y) / 4, shade(y, x), 20])
        });
        let blue = RgbImage::from_fn(height, width, |x, y| Rgb([20, shade(x, y), 255 - index]));
        let extension = if index % 2 == 0 { "png" } else { "webp" };
        save(&red, &env.path(&format!("photos/red/{index:02}.{extension}")));
        save(
            &blue,
            &env.path(&format!("photos/blue/deep/{index:02}.{extension}")),
        );
    }
    env
}

fn save(image: &RgbImage, path: &Path) {
    fs::create_dir_all(path.parent().expect("a file has a folder"))
        .expect("the test's folder can be written");
    image.save(path).expect("the test's folder can be written");
}

fn build(env: &TestEnv, more: &[&str]) -> Ran {
    env.run(&[&["build", "own.yaml", "--message-format", "json"], more].concat())
}

/// The stages that a build ran.
fn stages_run(env: &TestEnv, more: &[&str]) -> Vec<String> {
    let messages = build(env, more).expect(0).messages();
    let names = of_event(&messages, "ran").into_iter();
    names
        .map(|message| message["stage"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn csv(env: &TestEnv, table: &str, columns: &str) -> String {
    env.run(&[
        "table",
        "own.yaml",
        table,
        "--format",
        "csv",
        "--columns",
        columns,
    ])
    .expect(0)
    .stdout
}

#[test]
fn a_folder_of_images_of_every_size_is_trained_on_and_evaluated_in_color() {
    let env = own_images(900);
    build(&env, &[]).expect(0);
    let metrics = csv(
        &env,
        "metrics",
        "metric,extractor,feature_dimension,dataset,extractor_accuracy",
    );
    assert_eq!(
        metrics,
        "metric,extractor,feature_dimension,dataset,extractor_accuracy\nfid,random-convolution/1,256,image-folder,\n"
    );
    let runs = csv(&env, "runs", "dataset,channels,corrupt_images");
    assert_eq!(runs, "dataset,channels,corrupt_images\nimage-folder,3,0\n");
    let grid = image::open(env.path("results/own/samples/base/seed-1/2.png")).expect("there is a grid");
    assert_eq!((grid.width(), grid.color()), (8 * 32, image::ColorType::Rgb8));
}

#[test]
fn a_moved_folder_is_a_hit_and_one_with_another_image_is_not() {
    let env = own_images(901);
    build(&env, &[]).expect(0);
    fs::rename(env.path("photos"), env.path("elsewhere")).expect("the test's folder can be written");
    let moved = ["--set", "data.path=elsewhere"];
    assert!(stages_run(&env, &moved).is_empty());

    // What leaves the images and their order as they were is found out by the data stage, and goes no further.
    env.write("elsewhere/readme.txt", "mine");
    fs::rename(env.path("elsewhere/red"), env.path("elsewhere/ruby"))
        .expect("the test's folder can be written");
    assert_eq!(stages_run(&env, &moved), ["data"]);
    assert!(stages_run(&env, &moved).is_empty());

    fs::copy(
        env.path("elsewhere/ruby/00.png"),
        env.path("elsewhere/ruby/99.png"),
    )
    .expect("the test's folder can be written");
    let ran = stages_run(&env, &moved);
    assert!(ran.contains(&"data".to_owned()) && ran.len() > 1, "{ran:?}");
}

#[test]
fn corrupt_images_are_left_out_and_counted_when_asked() {
    let env = own_images(902);
    let whole = fs::read(env.path("photos/red/00.png")).expect("it was written");
    fs::write(env.path("photos/red/00.png"), &whole[..whole.len() / 2])
        .expect("the test's folder can be written");
    env.write("photos/blue/page.jpg", "<!DOCTYPE html>");
    env.write("photos/notes.txt", "not an image");
    let skipped = env
        .run(&["build", "own.yaml", "--set", "data.corrupt=skip"])
        .expect(0);
    for words in [
        "cannot be decoded: 2, the first of them blue/page.jpg",
        "WebP: 1, the first of them notes.txt",
    ] {
        assert!(skipped.stderr.contains(words), "{words}\n{}", skipped.stderr);
    }
    assert_eq!(csv(&env, "runs", "corrupt_images"), "corrupt_images\n2\n");
}

#[test]
fn labels_from_folders_train_a_classifier() {
    let env = own_images(903);
    build(&env, &["--set", "data.labels=folder"]).expect(0);
    let metrics = csv(&env, "metrics", "metric,extractor");
    assert_eq!(
        metrics,
        "metric,extractor\nfid,classifier\ninception-score,classifier\n"
    );
    let metrics = csv(&env, "metrics", "extractor_accuracy");
    let accuracy: f64 = metrics
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok())
        .expect("an accuracy");
    assert!(
        accuracy > 0.9,
        "red and blue are told apart in {accuracy} of the test images"
    );
}
