//! Gradients through spectral normalization, pulled back for all layers at once, against the chain rule over the quotient
//! in the graph itself: the same bits on the CPU.

use gan_kernels::convolution::Geometry;
use gan_kernels::matmul::Transpose;
use gan_kernels::spectral::{SingularVectors, follow, power_iteration};
use gan_kernels::{Array, Device};

use crate::autograd::{Variable, gradients};
use crate::gan::{Convention, gradient_penalty};
use crate::nn::{SpectralUpdate, SpectralVector, Weights, spectrally_normalized};
use crate::random::Stream;

const LAYERS: [(&str, &[usize]); 3] = [
    ("conv1", &[3, 3, 2, 5]),
    ("conv2", &[4, 4, 5, 7]),
    ("dense", &[112, 1]),
];

fn draw(name: &str, shape: &[usize]) -> Array {
    let mut stream = Stream::new(12, 0, name, 0);
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| stream.normal() as f32)
        .collect();
    Array::from_f32(&Device::Cpu, shape, &values)
}

/// Images `[n, 8, 8, 2]` to logits `[n, 1]`.
fn logits(images: &Variable, weights: &[Variable]) -> Variable {
    let x = images.convolution(&weights[0], None, Geometry::square(1, 1), Some(0.1));
    let x = x.convolution(&weights[1], None, Geometry::square(2, 1), Some(0.1)); // [n, 4, 4, 7]
    let n = x.shape().extents()[0];
    x.reshape([n, 112])
        .matmul(&weights[2], Transpose::No, Transpose::No)
}

/// A loss in which the weights come up several times, and in a gradient.
fn loss(weights: &[Variable]) -> Variable {
    let images = |name| Variable::constant(draw(name, &[3, 8, 8, 2]));
    let (real, fake) = (images("real"), images("fake"));
    let alpha = Variable::constant(draw("alpha", &[3, 1, 1, 1]));
    let network = |images: &Variable| logits(images, weights);
    let difference = network(&real)
        .softplus()
        .mean_of_all()
        .minus(&network(&fake).mean_of_all());
    let penalty = gradient_penalty(network, &real, &fake, &alpha, &Convention::STANDARD);
    difference.plus(&penalty.scale(10.0))
}

fn through_the_graph(weights: &Weights, kept: &Weights, update: SpectralUpdate) -> Vec<Array> {
    let leaves = LAYERS.map(|(layer, _)| Variable::leaf(weights.get(&format!("{layer}.weight")).clone()));
    let normalized: Vec<Variable> = leaves
        .iter()
        .zip(LAYERS)
        .map(|(weight, (layer, shape))| {
            let columns = shape[shape.len() - 1];
            let matrix = weight.reshape([weight.shape().count() / columns, columns]);
            let vector = [kept.get(&format!("{layer}.u")).reshape([columns, 1])];
            let found = match update {
                SpectralUpdate::Iterate => power_iteration(&[matrix.value().clone()], &vector),
                SpectralUpdate::Keep => follow(&[matrix.value().clone()], &vector),
            };
            let SingularVectors { left, right } = &found[0];
            let [left, right] = [left, right].map(|vector| Variable::constant(vector.clone()));
            let product = matrix.matmul(&right, Transpose::No, Transpose::No);
            let sigma = left.matmul(&product, Transpose::Yes, Transpose::No);
            matrix.over(&sigma).reshape(weight.shape())
        })
        .collect();
    gradients(loss(&normalized), &leaves)
}

#[test]
fn gradients_that_are_pulled_back_have_the_bits_of_those_through_the_graph() {
    let weights: Weights = LAYERS
        .iter()
        .map(|(layer, shape)| (format!("{layer}.weight"), draw(layer, shape)))
        .collect();
    let kept: Weights = LAYERS
        .iter()
        .map(|(layer, shape)| {
            (
                format!("{layer}.u"),
                draw(&format!("{layer}.u"), &shape[shape.len() - 1..]),
            )
        })
        .collect();
    let layers = LAYERS.map(|(layer, _)| layer.to_owned());
    for update in [SpectralUpdate::Iterate, SpectralUpdate::Keep] {
        let normalized = spectrally_normalized(&weights, &layers, &kept, SpectralVector::Outputs, update);
        let names = LAYERS.map(|(layer, _)| format!("{layer}.weight"));
        let leaves = names
            .each_ref()
            .map(|name| Variable::leaf(normalized.weights.get(name).clone()));
        let by_normalized = gradients(loss(&leaves), &leaves);
        let pulled = normalized.pull_back(names.iter().cloned().zip(by_normalized).collect());
        for (name, expected) in names.iter().zip(through_the_graph(&weights, &kept, update)) {
            let found = pulled.get(name);
            assert_eq!(found.shape(), expected.shape(), "{name}");
            let bits = |array: &Array| -> Vec<u32> {
                array.to_f32().unwrap().into_iter().map(f32::to_bits).collect()
            };
            assert!(bits(found) == bits(&expected), "{name} with {update:?}");
        }
    }
}
