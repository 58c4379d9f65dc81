//! Segments and keys of runs with everything that a setting can have.

use std::collections::BTreeMap;

use super::{build, prepared_store, study};
use crate::stages::compile;

/// Settings whose state is more than weights and Adam's moments.
const EVERYTHING: [&str; 4] = [
    "base.discriminator={ normalization: spectral, steps: 2 }",
    "base.generator={ normalization: spectral, moving_average: { decay: 0.5, from: 2 }, optimizer: { rmsprop: { learning_rate: 1e-3 } } }",
    "base.optimizer={ sgd: { learning_rate: 1e-2, momentum: 0.5, clip_norm: 0.1, decay_until: 9 } }",
    "matrix.discriminator.penalty=[{ dragan: { lambda: 10 } }]",
];

#[test]
fn segments_join_as_one_whatever_a_run_has_to_remember() {
    for convention in ["convention=standard", "convention=compare-gan"] {
        let with = |more: &'static str| [&EVERYTHING[..], &[convention, more]].concat();
        let [short, long] = [prepared_store(), prepared_store()];
        let in_parts = build(short.path(), &with("base.checkpoint_every=3"), 2);
        let at_once = build(long.path(), &with("base.checkpoint_every=6"), 2);
        for output in ["generator", "state"] {
            assert_eq!(
                in_parts.output("dragan/seed-1/train 3-6", output),
                at_once.output("dragan/seed-1/train 0-6", output),
                "{convention}, {output}"
            );
        }
    }
}

/// The parameters of the first stage of a kind.
fn parameters(kind: &str, overrides: &[&str]) -> String {
    let compiled = compile(&study(overrides)).unwrap();
    let graph = &compiled.graph;
    let id = graph.stages().find(|id| graph.kind(*id) == kind).unwrap();
    format!("{:?}", graph.stage(id).parameters())
}

#[test]
fn whatever_changes_training_stands_in_its_key() {
    let penalty = "matrix.discriminator.penalty";
    let changes = [
        "convention=compare-gan".to_owned(),
        "convention=miyato".to_owned(),
        "convention={ standard: { spectral_vector_moves: every-pass } }".to_owned(),
        "convention={ standard: { adam_epsilon_place: uncorrected } }".to_owned(),
        "convention={ standard: { layer_norm_epsilon: 1e-3 } }".to_owned(),
        "base.architecture.discriminator=resnet-cifar".to_owned(),
        "base.architecture.name=dcgan".to_owned(),
        "base.loss=hinge".to_owned(),
        "base.discriminator={ weight_clip: 0.01 }".to_owned(),
        "base.discriminator={ weight_clip: 0.02 }".to_owned(),
        "base.generator.normalization=none".to_owned(),
        "base.generator.normalization=spectral".to_owned(),
        "base.generator={ moving_average: { decay: 0.5 } }".to_owned(),
        "base.generator={ moving_average: { decay: 0.5, from: 2 } }".to_owned(),
        "base.generator={ optimizer: { adam: { beta1: 0 } } }".to_owned(),
        "base.optimizer={ rmsprop: {} }".to_owned(),
        "base.optimizer={ rmsprop: { decay: 0.5 } }".to_owned(),
        "base.optimizer={ sgd: {} }".to_owned(),
        "base.optimizer={ sgd: { momentum: 0.5 } }".to_owned(),
        "base.optimizer={ adam: { clip_norm: 1 } }".to_owned(),
        "base.optimizer={ adam: { decay_until: 6 } }".to_owned(),
        format!("{penalty}=[{{ gradient: {{ lambda: 10 }} }}]"),
        format!("{penalty}=[{{ dragan: {{ lambda: 10 }} }}]"),
        format!("{penalty}=[{{ dragan: {{ lambda: 10, form: interpolated }} }}]"),
        format!("{penalty}=[{{ l2: {{ lambda: 10 }} }}]"),
        format!("{penalty}=[{{ r1: {{ lambda: 10 }} }}]"),
    ];
    let none = format!("{penalty}=[none]");
    let mut seen = BTreeMap::from([(parameters("train", &[&none]), "nothing".to_owned())]);
    for change in &changes {
        let mut overrides = vec![none.as_str(), change];
        // Clipping belongs to one loss.
        if change.contains("weight_clip") {
            overrides.push("base.loss=wasserstein");
        }
        let found = parameters("train", &overrides);
        if let Some(other) = seen.insert(found, change.clone()) {
            panic!("{change} and {other} have one key");
        }
    }
}

#[test]
fn what_an_image_of_a_generator_depends_on_stands_in_its_key() {
    let changes = [
        "base.generator.normalization=spectral",
        "base.generator={ moving_average: {} }",
        "base.architecture.name=resnet-cifar",
        "convention={ standard: { image_range: unit } }",
        "convention={ standard: { batch_norm_epsilon: 0.5 } }",
        "convention={ standard: { spectral_vector_side: inputs } }",
    ];
    let plain = parameters("samples", &[]);
    for change in changes {
        assert_ne!(parameters("samples", &[change]), plain, "{change}");
    }
    // What only the discriminator or its update has changes no image of an equal generator.
    for change in ["base.loss=hinge", "base.discriminator.normalization=none"] {
        assert_eq!(parameters("samples", &[change]), plain, "{change}");
    }
}
