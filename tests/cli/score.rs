//! Metrics of images of any origin: folders, arrays, features and statistics, and what a second call does.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use super::environment::TestEnv;

mod parts;

/// Pixels of an image's side.
const SIDE: u32 = 16;

/// Writes `.npy` bytes: an array of this type, such as `|u1`, of these extents.
pub(crate) fn npy(kind: &str, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let extents: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({extents}), }}\n");
    let length = u16::try_from(text.len())
        .expect("a header is short")
        .to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), bytes].concat()
}

/// An array of float32.
pub(crate) fn npy_of_reals(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    npy("<f4", shape, &bytes)
}

/// Where a file of tests/golden/arrays lies.
pub(crate) fn golden(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/arrays");
    folder.join(file).display().to_string()
}

/// Image `index` of a set: stripes and a disc, whose color is the set's.
fn image(index: u32, hue: u8) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let is_inside = (x * 7 + index) % 13 + (y * 5) % 11 > 12;
        let shade = ((x * (index % 5 + 1) * 9 + y * (index % 7 + 2) * 6) % 200) as u8;
        match is_inside {
            true => Rgb([hue, shade, 255 - hue]),
            false => Rgb([shade, 255 - shade, hue / 2]),
        }
    })
}

pub(crate) fn save(image: &RgbImage, path: &Path) {
    fs::create_dir_all(path.parent().expect("a file has a folder"))
        .expect("the test's folder can be written");
    image.save(path).expect("the test's folder can be written");
}

/// A folder `a` of 24 images below folders of their own, and a folder `b` of 20.
pub(crate) fn two_folders(seed: u32) -> TestEnv {
    let env = TestEnv::new(seed);
    for index in 0..24 {
        let extension = if index % 2 == 0 { "png" } else { "webp" };
        save(
            &image(index, 200),
            &env.path(&format!("a/{}/{index:02}.{extension}", index / 12)),
        );
    }
    for index in 0..20 {
        save(&image(index + 40, 60), &env.path(&format!("b/{index:02}.png")));
    }
    env
}

/// For tests that count what runs: others share images and the cache.
const OWN_CACHE: [&str; 2] = ["--cache-dir", "cache"];

const RANDOM: [&str; 2] = ["--extractor", "random-convolution"];

/// The one message of a call that succeeds.
fn score(env: &TestEnv, arguments: &[&str]) -> Value {
    let ran = env.run(&[&["score", "--json"], arguments].concat()).expect(0);
    let mut messages = ran.messages();
    assert_eq!(messages.len(), 1, "{}", ran.stdout);
    messages.remove(0)
}

fn close(found: &Value, expected: &Value, relative: f64) {
    let (found, expected) = (
        found.as_f64().expect("a number"),
        expected.as_f64().expect("a number"),
    );
    let difference = (found - expected).abs() / expected.abs();
    assert!(difference < relative, "{found} for {expected}: {difference:e}");
}

#[test]
fn two_folders_are_compared_once_and_a_changed_image_is_noticed() {
    let env = two_folders(1600);
    env.write("a/.hidden.png", "no image");
    env.write("a/notes.txt", "a text");
    let metrics = "fid,kid,precision-recall,density-coverage";
    let arguments = [
        &["--reference", "a", "--generated", "b", "--metrics", metrics],
        &RANDOM[..],
        &OWN_CACHE,
    ]
    .concat();
    let first = score(&env, &arguments);
    assert_eq!(first["event"], "score");
    for name in ["fid", "kid", "precision", "recall", "density", "coverage"] {
        assert!(first["metrics"][name].is_f64(), "{name} of {first}");
    }
    assert_eq!(
        first["stages"],
        json!({ "all": 8, "hit": 0, "ran": 8, "failed": 0 })
    );
    assert_eq!(first["reference"]["count"], 24);
    assert_eq!(
        first["reference"]["other_files"], 1,
        "the hidden file is passed over"
    );
    assert_eq!(first["generated"]["largest_extents"], json!([16, 16]));
    assert_eq!(first["extractor"]["name"], "random-convolution");

    let second = score(&env, &arguments);
    assert_eq!(
        second["stages"],
        json!({ "all": 8, "hit": 8, "ran": 0, "failed": 0 })
    );
    let without_stages = |message: &Value| {
        let mut message = message.clone();
        message["stages"] = Value::Null;
        message
    };
    assert_eq!(without_stages(&first), without_stages(&second));

    fs::rename(env.path("a"), env.path("moved")).expect("the test's folder can be written");
    let moved = [
        &["--reference", "moved", "--generated", "b", "--metrics", metrics],
        &RANDOM[..],
        &OWN_CACHE,
    ]
    .concat();
    assert_eq!(score(&env, &moved)["stages"]["ran"], 0);

    save(&image(99, 60), &env.path("b/99.png"));
    let more = score(&env, &moved);
    assert_eq!(more["generated"]["count"], 21);
    assert_ne!(more["metrics"]["fid"], first["metrics"]["fid"]);
    fs::remove_file(env.path("b/99.png")).expect("the test's folder can be written");
    assert_eq!(score(&env, &moved)["stages"]["ran"], 0);
}

#[test]
fn arrays_of_either_order_give_the_numbers_of_the_same_images_in_a_folder() {
    let env = two_folders(1601);
    let images: Vec<RgbImage> = (0..20).map(|index| image(index + 40, 60)).collect();
    let last: Vec<u8> = images.iter().flat_map(|image| image.as_raw().clone()).collect();
    let pixels = (SIDE * SIDE) as usize;
    let first: Vec<u8> = images
        .iter()
        .flat_map(|image| (0..3 * pixels).map(|at| image.as_raw()[at % pixels * 3 + at / pixels]))
        .collect();
    let side = SIDE as usize;
    for (name, shape, bytes) in [
        ("last", [20, side, side, 3], last),
        ("first", [20, 3, side, side], first),
    ] {
        let array = npy("|u1", &shape, &bytes);
        fs::write(env.path(&format!("{name}.npy")), array).expect("the test's folder can be written");
    }
    let of = |generated: &str| {
        let sides = [
            "--reference",
            "a",
            "--generated",
            generated,
            "--metrics",
            "fid,ms-ssim",
        ];
        score(&env, &[&sides, &RANDOM[..]].concat())
    };
    let folder = of("b");
    for array in ["last.npy", "first.npy"] {
        let found = of(array);
        assert_eq!(found["metrics"], folder["metrics"], "{array}");
        assert_eq!(
            found["generated"]["parts"][0]["features_digest"],
            folder["generated"]["parts"][0]["features_digest"]
        );
        assert_eq!(found["generated"]["parts"][0]["content"], "image array");
    }
}

#[test]
fn features_and_logits_give_the_numbers_that_scipy_found() {
    let env = TestEnv::new(1602);
    let expected = fs::read_to_string(golden("expected.json")).expect("the golden can be read");
    let expected: Value = serde_json::from_str(&expected).expect("the golden is JSON");
    let (a, b) = (golden("moments_of.npy"), golden("others.npy"));
    let found = score(
        &env,
        &[
            "--features",
            "--reference",
            &a,
            "--generated",
            &b,
            "--metrics",
            "fid,kid",
        ],
    );
    close(&found["metrics"]["fid"], &expected["fid"], 1e-9);
    close(&found["metrics"]["kid"], &expected["kid"], 1e-9);
    assert_eq!(found["extractor"], Value::Null);

    let logits = golden("logits.npy");
    let found = score(
        &env,
        &["--logits", "--generated", &logits, "--metrics", "inception-score"],
    );
    close(
        &found["metrics"]["inception-score"],
        &expected["inception_score"],
        1e-6,
    );
}

#[test]
fn statistics_of_numpy_stand_for_the_features_that_they_are_of() {
    let env = TestEnv::new(1603);
    let expected = fs::read_to_string(golden("expected.json")).expect("the golden can be read");
    let expected: Value = serde_json::from_str(&expected).expect("the golden is JSON");
    let others = golden("others.npy");
    for statistics in ["statistics.npz", "packed_statistics.npz"] {
        let file = golden(statistics);
        let found = score(
            &env,
            &["--features", "--reference", &file, "--generated", &others],
        );
        close(&found["metrics"]["fid"], &expected["fid"], 1e-9);
        assert_eq!(found["reference"]["parts"][0]["content"], "statistics");
        assert!(found["reference"]["parts"][0]["source_digest"].is_string());
        assert_eq!(found["reference"]["count"], Value::Null);
        let itself = score(&env, &["--reference", &file, "--generated", &file]);
        let zero = itself["metrics"]["fid"].as_f64().expect("a number");
        assert!(zero.abs() < 1e-9, "{zero} between statistics and themselves");
    }
}

#[test]
fn grey_images_and_images_of_several_sizes_can_be_pixels_only_of_one_size() {
    let env = two_folders(1604);
    let grey: Vec<u8> = (0..20 * 256).map(|at| (at * 11 % 251) as u8).collect();
    fs::write(env.path("grey.npy"), npy("|u1", &[20, 16, 16], &grey))
        .expect("the test's folder can be written");
    let arguments = [
        "--reference",
        "a",
        "--generated",
        "grey.npy",
        "--extractor",
        "pixels",
    ];
    let found = score(&env, &arguments);
    assert_eq!(found["generated"]["dimension"], 16 * 16 * 3);
    let warnings = found["warnings"].to_string();
    assert!(
        warnings.contains("24 reference and 20 generated images for 768 features"),
        "{warnings}"
    );
    assert!(
        warnings.contains("24 reference images and 20 generated ones"),
        "{warnings}"
    );
}

#[test]
fn the_same_images_on_both_sides_have_no_distance_and_a_warning() {
    let env = two_folders(1605);
    let found = score(
        &env,
        &[&["--reference", "a", "--generated", "a"], &RANDOM[..]].concat(),
    );
    let fid = found["metrics"]["fid"].as_f64().expect("a number");
    assert!(fid.abs() < 1e-9, "{fid}");
    let warnings = found["warnings"].to_string();
    assert!(
        warnings.contains("both sides have the same features"),
        "{warnings}"
    );
}

#[test]
fn threads_change_no_byte() {
    let env = two_folders(1606);
    let told = |threads: &str, cache: &str| {
        let sides = [
            "score",
            "--json",
            "--reference",
            "a",
            "--generated",
            "b",
            "--metrics",
            "fid,kid,precision-recall",
        ];
        let limits = ["--threads", threads, "--cache-dir", cache];
        env.run(&[&sides[..], &limits, &RANDOM].concat()).expect(0).stdout
    };
    assert_eq!(told("1", "one"), told("3", "three"));
}

#[test]
fn people_see_values_then_the_protocol_and_warnings_apart() {
    let env = two_folders(1607);
    let metrics = "{ precision-recall: { k: 5 } }";
    let arguments = [
        &[
            "score",
            "--reference",
            "a",
            "--generated",
            "b",
            "--metrics",
            metrics,
        ],
        &RANDOM[..],
        &["--quiet"],
    ]
    .concat();
    let ran = env.run(&arguments).expect(0);
    assert_eq!(ran.stderr, "");
    let values: Vec<&str> = ran
        .stdout
        .lines()
        .take(2)
        .map(|line| line.split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(values, ["precision", "recall"]);
    for words in [
        "reference         image folder a: 24 images of 16 x 16",
        "generated         image folder b: 20 images of 16 x 16",
        "features          random-convolution",
        "neighbours 5",
        "stages: 4, in the cache: ",
    ] {
        assert!(ran.stdout.contains(words), "{words} in\n{}", ran.stdout);
    }
    let loud = env.run(&arguments[..arguments.len() - 1]).expect(0);
    assert!(
        loud.stderr
            .contains("warning: 24 reference images and 20 generated ones"),
        "{}",
        loud.stderr
    );
}

#[test]
fn what_no_metric_looks_at_needs_no_weights() {
    let env = two_folders(1610);
    fs::write(env.path("logits.npy"), npy_of_reals(&[4, 3], &[1.0; 12]))
        .expect("the test's folder can be written");
    let arguments = [
        "--logits",
        "--generated",
        "logits.npy",
        "--metrics",
        "inception-score",
    ];
    let found = score(&env, &arguments);
    assert_eq!(found["metrics"]["inception-score"], 1.0);
    assert_eq!(found["extractor"], Value::Null);
}

#[test]
fn words_are_taken_as_they_are_written() {
    let env = two_folders(1611);
    for wrong in [
        ["--metrics", "fid] #"],
        ["--device", "cp\"u"],
        ["--layer", "20\"48"],
    ] {
        let arguments = ["score", "--reference", "a", "--generated", "b"];
        env.run(&[&arguments[..], &wrong].concat()).expect(2);
    }
}

#[test]
fn an_interval_holds_the_value_that_it_is_of() {
    let env = two_folders(1617);
    let more = ["--reference", "a", "--generated", "b", "--bootstrap", "40"];
    let found = score(&env, &[&more[..], &RANDOM].concat());
    let fid = &found["details"]["fid"]["values"]["fid"];
    let [low, value, high] = [&fid["interval"][0], &fid["value"], &fid["interval"][1]]
        .map(|number| number.as_f64().expect("a number"));
    assert!(low < value && value < high, "{low} {value} {high}");
}

#[test]
fn probabilities_in_place_of_logits_have_a_warning() {
    let env = TestEnv::new(1618);
    for (name, values, is_told) in [
        ("probabilities.npy", [0.5, 0.5, 0.25, 0.75], true),
        ("logits.npy", [0.5, -0.5, 2.0, 0.75], false),
    ] {
        fs::write(env.path(name), npy_of_reals(&[2, 2], &values)).expect("the test's folder can be written");
        let arguments = ["--logits", "--generated", name, "--metrics", "inception-score"];
        let warnings = score(&env, &arguments)["warnings"].to_string();
        assert_eq!(warnings.contains("as probabilities do"), is_told, "{warnings}");
    }
}
