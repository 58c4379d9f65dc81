//! The gradient penalty's gradient by the weights of a whole SNDCGAN discriminator, in f64, twice over.
//!
//! Once against finite differences. Once against the forward-over-reverse identity: with `g` the gradient of the logits
//! by the images and `v` the penalty's derivative by `g`, held fixed, the penalty's gradient by the weights is that of
//! `<v, g>`, and `<v, g>` is the derivative of the logits along `v`, a second forward pass that never differentiates
//! twice.

use gan_kernels::Array;
use gan_kernels::convolution::Geometry;
use gan_kernels::matmul::Transpose;

use crate::autograd::{Variable, differentiable_gradients};
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{Convention, DiscriminatorNormalization, gradient_penalty};
use crate::nn::{BatchStatistics, Bound, Network, Normalizing, Weights};
use crate::random::Stream;

const IMAGES: [usize; 4] = [3, 8, 8, 2];
const CONVENTION: Convention = Convention::STANDARD;

fn discriminator() -> Network {
    Architecture {
        generator: ArchitectureKind::Sndcgan,
        discriminator: ArchitectureKind::Sndcgan,
        width: 1.0 / 32.0,
        resolution: 8,
        channels: 2,
    }
    .discriminator(DiscriminatorNormalization::None, &CONVENTION)
}

fn logits(images: &Variable, bound: &Bound) -> Variable {
    let mut unused = BatchStatistics::default();
    discriminator().forward(images, bound, &mut Normalizing::Batch(&mut unused))
}

fn draw(name: &str, shape: &[usize], scale: f64) -> Array {
    let mut stream = Stream::new(11, 0, name, 0);
    let values: Vec<f64> = (0..shape.iter().product())
        .map(|_| scale * stream.normal())
        .collect();
    Array::from_f64(shape, &values)
}

fn weights() -> Weights {
    let specifications = discriminator().weights();
    let draw = |name: &str, shape| (name.to_owned(), draw(name, shape, 0.3));
    specifications
        .iter()
        .map(|specification| draw(&specification.name, specification.shape.extents()))
        .collect()
}

/// Real images, generated images, and where between them.
fn point() -> [Variable; 3] {
    let alpha = Array::from_f64([3, 1, 1, 1], &[0.2, 0.5, 0.9]);
    [draw("real", &IMAGES, 0.5), draw("fake", &IMAGES, 0.5), alpha].map(Variable::constant)
}

fn penalty(bound: &Bound) -> Variable {
    let [real, fake, alpha] = point();
    gradient_penalty(|images| logits(images, bound), &real, &fake, &alpha, &CONVENTION)
}

fn value(variable: &Variable) -> f64 {
    variable.value().to_f64().unwrap()[0]
}

#[test]
fn the_penalty_of_a_whole_discriminator_has_the_gradient_that_finite_differences_find() {
    const STEP: f64 = 1e-6;
    let weights = weights();
    let bound = Bound::leaves(&weights);
    let gradients = bound.gradients(penalty(&bound));
    for (name, array) in weights.iter() {
        let values = array.to_f64().unwrap();
        let found = gradients.get(name).to_f64().unwrap();
        for index in [0, values.len() / 2, values.len() - 1] {
            let at = |step: f64| {
                let mut values = values.clone();
                values[index] += step;
                let mut changed = weights.clone();
                changed.insert(name, Array::from_f64(array.shape(), &values));
                value(&penalty(&Bound::constants(&changed)))
            };
            let expected = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            let allowed = 1e-6 * (1.0 + expected.abs());
            assert!(
                (found[index] - expected).abs() <= allowed,
                "{name}[{index}]: {} by the rules, {expected} by differences",
                found[index]
            );
        }
    }
}

/// Logits and their derivative along `direction`, by a forward pass of both.
fn derivative_along(images: &Variable, direction: &Variable, bound: &Bound) -> Variable {
    let (mut x, mut tangent) = (images.clone(), direction.clone());
    for (layer, stride) in [
        ("conv1", 1),
        ("conv2", 2),
        ("conv3", 1),
        ("conv4", 2),
        ("conv5", 1),
        ("conv6", 2),
        ("conv7", 1),
    ] {
        let (weight, bias) = (
            bound.get(&format!("{layer}.weight")),
            bound.get(&format!("{layer}.bias")),
        );
        let geometry = Geometry::square(stride, 1);
        x = x.convolution(weight, Some(bias), geometry, None);
        tangent = tangent
            .convolution(weight, None, geometry, None)
            .leaky_relu_gradient(&x, 0.1);
        x = x.leaky_relu(0.1);
    }
    let features = x.shape().count() / IMAGES[0];
    let tangent = tangent.reshape([IMAGES[0], features]);
    tangent.matmul(bound.get("dense.weight"), Transpose::No, Transpose::No) // [n, 1]
}

#[test]
fn the_penalty_of_a_whole_discriminator_has_the_gradient_of_the_forward_over_reverse_identity() {
    let weights = weights();
    let bound = Bound::leaves(&weights);
    let found = bound.gradients(penalty(&bound));

    let [real, fake, alpha] = point();
    let images = Variable::leaf(
        alpha
            .times(&real)
            .plus(&alpha.affine(-1.0, 1.0).times(&fake))
            .value()
            .clone(),
    );
    let logits = logits(&images, &Bound::constants(&weights));
    let gradient = differentiable_gradients(&logits, std::slice::from_ref(&images))
        .remove(0)
        .detached();
    let length = gradient
        .square()
        .sum([IMAGES[0], 1, 1, 1])
        .affine(1.0, CONVENTION.gradient_penalty_epsilon)
        .square_root();
    // The penalty's derivative by g: 2 (|g| - 1) g / (n |g|).
    let direction = gradient.times(
        &length
            .affine(2.0 / IMAGES[0] as f64, -2.0 / IMAGES[0] as f64)
            .over(&length),
    );
    let bound = Bound::leaves(&weights);
    let along = derivative_along(&images.detached(), &direction.detached(), &bound).sum([1, 1]);
    let expected = bound.gradients(along);
    for (name, array) in expected.iter() {
        for (expected, found) in array
            .to_f64()
            .unwrap()
            .iter()
            .zip(found.get(name).to_f64().unwrap())
        {
            assert!(
                (expected - found).abs() <= 1e-11 * (1.0 + expected.abs()),
                "{name}: {found} against {expected}"
            );
        }
    }
}
