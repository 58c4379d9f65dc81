//! Convolutional networks of published weights, as lists of modules. Knows no particular network.
//!
//! Every convolution is followed by batch normalization by running averages, or a bias, and by a rectifier. Both are
//! folded into filter and bias when weights are taken in, in f64: with `z = (y - mean) / sqrt(variance + epsilon) scale +
//! shift` (Ioffe & Szegedy 2015, algorithm 2), the filter is multiplied by `scale / sqrt(variance + epsilon)`. Nothing is
//! differentiated, and an activation is gone as soon as the next one is there.

use std::collections::BTreeMap;

use gan_kernels::concatenation::concatenate;
use gan_kernels::convolution::{Epilogue, Geometry, convolution};
use gan_kernels::elementwise::{self, Unary};
use gan_kernels::{Array, ReadError, pool, reduce, window};

use crate::nn::{Weights, WeightsError};

/// A named part of a network, such as a convolution or a block of branches.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) name: &'static str,
    pub(super) steps: Vec<Step>,
}

/// What is done to an activation `[n, h, w, c]`.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A rectified convolution to `outputs` channels.
    Convolution {
        /// As in the names of its weights.
        name: String,
        outputs: usize,
        kernel: [usize; 2],
        geometry: Geometry,
    },
    /// A window that moves over the activation.
    Pool {
        pool: Pool,
        side: usize,
        geometry: Geometry,
    },
    /// Steps that all see the same activation; their results are set side by side.
    Branches(Vec<Vec<Step>>),
}

/// What becomes of the pixels under a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    /// The largest; padding is not seen.
    Maximum,
    /// The mean of those that are on the image.
    Average,
    /// The mean where padding counts as zeros: PyTorch's, unless told otherwise.
    AverageWithPadding,
}

/// What follows a convolution, before the rectifier.
#[derive(Clone, Copy, Debug)]
pub(super) enum Follower {
    /// `<name>.bias`; the filter is `<name>.weight`.
    Bias,
    /// `<name>.bn.weight`, `.bias`, `.running_mean` and `.running_var`; the filter is `<name>.conv.weight`.
    BatchNormalization { epsilon: f64 },
}

/// Modules with their weights, on one device.
#[derive(Clone, Debug)]
pub(super) struct Network {
    modules: Vec<Module>,
    convolutions: BTreeMap<String, Folded>,
}

#[derive(Clone, Debug)]
struct Folded {
    filter: Array,
    bias: Array,
}

impl Network {
    /// The network of these weights, which must have all arrays that [`array_shapes`] names; it may have others.
    pub(super) fn new(
        modules: Vec<Module>,
        follower: Follower,
        channels: usize,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let mut convolutions = BTreeMap::new();
        for (name, shape) in filters(&modules, channels) {
            for (array, shape) in arrays(&name, shape, follower) {
                weights.find_shaped(&array, &shape)?;
            }
            let folded = match follower {
                Follower::Bias => Folded {
                    filter: weights.get(&format!("{name}.weight")).clone(),
                    bias: weights.get(&format!("{name}.bias")).clone(),
                },
                Follower::BatchNormalization { epsilon } => folded(&name, weights, epsilon)?,
            };
            convolutions.insert(name, folded);
        }
        Ok(Self {
            modules,
            convolutions,
        })
    }

    /// The activation after the last module.
    pub(super) fn all(&self, x: Array) -> Array {
        self.modules.iter().fold(x, |x, module| self.module(module, x))
    }

    /// The activation after the module of that name.
    pub(super) fn until(&self, name: &str, x: Array) -> Array {
        let last = self.modules.iter().position(|module| module.name == name);
        let modules = &self.modules[..=last.unwrap_or_else(|| panic!("no module {name:?}"))];
        modules.iter().fold(x, |x, module| self.module(module, x))
    }

    /// What one module makes of an activation.
    pub(super) fn module(&self, module: &Module, x: Array) -> Array {
        self.steps(&module.steps, x)
    }

    #[cfg(test)]
    pub(super) fn modules(&self) -> &[Module] {
        &self.modules
    }

    fn steps(&self, steps: &[Step], mut x: Array) -> Array {
        for step in steps {
            x = self.step(step, &x);
        }
        x
    }

    fn step(&self, step: &Step, x: &Array) -> Array {
        match step {
            Step::Convolution { name, geometry, .. } => {
                let Folded { filter, bias } = &self.convolutions[name];
                let epilogue = Epilogue {
                    bias: Some(bias),
                    negative_slope: Some(0.0),
                };
                convolution(x, filter, *geometry, epilogue)
            }
            Step::Pool { pool, side, geometry } => pooled(*pool, x, *side, *geometry),
            Step::Branches(branches) => {
                let results: Vec<Array> = branches
                    .iter()
                    .map(|steps| self.steps(steps, x.clone()))
                    .collect();
                concatenate(&results.iter().collect::<Vec<_>>())
            }
        }
    }
}

/// The mean over all positions of each channel, `[n, h, w, c]` to `[n, c]`.
pub(super) fn mean_over_positions(x: &Array) -> Array {
    let [n, h, w, c] = x.shape().four();
    let mean = Unary::Affine {
        scale: 1.0 / (h * w) as f64,
        shift: 0.0,
    };
    elementwise::unary(mean, &reduce::sum(x, [n, 1, 1, c])).reshape([n, c])
}

/// Names and shapes of all arrays of a network's convolutions, for images of `channels` channels.
pub(super) fn array_shapes(
    modules: &[Module],
    follower: Follower,
    channels: usize,
) -> Vec<(String, Vec<usize>)> {
    let of_filter = |(name, shape): (String, [usize; 4])| arrays(&name, shape, follower);
    filters(modules, channels)
        .into_iter()
        .flat_map(of_filter)
        .collect()
}

/// Arrays of the convolution of that name, whose filter has this shape.
fn arrays(name: &str, filter: [usize; 4], follower: Follower) -> Vec<(String, Vec<usize>)> {
    let outputs = vec![filter[3]];
    match follower {
        Follower::Bias => vec![
            (format!("{name}.weight"), filter.to_vec()),
            (format!("{name}.bias"), outputs),
        ],
        Follower::BatchNormalization { .. } => [(format!("{name}.conv.weight"), filter.to_vec())]
            .into_iter()
            .chain(
                ["weight", "bias", "running_mean", "running_var"]
                    .map(|array| (format!("{name}.bn.{array}"), outputs.clone())),
            )
            .collect(),
    }
}

/// Every convolution's name and filter shape `[r, s, c, k]`.
fn filters(modules: &[Module], channels: usize) -> Vec<(String, [usize; 4])> {
    let mut found = Vec::new();
    modules.iter().fold(channels, |channels, module| {
        filters_of(&module.steps, channels, &mut found)
    });
    found
}

/// Adds the filters of steps that see `channels` channels, and returns how many they give.
fn filters_of(steps: &[Step], channels: usize, found: &mut Vec<(String, [usize; 4])>) -> usize {
    steps.iter().fold(channels, |channels, step| match step {
        Step::Convolution {
            name,
            outputs,
            kernel: [r, s],
            ..
        } => {
            found.push((name.clone(), [*r, *s, channels, *outputs]));
            *outputs
        }
        Step::Pool { .. } => channels,
        Step::Branches(branches) => branches
            .iter()
            .map(|steps| filters_of(steps, channels, found))
            .sum(),
    })
}

fn folded(name: &str, weights: &Weights, epsilon: f64) -> Result<Folded, ReadError> {
    let array = weights.get(&format!("{name}.conv.weight"));
    let normalization = |part: &str| weights.get(&format!("{name}.bn.{part}")).to_f64();
    let (scale, shift) = (normalization("weight")?, normalization("bias")?);
    let (mean, variance) = (normalization("running_mean")?, normalization("running_var")?);
    let factors: Vec<f64> = scale
        .iter()
        .zip(&variance)
        .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
        .collect();
    let mut filter = array.to_f32()?;
    for filter in filter.chunks_exact_mut(factors.len()) {
        for (value, factor) in filter.iter_mut().zip(&factors) {
            *value = (f64::from(*value) * factor) as f32;
        }
    }
    let bias: Vec<f32> = shift
        .iter()
        .zip(mean.iter().zip(&factors))
        .map(|(shift, (mean, factor))| (shift - mean * factor) as f32)
        .collect();
    let device = array.device();
    Ok(Folded {
        bias: Array::from_f32(&device, [bias.len()], &bias),
        filter: Array::from_f32(&device, array.shape(), &filter),
    })
}

fn pooled(pool: Pool, x: &Array, side: usize, geometry: Geometry) -> Array {
    match pool {
        Pool::Maximum => pool::maximum(x, [side; 2], geometry),
        Pool::Average => pool::average(x, [side; 2], geometry),
        Pool::AverageWithPadding => {
            let [n, h, w, c] = x.shape().four();
            let [rows, columns] = geometry.padding;
            let shape = [
                n,
                rows.before + h + rows.after,
                columns.before + w + columns.after,
                c,
            ];
            let padded = window::pad(x, &[0, rows.before, columns.before, 0], shape);
            let none = Geometry {
                stride: geometry.stride,
                ..Geometry::square(1, 0)
            };
            pool::average(&padded, [side; 2], none)
        }
    }
}
