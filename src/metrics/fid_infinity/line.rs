//! A straight line by least squares, and how sure its intercept is.

/// `y = intercept + slope x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) intercept: f64,
    /// Standard error of the intercept (Draper & Smith 1998, Equation 1.4.9).
    pub(super) standard_error: f64,
    /// Part of the variance of y that the line explains; 1 where y does not vary.
    pub(super) r_squared: f64,
}

impl Line {
    /// Fits at least three points, whose `x` are not all equal.
    pub(super) fn fitted(x: &[f64], y: &[f64]) -> Self {
        let count = x.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
        let (mean_x, mean_y) = (mean(x), mean(y));
        let around = |a: &[f64], mean_a: f64, b: &[f64], mean_b: f64| -> f64 {
            a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum()
        };
        let (xx, xy, yy) = (
            around(x, mean_x, x, mean_x),
            around(x, mean_x, y, mean_y),
            around(y, mean_y, y, mean_y),
        );
        let slope = xy / xx;
        let intercept = mean_y - slope * mean_x;
        let residual: f64 = x
            .iter()
            .zip(y)
            .map(|(x, y)| (y - intercept - slope * x).powi(2))
            .sum();
        let variance = residual / (count - 2.0);
        Self {
            intercept,
            standard_error: (variance * (1.0 / count + mean_x * mean_x / xx)).sqrt(),
            r_squared: if yy > 0.0 { 1.0 - residual / yy } else { 1.0 },
        }
    }
}
