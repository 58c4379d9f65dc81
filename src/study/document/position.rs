//! Index from the path of a value to the line and column where it is written, built from parser events.
//!
//! Also refuses, with their position, what a study does not use: aliases, tags, several documents, and keys that
//! are repeated or not text. Knows no value: scalars are resolved elsewhere.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

/// Levels of nesting a study may have; far above need, and it bounds every recursion over a document.
const DEEPEST: usize = 32;

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl From<&Marker> for Position {
    fn from(marker: &Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

/// One step of a path: into a mapping or into a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Where a value is written, and its key where it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) key: Option<Position>,
    pub(super) value: Position,
}

/// Something the text may not hold.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) position: Position,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Index from path to place.
#[derive(Debug, Default)]
pub(super) struct PositionIndex {
    spots: HashMap<Vec<Step>, Spot>,
}

impl PositionIndex {
    /// Reads the text.
    ///
    /// # Errors
    ///
    /// Returns every repeated key, or the first thing that makes the rest unreadable.
    pub(super) fn read(text: &str) -> Result<Self, Vec<Fault>> {
        let mut builder = Builder::default();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| builder.stop(syntax(&error)))?;
            if let Err(fault) = builder.take(&event, Position::from(&span.start)) {
                return Err(builder.stop(fault));
            }
        }
        if builder.faults.is_empty() {
            Ok(builder.index)
        } else {
            Err(builder.faults)
        }
    }

    /// Returns where the value at a path is written.
    pub(super) fn get(&self, path: &[Step]) -> Option<Spot> {
        self.spots.get(path).copied()
    }
}

fn syntax(error: &ScanError) -> Fault {
    let info = error.info();
    let hint = match info.contains("tab") {
        true => "indent with spaces",
        false => "look at the brackets, quotes, colons and indentation up to here",
    };
    fault(
        Position::from(error.marker()),
        format!("not valid YAML: {info}"),
        hint,
    )
}

fn fault(position: Position, message: impl Into<String>, hint: &str) -> Fault {
    Fault {
        position,
        message: message.into(),
        hint: Some(hint.to_owned()),
    }
}

/// A mapping or list that is open.
#[derive(Debug)]
enum Frame {
    Mapping {
        key: Option<(String, Position)>,
        seen: HashSet<String>,
    },
    List {
        next: usize,
    },
}

#[derive(Debug, Default)]
struct Builder {
    index: PositionIndex,
    open: Vec<Frame>,
    path: Vec<Step>,
    documents: usize,
    faults: Vec<Fault>,
}

impl Builder {
    /// Ends the reading: what was collected, and the fault that ends it.
    fn stop(&mut self, last: Fault) -> Vec<Fault> {
        let mut faults = std::mem::take(&mut self.faults);
        faults.push(last);
        faults
    }

    fn take(&mut self, event: &Event<'_>, at: Position) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(_) => self.document(at),
            Event::Alias(_) => Err(no_alias(at)),
            Event::Scalar(_, _, anchor, tag) => {
                plain(*anchor, tag.is_some(), at)?;
                self.scalar(event, at)
            }
            Event::MappingStart(anchor, tag) => {
                plain(*anchor, tag.is_some(), at)?;
                self.enter(
                    Frame::Mapping {
                        key: None,
                        seen: HashSet::new(),
                    },
                    at,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                plain(*anchor, tag.is_some(), at)?;
                self.enter(Frame::List { next: 0 }, at)
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.path.pop();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, at: Position) -> Result<(), Fault> {
        self.documents += 1;
        match self.documents {
            1 => Ok(()),
            _ => Err(fault(
                at,
                "a second document starts here",
                "a study is one document: remove the `---`",
            )),
        }
    }

    fn scalar(&mut self, event: &Event<'_>, at: Position) -> Result<(), Fault> {
        let Event::Scalar(text, style, ..) = event else {
            return Ok(());
        };
        if let Some(Frame::Mapping {
            key: key @ None,
            seen,
        }) = self.open.last_mut()
        {
            if *style == ScalarStyle::Plain && !reads_as_text(text) {
                let hint = "keys are words: put it in quotes if you mean the text";
                return Err(fault(at, format!("the key `{text}` is not text"), hint));
            }
            if !seen.insert(text.to_string()) {
                let hint = "remove one of the two";
                self.faults
                    .push(fault(at, format!("the key \"{text}\" stands here twice"), hint));
            }
            *key = Some((text.to_string(), at));
            return Ok(());
        }
        self.step_in(at);
        self.path.pop();
        Ok(())
    }

    fn enter(&mut self, frame: Frame, at: Position) -> Result<(), Fault> {
        if let Some(Frame::Mapping { key: None, .. }) = self.open.last() {
            return Err(fault(at, "a key cannot be a list or a mapping", "keys are words"));
        }
        if self.open.len() == DEEPEST {
            return Err(fault(
                at,
                "nested too deeply",
                "a study needs fewer than ten levels",
            ));
        }
        self.step_in(at);
        self.open.push(frame);
        Ok(())
    }

    /// Steps to the value that starts here and notes its place; the document's root is the empty path.
    fn step_in(&mut self, value: Position) {
        let (step, key) = match self.open.last_mut() {
            None => (None, None),
            Some(Frame::List { next }) => {
                *next += 1;
                (Some(Step::Index(*next - 1)), None)
            }
            Some(Frame::Mapping { key, .. }) => match key.take() {
                Some((name, at)) => (Some(Step::Key(name)), Some(at)),
                None => (None, None),
            },
        };
        self.path.extend(step);
        self.index.spots.insert(self.path.clone(), Spot { key, value });
    }
}

fn plain(anchor: usize, tagged: bool, at: Position) -> Result<(), Fault> {
    match (anchor, tagged) {
        (0, false) => Ok(()),
        (0, true) => Err(fault(
            at,
            "tags (`!name`) are not used in a study",
            "write the value without it",
        )),
        _ => Err(no_alias(at)),
    }
}

fn no_alias(at: Position) -> Fault {
    let hint = "write the value out, or vary it in `matrix`";
    fault(
        at,
        "anchors (`&name`) and aliases (`*name`) are not used in a study",
        hint,
    )
}

fn reads_as_text(plain: &str) -> bool {
    matches!(serde_yaml::from_str(plain), Ok(serde_yaml::Value::String(_)))
}
