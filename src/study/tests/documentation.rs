//! The page of the study file, and that every key and word of the table has a meaning to show.

use std::path::Path;

use super::super::Convention;
use super::super::shape::{Field, STUDY, Shape, Status, Variant};
use super::super::study_page;
use crate::gan::SwitchValue;

#[test]
fn study_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/study-file.md");
    if std::env::var_os("GAN_PIPE_UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, study_page()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == study_page(),
        "docs/study-file.md differs from src/study/shape; run \
         `GAN_PIPE_UPDATE_DOCS=1 cargo test --workspace --lib study_page`"
    );
}

#[test]
fn the_page_of_conventions_says_how_each_sets_its_switches() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conventions.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let switches = Convention::all().map(|convention| convention.choices().switches());
    for (index, (name, _)) in switches[0].iter().enumerate() {
        let values = switches.each_ref().map(|switches| match switches[index].1 {
            SwitchValue::Word(word) => word.to_owned(),
            SwitchValue::Number(number) if number < 1e-2 => format!("{number:e}"),
            SwitchValue::Number(number) => number.to_string(),
        });
        let row = format!("\n| `{name}` | {} |", values.join(" | "));
        assert!(page.contains(&row), "docs/conventions.md has no row{row}");
    }
}

#[test]
fn every_key_and_every_word_that_can_be_chosen_says_what_it_means() {
    check_fields("", STUDY);
}

fn check_fields(parent: &str, fields: &[Field]) {
    for field in fields {
        let path = format!("{parent}{}", field.name);
        assert!(!field.about.is_empty() && !field.about.contains('|'), "{path}");
        check_shape(&path, field.shape);
    }
}

fn check_shape(path: &str, shape: Shape) {
    match shape {
        Shape::Fields(fields) | Shape::Partial(fields) => check_fields(&format!("{path}."), fields),
        Shape::Choice(variants) | Shape::ChoiceOrList { choice: variants, .. } => check_words(path, variants),
        Shape::Device { words, .. } => check_words(path, words),
        Shape::List(item) => check_shape(path, *item),
        Shape::Whole { .. }
        | Shape::Number { .. }
        | Shape::Name
        | Shape::Folder
        | Shape::File
        | Shape::Matrix => {}
    }
}

fn check_words(path: &str, variants: &[Variant]) {
    for variant in variants {
        let place = format!("{path}.{}", variant.name);
        let says = variant.about.ends_with('.');
        assert_eq!(
            says,
            variant.status == Status::Available,
            "{place}: {:?}",
            variant.about
        );
        assert!(!variant.about.contains('|'), "{place}");
        check_fields(&format!("{place}."), variant.fields);
    }
}
