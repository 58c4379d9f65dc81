//! Bootstrap intervals: how far a measure would move with other images of the same two sources.
//!
//! Both sets are drawn anew with replacement, each as large as it is, and the interval lies between percentiles of the
//! measures of these draws (Efron 1979; Efron & Tibshirani 1993, Chapter 13). Knows no measure.
//!
//! A draw has about 37 % of its samples more than once. A measure that has a bias in the number of different samples, as
//! the Fréchet distance, is moved by that. Therefore the interval is moved back, by how far the mean of the draws is from the
//! value (the bootstrap's estimate of a bias; Chapter 10): it tells how far the value itself would move with other images, as
//! many as these.

use crate::random::Stream;

/// What an interval is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BootstrapSettings {
    /// Draws, at least 2.
    pub resamples: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Part of the measures between the ends, above 0 and below 1.
    pub level: f64,
}

impl Default for BootstrapSettings {
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 0,
            level: 0.95,
        }
    }
}

/// Ends of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Computes the interval around the `value` of a `statistic` of rows of the reference and rows of the samples, given by
/// number; the value is that of all rows.
///
/// Draw r takes its rows from the streams `bootstrap.reference` and `bootstrap.samples` at step r, so draws do not depend
/// on how many there are.
///
/// # Errors
///
/// The first of the statistic.
///
/// # Panics
///
/// Where there are fewer than 2 draws or the level is not between 0 and 1.
pub fn bootstrap<E>(
    n_reference: usize,
    n_samples: usize,
    settings: &BootstrapSettings,
    value: f64,
    mut statistic: impl FnMut(&[usize], &[usize]) -> Result<f64, E>,
) -> Result<Interval, E> {
    let BootstrapSettings {
        resamples,
        seed,
        level,
    } = *settings;
    assert!(
        resamples >= 2,
        "an interval needs at least 2 draws, not {resamples}"
    );
    assert!(
        0.0 < level && level < 1.0,
        "a level lies between 0 and 1, not at {level}"
    );
    let mut values = Vec::with_capacity(resamples);
    for draw in 0..resamples as u64 {
        let reference = rows(seed, "bootstrap.reference", draw, n_reference);
        let samples = rows(seed, "bootstrap.samples", draw, n_samples);
        values.push(statistic(&reference, &samples)?);
    }
    values.sort_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - level);
    let shift = value - values.iter().sum::<f64>() / values.len() as f64;
    Ok(Interval {
        low: quantile(&values, tail) + shift,
        high: quantile(&values, 1.0 - tail) + shift,
    })
}

/// `count` row numbers below `count`, with replacement.
fn rows(seed: u64, name: &str, draw: u64, count: usize) -> Vec<usize> {
    let mut stream = Stream::new(seed, 0, name, draw);
    (0..count).map(|_| stream.below(count as u64) as usize).collect()
}

/// The quantile of ascending values, linear between them (Hyndman & Fan 1996, definition 7, which is NumPy's).
fn quantile(ascending: &[f64], part: f64) -> f64 {
    let place = part * (ascending.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(ascending.len() - 1);
    ascending[below] + (place - below as f64) * (ascending[above] - ascending[below])
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn settings(resamples: usize, seed: u64, level: f64) -> BootstrapSettings {
        BootstrapSettings {
            resamples,
            seed,
            level,
        }
    }

    /// The interval of the difference of means of two sets.
    fn of_means(a: &[f64], b: &[f64], settings: &BootstrapSettings) -> Interval {
        let mean =
            |set: &[f64], rows: &[usize]| rows.iter().map(|row| set[*row]).sum::<f64>() / rows.len() as f64;
        let statistic = |x: &[usize], y: &[usize]| Ok::<_, Infallible>(mean(a, x) - mean(b, y));
        let all = |set: &[f64]| -> Vec<usize> { (0..set.len()).collect() };
        let value = mean(a, &all(a)) - mean(b, &all(b));
        bootstrap(a.len(), b.len(), settings, value, statistic).unwrap()
    }

    #[test]
    fn the_interval_of_a_difference_of_means_is_that_of_the_normal_distribution() {
        let mut stream = Stream::new(1, 0, "bootstrap.test", 0);
        let mut set = |count: usize, deviation: f64| -> Vec<f64> {
            (0..count).map(|_| deviation * stream.normal()).collect()
        };
        let (a, b) = (set(400, 1.0), set(300, 2.0));
        let moments = |set: &[f64]| {
            let count = set.len() as f64;
            let mean = set.iter().sum::<f64>() / count;
            (
                mean,
                set.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count / count,
            )
        };
        let ((mean_a, error_a), (mean_b, error_b)) = (moments(&a), moments(&b));
        let (middle, half) = (mean_a - mean_b, 1.959_964 * (error_a + error_b).sqrt());
        let found = of_means(&a, &b, &settings(4000, 0, 0.95));
        // The ends of 4,000 draws are known to about 4 % of half the width.
        for (end, expected) in [(found.low, middle - half), (found.high, middle + half)] {
            assert!((end - expected).abs() < 0.12 * half, "{found:?} {middle} {half}");
        }
    }

    #[test]
    fn draws_depend_on_the_seed_alone() {
        let (a, b) = ([1.0, 2.0, 4.0, 8.0], [0.0, 3.0, 5.0]);
        assert_eq!(
            of_means(&a, &b, &settings(50, 1, 0.9)),
            of_means(&a, &b, &settings(50, 1, 0.9))
        );
        assert_ne!(
            of_means(&a, &b, &settings(50, 1, 0.9)),
            of_means(&a, &b, &settings(50, 2, 0.9))
        );
    }

    #[test]
    fn both_sets_are_drawn_with_replacement_each_as_large_as_it_is() {
        let mut repeated = 0;
        let statistic = |x: &[usize], y: &[usize]| {
            assert_eq!((x.len(), y.len()), (9, 5));
            assert!(x.iter().all(|row| *row < 9) && y.iter().all(|row| *row < 5));
            let mut different = x.to_vec();
            different.sort_unstable();
            different.dedup();
            repeated += usize::from(different.len() < 9);
            Ok::<_, Infallible>(0.0)
        };
        bootstrap(9, 5, &settings(20, 0, 0.5), 0.0, statistic).unwrap();
        assert!(repeated > 15);
    }

    #[test]
    fn an_interval_of_a_measure_with_a_bias_holds_its_value() {
        // The number of different rows: every draw has fewer than there are.
        let different = |x: &[usize], _: &[usize]| {
            let rows: std::collections::BTreeSet<&usize> = x.iter().collect();
            Ok::<_, Infallible>(rows.len() as f64)
        };
        let found = bootstrap(100, 1, &settings(200, 0, 0.95), 100.0, different).unwrap();
        assert!(found.low < 100.0 && 100.0 < found.high, "{found:?}");
        assert!(found.high - found.low < 20.0, "{found:?}");
    }

    #[test]
    fn what_does_not_vary_has_an_interval_of_no_width() {
        let found = of_means(&[2.0; 5], &[0.5; 4], &BootstrapSettings::default());
        assert_eq!((found.low, found.high), (1.5, 1.5));
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(
            [0.0, 0.1, 0.5, 0.9, 1.0].map(|part| quantile(&values, part)),
            [1.0, 1.4, 4.0, 12.8, 16.0]
        );
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut calls = 0;
        let error = bootstrap(3, 3, &settings(10, 0, 0.9), 0.0, |_, _| {
            calls += 1;
            if calls == 2 { Err("no value") } else { Ok(0.0) }
        });
        assert_eq!((error, calls), (Err("no value"), 2));
    }
}
