//! Extractors, metrics and their settings: what is read, what is usual, and what cannot be.

use std::path::PathBuf;

use super::super::{
    Bootstrap, Divisor, Extractor, InceptionLayer, InputResize, LogitBias, Metric, MsSsimForm, Vgg16Layer,
};
use super::{SHORT, assert_says, messages, read};
use crate::extractor;

/// A study of polygons whose section `evaluate` is this.
fn evaluated(section: &str) -> super::Study {
    read(&format!("{SHORT}evaluate: {{ {section} }}\n"))
}

/// As [`assert_says`] of the section `evaluate`, which stands in line 5.
fn assert_says_of(cases: &[(&str, &str)]) {
    for (section, expected) in cases {
        assert_says(&[(&format!("{SHORT}evaluate: {{ {section} }}\n"), expected)]);
    }
}

#[test]
fn an_extractor_that_is_named_alone_has_the_choices_of_its_publication() {
    let of = |extractor: &str| {
        evaluated(&format!("extractor: {extractor}, metrics: [fid]"))
            .evaluate
            .extractor
    };
    assert_eq!(
        of("inception-v3-2015"),
        Extractor::Inception2015 {
            layer: InceptionLayer::Pool2048,
            resize: InputResize::TensorflowBilinear,
            logit_bias: LogitBias::Without,
        }
    );
    for extractor in ["inception-v3-2015", "inception-v3-torchvision", "vgg16", "pixels"] {
        assert_eq!(
            Some(of(extractor).kind()),
            extractor::ExtractorKind::named(extractor),
            "{extractor}"
        );
    }
}

#[test]
fn a_layer_is_named_by_a_number_or_a_text() {
    for layer in ["768", "'768'"] {
        let study = evaluated(&format!(
            "extractor: {{ inception-v3-2015: {{ layer: {layer}, resize: pillow-bicubic, logit_bias: with }} }}, \
             metrics: [fid]"
        ));
        assert_eq!(
            study.evaluate.extractor,
            Extractor::Inception2015 {
                layer: InceptionLayer::Pool768,
                resize: InputResize::PillowBicubic,
                logit_bias: LogitBias::With,
            }
        );
    }
}

#[test]
fn studies_and_extractors_have_the_same_words() {
    fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|word| name(*word)).collect()
    }
    assert_eq!(
        names(InceptionLayer::ALL, InceptionLayer::name),
        names(extractor::InceptionLayer::ALL, extractor::InceptionLayer::name)
    );
    assert_eq!(
        names(Vgg16Layer::ALL, Vgg16Layer::name),
        names(extractor::Vgg16Layer::ALL, extractor::Vgg16Layer::name)
    );
    assert_eq!(
        names(InputResize::ALL, InputResize::name),
        names(&extractor::InputResize::ALL, extractor::InputResize::name)
    );
    assert_eq!(
        names(LogitBias::ALL, LogitBias::name),
        names(extractor::LogitBias::ALL, extractor::LogitBias::name)
    );
}

#[test]
fn the_weights_of_an_extractor_lie_beside_the_study() {
    let study = evaluated("extractor: vgg16, weights: files/vgg16.pth, metrics: [fid]");
    assert_eq!(
        study.evaluate.weights,
        Some(PathBuf::from("studies/files/vgg16.pth"))
    );
}

#[test]
fn metrics_that_are_named_alone_have_the_settings_of_their_publications() {
    let study = evaluated(
        "metrics: [fid, fid-infinity, kid, kid-subsets, inception-score, ms-ssim, precision-recall, density-coverage, \
         prd, memorization, jacobian, discriminator-accuracy]",
    );
    let expected = [
        Metric::Fid,
        Metric::FidInfinity {
            points: 15,
            smallest: 5000,
            seed: 0,
        },
        Metric::Kid,
        Metric::KidSubsets {
            subsets: 100,
            size: 1000,
            seed: 0,
        },
        Metric::INCEPTION_SCORE,
        Metric::MsSsim {
            form: MsSsimForm::ShrinkingFilter,
            pairs: 10_000,
            seed: 0,
        },
        Metric::PrecisionRecall { k: 3 },
        Metric::DensityCoverage { k: 5 },
        Metric::Prd {
            clusters: 20,
            angles: 1001,
            runs: 10,
            seed: 0,
        },
        Metric::Memorization,
        Metric::Jacobian { latents: 64 },
        Metric::DiscriminatorAccuracy { images: 10_000 },
    ];
    assert_eq!(study.evaluate.metrics, expected);
    assert_eq!(study.evaluate.bootstrap, None);
}

#[test]
fn a_metric_takes_settings_and_a_study_intervals() {
    let study = evaluated(
        "metrics: [fid, { inception-score: { splits: 10, shuffle: 7, divisor: sample } }], bootstrap: { resamples: 200 }",
    );
    let scored = Metric::InceptionScore {
        splits: 10,
        shuffle: Some(7),
        divisor: Divisor::Sample,
    };
    assert_eq!(study.evaluate.metrics, [Metric::Fid, scored]);
    let resampled = Bootstrap {
        resamples: 200,
        level: 0.95,
        seed: 0,
    };
    assert_eq!(study.evaluate.bootstrap, Some(resampled));
}

#[test]
fn every_value_has_a_name_of_its_own() {
    let study = evaluated(
        "metrics: [fid, fid-infinity, kid, kid-subsets, inception-score, ms-ssim, precision-recall, density-coverage, \
         prd, memorization, jacobian, discriminator-accuracy]",
    );
    let metrics = study.evaluate.metrics.iter();
    let mut names: Vec<&str> = metrics.flat_map(|metric| metric.values()).copied().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (21, 21));
}

#[test]
fn metrics_of_more_images_than_there_are_say_how_many_they_need() {
    assert_says_of(&[
        (
            "samples: 500, metrics: [kid-subsets]",
            "5:22: evaluate.samples: kid-subsets needs at least 1000 images, found 500\n  hint: set evaluate.samples to \
             1000 or more",
        ),
        (
            "samples: 3, metrics: [precision-recall]",
            "5:22: evaluate.samples: precision-recall needs at least 4 images, found 3\n  hint: set evaluate.samples to \
             4 or more",
        ),
        (
            "samples: 19, metrics: [{ inception-score: { splits: 10 } }]",
            "5:22: evaluate.samples: inception-score needs at least 20 images, found 19\n  hint: set evaluate.samples to \
             20 or more",
        ),
        (
            "samples: 1999, metrics: [prd]",
            "5:22: evaluate.samples: prd needs at least 2000 images, found 1999\n  hint: set evaluate.samples to 2000 or \
             more",
        ),
        (
            "metrics: [fid, { kid-subsets: { size: 2500 } }]",
            "5:28: evaluate.metrics[1]: kid-subsets needs at least 2500 images to compare with, and there are 2000 test \
             images\n  hint: remove kid-subsets, or set it so that 2000 are enough",
        ),
    ]);
}

#[test]
fn metrics_need_networks_and_images_that_they_can_measure() {
    assert_says_of(&[
        (
            "metrics: [{ ms-ssim: { form: standard } }]",
            "5:23: evaluate.metrics[0]: the standard form of ms-ssim needs at least 161 pixels, and images have 32\n  \
             hint: write ms-ssim alone: its usual form has filters that shrink with the images",
        ),
        (
            "extractor: { inception-v3-2015: { layer: 64 } }, metrics: [inception-score]",
            "5:72: evaluate.metrics[0]: inception-score needs class probabilities, which inception-v3-2015 does not give at \
             layer 64\n  hint: use the extractor classifier, or remove the metric",
        ),
        (
            "extractor: pixels, metrics: [{ inception-score: { splits: 2 } }]",
            "5:42: evaluate.metrics[0]: inception-score needs class probabilities, which pixels does not give\n  hint: use \
             the extractor classifier, or remove the metric",
        ),
        (
            "metrics: [fid, { fid: {} }]",
            "5:30: evaluate.metrics[1].fid: takes no settings\n  hint: write fid alone",
        ),
        (
            "metrics: [kid-subsets, { kid-subsets: { size: 500 } }]",
            "5:22: evaluate.metrics: kid-subsets stands in the list twice\n  hint: a study measures it by one setting; \
             another study with the same base shares what was trained",
        ),
        (
            "weights: x.pth",
            "5:22: evaluate.weights: classifier has no weights file\n  hint: remove it, or name the extractor that it \
             belongs to, such as inception-v3-2015",
        ),
        (
            "extractor: inception",
            "5:24: evaluate.extractor: there are two networks of the name inception, and their numbers differ\n  hint: \
             available: classifier, random-convolution, inception-v3-2015, inception-v3-torchvision, vgg16, pixels",
        ),
        (
            "metrics: [kid], bootstrap: { resamples: 100 }",
            "5:40: evaluate.bootstrap: no metric of the study can have intervals\n  hint: remove it; fid can have them, \
             and inception-score without splits",
        ),
    ]);
}

#[test]
fn metrics_of_training_need_what_was_held_out_and_a_discriminator_that_decides() {
    let held_out = SHORT.replace("dataset: polygons", "dataset: polygons, validation: 100");
    assert_says(&[
        (
            &format!("{held_out}evaluate: {{ metrics: [memorization], against: validation }}\n"),
            "5:23: evaluate.metrics[0]: memorization compares with the test images, and evaluate.against is validation\n  \
             hint: remove it, or leave evaluate.against out",
        ),
        (
            &format!(
                "{SHORT}matrix: {{ loss: [hinge, wasserstein] }}\nevaluate: {{ metrics: [discriminator-accuracy] }}\n"
            ),
            "6:23: evaluate.metrics[0]: discriminator-accuracy needs a discriminator that decides what is real, and the \
             loss of wasserstein is wasserstein\n  hint: remove discriminator-accuracy; such a discriminator only says \
             which of two images is more real",
        ),
        (
            &format!("{SHORT}  latent: {{ dimension: 2000 }}\nevaluate: {{ metrics: [jacobian] }}\n"),
            "6:23: evaluate.metrics[0]: jacobian needs latents of no more numbers than an image, which are 1024, and those \
             of base have 2000\n  hint: remove jacobian, or set base.latent.dimension to 1024 or less",
        ),
    ]);
}

#[test]
fn settings_are_held_to_their_ranges_like_all_values() {
    let said = messages(&format!(
        "{SHORT}evaluate: {{ metrics: [{{ prd: {{ k: 1 }} }}] }}\n"
    ));
    assert!(
        said.contains("evaluate.metrics[0].prd.k: unknown key")
            && said.contains("clusters, angles, runs, seed"),
        "{said}"
    );
    let said = messages(&format!(
        "{SHORT}evaluate: {{ metrics: [{{ precision-recall: {{ k: 0 }} }}] }}\n"
    ));
    assert!(
        said.contains("expected a whole number from 1 to 1000, found 0"),
        "{said}"
    );
}
