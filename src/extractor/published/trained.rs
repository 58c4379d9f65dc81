//! The network of 2015 with its trained weights, against numbers that were published of CIFAR-10. Needs files that are not
//! ours to give; the device is that which `GAN_PIPE_TEST_DEVICE` names, or the processor.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use gan_kernels::{Array, Device};

use crate::data::{DataError, Images, PublishedSet, Split};
use crate::extractor::{Extractor, ExtractorKind, Features, InceptionLayer, InputResize, LogitBias};
use crate::metrics::frechet_distance;
use crate::nn::Weights;
use crate::random::Stream;
use crate::weights::{KnownNetwork, WeightsFile, network_weights};

const CLASSES: usize = 1008;

fn named_by(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    PathBuf::from(path.unwrap_or_else(|| panic!("{variable} names no file or folder")))
}

fn extractor(resize: InputResize) -> Extractor {
    let named = std::env::var("GAN_PIPE_TEST_DEVICE");
    let device = Device::open(named.as_deref().unwrap_or("cpu")).unwrap();
    let tensors = WeightsFile::read(&named_by("GAN_PIPE_INCEPTION")).unwrap();
    let weights = network_weights(KnownNetwork::Inception2015, tensors).unwrap();
    let there = |(name, array): (&str, &Array)| {
        let values = array.to_f32().unwrap();
        (name.to_owned(), Array::from_f32(&device, array.shape(), &values))
    };
    let kind = ExtractorKind::Inception2015 {
        layer: InceptionLayer::Pool2048,
        resize,
        logits: LogitBias::Without,
    };
    Extractor::new(&kind, weights.iter().map(there).collect::<Weights>()).unwrap()
}

fn cifar_10(split: Split) -> Images {
    let located = PublishedSet::Cifar10
        .locate(Some(&named_by("GAN_PIPE_CIFAR10")), None)
        .unwrap();
    let (mut pixels, mut count) = (Vec::new(), 0);
    PublishedSet::Cifar10
        .read::<DataError>(&located.files, split, 32, &mut |image, _| {
            pixels.extend_from_slice(image);
            count += 1;
            Ok(())
        })
        .unwrap();
    Images::new([count, 32, 32, 3], pixels).unwrap()
}

fn found(extractor: &Extractor, split: Split) -> Features {
    extractor.extract(&cifar_10(split), |_, _| true).unwrap().unwrap()
}

/// The mean over ten parts of `exp(E KL(p(y|x) || p(y)))`, images in an order that a stream draws.
fn inception_score(features: &Features) -> f64 {
    let order = Stream::new(0, 0, "published-inception-score", 0).permutation(features.count);
    let of_part = |part: &[usize]| {
        let rows: Vec<Vec<f64>> = part
            .iter()
            .map(|&image| probabilities(&features.logits[image * CLASSES..][..CLASSES]))
            .collect();
        let count = rows.len() as f64;
        let marginal: Vec<f64> = (0..CLASSES)
            .map(|class| rows.iter().map(|row| row[class]).sum::<f64>() / count)
            .collect();
        let divergence = |row: &Vec<f64>| -> f64 {
            let terms = row.iter().zip(&marginal).filter(|(p, _)| **p > 0.0);
            terms.map(|(p, q)| p * (p / q).ln()).sum()
        };
        (rows.iter().map(divergence).sum::<f64>() / count).exp()
    };
    let parts: Vec<f64> = order.chunks(features.count / 10).map(of_part).collect();
    assert_eq!(parts.len(), 10);
    parts.iter().sum::<f64>() / 10.0
}

fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits
        .iter()
        .map(|logit| (f64::from(*logit) - f64::from(largest)).exp());
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// pytorch-gan-metrics, which resizes as pytorch-fid does: its own test takes one part in 10,000.
#[test]
#[ignore = "needs pt_inception-2015-12-05-6726825d.pth, named by GAN_PIPE_INCEPTION, CIFAR-10, whose folder GAN_PIPE_CIFAR10 \
            names, and an hour on two cores"]
fn the_distance_between_the_splits_of_cifar_10_is_the_published_one() {
    let extractor = extractor(InputResize::TorchBilinear);
    let [reference, samples] = [Split::Test, Split::Train].map(|split| found(&extractor, split));
    let distance = frechet_distance(&reference.features, &samples.features, 2048).unwrap();
    let published = 3.151_768_485_802_449_5;
    assert!(
        (distance.value / published - 1.0).abs() < 1e-4,
        "{} is published as {published}",
        distance.value
    );
}

/// torch-fidelity's documentation: 11.23678 +- 0.09514 over ten parts in an order of its own, on which the mean depends little.
#[test]
#[ignore = "needs pt_inception-2015-12-05-6726825d.pth, named by GAN_PIPE_INCEPTION, CIFAR-10, whose folder GAN_PIPE_CIFAR10 \
            names, and an hour on two cores"]
fn the_inception_score_of_cifar_10_is_the_published_one() {
    let features = found(&extractor(InputResize::TensorflowBilinear), Split::Train);
    let score = inception_score(&features);
    assert!(
        (score - 11.23678).abs() < 0.02,
        "{score} is published as 11.23678"
    );
}
