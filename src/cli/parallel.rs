//! How many stages a build runs at once and on how many threads: what `build` does, and `plan` estimates.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use clap::Args;
use gan_pipeline::ExecuteOptions;

use super::inputs::Loaded;
use crate::study::Keep;

/// The most stages or threads at once; far more than this is a mistake that takes all memory.
pub(super) const MOST_THREADS: i64 = 1024;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ParallelArguments {
    /// Stages to run at once [default: one for every two threads, at most one a run].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    jobs: Option<u16>,

    /// Threads of all stages together [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
}

impl ParallelArguments {
    /// What a build of the study would be told, if it is to stop at a failure.
    pub(super) fn options(&self, loaded: &Loaded) -> ExecuteOptions {
        let threads = threads_or_cores(self.threads);
        let jobs = self
            .jobs
            .map_or_else(|| default_jobs(threads, loaded.compiled.runs.len()), usize::from);
        ExecuteOptions {
            jobs,
            threads,
            keep_going: false,
            keep_all: loaded.study.keep == Keep::All,
            require: loaded.compiled.required(),
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// As many threads as were asked for, or as there are cores.
pub(super) fn threads_or_cores(asked: Option<u16>) -> usize {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    asked.map_or_else(cores, usize::from)
}

/// One stage at once for every two threads, but no more than there are runs: training, the long part of a run, is a
/// chain.
fn default_jobs(threads: usize, runs: usize) -> usize {
    (threads / 2).clamp(1, runs.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_jobs_than_runs_or_pairs_of_threads() {
        let jobs = [(1, 8), (2, 8), (3, 8), (16, 8), (16, 3), (16, 0)]
            .map(|(threads, runs)| default_jobs(threads, runs));
        assert_eq!(jobs, [1, 1, 1, 8, 3, 1]);
    }
}
