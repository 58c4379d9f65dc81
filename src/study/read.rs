//! Reads a study file: text to document, document to settings, settings to runs.
//!
//! Every step adds what it finds wrong and goes on, so one reading reports all problems of a file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::Utf8Error;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::convention::Convention;
use super::data::{self, DataSection};
use super::device::Device;
use super::document::{Content, Node, Override, Source};
use super::evaluation::{self, EvaluateSection};
use super::matrix::{Combination, Expansion, VariedPath, expand, names};
use super::model::{Run, Settings, Study};
use super::problem::{Place, Problem, StudyError};
use super::rule::{self, Setting};
use super::shape::{BASE, STUDY, check, check_document, is_name};
use super::word::{Distribution, Precision};

/// The most bytes of a study file.
const LARGEST_FILE: u64 = 4 << 20;
/// The most runs of one study.
const MOST_RUNS: usize = 100_000;

impl Study {
    /// Reads a study file.
    ///
    /// The overrides replace what the file says, in their order, before anything is checked.
    ///
    /// # Errors
    ///
    /// Returns [`StudyError::Read`] where the file cannot be read, [`StudyError::Invalid`] with every problem
    /// found where it is wrong.
    pub fn load(path: &Path, overrides: &[Override]) -> Result<Self, StudyError> {
        let bytes = bytes_of(path).map_err(|source| StudyError::Read {
            path: path.to_owned(),
            source,
        })?;
        let file = path.display().to_string();
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(text, &file, overrides),
            Err(error) => Err(StudyError::invalid(vec![not_text(&file, &bytes, error)])),
        }
    }

    /// Reads the text of a study; `file` is its name in messages, names a study that does not name itself, and
    /// is what relative paths in it start from.
    ///
    /// # Errors
    ///
    /// Returns [`StudyError::Invalid`] with every problem found.
    pub fn parse(text: &str, file: &str, overrides: &[Override]) -> Result<Self, StudyError> {
        let source = Source::File(Arc::from(file));
        let mut document = source.read(text, "").map_err(StudyError::invalid)?;
        let mut problems = Vec::new();
        for set in overrides {
            problems.extend(set.apply(&mut document).err());
        }
        let study = Reading {
            file,
            source,
            document: &document,
            problems: &mut problems,
        }
        .study(overrides);
        match study {
            Some(study) if problems.is_empty() => Ok(study),
            _ => Err(StudyError::invalid(problems)),
        }
    }
}

/// Reads a file that may be a study: one without an end is not read forever.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        let message = format!(
            "it is larger than {} MiB, far beyond any study",
            LARGEST_FILE >> 20
        );
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The problem of bytes that are no text, at the first that cannot be part of one.
fn not_text(file: &str, bytes: &[u8], error: Utf8Error) -> Problem {
    let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let place = Place::File {
        file: Arc::from(file),
        line: before.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
    };
    let found = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
    let message = format!("expected text in UTF-8, found the byte {found:#04x}");
    Problem::new(&place, "", message).hint("save the file as UTF-8; is it a study file at all?")
}

/// The reading of one document.
struct Reading<'r> {
    file: &'r str,
    source: Source,
    document: &'r Node,
    problems: &'r mut Vec<Problem>,
}

impl Reading<'_> {
    fn study(mut self, overrides: &[Override]) -> Option<Study> {
        let mut sections = check_document(self.document, STUDY, self.problems);
        let name = self.name(&mut sections);
        let data = self.section::<DataSection>(&mut sections, "data");
        let data = data.and_then(|data| data::data(self.document, data, self.file, self.problems));
        let convention = self.section::<Convention>(&mut sections, "convention");
        let settings = self.settings(overrides, convention.as_ref());
        let evaluate = self
            .section::<EvaluateSection>(&mut sections, "evaluate")
            .map(|section| section.complete(data.as_ref(), self.document, self.file));
        for setting in &settings {
            rule::setting(setting, data.as_ref(), self.problems);
        }
        if let Some(evaluate) = &evaluate {
            evaluation::check(self.document, evaluate, data.as_ref(), &settings, self.problems);
        }
        let device = self.section::<Device>(&mut sections, "device");
        let precision = self.section::<Precision>(&mut sections, "precision");
        if let (Some(device), Some(precision)) = (&device, precision) {
            rule::precision(self.document, device, precision, self.problems);
        }
        let seeds = self.section::<u64>(&mut sections, "seeds");
        Some(Study {
            name: name?,
            seed: self.section(&mut sections, "seed")?,
            data: data?,
            convention: convention?,
            device: device?,
            precision: precision?,
            evaluate: evaluate?,
            keep: self.section(&mut sections, "keep")?,
            runs: self.runs(&settings, seeds?)?,
        })
    }

    /// Takes a section that passed the checks.
    fn section<T: DeserializeOwned>(&mut self, sections: &mut Map<String, Json>, key: &str) -> Option<T> {
        let section = sections.remove(key)?;
        self.typed(section, self.document.nearest(key))
    }

    /// Reads what passed the checks; that it can fail would be a fault of the table, and is not hidden.
    fn typed<T: DeserializeOwned>(&mut self, value: Json, node: &Node) -> Option<T> {
        let problem = |error| node.problem(format!("passed the checks and cannot be read: {error}"));
        serde_json::from_value(value)
            .map_err(|error| self.problems.push(problem(error)))
            .ok()
    }

    fn name(&mut self, sections: &mut Map<String, Json>) -> Option<String> {
        if self
            .document
            .get("study")
            .is_some_and(|node| !matches!(node.content, Content::Null))
        {
            return self.section(sections, "study");
        }
        let stem = Path::new(self.file)
            .file_stem()
            .map(|stem| stem.to_string_lossy())
            .unwrap_or_default();
        if is_name(&stem) {
            return Some(stem.into_owned());
        }
        let message = format!("missing, and the file's name {stem:?} cannot name a study");
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let name: String = stem.chars().map(plain).collect();
        let problem = Problem::new(&self.source.start(), "study", message);
        self.problems
            .push(problem.hint(format!("add study: {}", name.trim_matches('-'))));
        None
    }

    fn settings(&mut self, overrides: &[Override], convention: Option<&Convention>) -> Vec<Setting> {
        let Some(base) = self.document.get("base") else {
            return Vec::new();
        };
        let before = self.problems.len();
        let expansion = expand(base, self.document.get("matrix"), self.problems);
        let is_sound = self.problems.len() == before;
        self.shadowed(overrides, &expansion);
        let mut complete = Vec::new();
        for combination in expansion.combinations {
            if let Some(mut value) = check(&combination.base, BASE, self.problems) {
                complete_latent(&mut value, convention);
                let settings = self.typed::<Settings>(value.clone(), base);
                complete.extend(settings.map(|settings| (value, settings.in_steps(), combination)));
            }
        }
        let values: Vec<Json> = complete.iter().map(|(value, ..)| value.clone()).collect();
        let names = names(&values, &expansion.varied);
        let settings: Vec<Setting> = std::iter::zip(names, complete)
            .map(|(name, (_, settings, combination))| Setting {
                name,
                settings,
                combination,
            })
            .collect();
        // A value that stands twice in a list repeats settings too, and is reported where it stands.
        if is_sound {
            self.repeated(&values, &settings);
        }
        settings
    }

    /// Refuses an override of the base that the matrix would silently undo.
    fn shadowed(&mut self, overrides: &[Override], expansion: &Expansion) {
        for set in overrides {
            let path = set.path();
            let Some(inner) = path.strip_prefix("base.") else {
                continue;
            };
            let above = |axis: &&VariedPath| {
                inner
                    .strip_prefix(axis.path.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if let Some(VariedPath { path, list }) = expansion.axes.iter().find(above) {
                let problem = set
                    .value()
                    .problem(format!("has no effect: the matrix varies {path}"));
                self.problems
                    .push(problem.hint(format!("set the list instead: {list}=[...]")));
            }
        }
    }

    fn repeated(&mut self, values: &[Json], settings: &[Setting]) {
        let mut seen: HashMap<String, &Setting> = HashMap::new();
        for (value, setting) in values.iter().zip(settings) {
            let mut value = value.clone();
            // However a file counts its steps, the runs are the same.
            value["steps"] = setting.settings.steps.into();
            value["checkpoint_every"] = setting.settings.checkpoint_every.into();
            value["steps_of"] = Json::Null;
            let Some(first) = seen.insert(value.to_string(), setting) else {
                continue;
            };
            let Combination { place, path, .. } = &setting.combination;
            let first = &first.combination;
            let message = if first.path == *path {
                format!("two combinations are the same setting, {}", setting.name)
            } else {
                format!("the same setting as one of {}, {}", first.path, setting.name)
            };
            self.problems
                .push(Problem::new(place, path.clone(), message).hint("remove one of the two"));
        }
    }

    fn runs(&mut self, settings: &[Setting], seeds: u64) -> Option<Vec<Run>> {
        let count = usize::try_from(seeds)
            .ok()
            .and_then(|seeds| seeds.checked_mul(settings.len()));
        if count.is_none_or(|count| count > MOST_RUNS) {
            let message = format!(
                "{} settings with {seeds} seeds are over {MOST_RUNS} runs",
                settings.len()
            );
            self.problems.push(
                self.document
                    .nearest("seeds")
                    .problem(message)
                    .hint("ask for fewer seeds or settings"),
            );
            return None;
        }
        let run = |setting: &Setting, seed| Run {
            name: format!("{}/seed-{seed}", setting.name),
            setting: setting.name.clone(),
            settings: setting.settings.clone(),
            seed,
        };
        Some(
            settings
                .iter()
                .flat_map(|setting| (1..=seeds).map(move |seed| run(setting, seed)))
                .collect(),
        )
    }
}

/// Fills in what latents are drawn from, which depends on the convention.
fn complete_latent(settings: &mut Json, convention: Option<&Convention>) {
    let written = settings.pointer_mut("/latent/distribution");
    if let Some(distribution @ Json::Null) = written {
        // Of a convention that could not be read the study is refused for that alone.
        let chosen = convention.map_or(Distribution::Uniform, Convention::latent_distribution);
        *distribution = Json::from(chosen.name());
    }
}
