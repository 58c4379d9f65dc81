//! The key document of one stage. Decides which parts of a stage move its key: these four fields and nothing
//! else, so never a path, a clock, a host, a thread count or the version of the tool.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::difference::{Difference, differences};
use super::encoding::encode;
use super::value::Value;
use crate::{Digest, Key};

/// Separates keys from every other use of BLAKE3; the number is the version of the encoding.
const PURPOSE: &str = "gan-pipe key document 1";

/// Everything the result of a stage is a function of.
///
/// A setting that is off is left out of `parameters`, so that a new setting invalidates no earlier result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDocument {
    /// The kind of stage.
    pub kind: String,
    /// The version of that kind's algorithm; it rises whenever equal parameters and inputs give other bytes.
    pub version: u32,
    /// Settings, seeds, precision and numerics.
    pub parameters: BTreeMap<String, Value>,
    /// Digests of the content of the inputs.
    pub inputs: BTreeMap<String, Digest>,
}

impl KeyDocument {
    /// Hashes the document: BLAKE3, in its key-derivation mode, of the canonical encoding.
    pub fn key(&self) -> Key {
        Key::new(Digest::of_purpose(PURPOSE, &encode(&self.to_value())))
    }

    /// Lists what changed since `before`, empty exactly when both have the same key.
    ///
    /// Paths are dotted (`parameters.optimizer.adam.beta1`, `inputs.state`, `parameters.widths.0`) and come in
    /// the order of their names.
    pub fn differences(&self, before: &KeyDocument) -> Vec<Difference> {
        differences(&before.to_value(), &self.to_value())
    }

    /// The one form that is both hashed and compared.
    pub(super) fn to_value(&self) -> Value {
        let inputs = self
            .inputs
            .iter()
            .map(|(name, digest)| (name.as_str(), Value::from(*digest)));
        Value::map([
            ("kind", Value::from(self.kind.as_str())),
            ("version", Value::from(self.version)),
            ("parameters", Value::Map(self.parameters.clone())),
            ("inputs", Value::map(inputs)),
        ])
    }
}
