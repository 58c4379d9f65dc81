//! What is wrong with a study file: where, what, and how to put it right.
//!
//! Knows no YAML and nothing of what a study means.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In a file; line and column count from 1.
    File {
        /// The file, as the user named it.
        file: Arc<str>,
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// On the command line, as in `--set base.steps=500`.
    Argument(
        /// The argument.
        Arc<str>,
    ),
    /// Nowhere: the program supplied it.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Argument(argument) => f.write_str(argument),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One thing that is wrong with a study.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub struct Problem {
    /// Where it is written.
    pub place: Place,
    /// The dotted path of what is wrong, as in `base.steps`; empty for the whole document.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// How to put it right, where that can be told.
    pub hint: Option<String>,
}

impl Problem {
    /// Makes a problem without a hint.
    pub(super) fn new(place: &Place, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            path: path.into(),
            message: message.into(),
            hint: None,
        }
    }

    /// Adds a hint.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds `did you mean`, where one of the candidates is near the word.
    pub(super) fn suggest(mut self, word: &str, candidates: &[&str]) -> Self {
        self.hint = nearest(word, candidates).map(|name| format!("did you mean \"{name}\"?"));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Why there is no study.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file cannot be read.
    #[error("{}: cannot read the study: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is read and is wrong: every problem found, in the order of the file; never empty.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

impl StudyError {
    /// Returns the problems of the file; none where it could not be read.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Read { .. } => &[],
            Self::Invalid(problems) => problems,
        }
    }

    /// Orders the problems as the file does, each once: a matrix meets the same wrong value in many settings.
    pub(super) fn invalid(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self::Invalid(problems)
    }
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the candidate that is most like the word, if any is like it at all.
pub(super) fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let far = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), *candidate))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
