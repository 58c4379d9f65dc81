//! A whole small study through the pipeline: what runs, what is a hit, and that bytes do not depend on how it was run.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use gan_cache::{Digest, Store};
use gan_pipeline::{ExecuteOptions, FinalState, Report, StagePlan, execute, explain, plan};
use tempfile::TempDir;

mod device;
mod evaluation;
mod landscape;
mod validation;

use super::{Compiled, Known, compile, exports, loss_rows, metric_rows, run_rows};
use crate::study::{Override, Study};
use crate::table::RunStatus;

const STUDY: &str = "
study: small
data: { dataset: polygons, count: 64 }
base:
  architecture: { name: sndcgan, width: 0.015625 }
  latent: { dimension: 4 }
  batch_size: 4
  steps: 6
  checkpoint_every: 3
matrix:
  discriminator.penalty: [none, { gradient: { lambda: 10 } }]
evaluate: { extractor: classifier, samples: 20, metrics: [fid, inception-score], at: all }
";

/// A store of its own for each test, in which data, classifier and reference features are known already.
fn prepared_store() -> TempDir {
    static PREPARED: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        build(
            folder.path(),
            &["base.steps=1", "matrix.discriminator.penalty=[none]"],
            2,
        );
        folder
    });
    let folder = tempfile::tempdir().unwrap();
    copy(PREPARED.path(), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn study(overrides: &[&str]) -> Study {
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|argument| argument.parse().unwrap())
        .collect();
    Study::parse(STUDY, "small.yaml", &overrides).unwrap()
}

struct Built {
    study: Study,
    compiled: Compiled,
    report: Report,
    store: Store,
}

impl Built {
    /// The names of the stages that ran.
    fn ran(&self) -> BTreeSet<&str> {
        let ran = self
            .report
            .stages()
            .iter()
            .filter(|stage| stage.state == FinalState::Ran);
        ran.map(|stage| &*stage.name).collect()
    }

    fn known(&self) -> Known {
        let entries = self
            .report
            .stages()
            .iter()
            .map(|stage| stage.entry.clone())
            .collect();
        Known {
            entries,
            failed: BTreeSet::new(),
        }
    }

    fn output(&self, stage: &str, output: &str) -> Digest {
        let id = self.compiled.graph.find(stage).unwrap();
        self.report.stage(id).entry.as_ref().unwrap().outputs[output].digest
    }
}

fn build(folder: &Path, overrides: &[&str], threads: usize) -> Built {
    let study = study(overrides);
    let store = Store::open(folder).unwrap();
    let compiled = compile(&study).unwrap();
    let options = ExecuteOptions {
        jobs: 1,
        threads,
        require: compiled.required(),
        ..ExecuteOptions::default()
    };
    let report = execute(&compiled.graph, &store, &options, &|_| {}).unwrap();
    assert!(
        report.is_complete(),
        "{:?}",
        report
            .stages()
            .iter()
            .map(|stage| &stage.state)
            .collect::<Vec<_>>()
    );
    Built {
        study,
        compiled,
        report,
        store,
    }
}

#[test]
fn a_study_runs_once_and_then_only_what_depends_on_a_change() {
    let folder = prepared_store();
    let first = build(folder.path(), &[], 2);
    assert_eq!(first.report.counts().stages, 4 + 2 * 3 * 5);
    // Step 0 is one generator for both settings, so its evaluation ran once.
    for stage in ["train", "samples", "features", "fid", "inception-score"] {
        assert!(
            !first
                .ran()
                .contains(format!("gradient/seed-1/{stage} 0").as_str()),
            "{stage} ran twice"
        );
    }
    assert_eq!(build(folder.path(), &[], 2).report.counts().ran, 0);

    let lambda = build(
        folder.path(),
        &["matrix.discriminator.penalty=[none, { gradient: { lambda: 5 } }]"],
        2,
    );
    assert!(
        lambda
            .ran()
            .iter()
            .all(|name| name.starts_with("gradient/seed-1/") && !name.ends_with(" 0"))
    );
    assert!(lambda.ran().contains("gradient/seed-1/train 0-3"));

    let longer = build(folder.path(), &["base.steps=9"], 2);
    let trained: Vec<&str> = longer
        .ran()
        .into_iter()
        .filter(|name| name.contains("/train "))
        .collect();
    assert_eq!(trained, ["gradient/seed-1/train 6-9", "none/seed-1/train 6-9"]);
    assert!(longer.ran().iter().all(|name| name.ends_with("9")));
}

#[test]
fn a_longer_run_begins_at_the_last_full_interval_of_a_shorter_one() {
    let folder = prepared_store();
    build(folder.path(), &["base.steps=5"], 2);
    let longer = build(folder.path(), &["base.steps=9"], 2);
    let trained: Vec<&str> = longer
        .ran()
        .into_iter()
        .filter(|name| name.contains("none/seed-1/train "))
        .collect();
    assert_eq!(trained, ["none/seed-1/train 3-6", "none/seed-1/train 6-9"]);
}

#[test]
fn weights_that_the_last_update_made_infinite_are_a_divergence() {
    let folder = prepared_store();
    let overrides = [
        "base.steps=1",
        "base.checkpoint_every=1",
        "base.discriminator.steps=2",
        "base.optimizer.adam.learning_rate=1e39",
    ];
    let built = build(folder.path(), &overrides, 2);
    let rows = run_rows(&built.study, &built.compiled, &built.known());
    assert!(
        rows.iter()
            .all(|row| row.status == RunStatus::Diverged && row.diverged_at == Some(1)),
        "{rows:?}"
    );
}

#[test]
fn segments_between_generator_updates_join_as_one() {
    let [short, long] = [prepared_store(), prepared_store()];
    let in_parts = build(short.path(), &["base.discriminator.steps=2"], 2);
    let at_once = build(
        long.path(),
        &["base.discriminator.steps=2", "base.checkpoint_every=6"],
        2,
    );
    assert_eq!(
        in_parts.output("gradient/seed-1/train 3-6", "generator"),
        at_once.output("gradient/seed-1/train 0-6", "generator"),
    );
}

#[test]
fn explain_names_the_field_that_changed() {
    let folder = prepared_store();
    let store = build(folder.path(), &[], 2).store;
    let changed = compile(&study(&[
        "matrix.discriminator.penalty=[none, { gradient: { lambda: 5 } }]",
    ]))
    .unwrap();
    let id = changed.graph.find("gradient/seed-1/train 0-3").unwrap();
    let explanation = explain(&changed.graph, &store, id).unwrap();
    assert!(matches!(explanation.status, StagePlan::WillRun { .. }));
    let differences = explanation.comparison.unwrap().differences;
    let shown: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        ["parameters.discriminator.penalty.gradient.lambda: 10.0 -> 5.0"]
    );
    // The plan agrees: the other setting is all hits.
    let plan = plan(&changed.graph, &store).unwrap();
    let other = changed.graph.find("none/seed-1/train 3-6").unwrap();
    assert!(matches!(plan.stage(other), StagePlan::Hit(_)));
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let [one, two] = [1, 2].map(|threads| {
        let folder = tempfile::tempdir().unwrap();
        let built = build(folder.path(), &[], threads);
        let stages = built.report.stages().iter();
        stages
            .map(|stage| {
                (
                    stage.name.to_string(),
                    stage.entry.as_ref().unwrap().outputs.clone(),
                )
            })
            .collect::<Vec<_>>()
    });
    assert_eq!(one, two);
}

#[test]
fn a_shared_beginning_is_the_same_as_one_long_segment() {
    let [short, long] = [prepared_store(), prepared_store()];
    let in_parts = build(short.path(), &[], 2);
    let at_once = build(long.path(), &["base.checkpoint_every=6"], 2);
    for setting in ["none", "gradient"] {
        assert_eq!(
            in_parts.output(&format!("{setting}/seed-1/train 3-6"), "generator"),
            at_once.output(&format!("{setting}/seed-1/train 0-6"), "generator"),
        );
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_as_diverged_and_nothing_below_runs() {
    let folder = prepared_store();
    let overrides = ["base.optimizer.adam.learning_rate=1e30"];
    let built = build(folder.path(), &overrides, 2);
    let rows = run_rows(&built.study, &built.compiled, &built.known());
    assert!(
        rows.iter()
            .all(|row| row.status == RunStatus::Diverged && row.last_step == Some(0)),
        "{rows:?}"
    );
    assert!(
        rows.iter()
            .all(|row| row.diverged_at.is_some_and(|step| (1..=3).contains(&step)))
    );
    let again = build(folder.path(), &overrides, 2).report.counts();
    assert_eq!((again.ran, again.diverged, again.skipped), (0, 2, 2 * (4 + 5)));
}

#[test]
fn rows_tell_every_run_metric_and_loss() {
    let folder = prepared_store();
    let built = build(folder.path(), &[], 2);
    let known = built.known();
    let runs = run_rows(&built.study, &built.compiled, &known);
    assert_eq!(runs.len(), 2);
    assert!(
        runs.iter()
            .all(|row| row.status == RunStatus::Completed && row.last_step == Some(6))
    );
    assert_eq!(runs[1].penalty_lambda, Some(10.0));

    let metrics = metric_rows(&built.study, &built.compiled, &known);
    assert_eq!(metrics.len(), 2 * 3 * 2);
    assert!(
        metrics
            .iter()
            .all(|row| row.value.is_some_and(f64::is_finite) && row.protocol.n_samples == 20)
    );
    let fid = metrics.iter().find(|row| row.metric == "fid").unwrap();
    assert_eq!(
        (fid.protocol.n_reference, fid.protocol.feature_dimension),
        (Some(2000), Some(128))
    );
    assert!(fid.protocol.extractor_accuracy.is_some());

    let losses = loss_rows(&built.study, &built.compiled, &known, &built.store).unwrap();
    assert_eq!(
        losses.len(),
        6 * (2 + 3),
        "two players without penalty, three rows a step with it"
    );

    let paths: Vec<String> = exports(&built.compiled, &known)
        .iter()
        .map(|export| export.path.display().to_string())
        .collect();
    assert_eq!(paths.len(), 2 * (3 + 1));
    assert!(paths.contains(&"samples/gradient/seed-1/6.png".to_owned()));
    assert!(paths.contains(&"export/none/seed-1/generator.safetensors".to_owned()));
}

/// The outputs of a tiny run of each kind of stage. Should a digest change, the stage's bytes have: raise its version
/// (or that of the numerics, or of the classifier) in the same change, and only then pin the new digest.
#[test]
fn the_bytes_of_every_kind_of_stage_are_pinned_to_its_version() {
    let folder = prepared_store();
    let built = build(folder.path(), &[], 2);
    let outputs = [
        ("data", "test"),
        ("classifier", "weights"),
        ("reference features", "features"),
        ("reference statistics", "statistics"),
        ("gradient/seed-1/train 0", "generator"),
        ("gradient/seed-1/train 0", "state"),
        ("gradient/seed-1/train 3-6", "generator"),
        ("gradient/seed-1/train 3-6", "losses"),
        ("gradient/seed-1/features 6", "features"),
        ("gradient/seed-1/samples 6", "grid"),
    ];
    let version = |stage: &str| {
        built
            .compiled
            .graph
            .stage(built.compiled.graph.find(stage).unwrap())
            .version()
    };
    let mut found: Vec<String> = outputs
        .iter()
        .map(|(stage, output)| {
            format!(
                "{stage} {} {output} {}",
                version(stage),
                built.output(stage, output).short()
            )
        })
        .collect();
    for stage in ["gradient/seed-1/fid 6", "gradient/seed-1/inception-score 6"] {
        let id = built.compiled.graph.find(stage).unwrap();
        let value = built.report.stage(id).entry.as_ref().unwrap().facts["value"].clone();
        found.push(format!("{stage} {} {value}", version(stage)));
    }
    assert_eq!(found, PINNED);
}

/// Stage, its version, and an output's digest or a metric's value.
const PINNED: [&str; 12] = [
    "data 1 test bc6cabd1c58f",
    "classifier 1 weights 771017d31790",
    "reference features 1 features c850dc9c06e1",
    "reference statistics 1 statistics 4c2f0a3f5172",
    "gradient/seed-1/train 0 1 generator d4fac0c3ae89",
    "gradient/seed-1/train 0 1 state c96783024e5a",
    "gradient/seed-1/train 3-6 1 generator 11f01cdcd742",
    "gradient/seed-1/train 3-6 1 losses 4226003a597a",
    "gradient/seed-1/features 6 1 features 174e169131b6",
    "gradient/seed-1/samples 6 1 grid 4143402086e2",
    "gradient/seed-1/fid 6 2 1281.035058973732",
    "gradient/seed-1/inception-score 6 2 1.0",
];

/// A study of the images that the tests of decoding have, without labels.
fn image_folder(threads: usize) -> (TempDir, Built) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images");
    let data = format!(
        "data={{ dataset: image-folder, path: {}, test_fraction: 0.4 }}",
        path.display()
    );
    let overrides = [
        data.as_str(),
        "evaluate={ samples: 20, at: last }",
        "base.steps=1",
        "matrix.discriminator.penalty=[none]",
    ];
    let folder = tempfile::tempdir().unwrap();
    let built = build(folder.path(), &overrides, threads);
    (folder, built)
}

/// As above, for a folder of images and the extractor that needs no labels. The digests of `data` also tell whether a decoder
/// or the resizing gives other pixels.
#[test]
fn the_bytes_of_a_folder_of_images_are_pinned_and_do_not_depend_on_threads() {
    let outputs = [
        ("data", "train"),
        ("data", "test"),
        ("random-convolution", "weights"),
        ("reference features", "features"),
    ];
    for threads in [1, 2] {
        let (_store, built) = image_folder(threads);
        let found = outputs
            .map(|(stage, output)| format!("{stage} {output} {}", built.output(stage, output).short()));
        assert_eq!(found, PINNED_OF_A_FOLDER);
        let rows = metric_rows(&built.study, &built.compiled, &built.known());
        let [fid] = rows.as_slice() else {
            panic!("{rows:?}")
        };
        assert!(fid.value.is_some_and(f64::is_finite));
        assert_eq!(fid.protocol.extractor.as_deref(), Some("random-convolution/1"));
        assert_eq!(
            fid.protocol.reference_digest,
            Some(built.output("data", "test").to_string())
        );
        let run = &run_rows(&built.study, &built.compiled, &built.known())[0];
        let counts = (run.channels, run.train_images, run.corrupt_images);
        assert_eq!(counts, (3, Some(16), Some(0)));
    }
}

/// Stage, output and digest.
const PINNED_OF_A_FOLDER: [&str; 4] = [
    "data train cf34d28bd5b5",
    "data test 7556ba595626",
    "random-convolution weights c58e91f1891f",
    "reference features features 36b8f3c53189",
];
