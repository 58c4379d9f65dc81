//! What the polar iteration has not reached, bounded by what its last step gained. Knows the iteration as a function of
//! one singular value, and no arrays.
//!
//! All singular values go through one scalar function `f`, which is known: after a step the value `D = sum of s f(s)`
//! lacks `sum of s (1 - f(s))`, and the step gained `d = sum of s (f(s) - f'(s))`, with `f'` from before the step. For
//! every `w >= 0` and at most `p` singular values of at most `r`,
//!
//! ```text
//! sum of s (1 - f(s)) <= w d + p max over 0 <= s <= r of [ s (1 - f(s)) - w s (f(s) - f'(s)) ]
//! ```
//!
//! The least of these over `w` is the bound. The gain alone would not do: a value that is still tiny gains next to
//! nothing, and grows by half a step.

use std::iter;

use super::{NuclearNorm, OVERSHOOT, QUINTIC, QUINTIC_STEPS};

/// Ratio of neighbours on the grid of singular values, down to `SMALLEST` of the largest; as a factor of the bound it
/// makes up for what lies between. Those that are smaller add at most themselves.
const RATIO: f64 = 1.01;
const SMALLEST: f64 = 1e-16;
/// Ratio of neighbours and the largest of the weights `w`.
const WEIGHT_RATIO: f64 = 1.2;
const LARGEST_WEIGHT: f64 = 1e12;
/// Part of `unit * value` that a gain may be wrong by.
const GAIN_ROUNDING: f64 = 0.25;

/// The state of one iteration.
pub(super) struct Convergence {
    /// Largest singular value that the matrix may have.
    radius: f64,
    /// Most singular values that are not 0.
    rank: f64,
    unit: f64,
    /// Singular values as parts of `radius`, with what the iteration has made of each.
    grid: Vec<(f64, f64)>,
    /// What the least singular value of the grid has been multiplied by.
    growth: f64,
    value: f64,
    late_gain: f64,
    unconverged: f64,
    steps: usize,
}

impl Convergence {
    /// After the quintic steps, with the value that they gave.
    pub(super) fn new(radius: f64, rank: usize, unit: f64, value: f64) -> Self {
        // The radius was computed with rounding, so a singular value may be a little larger.
        let singular_values =
            iter::successors(Some(RATIO), |s| Some(s / RATIO)).take_while(|s| *s > SMALLEST);
        let grid: Vec<_> = singular_values
            .map(|s| (s, (0..QUINTIC_STEPS).fold(s, |x, _| quintic(x)) / OVERSHOOT))
            .collect();
        let (least, lifted) = grid[grid.len() - 1];
        Self {
            radius,
            rank: rank as f64,
            unit,
            growth: lifted / least,
            grid,
            value,
            late_gain: 0.0,
            unconverged: f64::INFINITY,
            steps: QUINTIC_STEPS,
        }
    }

    /// Notes a step of the Newton-Schulz iteration that gave `value`; whether what is missing is within the tolerance, or
    /// the value is lost.
    pub(super) fn step(&mut self, value: f64, tolerance: f64) -> bool {
        let gain = value - self.value;
        if self.growth * 8.0 * self.unit > 1.0 {
            self.late_gain += gain;
        }
        let before: Vec<f64> = self.grid.iter().map(|(_, x)| *x).collect();
        for (_, x) in &mut self.grid {
            *x = cubic(*x);
        }
        self.growth *= 1.5;
        self.value = value;
        self.steps += 1;
        self.unconverged = self.missing(gain.max(0.0) + GAIN_ROUNDING * self.unit * value.abs(), &before);
        self.unconverged <= tolerance || !value.is_finite()
    }

    /// The bound of this module's documentation.
    fn missing(&self, gain: f64, before: &[f64]) -> f64 {
        let mut least = f64::INFINITY;
        let mut weight = 1.0;
        while weight < LARGEST_WEIGHT {
            let terms = self.grid.iter().zip(before);
            let most = terms.map(|((s, x), before)| s * (1.0 - x) - weight * s * (x - before));
            let most = most.fold(0.0, f64::max);
            least = least.min(weight * gain + RATIO * self.rank * self.radius * most);
            weight *= WEIGHT_RATIO;
        }
        if gain.is_nan() { f64::NAN } else { least }
    }

    pub(super) fn result(&self) -> NuclearNorm {
        let drowned = self.rank * self.radius / 32.0;
        NuclearNorm {
            value: self.value,
            unconverged: self.unconverged,
            rounding: self.unit * (4.0 * self.value.abs() + drowned) + self.late_gain.abs(),
            steps: self.steps,
        }
    }
}

fn quintic(x: f64) -> f64 {
    let [a, b, c] = QUINTIC;
    let square = x * x;
    x * (a + square * (b + square * c))
}

fn cubic(x: f64) -> f64 {
    x * (1.5 - 0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the iteration on singular values and compares the bound of each step with what is really missing.
    fn bound_holds(singular_values: &[f64]) {
        let radius = singular_values.iter().map(|s| s.powi(8)).sum::<f64>().powf(0.125);
        let total: f64 = singular_values.iter().sum();
        let mut x: Vec<f64> = singular_values
            .iter()
            .map(|s| (0..QUINTIC_STEPS).fold(s / radius, |x, _| quintic(x)) / OVERSHOOT)
            .collect();
        let value = |x: &[f64]| singular_values.iter().zip(x).map(|(s, x)| s * x).sum::<f64>();
        let mut convergence = Convergence::new(radius, x.len(), 2f64.powi(-53), value(&x));
        for step in 0..60 {
            x.iter_mut().for_each(|x| *x = cubic(*x));
            let arrived = convergence.step(value(&x), 1e-9 * total);
            let (missing, bound) = (total - value(&x), convergence.unconverged);
            assert!(missing <= bound + 1e-14 * total, "step {step}: {missing} {bound}");
            if arrived {
                return;
            }
        }
        panic!("what is missing was never bounded by the tolerance");
    }

    #[test]
    fn what_is_missing_is_never_more_than_the_bound() {
        for smallest in [1e-1f64, 1e-4, 1e-8, 1e-12] {
            bound_holds(
                &(0..200)
                    .map(|i| smallest.powf(f64::from(i) / 199.0))
                    .collect::<Vec<_>>(),
            );
            bound_holds(&[&[1.0][..], &[smallest; 300]].concat());
        }
        bound_holds(&[3.0]);
        bound_holds(&[1.0; 50]);
    }

    #[test]
    fn the_quintic_steps_leave_every_singular_value_at_most_one() {
        let convergence = Convergence::new(1.0, 1, 2f64.powi(-24), 0.0);
        let largest = convergence.grid.iter().map(|(_, x)| *x).fold(0.0, f64::max);
        assert!((0.9..1.0).contains(&largest), "{largest}");
    }
}
