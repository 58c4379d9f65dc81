//! The definitions themselves, and that `docs/tables.md` says what they say.

use std::collections::BTreeSet;
use std::path::Path;

use crate::table::schema::tables;
use crate::table::{Columns, RunRow, tables_page};

#[test]
fn tables_page_says_what_the_definitions_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tables.md");
    if std::env::var_os("GAN_PIPE_UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, tables_page()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == tables_page(),
        "docs/tables.md differs from src/table/schema.rs; run `GAN_PIPE_UPDATE_DOCS=1 cargo test tables_page`"
    );
}

#[test]
fn every_column_has_a_name_of_its_own_a_definition_and_numbers_have_a_unit() {
    for table in tables() {
        let mut names = BTreeSet::new();
        for column in &table.columns {
            let place = format!("{}.{}", table.name, column.name);
            assert!(names.insert(column.name), "{place} is there twice");
            assert!(
                column.definition.ends_with('.') && !column.definition.contains('|'),
                "{place}: definition"
            );
            let is_identity = column.name.ends_with("seed");
            let is_number = matches!(column.kind.name(), "int64" | "float64" | "float32" | "timestamp");
            assert_eq!(
                !column.unit.is_empty(),
                is_number && !is_identity,
                "{place}: unit"
            );
        }
        for key in table.sorted_by {
            assert!(
                names.contains(key),
                "{} is sorted by {key}, which it does not have",
                table.name
            );
        }
    }
}

#[test]
fn a_nested_struct_has_its_columns_where_its_field_stands() {
    let names: Vec<_> = RunRow::columns().iter().map(|column| column.name).collect();
    let convention = names.iter().position(|name| *name == "convention").unwrap();
    assert_eq!(names[convention + 1], "image_range");
    assert_eq!(names[convention + 22], "generator_latent");
    assert_eq!(names[convention + 23], "device");
}
