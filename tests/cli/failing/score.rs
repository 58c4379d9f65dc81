//! Sides that cannot be compared: nothing there, damaged, ambiguous, too few, or not what a metric needs.

use std::fs;

use super::{NO_SEED, assert_ends};
use crate::environment::TestEnv;
use crate::score::{golden, npy, npy_of_reals, two_folders};

/// Runs `score` on a generated side `given` and the reference of [`two_folders`], with random convolutions.
fn refused(case: &str, env: &TestEnv, given: &str, more: &[&str]) {
    let arguments = [
        "score",
        "--quiet",
        "--reference",
        "a",
        "--generated",
        given,
        "--extractor",
        "random-convolution",
    ];
    assert_ends(case, env, &[&arguments[..], more].concat());
}

fn with_file(case: &str, name: &str, bytes: &[u8], more: &[&str]) {
    let env = two_folders(NO_SEED);
    fs::write(env.path(name), bytes).expect("the test's folder can be written");
    refused(case, &env, name, more);
}

/// A mean and a covariance of four features, as `statistics.npz`.
fn write_statistics(env: &TestEnv) {
    let statistics = fs::read(golden("statistics.npz")).expect("the golden can be read");
    fs::write(env.path("statistics.npz"), statistics).expect("the test's folder can be written");
}

/// Features of four and of two numbers, as `four.npy` and `two.npy`.
fn write_unlike_features(env: &TestEnv) {
    for (name, shape) in [("four.npy", [3, 4]), ("two.npy", [6, 2])] {
        let values: Vec<f32> = (0..12u8).map(f32::from).collect();
        fs::write(env.path(name), npy_of_reals(&shape, &values)).expect("the test's folder can be written");
    }
}

#[test]
fn a_side_that_is_not_there_is_named() {
    refused("score-nothing-there", &two_folders(NO_SEED), "absent", &[]);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    with_file("score-unknown-file", "images.tar", b"a text", &[]);
}

#[test]
fn one_image_is_no_set_of_them() {
    refused("score-one-image", &two_folders(NO_SEED), "b/00.png", &[]);
}

#[test]
fn a_folder_without_images_is_refused() {
    let env = two_folders(NO_SEED);
    env.write("empty/notes.txt", "a text");
    refused("score-no-images", &env, "empty", &[]);
}

#[test]
fn a_corrupt_image_is_named() {
    let env = two_folders(NO_SEED);
    env.write("b/07.png", "no image");
    refused("score-corrupt-image", &env, "b", &[]);
}

#[test]
fn an_array_whose_channels_could_be_either_is_refused() {
    let images = npy("|u1", &[2, 3, 8, 3], &[0; 144]);
    with_file("score-either-channels", "images.npy", &images, &[]);
}

#[test]
fn images_as_reals_are_refused_with_the_way_to_bytes() {
    let images = npy_of_reals(&[2, 4, 4, 3], &[0.5; 96]);
    with_file("score-images-of-reals", "images.npy", &images, &[]);
}

#[test]
fn an_array_that_is_cut_short_is_refused() {
    let images = npy("|u1", &[2, 4, 4, 3], &[0; 95]);
    with_file("score-array-cut-short", "images.npy", &images, &[]);
}

#[test]
fn a_changed_number_in_an_archive_is_noticed() {
    let mut archive = fs::read(golden("single.npz")).expect("the golden can be read");
    let header = archive.windows(6).position(|window| window == b"\x93NUMPY");
    archive[header.expect("an archive has an array") + 200] ^= 1;
    with_file("score-array-damaged", "images.npz", &archive, &[]);
}

#[test]
fn of_several_arrays_none_is_guessed() {
    let archive = fs::read(golden("stored.npz")).expect("the golden can be read");
    with_file("score-several-arrays", "features.npz", &archive, &["--features"]);
}

#[test]
fn objects_are_refused_and_not_run() {
    let objects = fs::read(golden("objects.npy")).expect("the golden can be read");
    with_file("score-objects", "features.npy", &objects, &["--features"]);
}

#[test]
fn statistics_are_enough_for_the_distance_alone() {
    let env = TestEnv::new(NO_SEED);
    write_statistics(&env);
    let arguments = [
        "score",
        "--quiet",
        "--reference",
        "statistics.npz",
        "--generated",
        "statistics.npz",
    ];
    assert_ends(
        "score-statistics",
        &env,
        &[&arguments[..], &["--metrics", "kid"]].concat(),
    );
}

#[test]
fn a_metric_that_compares_needs_a_reference() {
    let env = two_folders(NO_SEED);
    assert_ends(
        "score-no-reference",
        &env,
        &["score", "--quiet", "--generated", "b"],
    );
}

#[test]
fn weights_that_are_not_there_come_with_the_way_to_have_them() {
    let env = two_folders(NO_SEED);
    assert_ends(
        "score-no-weights",
        &env,
        &["score", "--quiet", "--reference", "a", "--generated", "b"],
    );
}

#[test]
fn an_unknown_metric_gets_the_one_that_was_meant() {
    refused(
        "score-unknown-metric",
        &two_folders(NO_SEED),
        "b",
        &["--metrics", "fid,kidd"],
    );
}

#[test]
fn a_choice_that_an_extractor_has_not_is_refused() {
    let env = two_folders(NO_SEED);
    let arguments = [
        "score",
        "--quiet",
        "--reference",
        "a",
        "--generated",
        "b",
        "--extractor",
        "pixels",
        "--layer",
        "64",
    ];
    assert_ends("score-unknown-choice", &env, &arguments);
}

#[test]
fn classes_that_nobody_tells_are_refused() {
    refused(
        "score-no-classes",
        &two_folders(NO_SEED),
        "b",
        &["--metrics", "inception-score"],
    );
}

#[test]
fn a_metric_of_a_training_run_is_refused() {
    refused(
        "score-of-a-run",
        &two_folders(NO_SEED),
        "b",
        &["--metrics", "jacobian"],
    );
}

#[test]
fn images_of_unlike_sizes_are_refused_where_nothing_resizes_them() {
    let env = two_folders(NO_SEED);
    let wide = image::RgbImage::new(20, 16);
    crate::score::save(&wide, &env.path("b/05.png"));
    refused("score-unlike-sizes", &env, "b", &[]);
}

#[test]
fn a_feature_that_is_no_number_is_named() {
    let mut values = vec![1.0; 12];
    values[7] = f32::NAN;
    let env = TestEnv::new(NO_SEED);
    fs::write(env.path("features.npy"), npy_of_reals(&[3, 4], &values))
        .expect("the test's folder can be written");
    let others = golden("moments_of.npy");
    fs::copy(others, env.path("others.npy")).expect("the test's folder can be written");
    let arguments = [
        "score",
        "--quiet",
        "--features",
        "--reference",
        "others.npy",
        "--generated",
        "features.npy",
    ];
    assert_ends("score-no-number", &env, &arguments);
}

#[test]
fn too_few_images_are_told_how_many_it_takes() {
    let env = two_folders(NO_SEED);
    fs::create_dir(env.path("few")).expect("the test's folder can be written");
    fs::copy(env.path("b/00.png"), env.path("few/00.png")).expect("the test's folder can be written");
    refused("score-too-few", &env, "few", &[]);
}

#[test]
fn features_of_two_extractors_are_not_compared() {
    let env = TestEnv::new(NO_SEED);
    write_unlike_features(&env);
    let arguments = [
        "score",
        "--quiet",
        "--features",
        "--reference",
        "four.npy",
        "--generated",
        "two.npy",
    ];
    assert_ends("score-two-extractors", &env, &arguments);
}

#[test]
fn a_choice_that_nothing_makes_use_of_is_refused() {
    let file = ["--weights", "weights.pth"];
    refused("score-no-effect", &two_folders(NO_SEED), "b", &file);
}

#[test]
fn sets_that_must_be_equally_large_are_not_cut_in_silence() {
    refused(
        "score-unequal-sets",
        &two_folders(NO_SEED),
        "b",
        &["--metrics", "prd"],
    );
}

#[test]
fn a_setting_that_asks_for_more_images_than_there_are_is_named() {
    let large_k = ["--metrics", "{ precision-recall: { k: 30 } }"];
    refused("score-large-k", &two_folders(NO_SEED), "b", &large_k);
    let large_subsets = ["--metrics", "kid-subsets"];
    refused("score-large-subsets", &two_folders(NO_SEED), "b", &large_subsets);
}

#[test]
fn a_mean_without_a_covariance_is_no_set_of_images() {
    let statistics = fs::read(golden("mean_alone.npz")).expect("the golden can be read");
    with_file("score-mean-alone", "mean.npz", &statistics, &[]);
}

#[test]
fn a_damaged_image_is_told_without_the_decoders_words() {
    let env = two_folders(NO_SEED);
    let path = env.path("b/07.png");
    let mut bytes = fs::read(&path).expect("the image was written");
    // In the header's chunk, which is 16 bytes from the beginning.
    bytes[20] ^= 0xff;
    fs::write(&path, bytes).expect("the test's folder can be written");
    refused("score-damaged-image", &env, "b", &[]);
}

#[test]
fn parts_that_are_no_parts_of_one_set_are_refused() {
    let env = two_folders(NO_SEED);
    refused("score-part-twice", &env, "b", &["--generated", "./b"]);
    refused("score-part-in-part", &env, "b", &["--reference", "a/1"]);
    write_statistics(&env);
    refused(
        "score-part-statistics",
        &env,
        "b",
        &["--reference", "statistics.npz"],
    );
    write_unlike_features(&env);
    let arguments = [
        "score",
        "--quiet",
        "--features",
        "--reference",
        "two.npy",
        "four.npy",
        "--generated",
        "two.npy",
    ];
    assert_ends("score-unlike-parts", &env, &arguments);
    let logits = [
        "score",
        "--quiet",
        "--logits",
        "--metrics",
        "inception-score",
        "--generated",
    ];
    assert_ends(
        "score-unlike-classes",
        &env,
        &[&logits[..], &["two.npy", "four.npy"]].concat(),
    );
}

#[test]
fn pixels_of_images_of_two_sizes_are_refused_on_one_side_and_on_both() {
    let env = two_folders(NO_SEED);
    let small: Vec<u8> = (0..3 * 8 * 8 * 3).map(|at| (at * 7 % 253) as u8).collect();
    fs::write(env.path("small.npy"), npy("|u1", &[3, 8, 8, 3], &small))
        .expect("the test's folder can be written");
    let pixels = ["score", "--quiet", "--extractor", "pixels", "--reference", "a"];
    let of = |case: &str, more: &[&str]| assert_ends(case, &env, &[&pixels[..], more].concat());
    of("score-pixels-of-parts", &["small.npy", "--generated", "b"]);
    of("score-pixels-of-sides", &["--generated", "small.npy"]);
}

#[test]
fn a_part_without_images_is_refused() {
    let env = two_folders(NO_SEED);
    fs::write(env.path("none.npy"), npy("|u1", &[0, 16, 16, 3], &[]))
        .expect("the test's folder can be written");
    refused("score-empty-part", &env, "b", &["--generated", "none.npy"]);
    env.write("empty/notes.txt", "a text");
    let arguments = [
        "score",
        "--quiet",
        "--metrics",
        "ms-ssim",
        "--generated",
        "b",
        "empty",
    ];
    assert_ends("score-empty-folder", &env, &arguments);
}

#[test]
fn intervals_that_no_metric_here_has_are_refused() {
    let more = ["--metrics", "kid", "--bootstrap", "50"];
    refused("score-no-intervals", &two_folders(NO_SEED), "b", &more);
}

#[test]
fn a_reference_that_nothing_is_compared_with_is_refused() {
    refused(
        "score-no-comparison",
        &two_folders(NO_SEED),
        "b",
        &["--metrics", "ms-ssim"],
    );
}

#[test]
fn statistics_of_other_features_are_refused_before_an_image_is_looked_at() {
    let env = two_folders(NO_SEED);
    write_statistics(&env);
    refused("score-other-dimensions", &env, "statistics.npz", &[]);
}
