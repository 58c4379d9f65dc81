//! How the program ended, as a number for scripts. `docs/exit-codes.md` is held to this list by a test.

use std::process::ExitCode;

/// How a command ended; the number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success = 0,
    Failed = 1,
    Usage = 2,
    MissingData = 3,
    Store = 4,
    Results = 5,
    Device = 6,
    WorkLeft = 10,
    Interrupted = 130,
}

impl Status {
    pub(super) const ALL: [Status; 9] = [
        Status::Success,
        Status::Failed,
        Status::Usage,
        Status::MissingData,
        Status::Store,
        Status::Results,
        Status::Device,
        Status::WorkLeft,
        Status::Interrupted,
    ];

    /// The number.
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    /// What the number means, in one sentence.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Status::Success => "done; a run that diverged is a result, not a failure",
            Status::Failed => "a stage failed, or a check found a problem",
            Status::Usage => "the command line or the study file is wrong",
            Status::MissingData => "data is missing or cannot be read",
            Status::Store => "the cache folder cannot be used",
            Status::Results => "the results folder cannot be used",
            Status::Device => "the device cannot be used",
            Status::WorkLeft => "plan --exit-code: a build would run something",
            Status::Interrupted => "stopped by Ctrl-C or a signal; finished stages are kept",
        }
    }

    /// The list of all codes, as `--help` shows it.
    pub(super) fn help() -> String {
        let line = |status: Status| format!("  {:>3}  {}\n", status.code(), status.meaning());
        format!("Exit codes:\n{}", Status::ALL.map(line).concat())
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_exit_codes_has_every_code_with_its_meaning() {
        let page = include_str!("../../docs/exit-codes.md");
        for status in Status::ALL {
            let row = format!("| {} | {} |", status.code(), status.meaning());
            assert!(page.contains(&row), "docs/exit-codes.md has no row {row:?}");
        }
    }
}
