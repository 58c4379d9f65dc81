//! What a network's arrays are at the start: a list of names, shapes and distributions, drawn from named streams.

use gan_kernels::{Array, Device, Shape};

use crate::nn::Weights;
use crate::random::Stream;

/// How an array starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Normal with mean 0.
    Normal {
        /// Standard deviation.
        deviation: f64,
    },
    /// Normal with mean 0, drawn again until it is within two standard deviations.
    TruncatedNormal {
        /// Standard deviation before the cut.
        deviation: f64,
    },
    /// Uniform on `[-bound, bound]`.
    Uniform {
        /// The largest magnitude.
        bound: f64,
    },
    /// One value everywhere.
    Constant(f64),
    /// A direction drawn uniformly: normal, then of length 1.
    Direction,
}

/// One array of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Specification {
    /// Its name within the network, such as `conv1.weight`.
    pub name: String,
    /// Its extents.
    pub shape: Shape,
    /// How it starts.
    pub initial: Initial,
}

impl Initial {
    /// Uniform of Glorot and Bengio (2010, equation 16) times `gain`: variance `2 gain^2 / (inputs + outputs)`, where a
    /// filter counts each of its pixels.
    #[must_use]
    pub fn glorot(inputs: usize, outputs: usize, gain: f64) -> Self {
        Self::Uniform {
            bound: gain * (6.0 / (inputs + outputs) as f64).sqrt(),
        }
    }
}

impl Specification {
    /// An array of this name, shape and start.
    pub fn new(name: impl Into<String>, shape: impl Into<Shape>, initial: Initial) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            initial,
        }
    }
}

/// Draws every array, each from its own stream `initial.<player>.<name>`, so that no array's start depends on others.
///
/// `seed` is the study's seed, `run` the run's.
#[must_use]
pub fn initialize(
    device: &Device,
    specifications: &[Specification],
    player: &str,
    seed: u64,
    run: u64,
) -> Weights {
    specifications
        .iter()
        .map(|Specification { name, shape, initial }| {
            let mut stream = Stream::new(seed, run, &format!("initial.{player}.{name}"), 0);
            (
                name.clone(),
                Array::from_f32(device, *shape, &draw(&mut stream, shape.count(), *initial)),
            )
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
fn draw(stream: &mut Stream, count: usize, initial: Initial) -> Vec<f32> {
    match initial {
        Initial::Constant(value) => vec![value as f32; count],
        Initial::Normal { deviation } => (0..count).map(|_| (deviation * stream.normal()) as f32).collect(),
        Initial::TruncatedNormal { deviation } => (0..count)
            .map(|_| (deviation * within_two(stream)) as f32)
            .collect(),
        Initial::Uniform { bound } => (0..count)
            .map(|_| (bound * (2.0 * stream.uniform() - 1.0)) as f32)
            .collect(),
        Initial::Direction => {
            let values: Vec<f64> = (0..count).map(|_| stream.normal()).collect();
            let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
            values.iter().map(|value| (value / length) as f32).collect()
        }
    }
}

/// A standard normal number of magnitude at most 2.
fn within_two(stream: &mut Stream) -> f64 {
    loop {
        let value = stream.normal();
        if value.abs() <= 2.0 {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn an_array_starts_the_same_whatever_else_the_network_has() {
        let weight = Specification::new("weight", [40, 50], Initial::Normal { deviation: 0.02 });
        let other = Specification::new("another", [3], Initial::Direction);
        let alone = initialize(&Device::Cpu, std::slice::from_ref(&weight), "generator", 1, 2);
        let together = initialize(&Device::Cpu, &[other, weight], "generator", 1, 2);
        assert_eq!(
            alone.get("weight").to_f32().unwrap(),
            together.get("weight").to_f32().unwrap()
        );
        let values = alone.get("weight").to_f64().unwrap();
        let deviation = (values.iter().map(|value| value * value).sum::<f64>() / 2000.0).sqrt();
        assert!((deviation - 0.02).abs() < 0.001, "standard deviation {deviation}");
        let length: f64 = together
            .get("another")
            .to_f64()
            .unwrap()
            .iter()
            .map(|value| value * value)
            .sum();
        assert!((length - 1.0).abs() < 1e-6);
    }
}
