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

/// What other programs and papers call things whose names here are not like it.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("is", "inception-score"),
    ("isc", "inception-score"),
    ("prc", "precision-recall"),
    ("wgan", "wasserstein"),
    ("lsgan", "least-squares"),
];

/// Returns the candidate that is most like the word, if any is like it at all: by another name, by a part of its name, or but
/// for a few letters.
pub(super) fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == word);
    let by_other_name = other.and_then(|(_, meant)| candidates.iter().find(|candidate| *candidate == meant));
    let by_part = || {
        candidates
            .iter()
            .find(|candidate| candidate.split('-').any(|part| part == word))
    };
    by_other_name
        .or_else(|| candidates.iter().find(|candidate| plain(candidate) == word))
        .or_else(by_part)
        .copied()
        .or_else(|| nearest_by_letters(&word, candidates))
}

fn nearest_by_letters<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let far = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, &plain(candidate)), *candidate))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_programs_and_parts_of_names_lead_to_what_is_meant() {
        let metrics = ["fid", "kid", "inception-score", "precision-recall", "prd"];
        for (word, meant) in [
            ("is", Some("inception-score")),
            ("ISC", Some("inception-score")),
            ("recall", Some("precision-recall")),
            ("precision_recall", Some("precision-recall")),
            ("FID", Some("fid")),
            ("fdi", Some("fid")),
            ("accuracy", None),
        ] {
            assert_eq!(nearest(word, &metrics), meant, "{word}");
        }
        assert_eq!(nearest("wgan", &metrics), None);
    }
}
