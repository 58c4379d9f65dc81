//! The device of a study: what it is in keys, where it is opened, and that one that cannot be had fails by its name.

use gan_cache::Value;
use gan_pipeline::Blame;

use super::super::device::StudyDevice;
use super::*;

/// The names of the stages that compute where the study says.
fn on_device(compiled: &Compiled) -> BTreeSet<String> {
    let graph = &compiled.graph;
    let stages = graph.stages().filter(|id| graph.stage(*id).needs_device());
    stages.map(|id| graph.name(id).to_owned()).collect()
}

fn numerics(compiled: &Compiled, stage: &str) -> Option<Value> {
    let id = compiled.graph.find(stage).unwrap();
    compiled.graph.stage(id).parameters().remove("numerics")
}

#[test]
fn keys_hold_the_class_of_the_device_for_what_is_computed_there() {
    let classes = [
        ("cpu", "cpu/2"),
        ("vulkan", "vulkan/1"),
        ("vulkan:3", "vulkan/1"),
        ("vulkan:software", "vulkan/1"),
        ("cuda:1", "cuda/1"),
    ];
    for (device, class) in classes {
        let compiled = compile(&study(&[&format!("device={device}")])).unwrap();
        for stage in [
            "none/seed-1/train 0-3",
            "none/seed-1/samples 3",
            "none/seed-1/features 3",
            "reference features",
        ] {
            assert_eq!(
                numerics(&compiled, stage),
                Some(Value::from(class)),
                "{device}: {stage}"
            );
        }
        assert_eq!(
            numerics(&compiled, "classifier"),
            Some(Value::from("cpu/2")),
            "{device}"
        );
        // On the processor a distance is a function of the features alone, in f64.
        let of_distance = (device != "cpu").then(|| Value::from(class));
        assert_eq!(numerics(&compiled, "none/seed-1/fid 3"), of_distance, "{device}");
        for stage in ["data", "none/seed-1/train 0", "none/seed-1/inception-score 3"] {
            assert_eq!(numerics(&compiled, stage), None, "{device}: {stage}");
        }
    }
}

#[test]
fn only_the_keys_of_training_hold_the_precision_of_the_study() {
    let precision = |overrides: &[&str], stage: &str| {
        let compiled = compile(&study(overrides)).unwrap();
        let id = compiled.graph.find(stage).unwrap();
        compiled.graph.stage(id).parameters().remove("precision")
    };
    for (overrides, of_training) in [
        (&[][..], "f32"),
        (&["device=vulkan"], "f32"),
        (&["device=vulkan", "precision=f32"], "f32"),
        (&["device=vulkan", "precision=tf32"], "tf32"),
        (&["device=auto", "precision=bf16"], "bf16"),
    ] {
        for stage in ["none/seed-1/train 0-3", "none/seed-1/train 3-6"] {
            assert_eq!(
                precision(overrides, stage),
                Some(Value::from(of_training)),
                "{stage}"
            );
        }
        for stage in [
            "none/seed-1/samples 3",
            "none/seed-1/features 3",
            "reference features",
            "classifier",
        ] {
            assert_eq!(precision(overrides, stage), Some(Value::from("f32")), "{stage}");
        }
    }
}

#[test]
fn a_device_without_the_precision_of_the_study_is_refused_when_it_is_opened() {
    // What `auto` finds where there is no GPU; that a study names it with a precision is refused when it is read.
    let processor = study(&[]).device;
    let device = StudyDevice::of(&processor, crate::study::Precision::Bf16);
    let error = device.open().expect_err("it has f32 alone");
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        (
            "device \"cpu\" computes products in f32 only, and bf16 was asked for",
            "leave precision out, or name a GPU: `gan-pipe doctor` lists the devices that can be used"
        )
    );
    assert!(
        StudyDevice::of(&processor, crate::study::Precision::F32)
            .open()
            .is_ok()
    );
}

#[test]
fn on_a_gpu_training_samples_features_and_distances_take_turns() {
    assert_eq!(on_device(&compile(&study(&[])).unwrap()), BTreeSet::new());
    let compiled = compile(&study(&["device=vulkan", "matrix.discriminator.penalty=[none]"])).unwrap();
    let of_run = [
        "features 0",
        "features 3",
        "features 6",
        "samples 0",
        "samples 3",
        "samples 6",
        "fid 0",
        "fid 3",
        "fid 6",
    ]
    .into_iter()
    .chain(["train 0-3", "train 3-6"])
    .map(|stage| format!("none/seed-1/{stage}"));
    let expected: BTreeSet<String> = of_run.chain(["reference features".to_owned()]).collect();
    assert_eq!(on_device(&compiled), expected);
}

#[test]
fn a_plan_needs_no_device() {
    let folder = prepared_store();
    let compiled = compile(&study(&["device=metal:99"])).unwrap();
    let plan = plan(&compiled.graph, &Store::open(folder.path()).unwrap()).unwrap();
    // What is drawn on the host and trained on the processor is shared by all devices.
    for stage in ["data", "classifier", "none/seed-1/train 0"] {
        let id = compiled.graph.find(stage).unwrap();
        assert!(matches!(plan.stage(id), StagePlan::Hit(_)), "{stage}");
    }
    let reference = compiled.graph.find("reference features").unwrap();
    assert!(matches!(plan.stage(reference), StagePlan::WillRun { .. }));
}

#[test]
fn a_device_that_cannot_be_had_is_to_blame_and_nothing_is_stored() {
    let folder = prepared_store();
    let compiled = compile(&study(&["device=metal:99"])).unwrap();
    assert!(compiled.device.open().is_err());
    let store = Store::open(folder.path()).unwrap();
    let report = execute(&compiled.graph, &store, &ExecuteOptions::default(), &|_| {}).unwrap();
    let id = compiled.graph.find("reference features").unwrap();
    let FinalState::Failed(failure) = &report.stage(id).state else {
        panic!("{:?}", report.stage(id).state)
    };
    assert_eq!(failure.blame, Blame::Device);
    assert!(failure.messages[0].contains("metal:99"), "{failure}");
    assert!(failure.hint.as_ref().unwrap().contains("gan-pipe doctor"));
    assert!(report.stage(id).entry.is_none());
}

#[test]
fn studies_and_kernels_know_the_same_devices() {
    for (kind, _) in gan_kernels::Device::kinds() {
        for name in [kind.to_owned(), format!("{kind}:7")] {
            assert_eq!(study(&[&format!("device={name}")]).device.name(), name);
        }
    }
    let schema = crate::study::schema();
    let names = schema["properties"]["device"]["anyOf"][0]["enum"]
        .as_array()
        .unwrap();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let opened = gan_kernels::Device::open(name.as_str().unwrap());
        assert!(
            !matches!(opened, Err(gan_kernels::DeviceError::Unknown { .. })),
            "{name} is not known to the kernels"
        );
    }
}

#[test]
fn automatic_is_a_device_that_opens() {
    let compiled = compile(&study(&["device=auto"])).unwrap();
    assert_ne!(compiled.device.name(), "auto");
    assert_ne!(compiled.device.name(), "vulkan:software");
    assert!(compiled.device.open().is_ok());
}

#[test]
fn a_stage_counts_what_it_computes() {
    let folder = prepared_store();
    let built = build(folder.path(), &["matrix.discriminator.penalty=[none]"], 2);
    let measured = |stage: &str| {
        let id = built.compiled.graph.find(stage).unwrap();
        built.report.stage(id).attempts[0].measurements.clone()
    };
    for stage in ["train 0-3", "samples 3", "features 3"] {
        let found = measured(&format!("none/seed-1/{stage}"));
        assert!(found[crate::stages::HOST_OPERATIONS] > 10, "{stage}: {found:?}");
        assert_eq!(found[crate::stages::LAUNCHES], 0, "{stage}");
        assert!(!found.contains_key(crate::stages::DEVICE_MEMORY), "{stage}");
    }
}

/// What runs on the software driver, which is there wherever these tests run.
#[cfg(feature = "vulkan")]
mod software {
    use gan_pipeline::StageReport;

    use super::*;
    use crate::stages::{DEVICE_MEMORY, HOST_OPERATIONS, LAUNCHES};
    use crate::table::LossRow;

    const SOFTWARE: &str = "device=vulkan:software";

    /// A run with everything that training knows, in two segments of ten steps.
    const RUN: [&str; 5] = [
        "matrix.discriminator.penalty=[{ gradient: { lambda: 10 } }]",
        "base.architecture.width=0.03125",
        "base.steps=20",
        "base.checkpoint_every=10",
        "evaluate={ extractor: classifier, samples: 20, metrics: [fid], at: last }",
    ];

    /// A store like [`prepared_store`] that also knows the reference features of the software driver, which take it long.
    fn prepared_on_device() -> TempDir {
        static PREPARED: LazyLock<TempDir> = LazyLock::new(|| {
            let folder = prepared_store();
            let overrides = ["base.steps=1", "matrix.discriminator.penalty=[none]", SOFTWARE];
            build(folder.path(), &overrides, 2);
            folder
        });
        let folder = tempfile::tempdir().unwrap();
        copy(PREPARED.path(), folder.path());
        folder
    }

    fn build_on(device: &str, folder: &Path) -> Built {
        let device = format!("device={device}");
        build(folder, &[&RUN[..], &[&device]].concat(), 2)
    }

    fn losses(built: &Built) -> Vec<LossRow> {
        loss_rows(&built.study, &built.compiled, &built.known(), &built.store).unwrap()
    }

    fn fid(built: &Built) -> f64 {
        let rows = metric_rows(&built.study, &built.compiled, &built.known());
        rows[0].value.unwrap()
    }

    /// In f32 with sums in another order, over twenty steps: losses were found 4e-7 apart, and the distance 1e-7.
    #[test]
    fn a_run_on_a_device_follows_that_on_the_processor_and_computes_nothing_on_the_host() {
        let folder = prepared_on_device();
        let processor = build_on("cpu", folder.path());
        let device = build_on("vulkan:software", folder.path());
        let (expected, found) = (losses(&processor), losses(&device));
        assert_eq!((expected.len(), found.len()), (60, 60));
        for (one, other) in expected.iter().zip(&found) {
            assert_eq!((one.step, one.player), (other.step, other.player));
            let (expected, found) = (one.value.unwrap(), other.value.unwrap());
            assert!(
                (found - expected).abs() <= 1e-5 * expected.abs(),
                "{one:?}: {found}"
            );
        }
        assert!((fid(&device) - fid(&processor)).abs() <= 1e-5 * fid(&processor));

        let on_device = on_device(&device.compiled);
        let is_ours = |stage: &&StageReport| on_device.contains(&*stage.name) && !stage.attempts.is_empty();
        let ran: Vec<&StageReport> = device.report.stages().iter().filter(is_ours).collect();
        assert_eq!(ran.len(), 2 + 3 + 1, "segments, grids and features");
        for StageReport { name, attempts, .. } in ran {
            let measured = &attempts[0].measurements;
            assert_eq!(measured[HOST_OPERATIONS], 0, "{name}");
            assert!(measured[LAUNCHES] > 0, "{name}");
            assert!(measured[DEVICE_MEMORY] > 0, "{name}");
        }
        // A device whose class has these results is not even opened.
        assert_eq!(build_on("vulkan:99", folder.path()).report.counts().ran, 0);
    }

    /// Operands have 8 bits instead of 24: losses were found at most 2e-3 apart, relatively.
    #[test]
    fn training_in_bf16_is_near_that_in_f32_and_alone_depends_on_it() {
        let folder = prepared_on_device();
        let build_in = |precision: &str| {
            let precision = format!("precision={precision}");
            let short = ["base.steps=4", "base.checkpoint_every=4", "evaluate.at=all"];
            build(
                folder.path(),
                &[&RUN[..], &short, &[SOFTWARE, &precision]].concat(),
                2,
            )
        };
        let (full, fewer) = (build_in("f32"), build_in("bf16"));
        let (expected, found) = (losses(&full), losses(&fewer));
        assert_eq!((expected.len(), found.len()), (12, 12));
        for (one, other) in expected.iter().zip(&found) {
            let (expected, found) = (one.value.unwrap(), other.value.unwrap());
            assert!(found != expected, "{one:?} has not changed a bit");
            assert!(
                (found - expected).abs() <= 0.01 * expected.abs(),
                "{one:?}: {found}"
            );
        }
        // The reference and what is measured at step 0 are those of f32.
        let has_run = |stage: &&StageReport| !stage.attempts.is_empty();
        for StageReport { name, .. } in fewer.report.stages().iter().filter(has_run) {
            let is_trained = name.ends_with(" 0-4") || name.ends_with(" 4");
            assert!(is_trained, "{name} ran again");
        }
        let (_, trained) = fewer.compiled.runs[0].segments[1];
        assert_eq!(fewer.report.stage(trained).attempts.len(), 1);
        let rows = |built: &Built| run_rows(&built.study, &built.compiled, &built.known()).remove(0);
        assert_eq!(
            [&full, &fewer].map(|built| rows(built).precision),
            ["f32", "bf16"]
        );
    }

    #[test]
    fn a_device_that_is_lost_fails_what_needs_it_and_the_rest_goes_on() {
        let folder = prepared_store();
        let overrides = [&RUN[..], &[SOFTWARE, "seed=7"]].concat();
        let compiled = compile(&study(&overrides)).unwrap();
        compiled.device.open().unwrap();
        compiled.device.lose("taken out by a test");
        let store = Store::open(folder.path()).unwrap();
        let options = ExecuteOptions {
            keep_going: true,
            ..ExecuteOptions::default()
        };
        let report = execute(&compiled.graph, &store, &options, &|_| {}).unwrap();
        let counts = report.counts();
        // Of all that needs the device the reference, the first segment and the first grid are reached.
        assert_eq!((counts.failed, counts.ran), (3, 1), "{counts:?}");
        for stage in report.stages() {
            match &stage.state {
                FinalState::Failed(failure) => {
                    assert_eq!(failure.blame, Blame::Device, "{}: {failure}", stage.name);
                    assert!(failure.to_string().contains("taken out by a test"), "{failure}");
                    let hint = failure.hint.as_ref().unwrap();
                    assert!(hint.contains("when the device works again"), "{hint}");
                    assert!(stage.entry.is_none());
                }
                FinalState::Ran => assert_eq!(&*stage.name, "gradient/seed-1/train 00"),
                _ => {}
            }
        }
    }

    #[test]
    fn a_run_that_diverges_on_a_device_names_the_step_that_it_does_on_the_processor() {
        let folder = prepared_on_device();
        let diverged_at = |device: &str| {
            let overrides = [
                "base.optimizer.adam.learning_rate=1e30",
                "matrix.discriminator.penalty=[none]",
                "evaluate={ extractor: classifier, samples: 2, metrics: [inception-score], at: last }",
                &format!("device={device}"),
            ];
            let built = build(folder.path(), &overrides, 2);
            let row = run_rows(&built.study, &built.compiled, &built.known()).remove(0);
            assert_eq!(row.status, RunStatus::Diverged);
            row.diverged_at
        };
        assert_eq!(diverged_at("vulkan:software"), diverged_at("cpu"));
    }
}
