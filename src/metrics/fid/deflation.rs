//! Takes the largest singular values out of a product of factors, in f64. Knows no device.
//!
//! For a pair of singular vectors of `M = F1' F2` with value `s`, `|M|_* = s + |M - M v v'|_*`, and `M - M v v'` is
//! `F1' (F2 - F2 v v')`. Features often have one direction with most of the trace, and what f32 loses is in proportion to
//! the largest singular value: without it the rest is as exact as its own size allows. `M` itself is not formed; the
//! vectors come from power iteration, whose error enters squared.

use super::factor::Factor;

/// Most singular values that are taken out.
const MOST: usize = 2;
/// Steps after which a pair that has not settled is left in; those close to others settle slowly and do little harm.
const MOST_STEPS: usize = 60;
/// Relative change of a vector at which it has settled.
const SETTLED: f64 = 1e-9;
/// Part of the second factor below which nothing but rounding is left.
const NOTHING: f64 = 1e-13;

/// A product of factors without its largest singular values.
pub(super) struct Deflated {
    /// Sum of the singular values that were taken out.
    pub(super) taken: f64,
    /// The second factor, with squares that sum to 1.
    pub(super) second: Factor,
    /// What the nuclear norm of the first factor's product with `second` counts; 0 where nothing is left.
    pub(super) weight: f64,
}

/// Takes the largest singular values out of `first' second`.
pub(super) fn deflate(first: &Factor, second: &Factor) -> Deflated {
    let mut second = second.clone();
    let mut taken = 0.0;
    for _ in 0..MOST {
        let Some((value, vector)) = largest_pair(first, &second) else {
            break;
        };
        taken += value;
        project_out(&mut second, &vector);
    }
    let weight = length(&second.values);
    let weight = if weight > NOTHING { weight } else { 0.0 };
    if weight > 0.0 {
        second.values.iter_mut().for_each(|x| *x /= weight);
    }
    Deflated {
        taken,
        second,
        weight,
    }
}

/// The largest singular value of `first' second` and its right vector; `None` if it is 0 or does not settle.
fn largest_pair(first: &Factor, second: &Factor) -> Option<(f64, Vec<f64>)> {
    let mut vector: Vec<f64> = (0..second.rank()).map(|i| 1.0 + (i % 7) as f64 / 8.0).collect();
    normalize(&mut vector)?;
    for _ in 0..MOST_STEPS {
        let mut left = first.transposed_times(&second.times(&vector));
        let value = normalize(&mut left)?;
        let mut next = second.transposed_times(&first.times(&left));
        normalize(&mut next)?;
        let change: f64 = next.iter().zip(&vector).map(|(a, b)| (a - b) * (a - b)).sum();
        vector = next;
        if value <= NOTHING {
            return None;
        }
        if change.sqrt() <= SETTLED {
            let value = length(&first.transposed_times(&second.times(&vector)));
            return Some((value, vector));
        }
    }
    None
}

/// Subtracts `F v v'`.
fn project_out(factor: &mut Factor, vector: &[f64]) {
    let image = factor.times(vector);
    let (rows, columns) = if factor.by_dimension {
        (image.as_slice(), vector)
    } else {
        (vector, image.as_slice())
    };
    for (row, by) in factor.values.chunks_exact_mut(columns.len()).zip(rows) {
        row.iter_mut()
            .zip(columns)
            .for_each(|(x, column)| *x -= by * column);
    }
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Divides by the length, and returns it; `None` if it is 0.
fn normalize(vector: &mut [f64]) -> Option<f64> {
    let length = length(vector);
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
        Some(length)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A factor of two dimensions with these columns, its squares summing to 1.
    fn factor(values: [f64; 4], by_dimension: bool) -> Factor {
        Factor {
            values: values.into(),
            shape: [2, 2],
            by_dimension,
            trace: 1.0,
            missing: 0.0,
        }
    }

    #[test]
    fn what_is_taken_out_and_what_is_left_make_the_whole() {
        // diag(0.8, 0.6)' diag(0.8, 0.6) has the singular values 0.64 and 0.36.
        for by_dimension in [true, false] {
            let [a, b] = [true, by_dimension].map(|by| factor([0.8, 0.0, 0.0, 0.6], by));
            let deflated = deflate(&a, &b);
            assert!((deflated.taken - 1.0).abs() < 1e-12, "{}", deflated.taken);
            assert_eq!(deflated.weight, 0.0);
        }
    }

    #[test]
    fn of_equal_values_one_is_taken_and_the_other_left() {
        let half = 0.5f64.sqrt();
        let equal = factor([half, 0.0, 0.0, half], true);
        let deflated = deflate(&equal, &equal);
        assert!((deflated.taken - 0.5).abs() < 1e-12, "{}", deflated.taken);
        assert!((deflated.weight - half).abs() < 1e-12, "{}", deflated.weight);
    }

    #[test]
    fn of_nothing_nothing_is_taken() {
        let (nothing, something) = (factor([0.0; 4], true), factor([1.0, 0.0, 0.0, 0.0], true));
        let deflated = deflate(&nothing, &something);
        assert_eq!((deflated.taken, deflated.weight), (0.0, 1.0));
        assert_eq!(deflate(&something, &nothing).weight, 0.0);
    }
}
