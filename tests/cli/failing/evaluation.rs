//! Metrics, extractors and weights that a study asks for and that cannot be had.

use super::{NO_SEED, assert_ends, assert_refused_with};
use crate::environment::TestEnv;

#[test]
fn too_few_images_to_compare_with_are_refused() {
    assert_refused_with(
        "too-few-to-compare",
        "evaluate: { metrics: [fid, { kid-subsets: { size: 5000 } }] }",
    );
}

#[test]
fn too_few_samples_for_the_features_of_the_extractor_are_refused() {
    assert_refused_with(
        "too-few-for-features",
        "evaluate: { extractor: random-convolution, samples: 512, metrics: [fid, fid-infinity] }",
    );
}

#[test]
fn images_without_room_for_a_metric_are_refused() {
    assert_refused_with(
        "metric-without-room",
        "evaluate: { metrics: [{ ms-ssim: { form: standard } }] }",
    );
}

#[test]
fn a_metric_with_two_settings_is_refused() {
    assert_refused_with(
        "metric-twice",
        "evaluate: { metrics: [precision-recall, { precision-recall: { k: 5 } }] }",
    );
}

#[test]
fn a_metric_that_the_training_does_not_fit_is_refused() {
    assert_refused_with(
        "metric-of-training",
        "  loss: wasserstein\nevaluate: { metrics: [discriminator-accuracy] }",
    );
}

#[test]
fn weights_that_no_extractor_needs_are_refused() {
    assert_refused_with("unneeded-weights", "evaluate: { weights: inception.pth }");
}

#[test]
fn intervals_that_no_metric_has_are_refused() {
    assert_refused_with(
        "no-intervals",
        "evaluate: { metrics: [kid], bootstrap: { resamples: 100 } }",
    );
}

#[test]
fn weights_that_are_not_there_are_named_with_where_they_are_published() {
    let env = TestEnv::new(NO_SEED);
    env.write(
        "study.yaml",
        "data: { dataset: polygons, count: 64 }\nbase: { steps: 4, checkpoint_every: 2 }\nevaluate: { extractor: \
         inception-v3-2015, weights: inception.pth, metrics: [fid] }\n",
    );
    assert_ends("weights-missing", &env, &["build", "study.yaml"]);
}
