//! What is said when a build ends: the results by setting, what diverged, where the files are, and the counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gan_pipeline::ReportCounts;

use super::reporter::End;
use crate::cli::text;
use crate::stages::{metric_rows, run_rows};
use crate::table::{MetricRow, RunRow, RunStatus, Summary, summarize};

/// The whole summary; its last line has the counts.
pub(super) fn page(end: &End<'_>) -> String {
    let (study, compiled) = (&end.loaded.study, &end.loaded.compiled);
    let metrics = metric_rows(study, compiled, end.known);
    let runs = run_rows(study, compiled, end.known);
    let order: Vec<String> = study.evaluate.metrics.iter().map(ToString::to_string).collect();
    let parts = [
        results(&metrics, &order),
        diverged(&runs),
        files(end),
        counts(&end.report.counts(), end.seconds),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// A line a setting, a column a metric: mean and spread over the seeds at the last step.
fn results(metrics: &[MetricRow], order: &[String]) -> String {
    match summarize(metrics) {
        Ok(summaries) if summaries.is_empty() => String::new(),
        Ok(summaries) => result_table(&summaries, order),
        Err(error) => format!("no table of results: {error}\n"),
    }
}

fn result_table(summaries: &[Summary], order: &[String]) -> String {
    let mut settings: BTreeMap<&str, BTreeMap<&str, &Summary>> = BTreeMap::new();
    for summary in summaries {
        settings
            .entry(&summary.setting)
            .or_default()
            .insert(&summary.metric, summary);
    }
    let steps: BTreeSet<i64> = summaries.iter().map(|summary| summary.step).collect();
    let one_step = steps.len() == 1;
    let heading = ["setting".to_owned()].into_iter().chain(order.iter().cloned());
    let mut rows: Vec<Vec<String>> = vec![heading.collect()];
    for (setting, metrics) in settings {
        let cell = |metric: &String| {
            metrics
                .get(metric.as_str())
                .map_or("-".to_owned(), |&summary| cell(summary, one_step))
        };
        rows.push(
            [setting.to_owned()]
                .into_iter()
                .chain(order.iter().map(cell))
                .collect(),
        );
    }
    let seeds: BTreeSet<i64> = summaries
        .iter()
        .map(|summary| summary.count + summary.missing)
        .collect();
    let caption = match (steps.first(), seeds.last()) {
        (Some(step), Some(1)) if one_step => format!("one seed, at step {step}"),
        (Some(step), _) if one_step => format!("mean ± standard deviation over seeds, at step {step}"),
        _ => "mean ± standard deviation over seeds, at the last step measured".to_owned(),
    };
    format!("{}{caption}\n", text::columns(&rows))
}

/// `12.34 ± 0.56`, with the number of seeds where some have no value, and the step where it is not the same for all.
fn cell(summary: &Summary, one_step: bool) -> String {
    let Some(mean) = summary.mean else {
        return "-".to_owned();
    };
    let mut cell = text::significant(mean);
    if let Some(spread) = summary.standard_deviation {
        cell += &format!(" ± {}", text::significant(spread));
    }
    if summary.missing > 0 {
        cell += &format!(" ({} of {})", summary.count, summary.count + summary.missing);
    }
    if !one_step {
        cell += &format!(" at {}", summary.step);
    }
    cell
}

/// A line for each run that diverged, with the step.
fn diverged(runs: &[RunRow]) -> String {
    let line = |run: &RunRow| match run.diverged_at {
        Some(step) => format!("diverged: {} at step {step}\n", run.run),
        None => format!("diverged: {}\n", run.run),
    };
    let diverged = runs.iter().filter(|run| run.status == RunStatus::Diverged);
    diverged.map(line).collect()
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
fn top_folder(file: &PathBuf) -> Option<String> {
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
            protocol: Protocol {
                n_samples: 1000,
                n_reference: Some(1000),
                extractor: Some("classifier".into()),
                extractor_digest: None,
                extractor_accuracy: None,
                feature_dimension: Some(64),
                dataset: "polygons".into(),
                split: "train".into(),
                estimator: "gaussian".into(),
                splits: None,
            },
            convention: "standard".into(),
        }
    }

    #[test]
    fn a_setting_has_the_mean_and_spread_of_its_seeds() {
        let rows = [
            row("none", 1, 100, Some(10.0)),
            row("none", 2, 100, Some(12.0)),
            row("spectral", 1, 100, Some(8.0)),
            row("spectral", 2, 100, None),
        ];
        let expected = "\
setting              fid
none       11.00 ± 1.414
spectral  8.000 (1 of 2)
mean ± standard deviation over seeds, at step 100
";
        assert_eq!(results(&rows, &["fid".to_owned()]), expected);
    }

    #[test]
    fn settings_measured_at_different_steps_say_so() {
        let rows = [row("short", 1, 100, Some(10.0)), row("long", 1, 400, Some(8.0))];
        let shown = results(&rows, &["fid".to_owned()]);
        assert_eq!(
            shown,
            "setting           fid\nlong     8.000 at 400\nshort    10.00 at 100\n\
             mean ± standard deviation over seeds, at the last step measured\n"
        );
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
