//! The page `docs/study-file.md`, made from the table that the checks use so that it cannot differ from it.
//!
//! Returns text; a test holds the page in the repository to it. Rules between values are not in it.

use super::shape::{Field, Literal, Presence, STUDY, Shape, Status, Variant, available, words};

const INTRODUCTION: &str = "# Study file

Every key of a study file by its path, which is also what `--set` takes: `--set base.batch_size=32`. In the matrix,
paths start below `base`. A key with a default can be left out; what is required in `base` may come from the matrix
instead. An unknown key is an error, and so is a value that this page does not allow; values that are impossible
together are found as well, and the message says what to change. `gan-pipe schema` prints the same as JSON Schema, for
editors. [Writing a study](guide/studies.md) shows how the keys work together.

This page is made from `src/study/shape`; after a change there, run
`GAN_PIPE_UPDATE_DOCS=1 cargo test --workspace --lib study_page`.
";

/// One line of a table: a key, where it stands and what it may be.
struct Row {
    path: String,
    field: &'static Field,
}

/// Returns the reference of study files as Markdown.
pub fn study_page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let top: Vec<Row> = known(STUDY).map(|field| row("", field)).collect();
    page.push_str(&section("The file", "", &top));
    for Row { path, field } in &top {
        let inner = below(path, field.shape);
        if !inner.is_empty() {
            page.push_str(&section(&format!("`{path}`"), field.about, &inner));
        }
    }
    page.push_str(&later());
    page
}

fn row(parent: &str, field: &'static Field) -> Row {
    let path = super::document::join(parent, field.name);
    Row { path, field }
}

fn known(fields: &'static [Field]) -> impl Iterator<Item = &'static Field> {
    fields
        .iter()
        .filter(|field| !matches!(field.presence, Presence::Later(_)))
}

/// Returns a row for every key below a place, in the order of the table.
fn below(path: &str, shape: Shape) -> Vec<Row> {
    let fields: Vec<(String, &'static [Field])> = match shape {
        Shape::Fields(fields) | Shape::Partial(fields) => vec![(path.to_owned(), fields)],
        Shape::Choice(variants) => variants
            .iter()
            .filter(|variant| variant.status == Status::Available)
            .map(|variant| (super::document::join(path, variant.name), variant.fields))
            .collect(),
        Shape::List(item) => return below(&format!("{path}[]"), *item),
        _ => Vec::new(),
    };
    let mut rows = Vec::new();
    for (parent, fields) in fields {
        for field in known(fields) {
            let row = row(&parent, field);
            let inner = below(&row.path, field.shape);
            rows.push(row);
            rows.extend(inner);
        }
    }
    rows
}

fn section(title: &str, about: &str, rows: &[Row]) -> String {
    let mut text = format!("\n## {title}\n\n");
    if !about.is_empty() {
        text.push_str(&format!("{about}\n\n"));
    }
    text.push_str("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
    text.extend(rows.iter().map(line));
    let meanings: String = rows.iter().flat_map(word_lines).collect();
    if !meanings.is_empty() {
        text.push_str(&format!("\n| Word | Of | Meaning |\n|---|---|---|\n{meanings}"));
    }
    text
}

fn line(Row { path, field }: &Row) -> String {
    let default = match field.presence {
        Presence::Default(literal) => literal_words(literal),
        Presence::Required => "required".to_owned(),
        Presence::Optional | Presence::Later(_) => String::new(),
    };
    let value = value_words(field.shape);
    format!("| `{path}` | {value} | {default} | {} |\n", field.about)
}

fn literal_words(literal: Literal) -> String {
    match literal {
        Literal::Word(word) => code(word),
        Literal::Whole(value) => code(&value.to_string()),
        Literal::Number(value) => code(&value.to_string()),
        Literal::Empty => "its defaults".to_owned(),
    }
}

fn value_words(shape: Shape) -> String {
    match shape {
        Shape::Fields(_) | Shape::Partial(_) => "mapping".to_owned(),
        Shape::Choice(variants) => choice_words(variants),
        Shape::Device { words, numbered } => {
            let numbered: Vec<String> = numbered.iter().map(|kind| code(&format!("{kind}:<n>"))).collect();
            format!("{}, {}", choice_words(words), numbered.join(", "))
        }
        Shape::List(item) => format!("list of {}", value_words(*item)),
        Shape::ChoiceOrList { choice, name, item } => {
            format!(
                "{}; or a list of {name}, each {}",
                choice_words(choice),
                words(*item)
            )
        }
        Shape::Matrix => "lists by path, `together`, `include`, `exclude`".to_owned(),
        Shape::Whole { .. } | Shape::Number { .. } | Shape::Name | Shape::Folder | Shape::File => {
            words(shape)
        }
    }
}

fn choice_words(variants: &'static [Variant]) -> String {
    let names: Vec<String> = available(variants).into_iter().map(code).collect();
    names.join(", ")
}

/// Returns a line for each word of a choice that has something to say: what it means, or why it cannot be.
fn word_lines(Row { path, field }: &Row) -> Vec<String> {
    let meaning = |variant: &Variant| match (variant.status, variant.about) {
        (Status::Available, about) => format!("{about}{}", keys_words(variant)),
        (Status::Refused, why) => format!("Refused: {why}."),
    };
    let line = |variant: &Variant| format!("| `{}` | `{path}` | {} |\n", variant.name, meaning(variant));
    variants(field.shape).iter().map(line).collect()
}

fn keys_words(variant: &Variant) -> String {
    if variant.fields.is_empty() {
        return String::new();
    }
    let keys: Vec<String> = known(variant.fields).map(|field| code(field.name)).collect();
    format!(" Alone, or as a mapping with {}.", keys.join(", "))
}

fn variants(shape: Shape) -> &'static [Variant] {
    match shape {
        Shape::Choice(variants) | Shape::List(&Shape::Choice(variants)) => variants,
        Shape::ChoiceOrList { choice, .. } => choice,
        Shape::Device { words, .. } => words,
        _ => &[],
    }
}

/// Tells which keys belong to a later version.
fn later() -> String {
    let lines = STUDY.iter().filter_map(|field| match field.presence {
        Presence::Later(instead) => Some(format!("- `{}`: {instead}.\n", field.name)),
        _ => None,
    });
    let lines: String = lines.collect();
    format!(
        "\n## Keys of a later version\n\nThey are refused, with a word on what this version does instead.\n\n{lines}"
    )
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
