//! `gan-pipe table`: shows a result table as text or CSV. Reads the results folder alone; needs no cache.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::error::CommandError;
use super::inputs::results_folder;
use super::status::Status;
use super::terminal::Terminal;
use crate::study::Study;
use crate::table::{
    Columns, FileRow, Grid, LossRow, MetricRow, RunRow, RunStatus, check_comparable, read_stages, read_table,
    summarize,
};

const EXAMPLES: &str = "\
Examples:
  gan-pipe table study.yaml                             mean and spread over the seeds
  gan-pipe table study.yaml runs                        how far each run has come
  gan-pipe table results/fashion-mnist metrics --format csv > metrics.csv
  gan-pipe table study.yaml stages --columns stage,wall_seconds
";

/// Show a result table, as it stands now.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TableArguments {
    /// The study file, or a results folder.
    #[arg(value_name = "STUDY|FOLDER")]
    from: PathBuf,

    /// Which table: summary, runs, metrics, losses or stages.
    #[arg(
        value_enum,
        value_name = "TABLE",
        default_value = "summary",
        hide_possible_values = true
    )]
    which: Which,

    /// The form: text, or csv.
    #[arg(long, value_enum, default_value = "text", hide_possible_values = true)]
    format: Format,

    /// Columns to show, in this order; `all` for all. Text shows a choice by default, csv all.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    columns: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    Summary,
    Runs,
    Metrics,
    Losses,
    Stages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Csv,
}

impl Which {
    /// The columns that fit a terminal.
    fn choice(self) -> &'static [&'static str] {
        match self {
            Which::Summary => &[
                "setting",
                "metric",
                "step",
                "mean",
                "standard_deviation",
                "count",
                "missing",
            ],
            Which::Runs => &[
                "run",
                "status",
                "last_step",
                "steps",
                "diverged_at",
                "loss",
                "learning_rate",
            ],
            Which::Metrics => &["run", "step", "metric", "value", "n_samples"],
            Which::Losses => &["run", "step", "player", "value"],
            Which::Stages => &[
                "attempt",
                "stage",
                "status",
                "started",
                "wall_seconds",
                "peak_memory_bytes",
            ],
        }
    }
}

pub(super) fn run(arguments: &TableArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let folder = folder(&arguments.from)?;
    let text = match arguments.which {
        Which::Summary => arguments.show_summary(&folder),
        Which::Runs => arguments.show(&read::<RunRow>(&folder)?),
        Which::Metrics => arguments.show(&read::<MetricRow>(&folder)?),
        Which::Losses => arguments.show(&read::<LossRow>(&folder)?),
        Which::Stages => arguments.show(&read_stages(&folder)?),
    };
    terminal.print(&text?)?;
    Ok(Status::Success)
}

/// A folder is a results folder; anything else is a study file whose results lie beside it.
fn folder(from: &Path) -> Result<PathBuf, CommandError> {
    if from.is_dir() {
        return Ok(from.to_owned());
    }
    let study = Study::load(from, &[])?;
    Ok(results_folder(from, &study))
}

fn read<R: FileRow>(folder: &Path) -> Result<Vec<R>, CommandError> {
    Ok(read_table(folder)?)
}

/// The rows of runs that did not diverge: what a run measured before it diverged is no score of its setting.
pub(super) fn scored_rows(mut metrics: Vec<MetricRow>, runs: &[RunRow]) -> Vec<MetricRow> {
    let diverged: HashSet<&str> = diverged_runs(runs).map(|run| run.run.as_str()).collect();
    metrics.retain(|row| !diverged.contains(row.run.as_str()));
    metrics
}

/// The runs that diverged, in the order of the table.
fn diverged_runs(runs: &[RunRow]) -> impl Iterator<Item = &RunRow> {
    runs.iter().filter(|run| run.status == RunStatus::Diverged)
}

/// A line for each run that diverged, with the step, and for each that failed.
pub(super) fn ending_lines(runs: &[RunRow]) -> String {
    let line = |run: &RunRow| match run.diverged_at {
        Some(step) => format!("diverged: {} at step {step}\n", run.run),
        None => format!("diverged: {}\n", run.run),
    };
    let failed = runs.iter().filter(|run| run.status == RunStatus::Failed);
    let failed = failed.map(|run| format!("failed: {}\n", run.run));
    diverged_runs(runs).map(line).chain(failed).collect()
}

/// A line of the values that a study asks for and no run has, if there are any.
fn missing_line(study: &Study, metrics: &[MetricRow]) -> String {
    let known: HashSet<&str> = metrics.iter().map(|row| row.metric.as_str()).collect();
    let asked = study.evaluate.metrics.iter().flat_map(|metric| metric.values());
    let missing: Vec<&str> = asked.copied().filter(|value| !known.contains(value)).collect();
    match missing.is_empty() {
        true => String::new(),
        false => format!("no value yet, or failed: {}\n", missing.join(", ")),
    }
}

impl TableArguments {
    /// The summary; in text also the runs that diverged or failed, and what the study asks for and nobody has measured.
    fn show_summary(&self, folder: &Path) -> Result<String, CommandError> {
        let runs = read_table::<RunRow>(folder)?;
        let metrics = read_table::<MetricRow>(folder)?;
        let missing = match self.from.is_dir() {
            true => String::new(),
            false => missing_line(&Study::load(&self.from, &[])?, &metrics),
        };
        let summaries = summarize(&scored_rows(metrics, &runs))?;
        check_comparable(&summaries)?;
        let table = self.show(&summaries)?;
        Ok(match self.format {
            Format::Text => table + &ending_lines(&runs) + &missing,
            Format::Csv => table,
        })
    }

    fn show<C: Columns>(&self, rows: &[C]) -> Result<String, CommandError> {
        let grid = Grid::new(rows);
        let grid = match (&self.columns[..], self.format) {
            ([], Format::Text) => grid.select(self.which.choice())?,
            ([], Format::Csv) => grid,
            ([all], _) if all == "all" => grid,
            (columns, _) => grid.select(columns)?,
        };
        Ok(match self.format {
            Format::Text => grid.text(),
            Format::Csv => grid.csv(),
        })
    }
}
