//! One step of Adam for a list of arrays at once (Kingma and Ba 2015, algorithm 1).
//!
//! With `g` the gradient at step `t` (counted from 1):
//! `m <- beta1 m + (1 - beta1) g`, `v <- beta2 v + (1 - beta2) g^2`,
//! `x <- x - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)`.
//! Tolerance between devices: 4 units in the last place.

mod cpu;

use crate::array::{Array, Storage, refuse};

/// The settings of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the first moment, in [0, 1).
    pub beta1: f64,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f64,
    /// Added to the root of the corrected second moment.
    pub epsilon: f64,
    /// Which update this is, counted from 1.
    pub step: u64,
}

/// One parameter array with its moments; all of one shape.
#[derive(Clone, Debug)]
pub struct Moments {
    /// The parameter.
    pub value: Array,
    /// Running mean of gradients.
    pub first: Array,
    /// Running mean of squared gradients.
    pub second: Array,
}

/// Updates every parameter with its gradient.
///
/// # Panics
/// When the lists differ in length, an array, its moments and its gradient in shape, or the step is 0.
#[must_use]
pub fn adam(step: AdamStep, parameters: &[Moments], gradients: &[Array]) -> Vec<Moments> {
    assert!(
        parameters.len() == gradients.len(),
        "{} parameters, {} gradients",
        parameters.len(),
        gradients.len()
    );
    assert!(step.step >= 1, "updates are counted from 1");
    parameters
        .iter()
        .zip(gradients)
        .map(|(parameter, gradient)| update(step, parameter, gradient))
        .collect()
}

fn update(step: AdamStep, parameter: &Moments, gradient: &Array) -> Moments {
    let shape = parameter.value.shape();
    assert!(
        gradient.shape() == shape,
        "a gradient of shape {} for {shape}",
        gradient.shape()
    );
    let Moments { value, first, second } = parameter;
    assert!(
        first.shape() == shape && second.shape() == shape,
        "moments of shapes {} and {} for {shape}",
        first.shape(),
        second.shape()
    );
    let [value, first, second] = match (
        value.storage(),
        first.storage(),
        second.storage(),
        gradient.storage(),
    ) {
        (Storage::F32(x), Storage::F32(m), Storage::F32(v), Storage::F32(g)) => {
            cpu::update(step, [x, m, v, g].map(|values| &values[..])).map(Storage::from)
        }
        (Storage::F64(x), Storage::F64(m), Storage::F64(v), Storage::F64(g)) => {
            cpu::update(step, [x, m, v, g].map(|values| &values[..])).map(Storage::from)
        }
        _ => refuse("adam", &[value, first, second, gradient]),
    };
    let [value, first, second] = [value, first, second].map(|storage| Array::new(shape, storage));
    Moments { value, first, second }
}
