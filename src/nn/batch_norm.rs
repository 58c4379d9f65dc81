//! Batch normalization (Ioffe and Szegedy 2015, algorithm 1).
//!
//! `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, each channel (of `[n, h, w, c]`) or unit (of `[n, d]`) on
//! its own. In training mean and variance are those of the batch, the variance with divisor `m`; in evaluation they are
//! running averages.

use gan_kernels::{Device, Shape, normalization};

use crate::autograd::Variable;
use crate::nn::{Bound, Initial, Specification, Weights};

/// The constants of a network's batch normalization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub epsilon: f64,
    /// What a running average keeps of itself at each update.
    pub decay: f64,
    /// Which variance the running averages are of.
    pub running_variance: RunningVariance,
}

/// The variance that running averages are of, over the `m` values of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunningVariance {
    /// With divisor `m - 1` (Ioffe and Szegedy 2015, algorithm 2).
    Unbiased,
    /// With divisor `m`, as in training.
    Biased,
}

/// Where mean and variance come from.
pub enum Normalizing<'a> {
    /// From the batch; they are recorded for the running averages.
    Batch(&'a mut BatchStatistics),
    /// From running averages.
    Running(&'a Weights),
}

/// Means and variances of the batches that went through a network's normalizations.
#[derive(Clone, Debug, Default)]
pub struct BatchStatistics(Weights);

impl BatchNorm {
    /// The weights of one normalization: `<name>.gamma` and `<name>.beta`.
    #[must_use]
    pub fn weights(name: &str, channels: usize) -> [Specification; 2] {
        [
            Specification::new(format!("{name}.gamma"), [channels], Initial::Constant(1.0)),
            Specification::new(format!("{name}.beta"), [channels], Initial::Constant(0.0)),
        ]
    }

    /// The running averages of one normalization: `<name>.mean` and `<name>.variance`.
    #[must_use]
    pub fn averages(name: &str, channels: usize) -> [Specification; 2] {
        [
            Specification::new(format!("{name}.mean"), [channels], Initial::Constant(0.0)),
            Specification::new(format!("{name}.variance"), [channels], Initial::Constant(1.0)),
        ]
    }

    /// Normalizes `x`, `[n, h, w, c]` by channel or `[n, d]` by unit; the shape stays.
    #[must_use]
    pub fn apply(
        &self,
        x: &Variable,
        bound: &Bound,
        name: &str,
        normalizing: &mut Normalizing<'_>,
    ) -> Variable {
        let row = per_channel(x.shape()); // [1, 1, 1, c] or [1, d]
        let gamma = bound.get(&format!("{name}.gamma")).reshape(row);
        let beta = bound.get(&format!("{name}.beta")).reshape(row);
        match normalizing {
            Normalizing::Batch(statistics) if !matches!(x.value().device(), Device::Cpu) => {
                let moments = normalization::moments(x.value(), row, self.epsilon);
                let [mean, variance] =
                    [&moments.mean, &moments.variance].map(|array| Variable::constant(array.clone()));
                self.record(
                    statistics,
                    name,
                    x.shape().count() / row.count(),
                    [&mean, &variance],
                );
                x.normalized(&moments, self.epsilon, &gamma, &beta)
            }
            // The same in single operations, whose order of roundings the CPU device's version of numerics stands for.
            Normalizing::Batch(statistics) => {
                let mean = x.mean(row);
                let centred = x.minus(&mean);
                let variance = centred.square().mean(row);
                self.record(
                    statistics,
                    name,
                    x.shape().count() / row.count(),
                    [&mean, &variance],
                );
                centred.times(&self.factor(&variance, &gamma)).plus(&beta)
            }
            Normalizing::Running(averages) => {
                let average =
                    |part: &str| Variable::constant(averages.get(&format!("{name}.{part}")).reshape(row));
                x.minus(&average("mean"))
                    .times(&self.factor(&average("variance"), &gamma))
                    .plus(&beta)
            }
        }
    }

    fn factor(&self, variance: &Variable, gamma: &Variable) -> Variable {
        gamma.over(&variance.affine(1.0, self.epsilon).square_root())
    }

    fn record(
        &self,
        statistics: &mut BatchStatistics,
        name: &str,
        terms: usize,
        [mean, variance]: [&Variable; 2],
    ) {
        let channels = mean.shape().count();
        let factor = match self.running_variance {
            RunningVariance::Unbiased => terms as f64 / (terms.max(2) - 1) as f64,
            RunningVariance::Biased => 1.0,
        };
        let variance = variance.detached().scale(factor);
        for (part, values) in [("mean", mean), ("variance", &variance)] {
            statistics
                .0
                .insert(format!("{name}.{part}"), values.value().reshape([channels]));
        }
    }

    /// Running averages after a batch: `decay average + (1 - decay) batch`.
    #[must_use]
    pub fn updated(&self, averages: &Weights, statistics: &BatchStatistics) -> Weights {
        averages
            .iter()
            .map(|(name, average)| {
                let batch = Variable::constant(statistics.0.get(name).clone()).scale(1.0 - self.decay);
                let kept = Variable::constant(average.clone()).scale(self.decay);
                (name.to_owned(), kept.plus(&batch).value().clone())
            })
            .collect()
    }
}

/// The shape of one value a channel (the last axis).
pub(super) fn per_channel(shape: Shape) -> Shape {
    let mut extents = [1; 4];
    let rank = shape.rank();
    extents[rank - 1] = shape.extents()[rank - 1];
    Shape::from(&extents[..rank])
}
