//! The readable JSON form of a value, exact in both directions.
//!
//! Truth values, numbers, texts, lists and maps are what they are in JSON; a number with a point or an exponent
//! is a float, one without is an integer. A digest is `{"$digest": "<hex>"}`. So that a map can never look like
//! one, a field name that starts with `$` is written with a second `$` before it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::Value;
use crate::Digest;

const DIGEST_FIELD: &str = "$digest";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(value.get()),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Digest(digest) => {
                let mut fields = serializer.serialize_map(Some(1))?;
                fields.serialize_entry(DIGEST_FIELD, digest)?;
                fields.end()
            }
            Value::List(values) => serializer.collect_seq(values),
            Value::Map(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (escaped(name), value)))
            }
        }
    }
}

fn escaped(name: &str) -> String {
    if name.starts_with('$') {
        format!("${name}")
    } else {
        name.to_owned()
    }
}

/// The field name that was escaped, or `None` for a name that no value has.
fn unescaped(name: &str) -> Option<&str> {
    match name.strip_prefix('$') {
        None => Some(name),
        Some(rest) => rest.starts_with('$').then_some(rest),
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a truth value, a number, a text, a digest, a list or a map")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Integer).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Value::float(value).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(name) = access.next_key::<String>()? {
            if name == DIGEST_FIELD && fields.is_empty() {
                return digest_of_map(access);
            }
            let name = unescaped(&name).ok_or_else(|| A::Error::unknown_field(&name, &[DIGEST_FIELD]))?;
            if fields.insert(name.to_owned(), access.next_value()?).is_some() {
                return Err(A::Error::custom(format_args!("field `{name}` stands twice")));
            }
        }
        Ok(Value::Map(fields))
    }
}

fn digest_of_map<'de, A: MapAccess<'de>>(mut access: A) -> Result<Value, A::Error> {
    let digest: Digest = access.next_value()?;
    match access.next_key::<String>()? {
        None => Ok(Value::Digest(digest)),
        Some(name) => Err(A::Error::custom(format_args!("a digest has no field `{name}`"))),
    }
}
