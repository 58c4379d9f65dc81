//! Study files that cannot be read, that are no study, or whose values are wrong.

use std::fs;

use super::{NO_SEED, assert_ends, assert_refused, assert_refused_instead, assert_refused_with};
use crate::environment::TestEnv;
use crate::page;

#[test]
fn a_study_file_that_is_not_there_is_named_with_the_way_to_make_one() {
    let env = TestEnv::new(NO_SEED);
    assert_ends("no-study-file", &env, &["build", "absent.yaml"]);
}

#[test]
fn a_folder_is_no_study() {
    let env = TestEnv::new(NO_SEED);
    env.write("studies/first.yaml", "");
    assert_ends("study-is-a-folder", &env, &["build", "studies"]);
}

#[test]
fn a_study_without_an_end_is_not_read_forever() {
    let env = TestEnv::new(NO_SEED);
    assert_ends("study-without-end", &env, &["plan", "/dev/zero"]);
}

#[test]
fn bytes_that_are_no_text_have_their_line_and_column() {
    let env = TestEnv::new(NO_SEED);
    fs::write(env.path("study.yaml"), b"study: caf\xe9\n").expect("the test's folder can be written");
    page::assert_says("not-utf8", &env, &env.run(&["plan", "study.yaml"]));
}

#[test]
fn an_empty_file_is_no_study() {
    assert_refused("empty-study", "# nothing yet\n");
}

#[test]
fn broken_yaml_has_its_place() {
    assert_refused("broken-yaml", "data: { dataset: polygons\nbase:\n");
}

#[test]
fn a_tab_is_no_indentation() {
    assert_refused("tab", "base:\n\tsteps: 4\n");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    assert_refused_with("repeated-key", "  steps: 5");
}

#[test]
fn a_key_that_is_no_word_is_refused() {
    assert_refused_with("key-not-text", "  1: x");
}

#[test]
fn anchors_and_merge_keys_are_refused() {
    assert_refused_with("anchor", "  latent: &latent { dimension: 4 }");
}

#[test]
fn tags_are_refused() {
    assert_refused_with("tag", "  latent: !wide { dimension: 4 }");
}

#[test]
fn a_second_document_is_refused() {
    assert_refused_with("second-document", "---\nstudy: other");
}

#[test]
fn nesting_beyond_all_need_is_refused() {
    assert_refused(
        "nested-too-deep",
        &format!("base: {}{}\n", "[".repeat(100), "]".repeat(100)),
    );
}

#[test]
fn an_unknown_key_gets_the_one_that_was_meant() {
    assert_refused_instead("unknown-key", "batch_size: 4", "batchsize: 4");
}

#[test]
fn a_missing_key_is_named_with_its_meaning() {
    assert_refused(
        "missing-key",
        "study: example\nbase: { steps: 4, checkpoint_every: 2 }\n",
    );
}

#[test]
fn a_value_of_another_type_says_what_was_expected() {
    assert_refused_instead("wrong-type", "steps: 1000", "steps: many");
}

#[test]
fn a_number_outside_its_range_says_the_range() {
    assert_refused_with("out-of-range", "  optimizer: { adam: { beta1: 1.5 } }");
}

#[test]
fn a_number_that_is_not_finite_is_refused() {
    assert_refused_with("not-finite", "  optimizer: { adam: { learning_rate: 1e400 } }");
}

#[test]
fn an_unknown_word_gets_the_one_that_was_meant() {
    assert_refused_with("unknown-word", "  discriminator: { normalization: spectrl }");
}

#[test]
fn a_word_that_could_mean_two_things_is_refused_with_both() {
    assert_refused_with("refused-word", "evaluate: { extractor: inception }");
}

#[test]
fn a_key_of_a_later_version_is_refused_as_such() {
    assert_refused_with("later-key", "search: { rounds: 3 }");
}

#[test]
fn a_network_that_cannot_be_is_refused() {
    assert_refused_with("impossible-network", "  discriminator: { normalization: batch }");
}

#[test]
fn a_network_that_the_images_do_not_fit_is_refused() {
    assert_refused_instead(
        "wrong-resolution",
        "dataset: polygons, count: 64",
        "dataset: fashion-mnist, resolution: 28",
    );
}

#[test]
fn weight_clipping_without_the_wasserstein_loss_is_refused() {
    assert_refused_with(
        "clip-without-wasserstein",
        "  discriminator: { weight_clip: 0.01 }",
    );
}

#[test]
fn a_network_without_a_channel_is_refused() {
    assert_refused_with("too-narrow", "  architecture: { width: 0.001 }");
}

#[test]
fn a_batch_larger_than_the_data_is_refused() {
    assert_refused_instead("too-few-images", "batch_size: 4", "batch_size: 128");
}

#[test]
fn data_that_cannot_be_is_refused() {
    assert_refused_instead(
        "impossible-data",
        "count: 64",
        "count: 64, resolution: 64, path: images",
    );
}

#[test]
fn a_step_without_a_checkpoint_cannot_be_evaluated() {
    assert_refused_with("no-checkpoint", "evaluate: { at: [750] }");
}

#[test]
fn too_few_samples_for_a_metric_are_refused() {
    assert_refused_with("too-few-samples", "evaluate: { samples: 1, metrics: [fid] }");
}

#[test]
fn a_run_of_endless_checkpoints_is_refused() {
    assert_refused_instead("too-many-checkpoints", "steps: 1000", "steps: 1e10");
}

#[test]
fn a_name_that_is_no_folder_everywhere_is_refused() {
    assert_refused_instead("bad-name", "study: example", "study: ../Mine");
}

#[test]
fn a_file_whose_name_cannot_name_a_study_says_so() {
    let env = TestEnv::new(NO_SEED);
    env.write("My study.yaml", &super::STUDY.replace("study: example\n", ""));
    assert_ends("unnamed-study", &env, &["plan", "My study.yaml"]);
}

#[test]
fn every_problem_of_a_study_is_reported_in_the_order_of_the_file() {
    assert_refused(
        "several-problems",
        "study: example\ndata: { dataset: polygon }\nbase: { stepps: 4, checkpoint_every: 0 }\nkeep: some\n",
    );
}
