//! Key documents: which pairs may not share bytes, what must survive JSON, and the pinned key of one document.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::encoding::{BOOL, DIGEST, FLOAT, INTEGER, LIST, MAP, TEXT, encode};
use super::{Difference, DocumentError, Finite, KeyDocument, Value};
use crate::Digest;

fn training() -> KeyDocument {
    let adam = Value::map([
        ("learning_rate", Value::float(2e-4).unwrap()),
        ("beta1", Value::float(0.5).unwrap()),
        ("beta2", Value::float(0.999).unwrap()),
    ]);
    KeyDocument {
        kind: "train".to_owned(),
        version: 3,
        parameters: BTreeMap::from([
            ("loss".to_owned(), Value::from("non-saturating")),
            ("batch_size".to_owned(), Value::from(64_u32)),
            ("optimizer".to_owned(), Value::map([("adam", adam)])),
            (
                "widths".to_owned(),
                Value::List(vec![Value::from(64_u32), Value::from(128_u32)]),
            ),
            ("shuffle".to_owned(), Value::from(true)),
            ("classifier".to_owned(), Value::from(Digest::of(b"weights"))),
        ]),
        inputs: BTreeMap::from([("state".to_owned(), Digest::of(b"state"))]),
    }
}

fn with_parameter(name: &str, value: impl Into<Value>) -> KeyDocument {
    let mut document = training();
    document.parameters.insert(name.to_owned(), value.into());
    document
}

fn paths(differences: &[Difference]) -> Vec<&str> {
    differences
        .iter()
        .map(|difference| difference.path.as_str())
        .collect()
}

/// The digest was also computed from the description of the encoding by a program in another language.
#[test]
fn the_key_of_a_document_never_changes() {
    let pinned = "979c6d0863d134a83e27eded174a8859186928a336278659bf9a8842885f87f9";
    assert_eq!(training().key().to_string(), pinned);
}

#[test]
fn a_key_is_not_a_digest_of_content() {
    let document = training();
    assert_ne!(document.key().digest(), Digest::of(&encode(&document.to_value())));
}

#[test]
fn the_order_of_fields_never_matters() {
    let document = training();
    let mut reversed = training();
    reversed.parameters = document.parameters.clone().into_iter().rev().collect();
    assert_eq!(reversed.key(), document.key());
    let json =
        r#"{"inputs": {}, "parameters": {"b": {"y": 2, "x": 1}, "a": 1.0}, "version": 1, "kind": "k"}"#;
    let other =
        r#"{"kind": "k", "version": 1, "parameters": {"a": 1.0, "b": {"x": 1, "y": 2}}, "inputs": {}}"#;
    let key = |json| serde_json::from_str::<KeyDocument>(json).unwrap().key();
    assert_eq!(key(json), key(other));
}

#[test]
fn every_field_of_a_document_moves_its_key() {
    let edits: [fn(&mut KeyDocument); 6] = [
        |document| document.kind.push('s'),
        |document| document.version += 1,
        |document| document.parameters.retain(|name, _| name != "loss"),
        |document| {
            document
                .parameters
                .extend([("shuffle".to_owned(), Value::from(false))])
        },
        |document| {
            document
                .inputs
                .extend([("state".to_owned(), Digest::of(b"other"))])
        },
        |document| {
            document
                .inputs
                .extend([("data".to_owned(), Digest::of(b"state"))])
        },
    ];
    for (index, edit) in edits.iter().enumerate() {
        let mut document = training();
        edit(&mut document);
        assert_ne!(document.key(), training().key(), "edit {index}");
        assert_eq!(document.differences(&training()).len(), 1, "edit {index}");
    }
}

#[test]
fn values_that_look_alike_make_different_keys() {
    let digest = Digest::of(b"");
    let alike = [
        Value::from(1_i64),
        Value::float(1.0).unwrap(),
        Value::from(0x3ff0_0000_0000_0000_i64),
        Value::from("1"),
        Value::from(true),
        Value::List(vec![Value::from(1_i64)]),
        Value::map([("1", Value::from(1_i64))]),
        Value::from(digest),
        Value::from(digest.to_string()),
        Value::map([("$digest", Value::from(digest.to_string()))]),
        Value::from(""),
        Value::List(Vec::new()),
        Value::Map(BTreeMap::new()),
    ];
    for (index, one) in alike.iter().enumerate() {
        for other in &alike[..index] {
            assert_ne!(
                with_parameter("x", one.clone()).key(),
                with_parameter("x", other.clone()).key()
            );
        }
    }
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    for refused in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(
            Value::float(refused),
            Err(DocumentError::NotFinite { .. })
        ));
    }
    let message = Finite::new(f64::NAN).unwrap_err().to_string();
    assert_eq!(message, "expected a finite number, found NaN");
}

#[test]
fn zero_has_no_sign() {
    let (minus, plus) = (Value::float(-0.0).unwrap(), Value::float(0.0).unwrap());
    assert_eq!(minus, plus);
    assert_eq!(
        with_parameter("x", minus.clone()).key(),
        with_parameter("x", plus).key()
    );
    assert_eq!(serde_json::to_string(&minus).unwrap(), "0.0");
    assert_eq!(serde_json::from_str::<Value>("-0.0").unwrap(), minus);
}

#[test]
fn json_keeps_every_extreme_number() {
    let floats = [
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        f64::EPSILON,
        0.1,
        1e23,
        1e21,
        1e-7,
    ];
    let floats = floats.map(|x| Value::float(x).unwrap());
    let integers = [i64::MIN, i64::MAX, 0, -1, 1 << 53, (1 << 53) + 1].map(Value::from);
    for value in floats.into_iter().chain(integers) {
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{json}");
    }
}

#[test]
fn json_that_is_no_value_is_refused() {
    let hex = Digest::of(b"").to_string();
    for json in [
        "null".to_owned(),
        "9223372036854775808".to_owned(),
        "1e999".to_owned(),
        r#"{"$digest": "af13"}"#.to_owned(),
        format!(r#"{{"$digest": "{hex}", "more": 1}}"#),
        format!(r#"{{"more": 1, "$digest": "{hex}"}}"#),
        r#"{"$other": 1}"#.to_owned(),
        r#"{"twice": 1, "twice": 2}"#.to_owned(),
    ] {
        assert!(serde_json::from_str::<Value>(&json).is_err(), "{json}");
    }
}

#[test]
fn a_document_reads_well_as_json() {
    let json = serde_json::to_string(&training()).unwrap();
    let expected = format!(
        concat!(
            r#"{{"kind":"train","version":3,"parameters":{{"batch_size":64,"classifier":{{"$digest":"{}"}},"#,
            r#""loss":"non-saturating","optimizer":{{"adam":{{"beta1":0.5,"beta2":0.999,"learning_rate":0.0002}}}},"#,
            r#""shuffle":true,"widths":[64,128]}},"inputs":{{"state":"{}"}}}}"#
        ),
        Digest::of(b"weights"),
        Digest::of(b"state"),
    );
    assert_eq!(json, expected);
}

#[test]
fn differences_list_changed_added_and_removed_fields_by_dotted_path() {
    let before = training();
    let mut after = training();
    after.version = 4;
    after.parameters.remove("shuffle");
    after.parameters.insert(
        "penalty".to_owned(),
        Value::map([("lambda", Value::from(10_u32))]),
    );
    after.parameters.insert(
        "widths".to_owned(),
        Value::List(vec![Value::from(64_u32), Value::from(32_u32)]),
    );
    let adam = Value::map([
        ("learning_rate", Value::float(1e-4).unwrap()),
        ("beta1", Value::float(0.5).unwrap()),
        ("epsilon", Value::float(1e-8).unwrap()),
    ]);
    after
        .parameters
        .insert("optimizer".to_owned(), Value::map([("adam", adam)]));
    after.inputs.insert("state".to_owned(), Digest::of(b"later"));

    let lines: Vec<String> = after
        .differences(&before)
        .iter()
        .map(Difference::to_string)
        .collect();
    let (old, new) = (Digest::of(b"state").short(), Digest::of(b"later").short());
    assert_eq!(
        lines,
        [
            format!("inputs.state: {old} -> {new}").as_str(),
            "parameters.optimizer.adam.beta2: 0.999 -> absent",
            "parameters.optimizer.adam.epsilon: absent -> 1e-8",
            "parameters.optimizer.adam.learning_rate: 0.0002 -> 0.0001",
            "parameters.penalty: absent -> {lambda: 10}",
            "parameters.shuffle: true -> absent",
            "parameters.widths.1: 128 -> 32",
            "version: 3 -> 4",
        ]
    );
}

#[test]
fn a_field_that_becomes_another_type_is_one_difference() {
    let before = with_parameter("penalty", "none");
    let after = with_parameter("penalty", Value::map([("gradient", Value::from(10_u32))]));
    let differences = after.differences(&before);
    assert_eq!(paths(&differences), ["parameters.penalty"]);
    assert_eq!(differences[0].before, Some(Value::from("none")));
    let differences =
        with_parameter("x", 1_u32).differences(&with_parameter("x", Value::float(1.0).unwrap()));
    assert_eq!(differences[0].to_string(), "parameters.x: 1.0 -> 1");
}

#[test]
fn equal_documents_have_no_differences() {
    assert_eq!(training().differences(&training()), []);
}

/// Reads the canonical encoding back; that this is possible is why no two values share one.
fn decode(bytes: &mut &[u8]) -> Value {
    let eight = |bytes: &mut &[u8]| <[u8; 8]>::try_from(bytes.split_off(..8).unwrap()).unwrap();
    let length = |bytes: &mut &[u8]| usize::try_from(u64::from_le_bytes(eight(bytes))).unwrap();
    let text = |bytes: &mut &[u8]| {
        let length = length(bytes);
        String::from_utf8(bytes.split_off(..length).unwrap().to_vec()).unwrap()
    };
    match *bytes.split_off_first().unwrap() {
        BOOL => Value::Bool(*bytes.split_off_first().unwrap() == 1),
        INTEGER => Value::Integer(i64::from_le_bytes(eight(bytes))),
        FLOAT => Value::float(f64::from_le_bytes(eight(bytes))).unwrap(),
        TEXT => Value::Text(text(bytes)),
        DIGEST => {
            let hash: [u8; 32] = bytes.split_off(..32).unwrap().try_into().unwrap();
            Value::Digest(blake3::Hash::from_bytes(hash).to_string().parse().unwrap())
        }
        LIST => Value::List((0..length(bytes)).map(|_| decode(bytes)).collect()),
        MAP => Value::map(
            (0..length(bytes))
                .map(|_| (text(bytes), decode(bytes)))
                .collect::<Vec<_>>(),
        ),
        tag => panic!("no value has tag {tag}"),
    }
}

/// Few different names, texts and numbers, so that generated values are often nearly the same.
fn any_value() -> impl Strategy<Value = Value> {
    let text = || "[$a1.]{0,3}";
    let number = prop_oneof![
        Just(0.0),
        Just(1.0),
        proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop_oneof![-1..3_i64, any::<i64>()].prop_map(Value::from),
        number.prop_map(|x: f64| Value::float(x).unwrap()),
        text().prop_map(Value::from),
        any::<u8>().prop_map(|byte| Value::from(Digest::of(&[byte % 2]))),
    ];
    leaf.prop_recursive(3, 12, 4, move |value| {
        prop_oneof![
            proptest::collection::vec(value.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(text(), value, 0..4).prop_map(Value::Map),
        ]
    })
}

fn any_document() -> impl Strategy<Value = KeyDocument> {
    let parameters = proptest::collection::btree_map("[$a1.]{0,2}", any_value(), 0..3);
    let inputs = proptest::collection::btree_map("[a1]{0,1}", any::<u8>(), 0..3);
    ("[a1]{0,2}", 0..3_u32, parameters, inputs).prop_map(|(kind, version, parameters, inputs)| KeyDocument {
        kind,
        version,
        parameters,
        inputs: inputs
            .into_iter()
            .map(|(name, byte)| (name, Digest::of(&[byte % 3])))
            .collect(),
    })
}

proptest! {
    #[test]
    fn the_encoding_can_be_read_back(value in any_value()) {
        let bytes = encode(&value);
        let mut rest = &bytes[..];
        prop_assert_eq!(decode(&mut rest), value);
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn two_different_values_never_encode_to_the_same_bytes(one in any_value(), other in any_value()) {
        prop_assert_eq!(one == other, encode(&one) == encode(&other));
    }

    #[test]
    fn documents_have_one_key_exactly_when_nothing_differs(one in any_document(), other in any_document()) {
        prop_assert_eq!(one == other, one.key() == other.key());
        prop_assert_eq!(one == other, one.differences(&other).is_empty());
    }

    #[test]
    fn differences_are_the_same_from_both_sides(one in any_document(), other in any_document()) {
        let mut back = other.differences(&one);
        for difference in &mut back {
            std::mem::swap(&mut difference.before, &mut difference.after);
        }
        prop_assert_eq!(one.differences(&other), back);
    }

    #[test]
    fn json_gives_the_document_back(document in any_document()) {
        let json = serde_json::to_string_pretty(&document).unwrap();
        prop_assert_eq!(serde_json::from_str::<KeyDocument>(&json).unwrap(), document);
    }

    #[test]
    fn json_keeps_every_bit_of_a_float(bits in any::<u64>()) {
        let x = f64::from_bits(bits);
        prop_assume!(x.is_finite());
        let value = Value::float(x).unwrap();
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }
}
