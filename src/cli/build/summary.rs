//! What is said when a build ends: the results by setting, what diverged, where the files are, and the counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gan_pipeline::ReportCounts;
use indexmap::IndexMap;

use super::reporter::End;
use crate::cli::table::{ending_lines, scored_rows};
use crate::cli::text;
use crate::stages::{cautions, metric_rows, run_rows};
use crate::table::{MetricRow, RunRow, RunStatus, Summary, check_comparable, summarize};

/// The whole summary; its last line has the counts.
pub(super) fn page(end: &End<'_>) -> String {
    let (study, compiled) = (&end.loaded.study, &end.loaded.compiled);
    let runs = run_rows(study, compiled, end.known);
    let metrics = scored_rows(metric_rows(study, compiled, end.known), &runs);
    let values = study.evaluate.metrics.iter().flat_map(|metric| metric.values());
    let names: Vec<String> = values.map(ToString::to_string).collect();
    let cautions = cautions(compiled, end.known, &metrics);
    let cautions = cautions.iter().map(|caution| format!("warning: {caution}\n"));
    let parts = [
        results(&metrics, &settings(&runs), &names),
        cautions.collect(),
        ending_lines(&runs),
        files(end),
        counts(&end.report.counts(), end.seconds),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// A setting: how many seeds it has, and how many of them diverged or failed.
struct Setting<'a> {
    name: &'a str,
    seeds: usize,
    diverged: usize,
    failed: usize,
}

/// The settings of all runs, in their order.
fn settings(runs: &[RunRow]) -> Vec<Setting<'_>> {
    let mut settings: IndexMap<&str, Setting<'_>> = IndexMap::new();
    for run in runs {
        let setting = settings.entry(&run.setting).or_insert(Setting {
            name: &run.setting,
            seeds: 0,
            diverged: 0,
            failed: 0,
        });
        setting.seeds += 1;
        setting.diverged += usize::from(run.status == RunStatus::Diverged);
        setting.failed += usize::from(run.status == RunStatus::Failed);
    }
    settings.into_values().collect()
}

/// A line a setting, a column a metric, or the other way where there are many: mean and spread over the seeds at the last step.
fn results(metrics: &[MetricRow], settings: &[Setting<'_>], names: &[String]) -> String {
    let summaries = summarize(metrics).and_then(|summaries| {
        check_comparable(&summaries)?;
        Ok(summaries)
    });
    match summaries {
        Ok(summaries) if summaries.is_empty() => String::new(),
        Ok(summaries) => result_table(&summaries, settings, names),
        Err(error) => format!("no table of results: {error}\n"),
    }
}

/// Why seeds have no value: the word, and for how many seeds of a setting it holds.
type Reason = (&'static str, fn(&Setting<'_>) -> usize);

const REASONS: [Reason; 2] = [
    ("diverged", |setting| setting.diverged),
    ("failed", |setting| setting.failed),
];

/// The reasons that any setting has; each is a column.
fn reasons(settings: &[Setting<'_>]) -> Vec<Reason> {
    let is_met = |(_, count): &Reason| settings.iter().any(|setting| count(setting) > 0);
    REASONS.into_iter().filter(is_met).collect()
}

fn result_table(summaries: &[Summary], settings: &[Setting<'_>], names: &[String]) -> String {
    let steps: BTreeSet<i64> = summaries.iter().map(|summary| summary.step).collect();
    let reasons = reasons(settings);
    let heading = ["setting".to_owned()].into_iter().chain(names.iter().cloned());
    let heading = heading.chain(reasons.iter().map(|(reason, _)| (*reason).to_owned()));
    let mut rows: Vec<Vec<String>> = vec![heading.collect()];
    for setting in settings {
        let value = |name: &String| {
            let is_meant = |summary: &&Summary| summary.setting == setting.name && summary.metric == *name;
            let found = summaries.iter().find(is_meant);
            found.map_or("-".to_owned(), |summary| {
                cell(summary, setting.seeds, steps.len() == 1)
            })
        };
        let mut row = vec![setting.name.to_owned()];
        row.extend(names.iter().map(value));
        row.extend(
            reasons
                .iter()
                .map(|(_, count)| format!("{} of {}", count(setting), setting.seeds)),
        );
        rows.push(row);
    }
    let rows = match names.len() > MOST_COLUMNS {
        true => transposed(&rows),
        false => rows,
    };
    format!("{}{}\n", text::columns(&rows), caption(settings, &steps))
}

/// The most metrics that have a column each; of more each has a line.
const MOST_COLUMNS: usize = 4;

/// Lines as columns; all lines are of one length.
fn transposed(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let column = |index: usize| rows.iter().map(|row| row[index].clone()).collect();
    (0..rows[0].len()).map(column).collect()
}

fn caption(settings: &[Setting<'_>], steps: &BTreeSet<i64>) -> String {
    let what = match settings.iter().map(|setting| setting.seeds).max() {
        Some(1) => "one seed",
        _ => "mean ± standard deviation over seeds",
    };
    match (steps.first(), steps.len()) {
        (Some(step), 1) => format!("{what}, at step {step}"),
        _ => format!("{what}, at the last step measured"),
    }
}

/// `12.34 ± 0.56`, with the number of seeds where some have no value, and the step where it is not the same for all.
fn cell(summary: &Summary, seeds: usize, one_step: bool) -> String {
    let Some(mean) = summary.mean else {
        return "-".to_owned();
    };
    let mut cell = text::significant(mean);
    if let Some(spread) = summary.standard_deviation {
        cell += &format!(" ± {}", text::significant(spread));
    }
    if usize::try_from(summary.count).is_ok_and(|count| count < seeds) {
        cell += &format!(" ({} of {seeds})", summary.count);
    }
    if !one_step {
        cell += &format!(" at {}", summary.step);
    }
    cell
}

/// `results in results/quickstart: runs.parquet, ..., 12 files in samples/`.
fn files(end: &End<'_>) -> String {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    for file in end.files {
        match top_folder(file) {
            Some(folder) => *folders.entry(folder).or_default() += 1,
            None => names.push(file.display().to_string()),
        }
    }
    let in_folder = |(folder, count): (String, usize)| format!("{} in {folder}/", text::count(count, "file"));
    names.extend(folders.into_iter().map(in_folder));
    match names.is_empty() {
        true => String::new(),
        false => format!("results in {}: {}\n", end.results.display(), names.join(", ")),
    }
}

/// The first folder of a relative path; none for a bare file name.
fn top_folder(file: &Path) -> Option<String> {
    let mut components = file.components();
    let first = components.next()?;
    components.next()?;
    Some(first.as_os_str().to_string_lossy().into_owned())
}

fn counts(counts: &ReportCounts, seconds: f64) -> String {
    let ReportCounts {
        stages,
        hit,
        ran,
        failed,
        diverged,
        skipped,
        unfinished,
    } = counts;
    let unfinished = match unfinished {
        0 => String::new(),
        count => format!(", unfinished: {count}"),
    };
    format!(
        "stages: {stages}, hit: {hit}, ran: {ran}, failed: {failed}, diverged: {diverged}, skipped: {skipped}{unfinished} in {}\n",
        text::duration(seconds)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Protocol;

    fn row(setting: &str, seed: i64, step: i64, value: Option<f64>) -> MetricRow {
        MetricRow {
            study: "study".into(),
            run: format!("{setting}/seed-{seed}"),
            setting: setting.into(),
            seed,
            step,
            metric: "fid".into(),
            value,
            numeric_error: None,
            standard_error: None,
            standard_deviation: None,
            r_squared: None,
            interval_low: None,
            interval_high: None,
            interval_level: None,
            interval_resamples: None,
            protocol: Protocol {
                n_samples: 1000,
                n_reference: Some(1000),
                n_training: None,
                reference_digest: None,
                extractor: Some("classifier".into()),
                extractor_digest: None,
                weights_digest: None,
                extractor_layer: None,
                resize: None,
                logit_bias: None,
                extractor_accuracy: None,
                feature_dimension: Some(64),
                dataset: "polygons".into(),
                split: "train".into(),
                quantization: None,
                batch_norm: None,
                estimator: "gaussian".into(),
                splits: None,
                subset_size: None,
                neighbours: None,
                metric_seed: None,
                divisor: None,
                fallback: None,
            },
            convention: "standard".into(),
        }
    }

    const fn setting(name: &str, seeds: usize, diverged: usize) -> Setting<'_> {
        Setting {
            name,
            seeds,
            diverged,
            failed: 0,
        }
    }

    #[test]
    fn a_setting_has_the_mean_and_spread_of_its_seeds() {
        let rows = [
            row("spectral", 1, 100, Some(8.0)),
            row("spectral", 2, 100, None),
            row("none", 1, 100, Some(10.0)),
            row("none", 2, 100, Some(12.0)),
        ];
        let settings = [setting("spectral", 2, 0), setting("none", 2, 0)];
        let expected = "\
setting              fid
spectral  8.000 (1 of 2)
none       11.00 ± 1.414
mean ± standard deviation over seeds, at step 100
";
        assert_eq!(results(&rows, &settings, &["fid".to_owned()]), expected);
    }

    #[test]
    fn settings_measured_at_different_steps_say_so() {
        let rows = [row("short", 1, 100, Some(10.0)), row("long", 1, 400, Some(8.0))];
        let settings = [setting("short", 1, 0), setting("long", 1, 0)];
        let expected = "\
setting           fid
short    10.00 at 100
long     8.000 at 400
one seed, at the last step measured
";
        assert_eq!(results(&rows, &settings, &["fid".to_owned()]), expected);
    }

    #[test]
    fn a_setting_without_a_score_says_how_many_seeds_diverged() {
        let rows = [row("none", 1, 100, Some(10.0))];
        let settings = [setting("none", 2, 1), setting("gradient", 2, 2)];
        let expected = "\
setting              fid  diverged
none      10.00 (1 of 2)    1 of 2
gradient               -    2 of 2
mean ± standard deviation over seeds, at step 100
";
        assert_eq!(results(&rows, &settings, &["fid".to_owned()]), expected);
    }

    #[test]
    fn seeds_that_failed_are_counted_too() {
        let rows = [row("none", 1, 100, Some(10.0)), row("none", 2, 100, Some(12.0))];
        let settings = [Setting {
            failed: 1,
            ..setting("none", 4, 1)
        }];
        let expected = "\
setting                     fid  diverged  failed
none     11.00 ± 1.414 (2 of 4)    1 of 4  1 of 4
mean ± standard deviation over seeds, at step 100
";
        assert_eq!(results(&rows, &settings, &["fid".to_owned()]), expected);
    }

    #[test]
    fn the_last_line_has_the_counts() {
        let all = ReportCounts {
            stages: 77,
            hit: 77,
            ..ReportCounts::default()
        };
        assert_eq!(
            counts(&all, 0.041),
            "stages: 77, hit: 77, ran: 0, failed: 0, diverged: 0, skipped: 0 in 0.04 s\n"
        );
        let stopped = ReportCounts {
            stages: 3,
            ran: 1,
            unfinished: 2,
            ..ReportCounts::default()
        };
        assert!(counts(&stopped, 1.0).contains(", unfinished: 2 in"));
    }
}
