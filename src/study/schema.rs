//! The JSON Schema of a study file, for editors, and a study to start from.
//!
//! Made from the table that the checks use, so it cannot tell another story. It says what one value may be;
//! rules between values are not in it.

use std::ops::Bound;

use serde_json::{Map, Value as Json, json};

use super::shape::{BASE, Field, Literal, Presence, STUDY, Shape, Status, Variant, available};

/// Returns the JSON Schema (draft 2020-12) of a study file.
pub fn schema() -> Json {
    let mut schema = fields(STUDY, true);
    let about = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("gan-pipe study")),
        (
            "description",
            json!("Which GANs to train, on what, and what to measure."),
        ),
    ];
    let mut whole: Map<String, Json> = about
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    if let Json::Object(object) = &mut schema {
        whole.append(object);
    }
    whole.insert("$defs".to_owned(), json!({ "settings": settings() }));
    Json::Object(whole)
}

/// Returns a commented study with the recommended defaults, the one that `gan-pipe init` writes.
pub fn template() -> &'static str {
    include_str!("template.yaml")
}

fn fields(fields: &'static [Field], complete: bool) -> Json {
    let known = || {
        fields
            .iter()
            .filter(|field| !matches!(field.presence, Presence::Later(_)))
    };
    let properties: Map<String, Json> = known()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required: Vec<&str> = known()
        .filter(|field| complete && matches!(field.presence, Presence::Required))
        .map(|field| field.name)
        .collect();
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn property(field: &Field) -> Json {
    let mut property = shape(field.shape);
    property["description"] = json!(field.about);
    match field.presence {
        Presence::Default(literal) => property["default"] = default(literal),
        Presence::Optional => property = json!({ "anyOf": [property, { "type": "null" }] }),
        Presence::Required | Presence::Later(_) => {}
    }
    property
}

fn default(literal: Literal) -> Json {
    match literal {
        Literal::Word(word) => json!(word),
        Literal::Whole(value) => json!(value),
        Literal::Number(value) => json!(value),
        Literal::Empty => json!({}),
    }
}

fn shape(of: Shape) -> Json {
    match of {
        Shape::Fields(table) => fields(table, true),
        Shape::Partial(table) => fields(table, false),
        Shape::Choice(variants) => choice(variants),
        Shape::Device { words, numbered } => json!({ "anyOf": [
            choice(words),
            { "type": "string", "pattern": format!("^({}):[1-9]?[0-9]$", numbered.join("|")) },
        ] }),
        Shape::List(item) => list(shape(*item)),
        Shape::ChoiceOrList {
            choice: variants,
            item,
            ..
        } => {
            json!({ "anyOf": [choice(variants), list(shape(*item))] })
        }
        Shape::Whole { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Number { low, high } => number(low, high),
        Shape::Name => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$" }),
        Shape::Folder | Shape::File => json!({ "type": "string", "minLength": 1 }),
        Shape::Matrix => matrix(),
    }
}

fn list(item: Json) -> Json {
    json!({ "type": "array", "items": item, "minItems": 1, "uniqueItems": true })
}

/// A word, or a mapping of one word; words of later versions are left out.
fn choice(variants: &'static [Variant]) -> Json {
    let chosen = variants
        .iter()
        .filter(|variant| variant.status == Status::Available);
    if variants.iter().all(|variant| variant.fields.is_empty()) {
        let numbers = available(variants)
            .into_iter()
            .filter_map(|word| word.parse().ok());
        let words = available(variants).into_iter().map(Json::from);
        return json!({ "enum": words.chain(numbers.map(|number: u64| Json::from(number))).collect::<Vec<_>>() });
    }
    let mut ways = Vec::new();
    for variant in chosen {
        ways.push(json!({ "const": variant.name, "description": variant.about }));
        if !variant.fields.is_empty() {
            let name = variant.name;
            let mut body = fields(variant.fields, true);
            body["description"] = json!(variant.about);
            ways.push(json!({
                "type": "object",
                "properties": { name: body },
                "required": [name],
                "additionalProperties": false,
            }));
        }
    }
    json!({ "anyOf": ways })
}

fn number(low: Bound<f64>, high: Bound<f64>) -> Json {
    let mut number = json!({ "type": "number" });
    match low {
        Bound::Included(value) => number["minimum"] = json!(value),
        Bound::Excluded(value) => number["exclusiveMinimum"] = json!(value),
        Bound::Unbounded => {}
    }
    match high {
        Bound::Included(value) => number["maximum"] = json!(value),
        Bound::Excluded(value) => number["exclusiveMaximum"] = json!(value),
        Bound::Unbounded => {}
    }
    number
}

/// Some settings by dotted path: what an item of `include`, of `exclude` or of a list of `together` is.
fn settings() -> Json {
    let properties: Map<String, Json> = BASE
        .paths()
        .into_iter()
        .map(|(path, value)| (path, shape(value)))
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1 })
}

fn matrix() -> Json {
    let items = || json!({ "type": "array", "items": { "$ref": "#/$defs/settings" } });
    let mut properties: Map<String, Json> = BASE
        .paths()
        .into_iter()
        .map(|(path, _)| {
            let item = json!({ "$ref": format!("#/$defs/settings/properties/{path}") });
            (path, list(item))
        })
        .collect();
    let together = json!({
        "type": "object",
        "additionalProperties": list(json!({ "$ref": "#/$defs/settings" })),
    });
    properties.insert("together".to_owned(), together);
    properties.insert("include".to_owned(), items());
    properties.insert("exclude".to_owned(), items());
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
