//! A document's values, each with its path and the place where it is written.
//!
//! A node keeps both when it is copied somewhere else, so a value that a matrix puts into a run is still reported
//! where the user wrote it. Knows nothing of what a study may hold.

use crate::study::problem::{Place, Problem};

/// A value and where it is written.
#[derive(Clone, Debug)]
pub(in crate::study) struct Node {
    pub(in crate::study) place: Place,
    /// The dotted path where it is written, as in `matrix.steps[0]`.
    pub(in crate::study) path: String,
    pub(in crate::study) content: Content,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(in crate::study) enum Content {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value; the order of a mapping is the order of the file.
#[derive(Clone, Debug)]
pub(in crate::study) struct Entry {
    pub(in crate::study) key: String,
    pub(in crate::study) key_place: Place,
    pub(in crate::study) value: Node,
}

/// Returns a path one key longer.
pub(in crate::study) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

impl Node {
    /// Makes an empty mapping.
    pub(in crate::study) fn mapping(place: &Place, path: String) -> Self {
        Self {
            place: place.clone(),
            path,
            content: Content::Mapping(Vec::new()),
        }
    }

    /// Returns a problem with this value.
    pub(in crate::study) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(&self.place, self.path.clone(), message)
    }

    /// Returns the value in the words of a message: `"fast"`, `12`, `a list`.
    pub(in crate::study) fn found(&self) -> String {
        match &self.content {
            Content::Null => "nothing".to_owned(),
            Content::Bool(value) => value.to_string(),
            Content::Integer(value) => value.to_string(),
            Content::Float(value) => value.to_string(),
            Content::Text(text) if text.chars().count() > 40 => "a long text".to_owned(),
            Content::Text(text) => format!("{text:?}"),
            Content::List(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// Returns the value of a key, if this is a mapping that has it.
    pub(in crate::study) fn get(&self, key: &str) -> Option<&Self> {
        let Content::Mapping(entries) = &self.content else {
            return None;
        };
        entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// Returns the value at a dotted path below this one.
    pub(in crate::study) fn locate(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, key| node.get(key))
    }

    /// Returns the value at a dotted path, or the nearest value above it that is written at all.
    pub(in crate::study) fn nearest(&self, path: &str) -> &Self {
        let mut node = self;
        for key in path.split('.') {
            match node.get(key) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Tells whether two values are the same, wherever they are written; 1 and 1.0 are.
    pub(in crate::study) fn equals(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::List(a), Content::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            (Content::Mapping(a), Content::Mapping(b)) => {
                let same = |entry: &Entry| {
                    other
                        .get(&entry.key)
                        .is_some_and(|value| entry.value.equals(value))
                };
                a.len() == b.len() && a.iter().all(same)
            }
            (Content::Mapping(_), _) | (_, Content::Mapping(_)) => false,
            _ => self.matches(other),
        }
    }

    /// Tells whether the value has everything this pattern names; a word also stands for any mapping of that key.
    pub(in crate::study) fn matches(&self, value: &Self) -> bool {
        match (&self.content, &value.content) {
            (Content::Null, Content::Null) => true,
            (Content::Bool(a), Content::Bool(b)) => a == b,
            (Content::Text(a), Content::Text(b)) => a == b,
            (Content::Text(word), Content::Mapping(entries)) => entries.len() == 1 && entries[0].key == *word,
            (Content::List(_), Content::List(_)) => self.equals(value),
            (Content::Mapping(entries), Content::Mapping(_)) => entries.iter().all(|entry| {
                value
                    .get(&entry.key)
                    .is_some_and(|inner| entry.value.matches(inner))
            }),
            (Content::Integer(a), Content::Integer(b)) => a == b,
            _ => match (self.number(), value.number()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// Returns the value as a number, if it is one.
    pub(in crate::study) fn number(&self) -> Option<f64> {
        match self.content {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a number this large is outside every range"
            )]
            Content::Integer(value) => Some(value as f64),
            Content::Float(value) => Some(value),
            _ => None,
        }
    }

    /// Puts a value at a path below this one, with the mappings on the way that are not there yet.
    ///
    /// A key may itself hold dots: the longest key that is there wins, and a new key of a mapping for which
    /// `dotted` holds takes the whole rest of the path.
    ///
    /// # Errors
    ///
    /// Returns the problem where something on the way is neither a mapping nor a list with that item.
    pub(in crate::study) fn set(
        &mut self,
        path: &[&str],
        value: Self,
        dotted: fn(&Self) -> bool,
    ) -> Result<(), Problem> {
        let Some(first) = path.first() else {
            *self = value;
            return Ok(());
        };
        self.open_for(first, &value.place);
        let whole = dotted(self);
        match &mut self.content {
            Content::Mapping(entries) => {
                let (index, taken) = find_or_add(entries, &self.path, path, whole, &value.place);
                entries[index].value.set(&path[taken..], value, dotted)
            }
            Content::List(items) => {
                let count = items.len();
                match first.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                    Some(item) => item.set(&path[1..], value, dotted),
                    None => Err(value.problem(format!(
                        "no item {first} in {}, which has {count}, counted from 0",
                        self.path
                    ))),
                }
            }
            _ => {
                let message = format!(
                    "nothing can be set below {}, which is {}",
                    self.path,
                    self.found()
                );
                Err(value.problem(message).hint(format!("set {} whole", self.path)))
            }
        }
    }

    /// Turns nothing into a mapping, and the word `gradient` into `{ gradient: {} }` where that key is wanted.
    fn open_for(&mut self, key: &str, place: &Place) {
        let empty = |path: String| Self::mapping(place, path);
        match &self.content {
            Content::Null => self.content = Content::Mapping(Vec::new()),
            Content::Text(word) if word == key => {
                let value = empty(join(&self.path, key));
                let entry = Entry {
                    key: key.to_owned(),
                    key_place: self.place.clone(),
                    value,
                };
                self.content = Content::Mapping(vec![entry]);
            }
            _ => {}
        }
    }
}

/// Returns the entry that a path leads into and how many of its parts name it.
fn find_or_add(
    entries: &mut Vec<Entry>,
    parent: &str,
    path: &[&str],
    whole: bool,
    place: &Place,
) -> (usize, usize) {
    for taken in (1..=path.len()).rev() {
        let key = path[..taken].join(".");
        if let Some(index) = entries.iter().position(|entry| entry.key == key) {
            return (index, taken);
        }
    }
    let taken = if whole { path.len() } else { 1 };
    let key = path[..taken].join(".");
    let value = Node::mapping(place, join(parent, &key));
    entries.push(Entry {
        key,
        key_place: place.clone(),
        value,
    });
    (entries.len() - 1, taken)
}
