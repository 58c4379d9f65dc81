//! One step of Adam for a list of arrays at once (Kingma and Ba 2015, algorithm 1).
//!
//! With `g` the gradient at step `t` (counted from 1):
//! `m <- beta1 m + (1 - beta1) g`, `v <- beta2 v + (1 - beta2) g^2`,
//! `x <- x - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)`.
//!
//! On a CubeCL device a step is one launch for the whole list. Values and moments that an earlier step returned lie
//! where that launch finds them; gradients from separate operations are copied together first, one launch for each 32
//! of them (for fewer where a kernel can be given fewer buffers). The first step does the same for values and moments.
//! A list that is too large for one buffer is cut into parts.
//!
//! Tolerance between devices: 4 units in the last place for the moments, of `|beta1 m| + |(1 - beta1) g|` and of `v`,
//! and, on the CPU, for the value, of `|x| + |change|`. Other devices may round quotients and roots less well: Vulkan
//! promises a quotient to 2.5 units, and a root as the reciprocal of an inverse root of 2 units, together 4.5. In the
//! change there are then 3.5 units from the first moment, its correction and the rate, 1.5 from the second moment below
//! the root, 4.5 from the root, 1 from `epsilon` and 2.5 from the quotient, with the last difference 13.5: the value has
//! 14 units of `|x| + |change|`.

mod cpu;
mod cube;

use crate::activity::count_host_operation;
use crate::array::{Array, Storage, buffers, device_of, refuse};
use crate::cube::{CubeDevice, list};
use crate::element::Real;
use crate::shape::Shape;

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
    for (parameter, gradient) in parameters.iter().zip(gradients) {
        check(parameter, gradient);
    }
    let arrays = || {
        let moments = parameters
            .iter()
            .flat_map(|Moments { value, first, second }| [value, first, second]);
        moments.chain(gradients)
    };
    match device_of("adam", arrays()) {
        Some(device) => on_device(step, &device, parameters, gradients),
        None => parameters
            .iter()
            .zip(gradients)
            .map(|(parameter, gradient)| on_cpu(step, parameter, gradient))
            .collect(),
    }
}

fn check(Moments { value, first, second }: &Moments, gradient: &Array) {
    let shape = value.shape();
    assert!(
        gradient.shape() == shape,
        "a gradient of shape {} for {shape}",
        gradient.shape()
    );
    assert!(
        first.shape() == shape && second.shape() == shape,
        "moments of shapes {} and {} for {shape}",
        first.shape(),
        second.shape()
    );
}

fn on_cpu(step: AdamStep, Moments { value, first, second }: &Moments, gradient: &Array) -> Moments {
    count_host_operation();
    let [new_value, new_first, new_second] = match (
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
    moments(value.shape(), [new_value, new_first, new_second])
}

fn on_device(
    step: AdamStep,
    device: &CubeDevice,
    parameters: &[Moments],
    gradients: &[Array],
) -> Vec<Moments> {
    let counts: Vec<usize> = gradients
        .iter()
        .map(|gradient| gradient.shape().count())
        .collect();
    let mut updated = Vec::new();
    for part in list::parts(device, &counts) {
        let parameters = &parameters[part.clone()];
        let values = buffers(parameters.iter().map(|moments| &moments.value));
        let firsts = buffers(parameters.iter().map(|moments| &moments.first));
        let seconds = buffers(parameters.iter().map(|moments| &moments.second));
        let gradients = buffers(&gradients[part.clone()]);
        let operands = [&values, &firsts, &seconds, &gradients].map(|list| &list[..]);
        let [values, firsts, seconds] = cube::update(step, device, operands, &counts[part]);
        let news = values.into_iter().zip(firsts).zip(seconds).zip(parameters);
        updated.extend(news.map(|(((value, first), second), old)| {
            moments(old.value.shape(), [value, first, second].map(Storage::Cube))
        }));
    }
    updated
}

fn moments(shape: Shape, storages: [Storage; 3]) -> Moments {
    let [value, first, second] = storages.map(|storage| Array::new(shape, storage));
    Moments { value, first, second }
}

/// What a step multiplies by, rounded to the element type from f64.
struct Factors<T> {
    /// `beta1` and `beta2`.
    betas: [T; 2],
    /// `1 - beta1` and `1 - beta2`, formed before rounding: `1 - 0.999` in f32 would be off by a hundred units in the
    /// last place.
    rests: [T; 2],
    /// `1 / (1 - beta^t)`.
    corrections: [T; 2],
    rate: T,
    epsilon: T,
}

impl<T: Real> Factors<T> {
    fn of(step: AdamStep) -> Self {
        let t = i32::try_from(step.step).unwrap_or(i32::MAX); // Both corrections are 1 in f64 long before.
        let betas = [step.beta1, step.beta2];
        Self {
            betas: betas.map(T::from_f64),
            rests: betas.map(|beta| T::from_f64(1.0 - beta)),
            corrections: betas.map(|beta| T::from_f64(1.0 / (1.0 - libm::pow(beta, f64::from(t))))),
            rate: T::from_f64(step.learning_rate),
            epsilon: T::from_f64(step.epsilon),
        }
    }
}
