//! The JSON Schema, held against studies by a small validator of the keywords it uses.

use serde_json::{Value as Json, json};

use super::super::{schema, template};
use super::SHORT;

/// Tells whether a value is valid under a schema; panics on a keyword it does not know.
fn is_valid(root: &Json, schema: &Json, value: &Json) -> bool {
    let keywords = schema.as_object().unwrap();
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" => true,
        "$ref" => is_valid(root, resolve(root, rule.as_str().unwrap()), value),
        "anyOf" => rule
            .as_array()
            .unwrap()
            .iter()
            .any(|way| is_valid(root, way, value)),
        "const" => value == rule,
        "enum" => rule.as_array().unwrap().contains(value),
        "type" => has_type(value, rule.as_str().unwrap()),
        "required" => rule
            .as_array()
            .unwrap()
            .iter()
            .all(|key| value.get(key.as_str().unwrap()).is_some()),
        "properties" => rule
            .as_object()
            .unwrap()
            .iter()
            .all(|(key, inner)| value.get(key).is_none_or(|value| is_valid(root, inner, value))),
        "additionalProperties" => {
            let known = &schema["properties"];
            let is_allowed = |value: &Json| rule.is_object() && is_valid(root, rule, value);
            value.as_object().is_none_or(|object| {
                let mut keys = object.iter();
                keys.all(|(key, value)| known.get(key).is_some() || is_allowed(value))
            })
        }
        "items" => value
            .as_array()
            .is_none_or(|items| items.iter().all(|item| is_valid(root, rule, item))),
        "minItems" => value
            .as_array()
            .is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
        "minProperties" => value
            .as_object()
            .is_none_or(|keys| keys.len() as u64 >= rule.as_u64().unwrap()),
        "minLength" => value.as_str().is_none_or(|text| !text.is_empty()),
        "uniqueItems" => value.as_array().is_none_or(|items| {
            items
                .iter()
                .enumerate()
                .all(|(index, item)| !items[..index].contains(item))
        }),
        "minimum" => value
            .as_f64()
            .is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => value
            .as_f64()
            .is_none_or(|number| number <= rule.as_f64().unwrap()),
        "exclusiveMinimum" => value
            .as_f64()
            .is_none_or(|number| number > rule.as_f64().unwrap()),
        "exclusiveMaximum" => value
            .as_f64()
            .is_none_or(|number| number < rule.as_f64().unwrap()),
        "pattern" => value
            .as_str()
            .is_none_or(|text| matches_pattern(text, rule.as_str().unwrap())),
        other => panic!("the schema uses {other}, which this test does not know"),
    })
}

/// Tells whether a text matches one of the patterns that the schema has.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    match pattern {
        "^[a-z0-9][a-z0-9-]{0,63}$" => super::super::shape::is_name(text),
        "^(vulkan|cuda|hip|metal):[1-9]?[0-9]$" => {
            let number = |kind: &str| text.strip_prefix(kind)?.strip_prefix(':');
            let numbers = ["vulkan", "cuda", "hip", "metal"]
                .iter()
                .filter_map(|kind| number(kind));
            numbers.clone().count() == 1 && numbers.flat_map(str::parse::<u8>).all(|n| n < 100)
        }
        other => panic!("the schema has the pattern {other}, which this test does not know"),
    }
}

fn resolve<'s>(root: &'s Json, reference: &str) -> &'s Json {
    root.pointer(reference.strip_prefix('#').unwrap())
        .unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn has_type(value: &Json, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("no such type: {other}"),
    }
}

fn accepts(study: &str) -> bool {
    let value: Json = serde_yaml::from_str(study).unwrap();
    let schema = schema();
    is_valid(&schema, &schema, &value)
}

#[test]
fn studies_that_are_valid_are_valid_under_the_schema() {
    assert!(accepts(SHORT));
    assert!(accepts(template()));
    assert!(accepts(&format!(
        "{SHORT}evaluate: {{ at: [0, 400] }}\nstudy: null\n"
    )));
    assert!(accepts(&format!(
        "{SHORT}matrix: {{ discriminator.penalty.gradient.lambda: [1, 10] }}\n"
    )));
    assert!(accepts(&format!(
        "{SHORT}matrix: {{ include: [{{ discriminator.penalty: gradient }}] }}\n"
    )));
    assert!(accepts(&format!(
        "{SHORT}matrix: {{ together: {{ pace: [{{ batch_size: 32, discriminator.steps: 5 }}] }} }}\n"
    )));
    assert!(accepts(
        "data: { dataset: mnist }\nbase: { checkpoint_every: 10 }\nmatrix: { steps: [10, 20] }\n"
    ));
}

#[test]
fn studies_that_are_wrong_are_wrong_under_the_schema() {
    let wrong = [
        "bas: 1",
        "search: {}",
        "seeds: 0",
        "device: vulcan",
        "device: cpu:1",
        "device: [cpu]",
        "evaluate: { metrics: [kod] }",
        "evaluate: { at: first }",
        "matrix: { stps: [1] }",
        "matrix: { steps: [] }",
        "matrix: { steps: [0] }",
        "matrix: { steps: 5 }",
        "matrix: { include: [{ stps: 1 }] }",
        "matrix: { together: [] }",
        "matrix: { together: { pace: [] } }",
        "matrix: { together: { pace: [{ stps: 1 }] } }",
        "  optimizer: { adam: { beta1: 1 } }",
        "  optimizer: { adam: { beta: 0.5 } }",
        "  discriminator: { penalty: { gradient: { lambda: 0 } } }",
        "  discriminator: { penalty: { none: {} } }",
        "study: Upper",
    ];
    for text in wrong {
        assert!(!accepts(&format!("{SHORT}{text}\n")), "{text} should be refused");
    }
    assert!(
        !accepts("base: { steps: 1, checkpoint_every: 1 }\n"),
        "data is required"
    );
}

#[test]
fn every_mapping_is_closed_and_every_key_is_described() {
    fn walk(schema: &Json) {
        if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
            assert_eq!(schema["additionalProperties"], json!(false), "{schema}");
            properties.values().for_each(walk);
        }
        for way in schema.get("anyOf").and_then(Json::as_array).into_iter().flatten() {
            walk(way);
        }
    }
    let schema = schema();
    walk(&schema);
    for (key, property) in schema["properties"].as_object().unwrap() {
        let about = property
            .get("description")
            .or_else(|| property.pointer("/anyOf/0/description"));
        assert!(about.is_some(), "{key} is not described");
    }
}

#[test]
fn the_schema_says_meaning_default_and_range() {
    let schema = schema();
    let base = &schema["properties"]["base"]["properties"];
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    let expected = [
        "study",
        "seed",
        "data",
        "convention",
        "device",
        "precision",
        "base",
        "matrix",
        "seeds",
        "evaluate",
        "keep",
    ];
    assert_eq!(keys, expected);
    assert_eq!(
        base["architecture"]["properties"]["width"],
        json!({
            "type": "number",
            "exclusiveMinimum": 0.0,
            "maximum": 4.0,
            "description": "The factor on every hidden layer's channels; 1 is the published network.",
            "default": 1.0,
        })
    );
    let penalty = &base["discriminator"]["properties"]["penalty"];
    assert_eq!(
        penalty["anyOf"][0],
        json!({ "const": "none", "description": "No term." })
    );
    assert_eq!(penalty["default"], "none");
}
