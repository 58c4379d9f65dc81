//! Each penalty and its gradient by the weights of a whole network, for each normalization.

use gan_kernels::Element;

use super::golden::{deviation_of_summaries, entries, relative};
use super::settings::{batch, drawn, images, number, training_settings};
use crate::autograd::Variable;
use crate::gan::spectral::Spectral;
use crate::gan::{Penalty, PenaltyNoise, TrainingSettings, l2_penalty};
use crate::nn::{BatchStatistics, Bound, Normalizing, SpectralUpdate, Weights};

/// The penalty's value, and its gradient by the weights as they are before spectral normalization.
pub(super) fn penalty_and_gradient(settings: &TrainingSettings, weights: &Weights, kept: &Weights) -> (f64, Weights) {
    let network = settings.discriminator();
    let value_of = |value: &Variable| value.value().to_f64().unwrap()[0];
    if let Penalty::L2 { .. } = settings.penalty {
        let bound = Bound::leaves(weights);
        let value = l2_penalty(&bound);
        return (value_of(&value), bound.gradients(value));
    }
    let spectral = Spectral::of_discriminator(settings, &network);
    let normalized = spectral.normalized(weights, kept, SpectralUpdate::Iterate);
    let bound = Bound::leaves(&normalized.weights);
    let batch = batch(settings, 1, Element::F64);
    let [real, fake] = ["real", "fake"].map(|name| Variable::constant(images(settings, name, 1)));
    let (alpha, pixels) = (Variable::constant(batch.alpha), batch.pixel_noise.map(Variable::constant));
    let noise = PenaltyNoise {
        alpha: &alpha,
        pixels: pixels.as_ref(),
    };
    let logits = |images: &Variable| {
        let mut unused = BatchStatistics::default();
        network.forward(images, &bound, &mut Normalizing::Batch(&mut unused))
    };
    let value = settings.penalty.on_gradients(logits, &real, &fake, noise, &settings.convention);
    let value = value.expect("a case has a penalty");
    (value_of(&value), normalized.pull_back(bound.gradients(value)))
}

/// The discriminator's weights and kept vectors at the formula's start.
pub(super) fn discriminator(settings: &TrainingSettings, gain: f64) -> [Weights; 2] {
    let network = settings.discriminator();
    let kept = Spectral::of_discriminator(settings, &network).kept_vectors();
    [network.weights(), kept].map(|specifications| drawn("discriminator", &specifications, gain, Element::F64))
}

#[test]
fn every_penalty_and_its_gradient_equal_pytorch_with_every_normalization() {
    const TOLERANCE: f64 = 1e-10;
    let mut largest = [0.0_f64; 2];
    for entry in entries("penalties") {
        let settings = training_settings(&entry);
        let [weights, kept] = discriminator(&settings, number(&entry["weight_gain"]));
        let (value, gradients) = penalty_and_gradient(&settings, &weights, &kept);
        let (arrays, array) = deviation_of_summaries(&gradients, &entry["gradient"]);
        let deviations = [relative(value, number(&entry["value"])), arrays];
        for (largest, deviation) in largest.iter_mut().zip(deviations) {
            assert!(deviation <= TOLERANCE, "{}: {deviation:.1e}, {array}", entry["name"]);
            *largest = largest.max(deviation);
        }
    }
    println!("largest deviation of values {:.1e}, of gradients {:.1e}", largest[0], largest[1]);
}
