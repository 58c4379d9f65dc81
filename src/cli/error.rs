//! The one place that turns errors into words and an exit code: `error:`, `caused by:`, `hint:`.
//!
//! Every error of the libraries comes through a `From` here; commands add a hint where they know more.

use std::error::Error;
use std::io;
use std::path::Path;

use gan_cache::{BlobError, StoreError};
use gan_pipeline::{Blame, ExecuteError, Failure, PlanError};

use super::status::Status;
use super::terminal::{BAD, NOTE, Terminal};
use super::text;
use crate::data::DataError;
use crate::fetch::FetchError;
use crate::stages::score::ScoreError;
use crate::stages::{CompileError, OpenError, ResultsError};
use crate::study::{Problem, StudyError};
use crate::table::{SummaryError, TableError, UnknownColumn};
use crate::weights::WeightsFileError;

const STORE_HINT: &str = "check that the cache folder is a folder, that you may write to it and that the disk is not \
                          full; `--cache-dir` or GAN_PIPE_CACHE chooses another one";

const REMADE_HINT: &str = "run the same build again: the stage that made it runs anew";

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(super) struct CommandError {
    pub(super) status: Status,
    /// Complete lines that are shown before the error, such as the problems of a study.
    pub(super) details: Vec<String>,
    /// The error and its causes, outermost first.
    pub(super) messages: Vec<String>,
    pub(super) hint: Option<String>,
}

impl CommandError {
    pub(super) fn new(status: Status, message: impl Into<String>) -> CommandError {
        CommandError {
            status,
            details: Vec::new(),
            messages: vec![message.into()],
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> CommandError {
        self.hint = Some(hint.into());
        self
    }

    /// Standard output that cannot be written.
    pub(super) fn output(error: &io::Error) -> CommandError {
        let mut whole = CommandError::new(Status::Failed, "cannot write to standard output");
        whole.messages.push(error.to_string());
        whole
    }

    /// A file or folder that the operating system refuses; `doing` is a verb and its object.
    pub(super) fn file(status: Status, doing: &str, path: &Path, error: &io::Error) -> CommandError {
        let mut whole = CommandError::new(status, format!("cannot {doing} {}", path.display()));
        whole.messages.push(text::without_temporary(&error.to_string()));
        whole
    }

    /// A stage that failed in a build.
    pub(super) fn stage(name: &str, failure: &Failure, status: Status) -> CommandError {
        let mut whole = CommandError::new(status, format!("stage {name:?} failed"));
        let messages = failure.messages.iter();
        whole
            .messages
            .extend(messages.map(|message| text::without_temporary(message)));
        whole.hint = failure.hint.clone();
        if failure.blame == Blame::Store {
            whole.hint.get_or_insert_with(|| STORE_HINT.to_owned());
        }
        whole
    }

    fn chain(status: Status, error: &(dyn Error + 'static)) -> CommandError {
        let mut whole = CommandError::new(status, error.to_string());
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        whole
            .messages
            .extend(causes.map(|cause| text::without_temporary(&cause.to_string())));
        whole
    }

    /// Writes the error to standard error.
    pub(super) fn show(&self, terminal: Terminal) {
        for line in &self.details {
            terminal.say(line);
        }
        let mut messages = self.messages.iter();
        if let Some(first) = messages.next() {
            terminal.say(&format!("{} {first}", terminal.paint(BAD, "error:")));
        }
        for cause in messages {
            terminal.say(&format!("{} {cause}", terminal.paint(BAD, "caused by:")));
        }
        if let Some(hint) = &self.hint {
            terminal.say(&format!("{} {hint}", terminal.paint(NOTE, "hint:")));
        }
    }
}

impl From<StudyError> for CommandError {
    fn from(error: StudyError) -> CommandError {
        match error {
            StudyError::Invalid(problems) => problems.into(),
            StudyError::Read { path, source } => {
                let whole = CommandError::file(Status::Usage, "read the study", &path, &source);
                match source.kind() {
                    io::ErrorKind::NotFound => {
                        let init = format!("`gan-pipe init {}` writes a study to start from", path.display());
                        whole.hint(init)
                    }
                    io::ErrorKind::IsADirectory => {
                        whole.hint("expected a file; name the study file in the folder")
                    }
                    io::ErrorKind::FileTooLarge => whole.hint("expected a study: a YAML file of some lines"),
                    _ => whole,
                }
            }
        }
    }
}

impl From<Vec<Problem>> for CommandError {
    fn from(problems: Vec<Problem>) -> CommandError {
        let count = match problems.len() {
            1 => "the study has a problem".to_owned(),
            count => format!("the study has {count} problems"),
        };
        let mut whole = CommandError::new(Status::Usage, count);
        whole.details = problems.iter().map(Problem::to_string).collect();
        whole
    }
}

impl From<CompileError> for CommandError {
    fn from(error: CompileError) -> CommandError {
        let hint = error.hint();
        CommandError {
            hint,
            ..CommandError::chain(Status::Usage, &error)
        }
    }
}

impl From<ScoreError> for CommandError {
    fn from(error: ScoreError) -> CommandError {
        let status = match &error {
            ScoreError::Metric { .. }
            | ScoreError::OfRun { .. }
            | ScoreError::StatisticsAsPart { .. }
            | ScoreError::Twice { .. }
            | ScoreError::NothingCompares { .. }
            | ScoreError::NoClasses { .. }
            | ScoreError::Untrained { .. } => Status::Usage,
            ScoreError::Graph(_) => Status::Failed,
            _ => Status::MissingData,
        };
        let hint = error.hint();
        CommandError {
            hint,
            ..CommandError::chain(status, &error)
        }
    }
}

impl From<DataError> for CommandError {
    fn from(error: DataError) -> CommandError {
        let hint = error.hint();
        CommandError {
            hint,
            ..CommandError::chain(Status::MissingData, &error)
        }
    }
}

impl From<FetchError> for CommandError {
    fn from(error: FetchError) -> CommandError {
        CommandError::chain(Status::MissingData, &error).hint(error.hint())
    }
}

impl From<WeightsFileError> for CommandError {
    fn from(error: WeightsFileError) -> CommandError {
        CommandError::chain(Status::MissingData, &error).hint(error.hint())
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> CommandError {
        match &error {
            PlanError::Store { .. } => CommandError::chain(Status::Store, &error).hint(STORE_HINT),
            PlanError::Source { .. } => CommandError::chain(Status::MissingData, &error)
                .hint("check that the file is complete and that you may read it")
                .split_hint(),
            PlanError::RepeatedName { .. } | PlanError::Requirement(_) => {
                CommandError::chain(Status::Usage, &error)
                    .hint("this is a defect of gan-pipe; please report it with the study file")
            }
        }
    }
}

impl From<ExecuteError> for CommandError {
    fn from(error: ExecuteError) -> CommandError {
        match error {
            ExecuteError::Plan(error) => error.into(),
            ExecuteError::MissingData { others, .. } => {
                let mut whole = CommandError::chain(Status::MissingData, &error);
                if others > 0 {
                    whole.messages[0] += &format!("; {others} further stages lack files too");
                }
                whole.hint("data.path in the study names the folder that holds the files")
            }
            ExecuteError::Thread(_) => CommandError::chain(Status::Failed, &error)
                .hint("the system has no room for another thread; try fewer --threads"),
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> CommandError {
        CommandError::chain(Status::Device, &error).hint(error.hint())
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        let whole = CommandError::chain(Status::Store, &error);
        match &error {
            StoreError::Io { .. } => whole.hint(STORE_HINT),
            // Their messages end with a hint of their own.
            _ => whole.split_hint(),
        }
    }
}

impl CommandError {
    /// Moves `; hint: ...` at the end of a message to where hints stand.
    fn split_hint(mut self) -> CommandError {
        for message in &mut self.messages {
            if let Some((rest, hint)) = message.split_once("; hint: ") {
                self.hint = Some(hint.to_owned());
                *message = rest.to_owned();
            }
        }
        self
    }
}

impl From<BlobError> for CommandError {
    fn from(error: BlobError) -> CommandError {
        let hint = match error {
            BlobError::Io { .. } => STORE_HINT,
            _ => REMADE_HINT,
        };
        CommandError::chain(Status::Store, &error).hint(hint)
    }
}

impl From<ResultsError> for CommandError {
    fn from(error: ResultsError) -> CommandError {
        let hint = match &error {
            ResultsError::Blob {
                error: BlobError::Io { .. },
                ..
            } => STORE_HINT,
            ResultsError::Blob { .. } => REMADE_HINT,
            ResultsError::Content { .. } => {
                "this is a defect of gan-pipe; please report it with the study file"
            }
        };
        CommandError::chain(Status::Store, &error).hint(hint)
    }
}

impl From<TableError> for CommandError {
    fn from(error: TableError) -> CommandError {
        CommandError::chain(Status::Results, &error).hint(error.hint())
    }
}

impl From<SummaryError> for CommandError {
    fn from(error: SummaryError) -> CommandError {
        CommandError::chain(Status::Results, &error).hint(error.hint())
    }
}

impl From<UnknownColumn> for CommandError {
    fn from(error: UnknownColumn) -> CommandError {
        let near = text::nearest(&error.name, error.known.iter().copied());
        let whole = CommandError::new(Status::Usage, error.to_string());
        match near {
            Some(name) => whole.hint(format!("did you mean \"{name}\"?")),
            None => whole,
        }
    }
}
