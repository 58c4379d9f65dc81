//! What the command line sets in a study: `--set base.steps=500`.
//!
//! Puts values into the document before anything is checked, so a wrong one is reported like any other, by its
//! argument. Knows only that the keys of `matrix` hold dots.

use std::str::FromStr;
use std::sync::Arc;

use super::node::Node;
use super::source::Source;
use crate::study::problem::Problem;

/// One value that replaces or adds to what the study file says.
#[derive(Clone, Debug)]
pub struct Override {
    path: Vec<String>,
    value: Node,
}

impl Override {
    /// Reads `path=value`, as given to `--set`; the value is YAML.
    ///
    /// # Errors
    ///
    /// Returns the problem where there is no `=`, a part of the path is empty, or the value is not YAML.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let argument: Arc<str> = format!("--set {text}").into();
        let Some((path, value)) = text.split_once('=') else {
            let place = Source::Argument(argument).start();
            let problem = Problem::new(&place, "", "expected path=value, found no \"=\"");
            return Err(problem.hint("for example: --set base.steps=500"));
        };
        Self::new(&argument, path.trim(), value)
    }

    /// Makes an override for another argument than `--set`; `argument` is what messages show.
    ///
    /// # Errors
    ///
    /// As [`Override::parse`].
    pub fn new(argument: &str, path: &str, value: &str) -> Result<Self, Problem> {
        let source = Source::Argument(argument.into());
        if path.split('.').any(str::is_empty) {
            let problem = Problem::new(&source.start(), "", "a part of the path is empty");
            return Err(problem.hint("a path is keys joined by dots, as in base.optimizer.adam.beta1"));
        }
        let value = source
            .read(value, path)
            .map_err(|mut problems| problems.swap_remove(0))?;
        Ok(Self {
            path: path.split('.').map(str::to_owned).collect(),
            value,
        })
    }

    /// As [`Override::new`], for a value that is the text itself and no YAML.
    ///
    /// # Errors
    ///
    /// As [`Override::parse`].
    pub fn text(argument: &str, path: &str, value: &str) -> Result<Self, Problem> {
        Self::new(argument, path, &format!("'{}'", value.replace('\'', "''")))
    }

    /// Returns the dotted path it sets.
    pub(in crate::study) fn path(&self) -> String {
        self.path.join(".")
    }

    /// Returns the value it sets.
    pub(in crate::study) fn value(&self) -> &Node {
        &self.value
    }

    /// Puts the value into the document.
    ///
    /// # Errors
    ///
    /// Returns the problem where the path leads through something that has nothing below it.
    pub(in crate::study) fn apply(&self, document: &mut Node) -> Result<(), Problem> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        document.set(&path, self.value.clone(), holds_dotted_keys)
    }
}

impl FromStr for Override {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::parse(text)
    }
}

/// The keys of a matrix, and of its items, are themselves paths.
fn holds_dotted_keys(node: &Node) -> bool {
    node.path == "matrix" || node.path.starts_with("matrix.")
}
