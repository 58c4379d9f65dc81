//! How much work a stage is, and which stages are comparable: what estimates of time and room are made from.
//!
//! Works on kinds and parameters as they stand in entries, so that a measurement of an earlier study counts too. A kind
//! or a parameter that is not named here makes stages comparable only where it is equal.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{InputBytes, Workload, WorkloadComparison};

use crate::extractor::Classifier;

/// Parameters that no stage's time depends on: seeds.
const FREE: [&str; 3] = ["study_seed", "run_seed", "seed"];

/// Bytes that count as one image: a gray one of 32 x 32. Nothing here tells the size and the channels of images, so that a
/// larger or a colored one counts as several; its step costs about as much more.
const IMAGE_BYTES: f64 = 32.0 * 32.0;

type Parameters = BTreeMap<String, Value>;

/// The workload of a stage; none where the length of an input or the number of images decides it and is not known.
#[must_use]
pub fn workload(kind: &str, parameters: &Parameters, input_bytes: &InputBytes<'_>) -> Option<Workload> {
    let bytes = |name| Some(input_bytes(name)?.max(1) as f64);
    Some(match kind {
        "data" => images(parameters)?,
        "classifier" => plain(parameters, classifier_steps(bytes("train")?), &[]),
        "train" => training(parameters)?,
        // The reference has no generator; its images are the work.
        "features" if !parameters.contains_key("samples") => {
            let splits = ["test", "validation", "train"].into_iter();
            let images = splits.filter_map(bytes).next();
            plain(parameters, images?, &["features"])
        }
        "features" => of_generator(parameters, whole(parameters, "samples")?, &["features"]),
        "initialize" | "samples" => of_generator(parameters, 1.0, &[]),
        "image-similarity" => of_generator(parameters, whole(parameters, "samples")?, &[]),
        "jacobian" | "discriminator-accuracy" => judged(parameters)?,
        "weights" => plain(parameters, 1.0, &[]),
        "statistics" => plain(parameters, bytes("features")?, &[]),
        "metric" => plain(parameters, bytes("samples")?, &[]),
        _ => plain(parameters, 1.0, &[]),
    })
}

/// Preparing images takes as long as there are images. The parameters say how many are drawn, and a published set always
/// has as many; those of a folder are not known before it is read.
fn images(parameters: &Parameters) -> Option<Workload> {
    if parameters.get("dataset") == Some(&Value::from("image-folder")) {
        return None;
    }
    let count = |name| whole(parameters, name).unwrap_or(0.0);
    let amount = (count("train") + count("test")).max(1.0);
    Some(Workload {
        same: comparison(parameters, &["train", "test"], amount),
        similar: None,
        growing: &["train", "test"],
    })
}

/// Steps of the classifier on a training split of this length.
fn classifier_steps(bytes: f64) -> f64 {
    Classifier::steps((bytes / IMAGE_BYTES) as usize) as f64
}

/// Comparable where all parameters are equal that cost time.
fn plain(parameters: &Parameters, amount: f64, growing: &'static [&'static str]) -> Workload {
    Workload {
        same: comparison(parameters, &[], amount),
        similar: None,
        growing,
    }
}

/// Comparable where the networks are equal, the extractor's too.
fn of_generator(parameters: &Parameters, amount: f64, growing: &'static [&'static str]) -> Workload {
    let similar = chosen(
        parameters,
        &["architecture", "extractor", "numerics", "precision"],
    );
    Workload {
        same: comparison(parameters, &["samples"], amount),
        similar: Some(WorkloadComparison {
            settings: similar,
            amount,
        }),
        growing,
    }
}

/// Looking at a run's networks takes as long as there are latents or images to look at. Of discriminators the time of
/// others with equal networks is similar, however they were trained.
fn judged(parameters: &Parameters) -> Option<Workload> {
    let settings = parameters.get("settings");
    let wanted = field(settings, "latents").or_else(|| field(settings, "images"));
    let Some(Value::Integer(amount)) = wanted else {
        return None;
    };
    let mut all = parameters.clone();
    all.remove("settings");
    let mut workload = of_generator(&all, *amount as f64, &[]);
    workload.similar = workload.similar.map(|similar| WorkloadComparison {
        settings: chosen(parameters, &["architecture", "metric", "numerics", "precision"]),
        ..similar
    });
    Some(workload)
}

/// A step costs what its networks, batch, normalizations, penalty and passes cost; numbers that only enter formulas cost
/// nothing.
///
/// Similar are segments with equal networks and as many passes through them: with or without a penalty on gradients, which
/// differentiates twice, and as many discriminator updates for one of the generator. They are counted in images.
fn training(parameters: &Parameters) -> Option<Workload> {
    let steps = whole(parameters, "last_step")? - whole(parameters, "first_step")? + 1.0;
    let mut settings = parameters.clone();
    if let Some(optimizer) = settings.get_mut("optimizer") {
        *optimizer = names(optimizer);
    }
    let penalty = field(parameters.get("discriminator"), "penalty").map(names);
    let is_on_gradients = penalty.is_some_and(|names| names != Value::List(vec![Value::from("l2")]));
    for player in ["discriminator", "generator"] {
        if let Some(Value::Map(fields)) = settings.get_mut(player) {
            let numbers = ["penalty", "moving_average", "optimizer"];
            for (_, value) in fields
                .iter_mut()
                .filter(|(name, _)| numbers.contains(&name.as_str()))
            {
                *value = names(value);
            }
        }
    }
    let updates = field(parameters.get("discriminator"), "steps").cloned();
    let similar = [
        (
            "networks",
            chosen(parameters, &["architecture", "numerics", "precision"]),
        ),
        ("has_penalty", Value::from(is_on_gradients)),
        ("updates", updates.unwrap_or(Value::from(1_i64))),
    ];
    Some(Workload {
        same: comparison(&settings, &["first_step", "last_step"], steps.max(1.0)),
        similar: Some(WorkloadComparison {
            settings: Value::map(similar),
            amount: (steps * whole(parameters, "batch_size")?).max(1.0),
        }),
        growing: &["losses"],
    })
}

/// All parameters but those that cost no time and those that the amount stands for.
fn comparison(parameters: &Parameters, counted: &[&str], amount: f64) -> WorkloadComparison {
    let costs = |name: &str| !FREE.contains(&name) && !counted.contains(&name);
    let settings = parameters.iter().filter(|(name, _)| costs(name));
    let settings = settings.map(|(name, value)| match name.as_str() {
        "convention" => (name.clone(), words(value)),
        _ => (name.clone(), value.clone()),
    });
    WorkloadComparison {
        settings: Value::map(settings),
        amount,
    }
}

fn chosen(parameters: &Parameters, wanted: &[&str]) -> Value {
    let fields = parameters
        .iter()
        .filter(|(name, _)| wanted.contains(&name.as_str()));
    Value::map(fields.map(|(name, value)| (name.clone(), value.clone())))
}

fn field<'v>(value: Option<&'v Value>, name: &str) -> Option<&'v Value> {
    match value? {
        Value::Map(fields) => fields.get(name),
        _ => None,
    }
}

/// The words of a convention, which say what networks and passes there are; not its name, and not its numbers.
fn words(convention: &Value) -> Value {
    let Value::Map(fields) = convention else {
        return convention.clone();
    };
    let is_word = |(name, value): &(&String, &Value)| *name != "name" && matches!(value, Value::Text(_));
    let words = fields.iter().filter(is_word);
    Value::map(words.map(|(name, value)| (name.clone(), value.clone())))
}

/// The names in a map without their values: which optimizer, and not how it is set.
fn names(value: &Value) -> Value {
    match value {
        Value::Map(fields) => Value::List(fields.keys().map(|name| Value::from(name.as_str())).collect()),
        other => other.clone(),
    }
}

fn whole(parameters: &Parameters, name: &str) -> Option<f64> {
    match parameters.get(name)? {
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::stages::compile;
    use crate::study::{Override, Study};

    const STUDY: &str = "
study: small
data: { dataset: polygons, count: 64 }
base:
  architecture: { name: sndcgan, width: 0.015625 }
  latent: { dimension: 4 }
  batch_size: 4
  steps: 6
  checkpoint_every: 3
  discriminator: { penalty: { gradient: { lambda: 10 } } }
evaluate: { extractor: classifier, samples: 20, metrics: [fid, inception-score], at: all }
";

    /// The workload of the first stage of a kind, whose inputs have 1000 bytes each.
    fn of_kind(kind: &str, overrides: &[&str]) -> Workload {
        known(kind, overrides, 1000).unwrap()
    }

    /// The workload of the first stage of a kind, whose inputs have so many bytes each.
    fn known(kind: &str, overrides: &[&str], bytes: u64) -> Option<Workload> {
        let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
        let compiled = compile(&Study::parse(STUDY, "small.yaml", &overrides).unwrap()).unwrap();
        let graph = &compiled.graph;
        let id = graph.stages().find(|id| graph.kind(*id) == kind).unwrap();
        workload(kind, &graph.stage(id).parameters(), &|_| Some(bytes))
    }

    #[test]
    fn what_costs_no_time_leaves_training_comparable_and_steps_are_its_amount() {
        let plain = of_kind("train", &[]);
        assert_eq!(
            (plain.same.amount, plain.similar.as_ref().unwrap().amount),
            (3.0, 12.0)
        );
        for same in [
            "seed=5",
            "base.optimizer.adam.learning_rate=0.001",
            "base.discriminator.penalty.gradient.lambda=1",
            "base.steps=9",
        ] {
            assert_eq!(of_kind("train", &[same]).same, plain.same, "{same}");
        }
        let longer = of_kind("train", &["base.checkpoint_every=6"]);
        assert_eq!(
            (longer.same.settings, longer.same.amount),
            (plain.same.settings, 6.0)
        );
    }

    #[test]
    fn what_costs_time_makes_training_similar_at_most() {
        let plain = of_kind("train", &[]);
        for similar in [
            "base.discriminator.normalization=none",
            "base.latent.dimension=8",
            "base.batch_size=8",
        ] {
            let other = of_kind("train", &[similar]);
            assert_ne!(other.same.settings, plain.same.settings, "{similar}");
            assert_eq!(
                other.similar.unwrap().settings,
                plain.similar.as_ref().unwrap().settings,
                "{similar}"
            );
        }
        for other in [
            "base.discriminator.penalty=none",
            "base.architecture.width=0.03125",
            "base.discriminator.steps=2",
        ] {
            let other_similar = of_kind("train", &[other]).similar.unwrap();
            assert_ne!(
                other_similar.settings,
                plain.similar.as_ref().unwrap().settings,
                "{other}"
            );
        }
    }

    #[test]
    fn what_was_measured_on_another_device_is_not_comparable() {
        for kind in ["train", "features", "samples", "metric"] {
            let on = |device: &str| known(kind, &[&format!("device={device}")], 1000).unwrap();
            let (processor, gpu) = (on("cpu"), on("vulkan"));
            assert_ne!(processor.same.settings, gpu.same.settings, "{kind}");
            let similar = |workload: Workload| workload.similar.map(|similar| similar.settings);
            assert_ne!(
                similar(processor.clone()).unwrap_or(processor.same.settings),
                similar(gpu.clone()).unwrap_or(gpu.same.settings),
                "{kind}"
            );
        }
        // Data and classifier are made in one place.
        for kind in ["data", "classifier", "initialize"] {
            assert_eq!(of_kind(kind, &["device=vulkan"]), of_kind(kind, &[]), "{kind}");
        }
    }

    #[test]
    fn features_are_counted_in_images_and_metrics_in_what_they_read() {
        let overrides = ["evaluate.samples=40"];
        assert_eq!(of_kind("metric", &overrides), of_kind("metric", &[]));
        assert_eq!(of_kind("metric", &[]).same.amount, 1000.0);
        let compiled = compile(&Study::parse(STUDY, "small.yaml", &[]).unwrap()).unwrap();
        let graph = &compiled.graph;
        let id = graph.find("base/seed-1/features 3").unwrap();
        let known = workload("features", &graph.stage(id).parameters(), &|_| None).unwrap();
        assert_eq!(known.same.amount, 20.0);
        assert_eq!(
            workload("classifier", &BTreeMap::new(), &|_| None),
            None,
            "its data is not known"
        );
    }

    #[test]
    fn features_of_another_extractor_are_not_similar() {
        let of_checkpoint = |extractor: &str| {
            let overrides = [
                format!("evaluate.extractor={extractor}"),
                "evaluate.metrics=[fid]".to_owned(),
            ];
            let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
            let compiled = compile(&Study::parse(STUDY, "small.yaml", &overrides).unwrap()).unwrap();
            let id = compiled.graph.find("base/seed-1/features 3").unwrap();
            let parameters = compiled.graph.stage(id).parameters();
            workload("features", &parameters, &|_| None)
                .unwrap()
                .similar
                .unwrap()
        };
        let (classifier, random) = (of_checkpoint("classifier"), of_checkpoint("random-convolution"));
        assert_eq!(classifier.amount, random.amount);
        assert_ne!(classifier.settings, random.settings);
    }

    #[test]
    fn what_a_folder_holds_is_not_known_and_what_is_drawn_is() {
        let folder = ["data={ dataset: image-folder, path: photos, labels: folder }"];
        assert_eq!(known("data", &folder, 1000), None);
        let (few, many) = (
            of_kind("data", &[]).same,
            of_kind("data", &["data.count=640"]).same,
        );
        assert_eq!(few.settings, many.settings);
        assert!(few.amount < many.amount);
    }

    #[test]
    fn a_classifier_takes_as_long_as_it_has_steps() {
        let amount = |images: u64| known("classifier", &[], 1024 * images).unwrap().same.amount;
        assert_eq!([10, 8000, 60_000].map(amount), [400.0, 400.0, 2813.0]);
    }

    #[test]
    fn a_kind_that_is_not_known_is_comparable_where_everything_is_equal() {
        let parameters = BTreeMap::from([("rate".to_owned(), Value::from(3_i64))]);
        let unknown = workload("search", &parameters, &|_| None).unwrap();
        assert_eq!(
            (unknown.same.settings, unknown.same.amount),
            (Value::Map(parameters), 1.0)
        );
    }
}
