//! The gradient penalty's gradient by the weights of every discriminator with every normalization it has, in f64, against
//! finite differences along a direction in each array.

use gan_kernels::Array;

use super::golden::signed;
use super::penalties::{discriminator, penalty_and_gradient};
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{DiscriminatorNormalization, Penalty, TrainingSettings};
use crate::nn::Weights;

fn settings(kind: ArchitectureKind, normalization: DiscriminatorNormalization) -> TrainingSettings {
    TrainingSettings {
        architecture: Architecture {
            generator: kind,
            discriminator: kind,
            width: 1.0 / 32.0,
            resolution: if kind == ArchitectureKind::Resnet107 { 32 } else { 16 },
            channels: 2,
        },
        normalization,
        penalty: Penalty::Gradient { lambda: 10.0 },
        batch_size: 3,
        ..super::super::settings()
    }
}

/// `weights` with the array `name` moved by `step` along `direction`.
fn moved(weights: &Weights, name: &str, direction: &[f64], step: f64) -> Weights {
    let array = weights.get(name);
    let values: Vec<f64> = array.to_f64().unwrap().iter().zip(direction).map(|(x, d)| x + step * d).collect();
    let mut moved = weights.clone();
    moved.insert(name, Array::from_f64(array.shape(), &values));
    moved
}

/// Sigma's vectors are constants of the gradient (Miyato et al. 2018, section 2.1), so with spectral normalization the
/// differences are taken where they have converged: there sigma's derivative is that of the constants.
fn converged(settings: &TrainingSettings, weights: &Weights, kept: Weights) -> Weights {
    use crate::gan::spectral::Spectral;
    use crate::nn::SpectralUpdate;

    let spectral = Spectral::of_discriminator(settings, &settings.discriminator());
    (0..2000).fold(kept, |kept, _| spectral.normalized(weights, &kept, SpectralUpdate::Iterate).kept)
}

#[test]
fn the_gradient_penalty_of_every_discriminator_with_every_normalization_agrees_with_finite_differences() {
    const STEP: f64 = 1e-6;
    let mut largest = 0.0_f64;
    for kind in ArchitectureKind::ALL {
        for normalization in kind.discriminator_normalizations() {
            let settings = settings(kind, *normalization);
            let [weights, kept] = discriminator(&settings, 1.0);
            let kept = converged(&settings, &weights, kept);
            let (_, gradients) = penalty_and_gradient(&settings, &weights, &kept);
            let names: Vec<&str> = weights.iter().map(|(name, _)| name).collect();
            // Of the deepest network a few arrays, which still lie all over it.
            let every = names.len().div_ceil(24);
            for name in names.into_iter().step_by(every) {
                let found = gradients.get(name).to_f64().unwrap();
                let direction = signed(&format!("direction/{name}"), found.len());
                let at = |step: f64| penalty_and_gradient(&settings, &moved(&weights, name, &direction, step), &kept).0;
                let expected = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                let along: f64 = found.iter().zip(&direction).map(|(g, d)| g * d).sum();
                let off = (along - expected).abs() / (1e-2 + expected.abs());
                assert!(off <= 1e-5, "{kind:?}, {normalization:?}, {name}: {along} by the rules, {expected} by differences");
                largest = largest.max(off);
            }
        }
    }
    println!("largest deviation {largest:.1e}");
}
