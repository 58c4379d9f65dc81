//! All metrics of a checkpoint: what each leaves in the tables, what a change of one runs again, and what they wait for.

use std::collections::BTreeMap;

use gan_cache::Value;

use super::{Built, build, compile, prepared_store, study};
use crate::stages::metric_rows;
use crate::table::MetricRow;

const METRICS: &str = "\
fid, { fid-infinity: { points: 3 } }, kid, { kid-subsets: { subsets: 5, size: 50 } }, \
{ inception-score: { splits: 4, shuffle: 0 } }, { ms-ssim: { pairs: 20 } }, precision-recall, density-coverage, \
{ prd: { clusters: 5, angles: 101, runs: 2 } }, memorization, { jacobian: { latents: 2 } }, \
{ discriminator-accuracy: { images: 30 } }";

const SMALL: [&str; 3] = [
    "base.steps=1",
    "base.checkpoint_every=1",
    "matrix.discriminator.penalty=[none]",
];

/// Settings under which generated images differ and some lie among the real ones, so that no metric is at its end.
const TRAINED: [&str; 6] = [
    "base.architecture.width=0.0625",
    "base.batch_size=8",
    "base.optimizer.adam.learning_rate=0.002",
    "base.steps=300",
    "base.checkpoint_every=300",
    "matrix.discriminator.penalty=[none]",
];

/// The small study at its last step, with these metrics.
fn measured(folder: &std::path::Path, metrics: &str, threads: usize) -> Built {
    of_run(&SMALL, folder, metrics, threads)
}

fn of_run(run: &[&str], folder: &std::path::Path, metrics: &str, threads: usize) -> Built {
    let metrics = format!("evaluate.metrics=[{metrics}]");
    let overrides = [run, &["evaluate.samples=2010", "evaluate.at=last", &metrics]].concat();
    build(folder, &overrides, threads)
}

fn rows(built: &Built) -> Vec<MetricRow> {
    metric_rows(&built.study, &built.compiled, &built.known())
}

#[test]
fn every_metric_has_its_rows_whatever_the_threads_and_they_are_pinned() {
    let [one, two] = [1, 2].map(|threads| {
        let folder = prepared_store();
        rows(&of_run(&TRAINED, folder.path(), METRICS, threads))
    });
    assert_eq!(one, two);
    let values: Vec<String> = one
        .iter()
        .map(|row| format!("{} {:?}", row.metric, row.value.unwrap()))
        .collect();
    assert_eq!(values, PINNED);
}

/// Name and value. Should one change, so have results: raise the version of the kind of stage in the same change.
const PINNED: [&str; 21] = [
    "fid 404.65240075021586",
    "fid-infinity 408.0118661929291",
    "kid 436.6114977011571",
    "kid-subsets 247.4993731878485",
    "inception-score 1.0142581654500988",
    "ms-ssim 0.48184497003358845",
    "precision 0.6616915422885572",
    "recall 0.0",
    "density 0.6194029850746269",
    "coverage 0.0895",
    "prd-f8 0.5455067181438219",
    "prd-f1/8 0.9690257109951929",
    "memorization-authenticity 0.3661691542288557",
    "memorization-data-copying -39.06316629988958",
    "memorization-copies 0.0",
    "memorization-distance-to-train 2.7162744770994647",
    "memorization-distance-to-reference 1.9448989302421102",
    "jacobian-condition 3.3613386595616284",
    "discriminator-accuracy-train 0.6666666666666666",
    "discriminator-accuracy-test 0.6666666666666666",
    "discriminator-accuracy-samples 1.0",
];

#[test]
fn a_row_tells_all_that_its_value_was_measured_by() {
    let folder = prepared_store();
    let built = measured(folder.path(), METRICS, 2);
    let rows = rows(&built);
    let found = |metric: &str| rows.iter().find(|row| row.metric == metric).unwrap();
    let test = built.output("data", "test").to_string();

    let infinity = found("fid-infinity");
    assert!(infinity.standard_error.is_some() && infinity.r_squared.is_some());
    let protocol = &infinity.protocol;
    assert_eq!(
        (protocol.splits, protocol.subset_size, protocol.metric_seed),
        (Some(3), Some(1005), Some(0))
    );
    let kid = found("kid");
    assert!(kid.standard_error.is_some() && kid.standard_deviation.is_none());
    let subsets = found("kid-subsets");
    assert!(subsets.standard_error.is_none() && subsets.standard_deviation.is_some());
    assert_eq!(
        (subsets.protocol.splits, subsets.protocol.subset_size),
        (Some(5), Some(50))
    );
    let score = found("inception-score");
    assert_eq!(score.protocol.divisor.as_deref(), Some("population"));
    assert_eq!(score.protocol.splits, Some(4));
    assert_eq!(
        (score.protocol.n_reference, &*score.protocol.split),
        (None, "none")
    );

    for (metric, k) in [("precision", 3), ("recall", 3), ("density", 5), ("coverage", 5)] {
        assert_eq!(found(metric).protocol.neighbours, Some(k), "{metric}");
        assert_eq!(found(metric).protocol.n_reference, Some(2000), "{metric}");
        assert_eq!(found(metric).protocol.reference_digest.as_ref(), Some(&test));
    }
    let recall = &found("prd-f8").protocol;
    assert_eq!((recall.n_samples, recall.n_reference), (2000, Some(2000)));
    assert_eq!(found("precision").protocol.n_samples, 2010);
    assert_eq!(found("memorization-copies").protocol.n_training, Some(64));

    let similarity = found("ms-ssim");
    assert!(similarity.standard_deviation.is_some());
    let protocol = &similarity.protocol;
    assert_eq!(
        (&protocol.extractor, protocol.feature_dimension, protocol.splits),
        (&None, None, Some(20))
    );
    assert_eq!(protocol.quantization.as_deref(), Some("rounded to bytes"));
    assert_eq!(found("jacobian-condition").protocol.quantization, None);
    assert_eq!(found("jacobian-condition").protocol.n_samples, 2);
    let accuracy = &found("discriminator-accuracy-samples").protocol;
    assert_eq!(
        (accuracy.n_samples, accuracy.n_reference, accuracy.n_training),
        (30, Some(30), Some(30))
    );
    assert_eq!(accuracy.reference_digest.as_ref(), Some(&test));
}

#[test]
fn a_change_of_a_metrics_setting_measures_that_metric_alone() {
    let folder = prepared_store();
    measured(folder.path(), METRICS, 2);
    for (before, after, stage) in [
        (
            "precision-recall",
            "{ precision-recall: { k: 4 } }",
            "precision-recall",
        ),
        ("pairs: 20", "pairs: 21", "ms-ssim"),
        ("latents: 2", "latents: 1", "jacobian"),
        ("images: 30", "images: 20", "discriminator-accuracy"),
        ("shuffle: 0", "shuffle: 1", "inception-score"),
    ] {
        let changed = METRICS.replace(before, after);
        assert_ne!(changed, METRICS);
        let built = measured(folder.path(), &changed, 2);
        let ran: Vec<&str> = built.ran().into_iter().collect();
        assert_eq!(ran, [format!("none/seed-1/{stage} 1")], "{after}");
    }
    // What is named alone has the key that it had before there were settings.
    let alone = measured(folder.path(), "fid, inception-score", 2);
    let plain = ["metric".to_owned()];
    for stage in ["fid", "inception-score"] {
        let id = alone
            .compiled
            .graph
            .find(&format!("none/seed-1/{stage} 1"))
            .unwrap();
        let parameters = alone.compiled.graph.stage(id).parameters();
        assert!(parameters.keys().eq(&plain), "{stage}: {parameters:?}");
    }
}

#[test]
fn intervals_are_measured_where_they_are_asked_for_and_hold_their_value() {
    let folder = prepared_store();
    let plain = rows(&measured(folder.path(), "inception-score, kid", 2));
    let overrides = [
        SMALL.as_slice(),
        &[
            "evaluate.samples=2010",
            "evaluate.at=last",
            "evaluate.metrics=[inception-score, kid]",
            "evaluate.bootstrap={ resamples: 50, level: 0.9 }",
        ],
    ]
    .concat();
    let built = build(folder.path(), &overrides, 2);
    let ran: Vec<&str> = built.ran().into_iter().collect();
    assert_eq!(ran, ["none/seed-1/inception-score 1"]);
    let resampled = rows(&built);
    assert_eq!(resampled[1], plain[1]);
    let score = &resampled[0];
    let (low, high) = (score.interval_low.unwrap(), score.interval_high.unwrap());
    assert!(low <= high && low >= 1.0, "{low} {high}");
    assert_eq!(
        (score.interval_level, score.interval_resamples),
        (Some(0.9), Some(50))
    );
    assert_eq!(
        (score.value, &score.protocol),
        (plain[0].value, &plain[0].protocol)
    );
    assert_eq!((plain[0].interval_low, plain[0].interval_resamples), (None, None));
}

#[test]
fn a_state_is_measured_before_it_goes_and_the_last_one_stays() {
    let folder = prepared_store();
    let overrides = [
        "matrix.discriminator.penalty=[none]",
        "evaluate.metrics=[{ discriminator-accuracy: { images: 10 } }]",
    ];
    let built = build(folder.path(), &overrides, 2);
    // No metric of features, and so no extractor.
    for stage in ["classifier", "reference features", "none/seed-1/features 3"] {
        assert_eq!(built.compiled.graph.find(stage), None, "{stage}");
    }
    assert_eq!(rows(&built).len(), 3 * 3);
    let has_state = |stage: &str| {
        let id = built.compiled.graph.find(stage).unwrap();
        let entry = built.report.stage(id).entry.as_ref().unwrap();
        built.store.has_blob(&entry.outputs["state"])
    };
    let states =
        ["train 0", "train 0-3", "train 3-6"].map(|stage| has_state(&format!("none/seed-1/{stage}")));
    assert_eq!(states, [true, false, true]);
    assert_eq!(build(folder.path(), &overrides, 2).report.counts().ran, 0);
}

#[test]
fn pixels_are_an_extractor_without_weights() {
    let folder = prepared_store();
    let overrides = [
        SMALL.as_slice(),
        &["evaluate={ extractor: pixels, samples: 20, at: last, metrics: [fid] }"],
    ]
    .concat();
    let built = build(folder.path(), &overrides, 2);
    let rows = rows(&built);
    let protocol = &rows[0].protocol;
    assert!(rows[0].value.is_some_and(f64::is_finite));
    assert_eq!(
        (protocol.extractor.as_deref(), &protocol.extractor_digest),
        (Some("pixels/1"), &None)
    );
    assert_eq!(protocol.feature_dimension, Some(32 * 32));
}

#[test]
fn keys_of_features_hold_every_choice_of_the_extractor() {
    let parameters = |extractor: &str, stage: &str| {
        let overrides = [
            format!("evaluate.extractor={extractor}"),
            "evaluate.metrics=[fid]".to_owned(),
        ];
        let compiled = compile(&study(&overrides.each_ref().map(String::as_str))).unwrap();
        let id = compiled.graph.find(stage).unwrap();
        let mut parameters: BTreeMap<String, Value> = compiled.graph.stage(id).parameters();
        parameters
            .retain(|name, _| ["extractor", "extractor_layer", "resize", "logit_bias"].contains(&&**name));
        parameters
    };
    for stage in ["reference features", "none/seed-1/features 3"] {
        let found = parameters(
            "{ inception-v3-2015: { layer: 768, resize: torch-antialias } }",
            stage,
        );
        let expected = [
            ("extractor", "inception-v3-2015/1"),
            ("extractor_layer", "768"),
            ("logit_bias", "without"),
            ("resize", "torch-antialias"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), Value::from(value)));
        assert_eq!(found, BTreeMap::from(expected), "{stage}");
        assert_eq!(parameters("classifier", stage), BTreeMap::new(), "{stage}");
    }
}
