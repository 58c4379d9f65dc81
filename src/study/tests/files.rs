//! Whole studies, and the files that come with the program.

use std::path::{Path, PathBuf};

use super::super::{
    ArchitectureName, At, Color, Corrupt, Dataset, Device, Distribution, Extractor, Fit, Generator,
    GeneratorNormalization, Keep, Labels, Loss, Metric, Normalization, Optimizer, Padding, Penalty,
    Precision, Resize, ResizeFilter, Study, StudyError, template,
};
use super::{SHORT, read};
use crate::data::Form;

fn studies() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("studies");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect()
}

#[test]
fn every_study_that_comes_with_the_program_is_valid_and_says_its_question() {
    let files = studies();
    assert!(files.len() >= 2);
    for file in files {
        let study = Study::load(&file, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            Some(study.name.as_str()),
            file.file_stem().and_then(|stem| stem.to_str())
        );
        assert_eq!(study.runs.len() % 4, 0, "{}", study.name);
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["# Question:", "# Cost:", "# Reading:"] {
            assert!(text.contains(word), "{} lacks {word}", study.name);
        }
    }
}

#[test]
fn the_template_is_a_valid_study() {
    let study = Study::parse(template(), "my-study.yaml", &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(study.name, "my-study");
    assert_eq!(study.runs.len(), 12);
}

#[test]
fn the_template_is_valid_for_every_data_set_that_it_offers() {
    let chosen = "  dataset: fashion-mnist ";
    assert!(template().contains(chosen));
    for set in ["mnist", "polygons", "image-folder, path: photos"] {
        let data = format!("data: {{ dataset: {set} }}\n");
        let (before, rest) = template().split_once("data:\n").unwrap();
        let (_, after) = rest.split_once("convention:").unwrap();
        let text = format!("{before}{data}convention:{after}");
        let study = Study::parse(&text, "my-study.yaml", &[]);
        study.unwrap_or_else(|error| panic!("{set}: {error}"));
    }
}

#[test]
fn the_template_writes_out_the_defaults() {
    let written = Study::parse(template(), "my-study.yaml", &[]).unwrap();
    let short = read(&SHORT.replace("polygons", "fashion-mnist"));
    let of = |study: &Study, setting: &str| {
        study
            .runs
            .iter()
            .find(|run| run.setting == setting)
            .unwrap()
            .settings
            .clone()
    };
    let mut default = of(&short, "base");
    let spectral = of(&written, "spectral+none");
    (default.steps, default.checkpoint_every) = (spectral.steps, spectral.checkpoint_every);
    assert_eq!(default, spectral);
    assert_eq!(
        (short.seed, short.evaluate, short.data),
        (written.seed, written.evaluate, written.data)
    );
}

#[test]
fn what_is_left_out_is_the_papers_advice() {
    let study = read(SHORT);
    assert_eq!((study.name.as_str(), study.seed, study.runs.len()), ("x", 1, 1));
    assert_eq!(
        (
            study.convention.name(),
            study.device.name(),
            study.precision,
            study.keep
        ),
        ("standard", Device::CPU, Precision::F32, Keep::Last)
    );
    assert_eq!(study.convention.choices(), crate::gan::Convention::STANDARD);
    assert_eq!(study.data.dataset, Dataset::Polygons { count: 10_000 });
    assert_eq!((study.data.resolution, study.data.padding), (32, None));
    assert_eq!(study.evaluate.metrics, [Metric::Fid, Metric::INCEPTION_SCORE]);
    assert_eq!((study.evaluate.samples, &study.evaluate.at), (10_000, &At::All));

    let run = &study.runs[0];
    assert_eq!(
        (run.name.as_str(), run.setting.as_str(), run.seed),
        ("base/seed-1", "base", 1)
    );
    let settings = &run.settings;
    assert_eq!(
        (settings.architecture.name, settings.architecture.width),
        (ArchitectureName::Sndcgan, 1.0)
    );
    assert_eq!(
        (settings.latent.dimension, settings.latent.distribution),
        (128, Distribution::Uniform)
    );
    assert_eq!((settings.loss, settings.batch_size), (Loss::NonSaturating, 64));
    assert_eq!(settings.discriminator.normalization, Normalization::Spectral);
    assert_eq!(
        (settings.discriminator.penalty, settings.discriminator.steps),
        (Penalty::None, 1)
    );
    let adam = Optimizer::Adam {
        learning_rate: 2e-4,
        beta1: 0.5,
        beta2: 0.999,
        clip_norm: None,
        decay_until: None,
    };
    assert_eq!(settings.optimizer, adam);
    let Generator {
        normalization,
        moving_average,
        optimizer,
    } = settings.generator;
    assert_eq!(normalization, GeneratorNormalization::Batch);
    assert_eq!((moving_average, optimizer), (None, None));
}

#[test]
fn checkpoints_begin_at_zero_and_end_at_the_last_step() {
    let study = read(SHORT);
    assert_eq!(study.runs[0].checkpoints(), [0, 400, 800, 1000]);
    let even = read(&SHORT.replace("400", "500"));
    assert_eq!(even.runs[0].checkpoints(), [0, 500, 1000]);
    let one = read(&SHORT.replace("400", "5000"));
    assert_eq!(one.runs[0].checkpoints(), [0, 1000]);
}

#[test]
fn evaluation_steps_are_all_checkpoints_the_last_or_those_listed() {
    let steps = |at: &str| {
        let study = read(&format!("{SHORT}evaluate: {{ at: {at} }}"));
        study.evaluate.steps(&study.runs[0])
    };
    assert_eq!(steps("all"), [0, 400, 800, 1000]);
    assert_eq!(steps("last"), [1000]);
    assert_eq!(steps("[800, 0]"), [0, 800]);
}

#[test]
fn the_sets_of_28_pixels_are_padded_with_zeros() {
    let written = read(&SHORT.replace("polygons", "mnist, resolution: 32, padding: zero"));
    let left_out = read(&SHORT.replace("polygons", "mnist"));
    assert_eq!(written.data.padding, Some(Padding::Zero));
    assert_eq!(written.data, left_out.data);
}

#[test]
fn published_sets_have_their_own_resolutions_channels_and_labels() {
    // DCGAN can be built for each of them.
    let of = |keys: &str| {
        let study = SHORT.replace("polygons", keys);
        read(&format!("{study}  architecture: {{ name: dcgan }}\n")).data
    };
    for (keys, resolution, padding, channels, labels) in [
        ("mnist, resolution: 28", 28, None, 1, true),
        ("fashion-mnist", 32, Some(Padding::Zero), 1, true),
        ("cifar10", 32, None, 3, true),
        ("stl10", 48, None, 3, false),
        (
            "stl10, training: train+unlabeled, resolution: 96",
            96,
            None,
            3,
            false,
        ),
        ("stl10, training: train", 48, None, 3, true),
        ("celeba", 64, None, 3, false),
        ("celeba-hq-128", 128, None, 3, false),
        ("lsun-bedroom", 128, None, 3, false),
        (
            "lsun-bedroom, preparation: crop-resize, resolution: 256",
            256,
            None,
            3,
            false,
        ),
    ] {
        let data = of(keys);
        assert_eq!((data.resolution, data.padding), (resolution, padding), "{keys}");
        assert_eq!((data.channels(), data.has_labels()), (channels, labels), "{keys}");
    }
    let data = of("cifar10, as: python, validation: 5000");
    assert_eq!((data.form, data.validation), (Some(Form::Python), Some(5000)));
}

#[test]
fn what_a_folder_of_images_leaves_out_fits_it() {
    let of = |keys: &str| read(&SHORT.replace("polygons", &format!("image-folder, path: x{keys}")));
    let study = of("");
    let Dataset::ImageFolder(folder) = study.data.dataset else {
        panic!("{:?}", study.data)
    };
    assert_eq!(
        (folder.color, folder.labels, folder.corrupt),
        (Color::Rgb, Labels::None, Corrupt::Refuse)
    );
    let resize = Resize {
        filter: ResizeFilter::Bicubic,
        fit: Fit::Crop,
    };
    assert_eq!((folder.resize, folder.test_fraction), (resize, 0.2));
    assert_eq!((study.data.channels(), study.data.padding), (3, None));
    assert_eq!(study.evaluate.extractor, Extractor::RandomConvolution);
    assert_eq!(study.evaluate.metrics, [Metric::Fid]);
    assert_eq!(of(", color: gray").data.channels(), 1);

    let labelled = of(", labels: folder, resize: { fit: stretch }");
    assert_eq!(labelled.evaluate.extractor, Extractor::Classifier);
    assert_eq!(labelled.evaluate.metrics, [Metric::Fid, Metric::INCEPTION_SCORE]);
}

#[test]
fn a_folder_lies_beside_the_study_file() {
    let path = |text: &str| {
        read(&SHORT.replace("polygons", &format!("mnist, path: {text}")))
            .data
            .path
    };
    assert_eq!(path("images"), Some(PathBuf::from("studies/images")));
    assert_eq!(path("/images"), Some(PathBuf::from("/images")));
    assert_eq!(path("null"), None);
}

#[test]
fn a_choice_with_settings_may_be_a_word_and_takes_their_defaults() {
    let study = read(&format!(
        "{SHORT}  discriminator: {{ penalty: gradient }}\n  optimizer: adam\n"
    ));
    assert_eq!(
        study.runs[0].settings.discriminator.penalty,
        Penalty::Gradient { lambda: 10.0 }
    );
}

#[test]
fn long_runs_may_be_written_with_an_exponent() {
    let study = read(&SHORT.replace("1000", "1e5").replace("400", "2e4"));
    assert_eq!(
        (
            study.runs[0].settings.steps,
            study.runs[0].settings.checkpoint_every
        ),
        (100_000, 20_000)
    );
}

#[test]
fn settings_serialize_in_the_words_of_the_file() {
    let study = read(&format!("{SHORT}  discriminator: {{ penalty: gradient }}\n"));
    let json = serde_json::to_value(&study.runs[0].settings).unwrap();
    assert_eq!(
        json["discriminator"]["penalty"],
        serde_json::json!({ "gradient": { "lambda": 10.0 } })
    );
    assert_eq!(json["optimizer"]["adam"]["learning_rate"], 2e-4);
    assert_eq!(json["loss"], "non-saturating");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Study::load(Path::new("studies/no-such.yaml"), &[]).unwrap_err();
    assert!(matches!(error, StudyError::Read { .. }));
    assert!(error.problems().is_empty());
    assert!(
        error
            .to_string()
            .starts_with("studies/no-such.yaml: cannot read the study"),
        "{error}"
    );
}
