//! Normalization to mean 0 and variance 1, then scaled and shifted: one kernel for what batch and layer normalization do.
//!
//! With mean and variance taken over the axes on which `statistics` has extent 1, `m` elements each:
//!
//! `mean = sum of x / m`, `variance = sum of (x - mean)^2 / m`, `r = 1 / sqrt(variance + epsilon)`,
//! `y = (x - mean) r gamma + beta`
//!
//! (Ioffe and Szegedy 2015, algorithm 1; Ba et al. 2016, equation 3). `statistics` of `[1, 1, 1, c]` is batch, of
//! `[n, 1, 1, 1]` layer normalization; `gamma` and `beta` have one value a channel, the last axis, in both.
//!
//! Law: the functions agree with their composition from elementwise operations and sums, which is what the CPU device
//! computes. With `h = g gamma` and `z = (x - mean) r` the gradient by `x`, whose part through mean and variance is
//! included, is `r (h - mean of h - z mean of h z)`.
//!
//! Tolerance between devices: the sums of `m` terms bring `min(m, 1024) 2^-24` of their terms' mean magnitude into mean
//! and variance, and the gradient's sums the same of `|h|` and `|h z|`; a few roundings of the result itself come on top.

mod cpu;
mod cube;

use crate::array::{Array, Storage};
use crate::reduce::{Group, groups};
use crate::shape::Shape;

/// Mean, variance and reciprocal deviation of groups of elements; all of one shape.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Means.
    pub mean: Array,
    /// Variances, with divisor `m`.
    pub variance: Array,
    /// `1 / sqrt(variance + epsilon)`.
    pub reciprocal_deviation: Array,
}

/// The moments of `x` over the axes on which `statistics` has extent 1.
///
/// # Panics
/// When `statistics` does not broadcast to `x`'s shape, or the axes with extent 1 are not neighbours.
#[must_use]
pub fn moments(x: &Array, statistics: impl Into<Shape>, epsilon: f64) -> Moments {
    let statistics = statistics.into();
    let layout = Layout::new(x.shape(), statistics);
    match x.storage() {
        Storage::Cube(values) => {
            let [mean, variance, reciprocal] = cube::moments(values, &layout, epsilon)
                .map(|values| Array::new(statistics, Storage::Cube(values)));
            Moments {
                mean,
                variance,
                reciprocal_deviation: reciprocal,
            }
        }
        _ => cpu::moments(x, &layout, epsilon),
    }
}

/// `(x - mean) r gamma + beta`; `gamma` and `beta` are `[1, .., c]`.
///
/// # Panics
/// When shapes do not fit.
#[must_use]
pub fn normalize(x: &Array, moments: &Moments, gamma: &Array, beta: &Array) -> Array {
    let layout = Layout::of(x, moments);
    layout.check_channels(gamma);
    layout.check_channels(beta);
    let Moments {
        mean,
        reciprocal_deviation: r,
        ..
    } = moments;
    let operands = [x, mean, r, gamma, beta].map(Array::storage);
    match operands {
        [
            Storage::Cube(x),
            Storage::Cube(mean),
            Storage::Cube(r),
            Storage::Cube(gamma),
            Storage::Cube(beta),
        ] => {
            let values = cube::normalize([x, mean, r, gamma, beta], &layout);
            Array::new(layout.shape, Storage::Cube(values))
        }
        _ => cpu::normalize(x, moments, gamma, beta),
    }
}

/// The gradient by `x`, for the gradient `g` at the result.
///
/// # Panics
/// When shapes do not fit.
#[must_use]
pub fn input_gradient(x: &Array, moments: &Moments, gamma: &Array, g: &Array) -> Array {
    let layout = Layout::of(x, moments);
    layout.check_channels(gamma);
    layout.check_gradient(g);
    let Moments {
        mean,
        reciprocal_deviation: r,
        ..
    } = moments;
    match [x, mean, r, gamma, g].map(Array::storage) {
        [
            Storage::Cube(x),
            Storage::Cube(mean),
            Storage::Cube(r),
            Storage::Cube(gamma),
            Storage::Cube(g),
        ] => {
            let values = cube::input_gradient([x, mean, r, gamma, g], &layout);
            Array::new(layout.shape, Storage::Cube(values))
        }
        _ => cpu::input_gradient(x, moments, gamma, g, &layout),
    }
}

/// The gradient by `gamma`, `[1, .., c]`: the sum of `g (x - mean) r`. That by `beta` is the sum of `g`.
///
/// # Panics
/// When shapes do not fit.
#[must_use]
pub fn scale_gradient(x: &Array, moments: &Moments, g: &Array) -> Array {
    let layout = Layout::of(x, moments);
    layout.check_gradient(g);
    let Moments {
        mean,
        reciprocal_deviation: r,
        ..
    } = moments;
    match [x, mean, r, g].map(Array::storage) {
        [
            Storage::Cube(x),
            Storage::Cube(mean),
            Storage::Cube(r),
            Storage::Cube(g),
        ] => {
            let values = cube::scale_gradient([x, mean, r, g], &layout);
            Array::new(layout.row(), Storage::Cube(values))
        }
        _ => cpu::scale_gradient(x, moments, g, &layout),
    }
}

/// Which elements are normalized together, and which share a channel.
struct Layout {
    shape: Shape,
    statistics: Shape,
    /// The elements normalized together: those along the middle.
    group: Group,
    channels: usize,
}

impl Layout {
    fn new(shape: Shape, statistics: Shape) -> Self {
        assert!(
            statistics.broadcasts_to(&shape) && shape.rank() > 0,
            "statistics of shape {statistics} for {shape}"
        );
        let groups = groups(shape, statistics);
        assert!(
            groups.len() <= 1,
            "{statistics} for {shape}: elements that are normalized together lie along neighbouring axes"
        );
        let alone = Group {
            outer: 1,
            middle: 1,
            inner: shape.count(),
        };
        Self {
            shape,
            statistics,
            group: groups.first().copied().unwrap_or(alone),
            channels: shape.extents()[shape.rank() - 1],
        }
    }

    /// That of an array with its moments.
    fn of(x: &Array, moments: &Moments) -> Self {
        let Moments {
            mean,
            variance,
            reciprocal_deviation,
        } = moments;
        let (shape, others) = (mean.shape(), [variance.shape(), reciprocal_deviation.shape()]);
        assert!(
            others == [shape; 2],
            "means {shape}, variances {} and reciprocal deviations {}",
            others[0],
            others[1]
        );
        Self::new(x.shape(), shape)
    }

    /// One value a channel: `[1, .., c]`.
    fn row(&self) -> Shape {
        let mut extents = [1; 4];
        let rank = self.shape.rank();
        extents[rank - 1] = self.channels;
        Shape::from(&extents[..rank])
    }

    fn check_channels(&self, array: &Array) {
        let (shape, row) = (array.shape(), self.row());
        assert!(
            shape == row,
            "{shape} where one value a channel, {row}, is needed"
        );
    }

    fn check_gradient(&self, g: &Array) {
        let shape = g.shape();
        assert!(
            shape == self.shape,
            "a gradient of shape {shape} for {}",
            self.shape
        );
    }
}
