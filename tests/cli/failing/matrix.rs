//! Matrices that contradict themselves or the base.

use super::assert_refused_with;

/// As [`assert_refused_with`], with these lines in the matrix.
fn assert_matrix_refused(case: &str, lines: &str) {
    assert_refused_with(case, &format!("matrix:\n{lines}"));
}

#[test]
fn a_path_that_does_not_exist_gets_the_one_that_was_meant() {
    assert_matrix_refused("matrix-unknown-path", "  normalization: [none, spectral]");
}

#[test]
fn a_single_value_is_no_list() {
    assert_matrix_refused("matrix-not-a-list", "  batch_size: 8");
}

#[test]
fn an_empty_list_leaves_nothing_to_run() {
    assert_matrix_refused("matrix-empty-list", "  batch_size: []");
}

#[test]
fn a_value_that_stands_twice_in_a_list_is_refused() {
    assert_matrix_refused("matrix-repeated-value", "  batch_size: [8, 16, 8.0]");
}

#[test]
fn an_axis_that_is_named_twice_is_refused() {
    assert_matrix_refused("matrix-repeated-axis", "  batch_size: [8]\n  batch_size: [16]");
}

#[test]
fn axes_that_overlap_are_refused() {
    assert_matrix_refused(
        "matrix-overlap",
        "  discriminator.penalty: [none, gradient]\n  discriminator.penalty.gradient.lambda: [1, 10]",
    );
}

#[test]
fn two_ways_to_write_one_setting_are_refused() {
    assert_matrix_refused(
        "matrix-same-setting",
        "  discriminator.penalty: [gradient, { gradient: { lambda: 10 } }]",
    );
}

#[test]
fn a_path_below_a_word_without_settings_is_refused() {
    assert_refused_with(
        "matrix-below-a-word",
        "  discriminator: { penalty: none }\nmatrix: { discriminator.penalty.gradient.lambda: [1, 10] }",
    );
}

#[test]
fn an_item_that_excludes_nothing_is_refused() {
    assert_matrix_refused(
        "exclude-nothing",
        "  batch_size: [8, 16]\n  exclude: [{ batch_size: 32 }]",
    );
}

#[test]
fn an_exclusion_by_what_does_not_vary_is_refused() {
    assert_matrix_refused(
        "exclude-unvaried",
        "  batch_size: [8, 16]\n  exclude: [{ steps: 1000 }]",
    );
}

#[test]
fn excluding_every_combination_is_refused() {
    assert_matrix_refused(
        "exclude-everything",
        "  batch_size: [8, 16]\n  exclude: [{ batch_size: 8 }, { batch_size: 16 }]",
    );
}

#[test]
fn including_what_is_there_already_is_refused() {
    assert_matrix_refused(
        "include-repeats",
        "  batch_size: [8, 16]\n  include: [{ batch_size: 16 }]",
    );
}

#[test]
fn an_item_that_names_nothing_is_refused() {
    assert_matrix_refused("include-empty", "  batch_size: [8, 16]\n  include: [{}]");
}

#[test]
fn more_runs_than_anybody_can_mean_are_refused() {
    assert_refused_with("too-many-runs", "matrix: { batch_size: [8, 16] }\nseeds: 100000");
}
