//! What changed between two values. Knows nothing of keys: the document hands both sides over as values.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::value::Value;

/// One field that differs between two key documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where: `parameters.loss`, `inputs.state`, `version`.
    pub path: String,
    /// The earlier value; absent if the field is new.
    pub before: Option<Value>,
    /// The later value; absent if the field is gone.
    pub after: Option<Value>,
}

/// Writes `parameters.loss: "hinge" -> "wasserstein"`, with `absent` for a side that has no such field.
impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| value.as_ref().map_or("absent".to_owned(), Value::to_string);
        write!(
            formatter,
            "{}: {} -> {}",
            self.path,
            side(&self.before),
            side(&self.after)
        )
    }
}

/// Lists the fields that differ, in the order of their names; fields of maps and lists one by one.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Value::Map(before)), Some(Value::Map(after))) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                compare(&below(path, name), before.get(name), after.get(name), found);
            }
        }
        (Some(Value::List(before)), Some(Value::List(after))) => {
            for index in 0..before.len().max(after.len()) {
                compare(
                    &below(path, &index.to_string()),
                    before.get(index),
                    after.get(index),
                    found,
                );
            }
        }
        _ if before == after => {}
        _ => found.push(Difference {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
