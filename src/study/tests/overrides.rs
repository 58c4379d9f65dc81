//! Values set on the command line.

use std::path::PathBuf;

use super::super::{Override, Study};
use super::{SHORT, set, setting_names};

const MATRIX: &str =
    "matrix:\n  discriminator.normalization: [none, spectral]\n  include: [{ batch_size: 32 }]\n";

fn with(sets: &[&str]) -> Study {
    let sets: Vec<Override> = sets.iter().map(|text| set(text)).collect();
    let text = format!("{SHORT}{MATRIX}");
    Study::parse(&text, "x.yaml", &sets).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(sets: &[&str]) -> String {
    let sets: Vec<Override> = sets.iter().map(|text| set(text)).collect();
    Study::parse(&format!("{SHORT}{MATRIX}"), "x.yaml", &sets)
        .unwrap_err()
        .to_string()
}

#[test]
fn an_override_replaces_or_adds_a_value() {
    let study = with(&[
        "base.steps=500",
        "base.optimizer.adam.beta1=0",
        "seeds=2",
        "study=other",
    ]);
    let settings = &study.runs[0].settings;
    assert_eq!(
        (settings.steps, study.runs.len(), study.name.as_str()),
        (500, 6, "other")
    );
    assert_eq!(
        settings.optimizer,
        super::super::Optimizer::Adam {
            learning_rate: 2e-4,
            beta1: 0.0,
            beta2: 0.999,
            clip_norm: None,
            decay_until: None,
        }
    );
}

#[test]
fn the_last_of_two_overrides_wins() {
    assert_eq!(
        with(&["base.steps=500", "base.steps=600"]).runs[0].settings.steps,
        600
    );
}

#[test]
fn the_value_is_yaml() {
    let study = with(&[
        "base.discriminator={ penalty: { gradient: { lambda: 5 } } }",
        "evaluate.metrics=[fid]",
    ]);
    assert_eq!(study.evaluate.metrics.len(), 1);
    assert_eq!(
        study.runs[0].settings.discriminator.penalty,
        super::super::Penalty::Gradient { lambda: 5.0 }
    );
}

#[test]
fn an_override_reaches_into_the_lists_of_a_matrix() {
    assert_eq!(
        setting_names(&with(&[
            "matrix.discriminator.normalization=[spectral]",
            "matrix.include=[]"
        ])),
        ["spectral"]
    );
    let study = with(&[
        "matrix.include.0.batch_size=16",
        "matrix.discriminator.steps=[1, 2]",
    ]);
    assert_eq!(study.runs.len(), 5);
    assert_eq!(study.runs[4].settings.batch_size, 16);
}

#[test]
fn a_wrong_override_is_reported_by_its_argument() {
    let cases = [
        (
            "base.stps=500",
            "--set base.stps=500: base.stps: unknown key\n  hint: did you mean \"steps\"?",
        ),
        (
            "base.steps=many",
            "--set base.steps=many: base.steps: expected a whole number of at least 1, found \"many\"\n  \
             hint: steps: Discriminator updates of the whole run.",
        ),
        (
            "matrix.normalization=[none]",
            "--set matrix.normalization=[none]: matrix.normalization: unknown path\n  hint: did you mean \
             \"discriminator.normalization\"?",
        ),
        (
            "matrix.include.4.steps=1",
            "--set matrix.include.4.steps=1: matrix.include.4.steps: no item 4 in matrix.include, which has 1, counted from 0",
        ),
        (
            "base.steps.x=1",
            "--set base.steps.x=1: base.steps.x: nothing can be set below base.steps, which is 1000\n  hint: set \
             base.steps whole",
        ),
        (
            "base.discriminator.normalization=none",
            "--set base.discriminator.normalization=none: base.discriminator.normalization: has no effect: the matrix \
             varies discriminator.normalization\n  hint: set the list instead: \
             matrix.discriminator.normalization=[...]",
        ),
    ];
    for (argument, expected) in cases {
        assert_eq!(refused(&[argument]), expected);
    }
}

#[test]
fn an_override_that_cannot_be_read_says_why() {
    let message = |text: &str| Override::parse(text).unwrap_err().to_string();
    assert_eq!(
        message("base.steps"),
        "--set base.steps: expected path=value, found no \"=\"\n  hint: for example: --set base.steps=500"
    );
    assert!(message("=5").starts_with("--set =5: a part of the path is empty"));
    assert!(message("base.steps=[1").starts_with("--set base.steps=[1: not valid YAML"));
    assert!(message("base.steps=*x").contains("--set base.steps=*x: "));
}

#[test]
fn another_argument_is_named_in_its_own_words() {
    let device = Override::new("--device vulcan", "device", "vulcan").unwrap();
    let error = Study::parse(SHORT, "x.yaml", &[device]).unwrap_err().to_string();
    assert!(
        error.starts_with("--device vulcan: device: expected one of cpu, vulkan,"),
        "{error}"
    );
}

#[test]
fn a_folder_on_the_command_line_is_where_the_user_stands() {
    let text = SHORT.replace("polygons", "mnist");
    let study = Study::parse(&text, "studies/x.yaml", &[set("data.path=images")]).unwrap();
    assert_eq!(study.data.path, Some(PathBuf::from("images")));
}
