//! Expanding a matrix, and the names of what comes out.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::{Normalization, Optimizer, Penalty, Study};
use super::{SHORT, messages, read, set, setting_names};

fn with(matrix: &str) -> String {
    format!("{SHORT}matrix:\n{matrix}")
}

fn names(matrix: &str) -> Vec<String> {
    setting_names(&read(&with(matrix)))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_last_list_of_a_matrix_varies_fastest_and_each_setting_has_every_seed() {
    let matrix =
        "  discriminator.normalization: [none, spectral]\n  discriminator.penalty: [none, gradient]\n";
    let study = read(&format!("{}seeds: 2\n", with(matrix)));
    let names: Vec<&str> = study.runs.iter().map(|run| run.name.as_str()).collect();
    let expected = [
        "none+none/seed-1",
        "none+none/seed-2",
        "none+gradient/seed-1",
        "none+gradient/seed-2",
        "spectral+none/seed-1",
        "spectral+none/seed-2",
        "spectral+gradient/seed-1",
        "spectral+gradient/seed-2",
    ];
    assert_eq!(names, expected);
    let last = &study.runs[7].settings.discriminator;
    assert_eq!(last.normalization, Normalization::Spectral);
    assert_eq!(last.penalty, Penalty::Gradient { lambda: 10.0 });
}

#[test]
fn excluded_combinations_do_not_run() {
    let matrix = "  discriminator.normalization: [none, spectral]\n  discriminator.penalty: [none, gradient]\n  \
                  exclude: [{ discriminator.normalization: none, discriminator.penalty: none }]\n";
    assert_eq!(
        names(matrix),
        ["none+gradient", "spectral+none", "spectral+gradient"]
    );
}

#[test]
fn an_exclusion_that_names_one_value_removes_all_that_have_it() {
    let matrix = "  discriminator.normalization: [none, spectral]\n  \
                  discriminator.penalty: [none, { gradient: { lambda: 1 } }, { gradient: { lambda: 10 } }]\n  \
                  exclude: [{ discriminator.penalty: gradient }]\n";
    assert_eq!(names(matrix), ["none+none", "spectral+none"]);
    let one = matrix.replace(
        "discriminator.penalty: gradient",
        "discriminator.penalty.gradient.lambda: 1.0",
    );
    assert_eq!(names(&one).len(), 4);
}

#[test]
fn an_exclusion_may_name_a_part_or_the_whole_of_what_is_varied() {
    let axes = "  optimizer.adam.beta1: [0, 0.5]\n  optimizer.adam.beta2: [0.9, 0.999]\n";
    let left = |item: &str| names(&format!("{axes}  exclude: [{item}]\n")).len();
    assert_eq!(left("{ optimizer: { adam: { beta1: 0, beta2: 0.9 } } }"), 3);
    assert_eq!(left("{ optimizer.adam: { beta1: 0 } }"), 2);
    assert_eq!(
        left("{ optimizer.adam.beta1: 0, optimizer.adam.beta2: 0.999 }"),
        3
    );
}

#[test]
fn an_included_setting_is_the_base_with_what_it_names() {
    let matrix = "  discriminator.normalization: [none, spectral]\n  \
                  include: [{ discriminator.normalization: none, optimizer.adam.beta1: 0 }]\n";
    let study = read(&with(matrix));
    assert_eq!(
        setting_names(&study),
        ["none+beta1=0.5", "spectral+beta1=0.5", "none+beta1=0"]
    );
    let expected = Optimizer::Adam {
        learning_rate: 2e-4,
        beta1: 0.0,
        beta2: 0.999,
        clip_norm: None,
        decay_until: None,
    };
    assert_eq!(study.runs[2].settings.optimizer, expected);
}

#[test]
fn a_matrix_of_inclusions_alone_runs_them_alone() {
    assert_eq!(
        names("  include: [{ discriminator.steps: 5 }, { batch_size: 32 }]\n").len(),
        2
    );
}

const PACES: &str = "[{ optimizer.adam.beta1: 0.5, discriminator.steps: 1 }, \
                     { optimizer.adam.beta1: 0, discriminator.steps: 5 }]";

#[test]
fn paths_that_stand_together_vary_together_and_with_every_other_list() {
    let matrix =
        format!("  loss: [hinge, minimax]\n  together: {{ pace: {PACES} }}\n  batch_size: [8, 16]\n");
    let expected = [
        "hinge+beta1=0.5+steps=1+batch_size=8",
        "hinge+beta1=0.5+steps=1+batch_size=16",
        "hinge+beta1=0+steps=5+batch_size=8",
        "hinge+beta1=0+steps=5+batch_size=16",
    ];
    let study = read(&with(&matrix));
    assert_eq!(setting_names(&study)[..4], expected);
    assert_eq!(study.runs.len(), 8);
    let last = &study.runs[7].settings;
    assert_eq!((last.discriminator.steps, last.batch_size), (5, 16));
    assert!(matches!(
        last.optimizer,
        Optimizer::Adam {
            beta1: 0.0,
            beta2: 0.999,
            ..
        }
    ));
}

#[test]
fn two_lists_that_vary_together_multiply_and_items_may_name_sections() {
    let matrix = format!(
        "  together:\n    pace: {PACES}\n    size:\n      - {{ architecture: {{ width: 0.5 }}, batch_size: 8 }}\n      \
         - {{ architecture.width: 1, batch_size: 64 }}\n"
    );
    let names = names(&matrix);
    assert_eq!(names.len(), 4);
    assert_eq!(names[3], "beta1=0+steps=5+width=1+batch_size=64");
}

#[test]
fn what_varies_together_can_be_excluded_by_a_part_and_set_by_its_list() {
    let matrix = format!("  loss: [hinge, minimax]\n  together: {{ pace: {PACES} }}\n");
    let exclude = "  exclude: [{ loss: hinge, discriminator.steps: 5 }]\n";
    assert_eq!(names(&format!("{matrix}{exclude}")).len(), 3);
    let set = |text: &str| Study::parse(&with(&matrix), "x.yaml", &[set(text)]);
    let one = set("matrix.together.pace=[{ optimizer.adam.beta1: 0 }]").unwrap();
    assert_eq!(setting_names(&one), ["hinge+beta1=0", "minimax+beta1=0"]);
    let shadowed = set("base.discriminator.steps=2").unwrap_err().to_string();
    let expected = "has no effect: the matrix varies discriminator.steps\n  \
                    hint: set the list instead: matrix.together.pace=[...]";
    assert!(shadowed.ends_with(expected), "{shadowed}");
}

#[test]
fn an_empty_matrix_is_no_matrix() {
    assert_eq!(names("  exclude: []\n  include: []\n"), ["base"]);
    assert_eq!(names("  together:\n"), ["base"]);
    assert_eq!(names(""), ["base"]);
}

#[test]
fn a_mapping_for_a_section_keeps_the_keys_it_does_not_name() {
    let text =
        SHORT.to_owned() + "  latent: { dimension: 64 }\nmatrix:\n  latent: [{ distribution: normal }]\n";
    let study = read(&text);
    assert_eq!(study.runs[0].settings.latent.dimension, 64);
    assert_eq!(setting_names(&study), ["normal"]);
}

#[test]
fn steps_may_come_from_the_matrix_alone() {
    let study =
        read("data: { dataset: mnist }\nbase: { checkpoint_every: 10 }\nmatrix: { steps: [10, 20] }\n");
    assert_eq!(setting_names(&study), ["steps=10", "steps=20"]);
}

#[test]
fn numbers_are_named_with_their_key_and_without_exponents() {
    let names = names(
        "  optimizer.adam.learning_rate: [2e-4, 1e-5]\n  discriminator.penalty.gradient.lambda: [10]\n",
    );
    assert_eq!(
        names,
        [
            "learning_rate=0.0002+lambda=10",
            "learning_rate=0.00001+lambda=10"
        ]
    );
}

#[test]
fn keys_that_end_the_same_are_named_whole() {
    let names = names("  steps: [1000]\n  discriminator.steps: [1, 5]\n");
    assert_eq!(
        names,
        [
            "steps=1000+discriminator.steps=1",
            "steps=1000+discriminator.steps=5"
        ]
    );
}

#[test]
fn one_word_with_different_settings_shows_those_that_differ() {
    let penalties = "[none, { gradient: { lambda: 1 } }, { gradient: { lambda: 10 } }]";
    let names_of_penalties = names(&format!("  discriminator.penalty: {penalties}\n"));
    assert_eq!(
        names_of_penalties,
        ["none", "gradient(lambda=1)", "gradient(lambda=10)"]
    );
    let adams = "[{ adam: { beta1: 0 } }, { adam: { beta1: 0.9, beta2: 0.9 } }]";
    assert_eq!(
        names(&format!("  optimizer: {adams}\n")),
        ["adam(beta1=0,beta2=0.999)", "adam(beta1=0.9,beta2=0.9)"]
    );
}

#[test]
fn what_contradicts_itself_in_a_matrix_is_an_error() {
    let cases = [
        ("  loss: []\n", "6:9: matrix.loss: the list is empty"),
        (
            "  steps: [5, 5]\n",
            "6:14: matrix.steps[1]: the same value as matrix.steps[0]",
        ),
        (
            "  steps: [5, 5.0]\n",
            "6:14: matrix.steps[1]: the same value as matrix.steps[0]",
        ),
        ("  steps: 5\n", "6:10: matrix.steps: expected a list, found 5"),
        (
            "  discriminator.penalty: [gradient, { gradient: { lambda: 10 } }]\n",
            "two combinations are the same",
        ),
        (
            "  steps: [5]\n  exclude: [{ steps: 6 }]\n",
            "7:13: matrix.exclude[0]: no combination has this",
        ),
        (
            "  steps: [5]\n  exclude: [{ batch_size: 64 }]\n",
            "matrix.exclude[0]: the matrix does not vary batch_size",
        ),
        (
            "  steps: [5]\n  exclude: [{}]\n",
            "matrix.exclude[0]: the item names nothing",
        ),
        (
            "  steps: [5]\n  exclude: { steps: 5 }\n",
            "matrix.exclude: expected a list, found a mapping",
        ),
        (
            "  steps: [5]\n  exclude: [{ steps: 5 }]\n",
            "6:3: matrix: nothing is left to run",
        ),
        (
            "  steps: [5]\n  include: [{ steps: 5 }]\n",
            "7:13: matrix.include[0]: the same setting as one of matrix",
        ),
        (
            "  steps: [5]\n  include: [steps]\n",
            "matrix.include[0]: expected a mapping, found \"steps\"",
        ),
        (
            "  discriminator.penalty: [none]\n  discriminator.penalty.gradient.lambda: [1]\n",
            "the matrix also varies discriminator.penalty, and one is a part of the other",
        ),
        (
            "  discriminator: [{ penalty: none }, { penalty: gradient, stps: 1 }]\n",
            "matrix.discriminator[1].stps",
        ),
        (
            "  together: [{ steps: 5 }]\n",
            "6:13: matrix.together: expected a mapping, found a list\n  hint: lists by a name of your own",
        ),
        (
            "  together: { pace: { steps: 5 } }\n",
            "6:21: matrix.together.pace: expected a list, found a mapping",
        ),
        (
            "  together: { pace: [] }\n",
            "6:21: matrix.together.pace: the list is empty",
        ),
        (
            "  together: { steps: [5, 6] }\n",
            "6:23: matrix.together.steps[0]: expected a mapping, found 5",
        ),
        (
            "  together: { pace: [{ stps: 5 }] }\n",
            "6:24: matrix.together.pace[0].stps: unknown path\n  hint: did you mean \"steps\"?",
        ),
        (
            "  together: { pace: [{ steps: 5, batch_size: 8 }, { steps: 6 }] }\n",
            "6:51: matrix.together.pace[1]: lacks batch_size, which matrix.together.pace[0] names",
        ),
        (
            "  together: { pace: [{ steps: 5 }, { steps: 6, batch_size: 8 }] }\n",
            "6:36: matrix.together.pace[1]: names batch_size, which matrix.together.pace[0] does not",
        ),
        (
            "  together: { pace: [{ steps: 5 }, { steps: 5 }] }\n",
            "6:36: matrix.together.pace[1]: the same value as matrix.together.pace[0]",
        ),
        (
            "  steps: [5]\n  together: { pace: [{ steps: 5 }] }\n",
            "7:21: matrix.together.pace: names steps, and the matrix also varies steps",
        ),
        (
            "  together: { pace: [{ steps: 5 }] }\n  steps: [5]\n",
            "7:3: matrix.steps: the matrix also varies steps",
        ),
    ];
    for (matrix, expected) in cases {
        let messages = messages(&with(matrix));
        assert!(
            messages.contains(expected),
            "{matrix}said\n{messages}\nnot\n{expected}"
        );
    }
}

#[test]
fn a_path_that_does_not_exist_gets_the_one_that_was_meant() {
    let cases = [
        ("discriminator.normalisation", "discriminator.normalization"),
        ("normalization", "discriminator.normalization"),
        ("learning_rate", "optimizer.adam.learning_rate"),
        ("base.latent.dimension", "latent.dimension"),
        ("optimizer.learning-rate", "optimizer.adam.learning_rate"),
        ("excludes", "exclude"),
    ];
    for (wrong, meant) in cases {
        let messages = messages(&with(&format!("  {wrong}: [1]\n")));
        let expected =
            format!("studies/x.yaml:6:3: matrix.{wrong}: unknown path\n  hint: did you mean \"{meant}\"?");
        assert_eq!(messages, expected);
    }
}

#[test]
fn a_bad_value_in_a_matrix_is_reported_once_where_it_is_written() {
    let matrix = "  discriminator.normalization: [none, batch]\n  batch_size: [16, 32, 64]\n  \
                  include: [{ optimizer.adam.beta1: 1 }]\n";
    let expected = "studies/x.yaml:6:39: matrix.discriminator.normalization[1]: sndcgan's discriminator has no batch \
                    normalization\n  hint: it can have none, spectral\n\
                    studies/x.yaml:8:37: matrix.include[0].optimizer.adam.beta1: expected a number of at least 0 \
                    and less than 1, found 1\n  hint: left out, it is 0.5";
    assert_eq!(messages(&with(matrix)), expected);
}

#[test]
fn a_value_of_the_base_is_checked_even_where_the_matrix_replaces_it() {
    let text = format!("{SHORT}  loss: hinges\nmatrix: {{ loss: [non-saturating] }}\n");
    assert!(
        messages(&text).starts_with("studies/x.yaml:5:9: base.loss: expected one of non-saturating, minimax")
    );
}

#[test]
fn a_path_below_a_word_without_settings_is_an_error() {
    let text = format!("{SHORT}  discriminator: {{ penalty: none }}\n");
    let messages = messages(&format!(
        "{text}matrix: {{ discriminator.penalty.gradient.lambda: [1, 2] }}\n"
    ));
    assert!(
        messages.contains("nothing can be set below base.discriminator.penalty, which is \"none\""),
        "{messages}"
    );
}

#[test]
fn a_matrix_or_a_study_that_explodes_is_refused() {
    let list = |from: u32| {
        (from..from + 150)
            .map(|value| value.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let matrix = format!("  steps: [{}]\n  checkpoint_every: [{}]\n", list(1), list(1));
    assert!(messages(&with(&matrix)).contains("matrix: more than 10000 combinations"));
    let many = format!(
        "{}seeds: 10000\n",
        with("  batch_size: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n")
    );
    assert!(messages(&many).contains("11 settings with 10000 seeds are over 100000 runs"));
}

proptest! {
    #[test]
    fn different_settings_have_different_names_that_are_safe_as_file_names(
        rates in prop::collection::hash_set(1_u32..9_000, 1..4),
        lambdas in prop::collection::hash_set(1_u32..9_000, 1..4),
        with_none in any::<bool>(),
    ) {
        let rates: Vec<String> = rates.iter().map(|rate| format!("{rate}e-6")).collect();
        let mut penalties: Vec<String> =
            lambdas.iter().map(|lambda| format!("{{ gradient: {{ lambda: {lambda}e-2 }} }}")).collect();
        if with_none {
            penalties.push("none".to_owned());
        }
        let matrix = format!(
            "  optimizer.adam.learning_rate: [{}]\n  discriminator.penalty: [{}]\n",
            rates.join(", "),
            penalties.join(", "),
        );
        let names = names(&matrix);
        prop_assert_eq!(names.len(), rates.len() * penalties.len());
        prop_assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        let safe = |c: char| c.is_ascii_alphanumeric() || "+-_=.,()".contains(c);
        prop_assert!(names.iter().all(|name| name.chars().all(safe)), "{:?}", names);
    }
}
