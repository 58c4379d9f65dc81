//! The page `docs/tables.md`, made from the definitions so that it cannot differ from them.
//!
//! Returns text; a test holds the page in the repository to it.

use std::fmt::Write;

use super::columns::{Column, Layout, Table};
use super::encode::{DEFINITION_KEY, SCHEMA_VERSION_KEY, TABLE_KEY, UNIT_KEY};
use super::schema::{SCHEMA_VERSION, tables};

/// Returns the documentation of every table as Markdown.
pub fn tables_page() -> String {
    let mut page = introduction();
    for table in tables() {
        page.push_str(&section(&table));
    }
    page
}

fn introduction() -> String {
    format!(
        "# Tables\n\n\
         `gan-pipe build` leaves these Parquet files in `results/<study>/`. DuckDB, Polars and pandas read them while a\n\
         study runs: a file is replaced as a whole, and equal results give equal bytes. Each column carries its\n\
         `{UNIT_KEY}` and `{DEFINITION_KEY}` in the Arrow schema of the file; the file's own metadata has `{TABLE_KEY}`\n\
         and `{SCHEMA_VERSION_KEY}`, which is {SCHEMA_VERSION}. A unit of 1 is a number without dimension. Where a value\n\
         does not exist it is null, never NaN.\n\n\
         This page is made from `src/table/schema.rs`; after a change there, run\n\
         `GAN_PIPE_UPDATE_DOCS=1 cargo test tables_page`.\n"
    )
}

fn section(table: &Table) -> String {
    let mut text = format!(
        "\n## {}\n\n{}\n\n{}\n\n",
        table.name,
        table.definition,
        placement(table)
    );
    text.push_str("| Column | Type | Unit | Definition |\n|---|---|---|---|\n");
    for column in &table.columns {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line(column));
    }
    text
}

fn placement(table: &Table) -> String {
    let sorted_by = table
        .sorted_by
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let name = table.name;
    match table.layout {
        Layout::File => format!("File `{name}.parquet`, sorted by {sorted_by}, then by the other columns."),
        Layout::Folder => format!(
            "Folder `{name}/`, to which a build adds one file if anything ran, and the first build in any case; `{name}/*.parquet` reads them all. File\n\
             names sort by time; within a file rows are sorted by {sorted_by}, then by the other columns. Files of older\n\
             versions lack columns that came later: `read_parquet(..., union_by_name = true)` in DuckDB and `scan_parquet`\n\
             with `missing_columns=\"insert\"` and `extra_columns=\"ignore\"` in Polars read all of them together."
        ),
    }
}

fn line(column: &Column) -> String {
    let null = if column.nullable { " or null" } else { "" };
    let Column {
        name,
        kind,
        unit,
        definition,
        ..
    } = column;
    format!("| `{name}` | {kind}{null} | {unit} | {definition} |")
}
