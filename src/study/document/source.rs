//! Reads a text into nodes: the values from the YAML library, their places from the position index.
//!
//! Knows nothing of what a study may hold.

use std::sync::Arc;

use serde_yaml::Value;

use super::node::{Content, Entry, Node, join};
use super::position::{Fault, Position, PositionIndex, Spot, Step};
use crate::study::problem::{Place, Problem};

/// What a text was read from.
#[derive(Clone, Debug)]
pub(in crate::study) enum Source {
    File(Arc<str>),
    Argument(Arc<str>),
}

impl Source {
    fn place(&self, position: Position) -> Place {
        let Position { line, column } = position;
        match self {
            Self::File(file) => Place::File {
                file: Arc::clone(file),
                line,
                column,
            },
            Self::Argument(argument) => Place::Argument(Arc::clone(argument)),
        }
    }

    /// Returns the place of the whole text.
    pub(in crate::study) fn start(&self) -> Place {
        self.place(Position { line: 1, column: 1 })
    }

    fn problem(&self, fault: Fault) -> Problem {
        let problem = Problem::new(&self.place(fault.position), "", fault.message);
        Problem {
            hint: fault.hint,
            ..problem
        }
    }

    /// Reads a text; `path` is the path of its root.
    ///
    /// # Errors
    ///
    /// Returns what makes it unreadable: bad syntax, repeated keys, aliases, tags.
    pub(in crate::study) fn read(&self, text: &str, path: &str) -> Result<Node, Vec<Problem>> {
        // Some editors mark the start of a file with this character; it is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let index = PositionIndex::read(text).map_err(|faults| {
            faults
                .into_iter()
                .map(|fault| self.problem(fault))
                .collect::<Vec<_>>()
        })?;
        let value: Value = serde_yaml::from_str(text).map_err(|error| vec![self.unreadable(text, &error)])?;
        Ok(Join {
            source: self,
            index: &index,
        }
        .node(value, &mut Vec::new(), path.to_owned()))
    }

    /// The problem of a text whose form is right and whose values are not.
    fn unreadable(&self, text: &str, error: &serde_yaml::Error) -> Problem {
        let reason = error.to_string();
        let position = error.location().map(|at| Position {
            line: at.line(),
            column: at.column(),
        });
        let (position, message, hint) = match (position, control_character(text)) {
            // The library names a type of its own for whole numbers beyond 64 bits.
            (Some(position), _) if reason.contains("as u128") || reason.contains("as i128") => {
                let message = "a number larger than any that a study can hold".to_owned();
                (position, message, "expected a smaller number")
            }
            (_, Some((position, character))) if reason.contains("control character") => {
                let message = format!(
                    "the control character U+{:04X} is no part of a text",
                    u32::from(character)
                );
                (
                    position,
                    message,
                    "remove it, or write it as an escape in double quotes",
                )
            }
            (position, _) => {
                let start = Position { line: 1, column: 1 };
                let message = format!("not valid YAML: {reason}");
                (
                    position.unwrap_or(start),
                    message,
                    "look at the values around here",
                )
            }
        };
        Problem::new(&self.place(position), "", message).hint(hint)
    }
}

/// The first character that YAML does not allow in a text, with its place.
fn control_character(text: &str) -> Option<(Position, char)> {
    text.lines().enumerate().find_map(|(line, text)| {
        let is_control = |(_, character): &(usize, char)| character.is_control() && *character != '\t';
        let (column, character) = text.chars().enumerate().find(is_control)?;
        let position = Position {
            line: line + 1,
            column: column + 1,
        };
        Some((position, character))
    })
}

/// Joins values with the index of their positions.
struct Join<'a> {
    source: &'a Source,
    index: &'a PositionIndex,
}

impl Join<'_> {
    fn spot(&self, steps: &[Step]) -> Spot {
        let start = Position { line: 1, column: 1 };
        self.index.get(steps).unwrap_or(Spot {
            key: None,
            value: start,
        })
    }

    fn node(&self, value: Value, steps: &mut Vec<Step>, path: String) -> Node {
        let place = self.source.place(self.spot(steps).value);
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(value),
            Value::Number(number) => scalar(&number),
            Value::String(text) => Content::Text(text),
            Value::Sequence(items) => Content::List(self.items(items, steps, &path)),
            Value::Mapping(entries) => Content::Mapping(self.entries(entries, steps, &path)),
            // The index refuses tags before this.
            Value::Tagged(tagged) => return self.node(tagged.value, steps, path),
        };
        Node { place, path, content }
    }

    fn items(&self, items: Vec<Value>, steps: &mut Vec<Step>, path: &str) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            steps.push(Step::Index(index));
            nodes.push(self.node(item, steps, format!("{path}[{index}]")));
            steps.pop();
        }
        nodes
    }

    fn entries(&self, entries: serde_yaml::Mapping, steps: &mut Vec<Step>, path: &str) -> Vec<Entry> {
        let mut nodes = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            // The index refuses keys that are not text before this.
            let Value::String(key) = key else { continue };
            steps.push(Step::Key(key.clone()));
            let spot = self.spot(steps);
            let key_place = self.source.place(spot.key.unwrap_or(spot.value));
            let value = self.node(value, steps, join(path, &key));
            steps.pop();
            nodes.push(Entry {
                key,
                key_place,
                value,
            });
        }
        nodes
    }
}

fn scalar(number: &serde_yaml::Number) -> Content {
    if let Some(value) = number.as_u64() {
        return Content::Integer(value.into());
    }
    match number.as_i64() {
        Some(value) => Content::Integer(value.into()),
        None => Content::Float(number.as_f64().unwrap_or(f64::NAN)),
    }
}
