//! The minimal filtering algorithms in one dimension, as the three linear maps of each and their adjoints.
//!
//! `F(m, r)` computes `m` outputs of a filter with `r` taps from `n = m + r - 1` inputs with `n` multiplications
//! (Winograd 1980): with `V = B^T d` of the inputs and `U = G g` of the filter, the outputs are `A^T (U V)`, where `U V`
//! is elementwise. The matrices follow from `n - 1` points and infinity at which polynomials are evaluated (Toom 1963,
//! Cook 1966). Which points decides how rounding errors grow (Barabasz et al. 2020). In f32, with both dimensions and 64
//! channels of normal numbers, those below leave a root mean square error of 1.3e-6 (`F(4, 3)`) and 0.7e-6 (`F(4, 2)`)
//! of the outputs' own; 0, 1, -1, 2, -2 and 0, 1, -1, 2 leave 2.2e-6 and 1.1e-6.

use super::lanes::Lanes;
use crate::element::Real;

/// `F(OUTPUTS, TAPS)` on `TILE` inputs.
pub(super) trait Algorithm<const OUTPUTS: usize, const TAPS: usize, const TILE: usize>:
    Copy + Sync
{
    /// `B^T d`.
    fn input<T: Real>(d: [Lanes<T>; TILE]) -> [Lanes<T>; TILE];
    /// `B d`.
    fn input_adjoint<T: Real>(d: [Lanes<T>; TILE]) -> [Lanes<T>; TILE];
    /// `G g`.
    fn filter<T: Real>(g: [Lanes<T>; TAPS]) -> [Lanes<T>; TILE];
    /// `G^T g`.
    fn filter_adjoint<T: Real>(g: [Lanes<T>; TILE]) -> [Lanes<T>; TAPS];
    /// `A^T y`.
    fn output<T: Real>(y: [Lanes<T>; TILE]) -> [Lanes<T>; OUTPUTS];
    /// `A y`.
    fn output_adjoint<T: Real>(y: [Lanes<T>; OUTPUTS]) -> [Lanes<T>; TILE];
}

/// `F(4, 3)` at 0, 1, -1, 1/2, -2.
#[derive(Clone, Copy)]
pub(super) struct ThreeTaps;

impl Algorithm<4, 3, 6> for ThreeTaps {
    #[inline(always)]
    fn input<T: Real>([d0, d1, d2, d3, d4, d5]: [Lanes<T>; 6]) -> [Lanes<T>; 6] {
        let difference = d3 - d1;
        [
            difference * 1.5 - d2 * 2.0 + (d0 + d4),
            d2 * 0.5 + d3 * 2.5 + (d4 - d1),
            d3 * 0.5 - d2 * 2.5 + (d4 + d1),
            difference * 2.0 + (d4 - d2),
            difference * -0.5 + (d4 - d2),
            (d4 - d2) * 1.5 - d3 * 2.0 + (d1 + d5),
        ]
    }

    #[inline(always)]
    fn input_adjoint<T: Real>([d0, d1, d2, d3, d4, d5]: [Lanes<T>; 6]) -> [Lanes<T>; 6] {
        let (sum, difference) = (d1 + d2 + d3 + d4, d0 * 1.5 + d3 * 2.0 - d4 * 0.5);
        [
            d0,
            d2 - d1 - difference + d5,
            d1 * 0.5 - d2 * 2.5 - (d3 + d4) - d0 * 2.0 - d5 * 1.5,
            d1 * 2.5 + d2 * 0.5 + difference - d5 * 2.0,
            d0 + sum + d5 * 1.5,
            d5,
        ]
    }

    #[inline(always)]
    fn filter<T: Real>([g0, g1, g2]: [Lanes<T>; 3]) -> [Lanes<T>; 6] {
        let (even, odd) = ((g0 + g2) * (1.0 / 3.0), g1 * (1.0 / 3.0));
        [
            g0,
            even + odd,
            odd - even,
            (g0 * 4.0 + g1 * 2.0 + g2) * (-4.0 / 15.0),
            (g0 - g1 * 2.0 + g2 * 4.0) * (1.0 / 15.0),
            g2,
        ]
    }

    #[inline(always)]
    fn filter_adjoint<T: Real>([u0, u1, u2, u3, u4, u5]: [Lanes<T>; 6]) -> [Lanes<T>; 3] {
        let (sum, difference) = ((u1 + u2) * (1.0 / 3.0), (u1 - u2) * (1.0 / 3.0));
        let (u3, u4) = (u3 * (-4.0 / 15.0), u4 * (1.0 / 15.0));
        [
            u0 + difference + u3 * 4.0 + u4,
            sum + (u3 - u4) * 2.0,
            difference + u3 + u4 * 4.0 + u5,
        ]
    }

    #[inline(always)]
    fn output<T: Real>([y0, y1, y2, y3, y4, y5]: [Lanes<T>; 6]) -> [Lanes<T>; 4] {
        let (sum, difference) = (y1 + y2, y1 - y2);
        [
            y0 + sum + (y3 + y4),
            difference + y3 * 0.5 - y4 * 2.0,
            sum + y3 * 0.25 + y4 * 4.0,
            difference + y3 * 0.125 - y4 * 8.0 + y5,
        ]
    }

    #[inline(always)]
    fn output_adjoint<T: Real>([y0, y1, y2, y3]: [Lanes<T>; 4]) -> [Lanes<T>; 6] {
        let (even, odd) = (y0 + y2, y1 + y3);
        [
            y0,
            even + odd,
            even - odd,
            y0 + y1 * 0.5 + y2 * 0.25 + y3 * 0.125,
            y0 - y1 * 2.0 + y2 * 4.0 - y3 * 8.0,
            y3,
        ]
    }
}

/// `F(4, 2)` at 1, -1, 1/2, -1/2.
#[derive(Clone, Copy)]
pub(super) struct TwoTaps;

impl Algorithm<4, 2, 5> for TwoTaps {
    #[inline(always)]
    fn input<T: Real>([d0, d1, d2, d3, d4]: [Lanes<T>; 5]) -> [Lanes<T>; 5] {
        let (quarter_even, quarter_odd) = (d2 - d0 * 0.25, d3 - d1 * 0.25);
        let (even, odd) = ((d2 - d0) * 0.5, d3 - d1);
        [
            quarter_odd + quarter_even,
            quarter_odd - quarter_even,
            odd + even,
            odd - even,
            d0 * 0.25 - d2 * 1.25 + d4,
        ]
    }

    #[inline(always)]
    fn input_adjoint<T: Real>([d0, d1, d2, d3, d4]: [Lanes<T>; 5]) -> [Lanes<T>; 5] {
        let (sum, difference) = (d0 + d1, d0 - d1);
        let (half_sum, half_difference) = (d2 + d3, (d2 - d3) * 0.5);
        [
            (d4 - difference) * 0.25 - half_difference,
            sum * -0.25 - half_sum,
            difference + half_difference - d4 * 1.25,
            sum + half_sum,
            d4,
        ]
    }

    #[inline(always)]
    fn filter<T: Real>([g0, g1]: [Lanes<T>; 2]) -> [Lanes<T>; 5] {
        let (g0, third) = (g0 * (2.0 / 3.0), g1 * (2.0 / 3.0));
        [third + g0, third - g0, (g0 * -2.0) - third, g0 * 2.0 - third, g1]
    }

    #[inline(always)]
    fn filter_adjoint<T: Real>([u0, u1, u2, u3, u4]: [Lanes<T>; 5]) -> [Lanes<T>; 2] {
        [
            (u0 - u1 + (u3 - u2) * 2.0) * (2.0 / 3.0),
            (u0 + u1 - (u2 + u3)) * (2.0 / 3.0) + u4,
        ]
    }

    #[inline(always)]
    fn output<T: Real>([y0, y1, y2, y3, y4]: [Lanes<T>; 5]) -> [Lanes<T>; 4] {
        let (sum, difference) = (y0 + y1, y0 - y1);
        let (half_sum, half_difference) = (y2 + y3, y2 - y3);
        [
            sum + half_sum,
            difference + half_difference * 0.5,
            sum + half_sum * 0.25,
            difference + half_difference * 0.125 + y4,
        ]
    }

    #[inline(always)]
    fn output_adjoint<T: Real>([y0, y1, y2, y3]: [Lanes<T>; 4]) -> [Lanes<T>; 5] {
        let (even, odd) = (y0 + y2, y1 + y3);
        let (half_even, half_odd) = (y0 + y2 * 0.25, y1 * 0.5 + y3 * 0.125);
        [
            even + odd,
            even - odd,
            half_even + half_odd,
            half_even - half_odd,
            y3,
        ]
    }
}

/// A map applied to the columns of a square, then to its rows: `read` gives a column, `write` takes a row.
#[inline(always)]
pub(super) fn both<T: Real, const FROM: usize, const TO: usize>(
    map: impl Fn([Lanes<T>; FROM]) -> [Lanes<T>; TO],
    read: impl Fn(usize) -> [Lanes<T>; FROM],
    mut write: impl FnMut(usize, [Lanes<T>; TO]),
) {
    let mut half = [[Lanes::ZERO; FROM]; TO];
    for column in 0..FROM {
        let mapped = map(read(column));
        for (row, value) in half.iter_mut().zip(&mapped) {
            row[column] = *value;
        }
    }
    for (row, values) in half.iter().enumerate() {
        write(row, map(*values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a map, found by mapping unit vectors.
    fn matrix<const FROM: usize, const TO: usize>(
        map: impl Fn([Lanes<f64>; FROM]) -> [Lanes<f64>; TO],
    ) -> [[f64; FROM]; TO] {
        let mut matrix = [[0.0; FROM]; TO];
        for column in 0..FROM {
            let mut unit = [Lanes::ZERO; FROM];
            unit[column] = Lanes::load(&[1.0]);
            for (row, value) in map(unit).into_iter().enumerate() {
                let mut first = [0.0];
                value.store(&mut first);
                matrix[row][column] = first[0];
            }
        }
        matrix
    }

    /// For every input `i`, tap `t` and output `o`, the three maps together have `sum over n of A[n][o] G[n][t] B[n][i]`
    /// equal to 1 where `i = o + t` and 0 elsewhere, which is what correlation means.
    fn correlates<A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>() {
        let (input, filter, output) = (
            matrix(A::input::<f64>),
            matrix(A::filter::<f64>),
            matrix(A::output::<f64>),
        );
        for (i, t, o) in (0..N).flat_map(|i| (0..R).flat_map(move |t| (0..M).map(move |o| (i, t, o)))) {
            let sum: f64 = (0..N).map(|n| output[o][n] * filter[n][t] * input[n][i]).sum();
            let right = if i == o + t { 1.0 } else { 0.0 };
            assert!(
                (sum - right).abs() < 1e-14,
                "input {i}, tap {t}, output {o}: {sum}"
            );
        }
    }

    fn assert_transposed<const ROWS: usize, const COLUMNS: usize>(
        matrix: [[f64; COLUMNS]; ROWS],
        adjoint: [[f64; ROWS]; COLUMNS],
    ) {
        for (row, column) in (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column))) {
            let (value, other) = (matrix[row][column], adjoint[column][row]);
            assert!(
                (value - other).abs() < 1e-15,
                "({row}, {column}): {value}, {other}"
            );
        }
    }

    fn adjoints_are_transposes<A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>() {
        assert_transposed(matrix(A::input::<f64>), matrix(A::input_adjoint::<f64>));
        assert_transposed(matrix(A::filter::<f64>), matrix(A::filter_adjoint::<f64>));
        assert_transposed(matrix(A::output::<f64>), matrix(A::output_adjoint::<f64>));
    }

    #[test]
    fn the_three_maps_of_each_algorithm_correlate() {
        correlates::<ThreeTaps, 4, 3, 6>();
        correlates::<TwoTaps, 4, 2, 5>();
    }

    #[test]
    fn every_adjoint_is_the_transpose_of_its_map() {
        adjoints_are_transposes::<ThreeTaps, 4, 3, 6>();
        adjoints_are_transposes::<TwoTaps, 4, 2, 5>();
    }
}
