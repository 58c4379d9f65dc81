//! Moments, normalization and its gradients against the definitions, for batch and layer normalization.

use gan_kernels::Array;
use gan_kernels::normalization::{self as operation, Moments};

use crate::target::{Expected, Target, at, positions, reals};

const EPSILON: f64 = 1e-3;

/// Extents of what is normalized and of its statistics.
const CASES: [([usize; 4], [usize; 4]); 13] = [
    ([2, 3, 5, 7], [1, 1, 1, 7]),
    ([33, 4, 4, 17], [1, 1, 1, 17]),
    ([31, 7, 9, 3], [1, 1, 1, 3]),
    ([257, 1, 1, 33], [1, 1, 1, 33]),
    ([1, 1, 1, 5], [1, 1, 1, 5]),
    ([1, 65, 65, 1], [1, 1, 1, 1]),
    ([3, 4, 5, 7], [3, 1, 1, 1]),
    ([2, 33, 31, 6], [2, 1, 1, 1]),
    ([257, 1, 1, 31], [257, 1, 1, 1]),
    ([1, 1, 1, 1], [1, 1, 1, 1]),
    // More groups than a grid is wide.
    ([70_000, 1, 1, 2], [70_000, 1, 1, 1]),
    ([0, 3, 3, 4], [0, 1, 1, 1]),
    ([2, 3, 5, 0], [1, 1, 1, 0]),
];

/// One case in f64.
struct Reference {
    extents: [usize; 4],
    statistics: [usize; 4],
    x: Vec<f64>,
    gamma: Vec<f64>,
    beta: Vec<f64>,
    g: Vec<f64>,
    /// Elements normalized together.
    m: f64,
    mean: Vec<f64>,
    /// Mean of `|x|`.
    size: Vec<f64>,
    variance: Vec<f64>,
}

impl Reference {
    fn new(extents: [usize; 4], statistics: [usize; 4]) -> Self {
        let count = extents.iter().product();
        let mut reference = Self {
            extents,
            statistics,
            x: reals(1, count).iter().map(|x| x + 0.5).collect(),
            gamma: reals(2, extents[3]).iter().map(|x| x + 1.0).collect(),
            beta: reals(3, extents[3]),
            g: reals(4, count),
            m: count as f64 / statistics.iter().product::<usize>() as f64,
            mean: Vec::new(),
            size: Vec::new(),
            variance: Vec::new(),
        };
        reference.mean = reference.means(|reference, index, _| reference.x[index]);
        reference.size = reference.means(|reference, index, _| reference.x[index].abs());
        let square =
            |reference: &Self, index: usize, s: usize| (reference.x[index] - reference.mean[s]).powi(2);
        reference.variance = reference.means(square);
        reference
    }

    /// Index, statistic and channel of every element.
    fn elements(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let statistic = |position: [usize; 4]| {
            let own = [0, 1, 2, 3].map(|axis| position[axis].min(self.statistics[axis] - 1));
            at(self.statistics, own)
        };
        let all = positions(self.extents).enumerate();
        all.map(move |(index, position)| (index, statistic(position), position[3]))
    }

    fn means(&self, term: impl Fn(&Self, usize, usize) -> f64) -> Vec<f64> {
        let mut means = vec![0.0; self.statistics.iter().product()];
        for (index, statistic, _) in self.elements() {
            means[statistic] += term(self, index, statistic) / self.m;
        }
        means
    }

    fn r(&self, statistic: usize) -> f64 {
        1.0 / (self.variance[statistic] + EPSILON).sqrt()
    }

    fn z(&self, index: usize, statistic: usize) -> f64 {
        (self.x[index] - self.mean[statistic]) * self.r(statistic)
    }

    fn h(&self, index: usize) -> f64 {
        self.g[index] * self.gamma[index % self.extents[3]]
    }

    /// Roundings that a sum of `m` terms may bring, and those of what is done with it.
    fn roundings(&self, target: &Target) -> f64 {
        (self.m.min(1024.0) + 16.0) * target.rounding()
    }

    /// What rounding does to `z`: through the mean, and relative to itself.
    fn error_of_z(&self, index: usize, s: usize) -> f64 {
        self.size[s] * self.r(s) + self.z(index, s).abs()
    }

    fn arrays(&self, target: &Target) -> [Array; 4] {
        let row = [1, 1, 1, self.extents[3]];
        [
            target.array(self.extents, &self.x),
            target.array(row, &self.gamma),
            target.array(row, &self.beta),
            target.array(self.extents, &self.g),
        ]
    }
}

fn for_each_case(target: &Target, check: impl Fn(&str, &Reference, [Array; 4], &Moments)) {
    for (extents, statistics) in CASES {
        let reference = Reference::new(extents, statistics);
        let arrays = reference.arrays(target);
        let moments = operation::moments(&arrays[0], statistics, EPSILON);
        let case = format!("{extents:?} by {statistics:?}");
        check(&case, &reference, arrays, &moments);
    }
}

pub(crate) fn moments(target: &Target) {
    for_each_case(target, |case, reference, _, moments| {
        let allowed = reference.roundings(target);
        let close = |values: &[f64], sizes: &dyn Fn(usize) -> f64| -> Vec<Expected> {
            let expected = |(statistic, value): (usize, &f64)| Expected {
                value: *value,
                tolerance: allowed * sizes(statistic),
            };
            values.iter().enumerate().map(expected).collect()
        };
        let shape = reference.statistics;
        let mean = close(&reference.mean, &|s| reference.size[s]);
        target.assert_close(&format!("mean of {case}"), &moments.mean, shape, &mean);
        // An error of the mean enters the variance squared.
        let variance = close(&reference.variance, &|s| {
            reference.variance[s] + allowed * reference.size[s].powi(2)
        });
        target.assert_close(
            &format!("variance of {case}"),
            &moments.variance,
            shape,
            &variance,
        );
        let r: Vec<f64> = (0..reference.mean.len()).map(|s| reference.r(s)).collect();
        let r = close(&r, &|s| reference.r(s));
        let name = format!("reciprocal deviation of {case}");
        target.assert_close(&name, &moments.reciprocal_deviation, shape, &r);
    });
}

pub(crate) fn normalize(target: &Target) {
    for_each_case(target, |case, reference, [x, gamma, beta, _], moments| {
        let expected: Vec<_> = reference
            .elements()
            .map(|(index, s, channel)| {
                let (gamma, beta) = (reference.gamma[channel], reference.beta[channel]);
                let error = gamma.abs() * reference.error_of_z(index, s) + beta.abs();
                Expected {
                    value: reference.z(index, s) * gamma + beta,
                    tolerance: reference.roundings(target) * error,
                }
            })
            .collect();
        let y = operation::normalize(&x, moments, &gamma, &beta);
        target.assert_close(case, &y, reference.extents, &expected);
    });
}

pub(crate) fn input_gradient(target: &Target) {
    for_each_case(target, |case, reference, [x, gamma, _, g], moments| {
        let mean_h = reference.means(|reference, index, _| reference.h(index));
        let size_h = reference.means(|reference, index, _| reference.h(index).abs());
        let along = reference.means(|reference, index, s| reference.h(index) * reference.z(index, s));
        let size_along = reference.means(|reference, index, s| {
            reference.h(index).abs() * (reference.z(index, s).abs() + reference.error_of_z(index, s))
        });
        let expected: Vec<_> = reference
            .elements()
            .map(|(index, s, _)| {
                let (h, z) = (reference.h(index), reference.z(index, s));
                let error = h.abs() + size_h[s] + (z.abs() + reference.error_of_z(index, s)) * size_along[s];
                Expected {
                    value: reference.r(s) * (h - mean_h[s] - z * along[s]),
                    tolerance: 2.0 * reference.roundings(target) * reference.r(s) * error,
                }
            })
            .collect();
        let gradient = operation::input_gradient(&x, moments, &gamma, &g);
        target.assert_close(case, &gradient, reference.extents, &expected);
    });
}

pub(crate) fn scale_gradient(target: &Target) {
    for_each_case(target, |case, reference, [x, _, _, g], moments| {
        let channels = reference.extents[3];
        let mut expected = vec![Expected::exactly(0.0); channels];
        for (index, s, channel) in reference.elements() {
            let (g, z) = (reference.g[index], reference.z(index, s));
            let terms = (reference.x.len() / channels) as f64;
            let allowed = (terms.min(1024.0) + 16.0) * target.rounding() + reference.roundings(target);
            expected[channel].value += g * z;
            expected[channel].tolerance += allowed * g.abs() * (z.abs() + reference.error_of_z(index, s));
        }
        let gradient = operation::scale_gradient(&x, moments, &g);
        target.assert_close(case, &gradient, [1, 1, 1, channels], &expected);
    });
}
