//! The values of a key document. Knows types and nothing of their meaning; NaN and the infinities do not exist
//! here, and zero has no sign, so that equality and hashing agree.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::Digest;

/// Why a value cannot stand in a key document.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum DocumentError {
    /// NaN is not equal to itself and infinities have no JSON: neither can be part of a key.
    #[error("expected a finite number, found {found}")]
    NotFinite {
        /// The number.
        found: f64,
    },
}

/// A float that is neither NaN nor infinite; -0.0 is 0.0.
#[derive(Clone, Copy, PartialEq)]
pub struct Finite(f64);

impl Finite {
    /// Takes a number if it is finite.
    ///
    /// # Errors
    /// [`DocumentError::NotFinite`] for NaN and the infinities.
    pub fn new(x: f64) -> Result<Finite, DocumentError> {
        if !x.is_finite() {
            return Err(DocumentError::NotFinite { found: x });
        }
        Ok(Finite(if x == 0.0 { 0.0 } else { x }))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Finite {}

impl Hash for Finite {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Debug for Finite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Writes the shortest digits that give the number back, always with a point or an exponent.
impl fmt::Display for Finite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

/// One value of a key document.
///
/// The type is part of the value: the integer 1, the float 1.0 and the text "1" are three values and make three
/// keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Float(Finite),
    /// A text, compared by its UTF-8 bytes.
    Text(String),
    /// The digest of some content.
    Digest(Digest),
    /// Values whose order matters.
    List(Vec<Value>),
    /// Named values; there is no order but the one of the names.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Makes a [`Value::Float`].
    ///
    /// # Errors
    /// [`DocumentError::NotFinite`] for NaN and the infinities.
    pub fn float(x: f64) -> Result<Value, DocumentError> {
        Finite::new(x).map(Value::Float)
    }

    /// Makes a [`Value::Map`]; of two fields with one name the later stays.
    pub fn map<K: Into<String>>(fields: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Integer(value.into())
    }
}

impl From<Finite> for Value {
    fn from(value: Finite) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl From<Digest> for Value {
    fn from(value: Digest) -> Value {
        Value::Digest(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Value {
        Value::List(values)
    }
}

/// Writes the value on one line for people: texts quoted, digests by their first 12 digits.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(formatter, "{value}"),
            Value::Integer(value) => write!(formatter, "{value}"),
            Value::Float(value) => write!(formatter, "{value}"),
            Value::Text(text) => write!(formatter, "{text:?}"),
            Value::Digest(digest) => formatter.write_str(&digest.short()),
            Value::List(values) => {
                formatter.write_str("[")?;
                separated(formatter, values, |formatter, value| write!(formatter, "{value}"))?;
                formatter.write_str("]")
            }
            Value::Map(fields) => {
                formatter.write_str("{")?;
                separated(formatter, fields, |formatter, (name, value)| {
                    write!(formatter, "{name}: {value}")
                })?;
                formatter.write_str("}")
            }
        }
    }
}

fn separated<T>(
    formatter: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    mut write_item: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            formatter.write_str(", ")?;
        }
        write_item(formatter, item)?;
    }
    Ok(())
}
