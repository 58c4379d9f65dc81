//! Singular vectors, singular values and quotients of all matrices, in two to five launches.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::sum::{add_groups, add_lanes};
use super::{OWN, UNITS};
use crate::array::Storage;
use crate::cube::list::{self, List};
use crate::cube::table::{Table, entry, row_of};
use crate::cube::{CubeBuffer, CubeDevice};
use crate::reduce::Fold;
use crate::reduce::cube::fold_units;
use crate::spectral::cpu::EPSILON;
use crate::spectral::{SpectralUpdate, Work};

/// Most neighbouring units that share a row of a matrix.
const MOST_LANES: usize = 32;

/// Rows that one unit adds up before the units of a cube do.
const ROWS: usize = 16;

// The columns of the table: extents of a matrix, units that share one of its rows, where its arrays begin in their
// lists, and the first cube that works on it in each kind of launch.
const M: usize = 0;
const N: usize = 1;
const LANES: usize = 2;
const CHUNKS: usize = 3;
const MATRIX: usize = 4;
const KEPT: usize = 5;
const LEFT: usize = 6;
const PARTIAL: usize = 7;
const RIGHT: usize = 8;
const SIGMA: usize = 9;
const WEIGHT: usize = 10;
const ROW_CUBE: usize = 11;
const COLUMN_CUBE: usize = 12;
const ELEMENT_CUBE: usize = 13;
const COLUMNS: usize = 14;

/// How one matrix is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    m: usize,
    n: usize,
    lanes: usize,
    /// Pieces of rows whose sums are formed on their own for `W^T v`.
    chunks: usize,
}

impl Cut {
    fn of([m, n]: [usize; 2], units: usize) -> Self {
        let lanes = n.next_power_of_two().min(MOST_LANES).min(units);
        let chunks = m.div_ceil(units / lanes * ROWS);
        Self { m, n, lanes, chunks }
    }

    /// Cubes that multiply rows, add up columns, and divide elements.
    fn cubes(self, units: usize) -> [usize; 3] {
        [
            self.m.div_ceil(units / self.lanes),
            self.n.div_ceil(self.lanes) * self.chunks,
            (self.m * self.n).div_ceil(units * OWN),
        ]
    }
}

/// For every matrix `v` and `u'`, `sigma` and the quotient; without an iteration there is no `u'`, and without a
/// division no quotient.
pub(in crate::spectral) fn find(
    work: Work,
    device: &CubeDevice,
    extents: &[[usize; 2]],
    operands: [&[&CubeBuffer]; 2],
) -> Vec<((Storage, Storage), (Storage, Storage))> {
    let units = device.units_that_fold(UNITS);
    let cuts: Vec<Cut> = extents.iter().map(|extents| Cut::of(*extents, units)).collect();
    let counts = |count: fn(&Cut) -> usize, wanted: bool| -> Vec<usize> {
        cuts.iter()
            .map(|cut| if wanted { count(cut) } else { 0 })
            .collect()
    };
    let iterates = work.update == SpectralUpdate::Iterate;
    let counts = [
        counts(|cut| cut.m, true),
        counts(|cut| cut.m, true),
        counts(|cut| cut.chunks * cut.n, iterates),
        counts(|cut| cut.n, iterates),
        counts(|_| 1, true),
        counts(|cut| cut.m * cut.n, work.divide),
    ];
    let counts = counts.each_ref().map(|list| &list[..]);
    let [_, left, _, right, sigmas, weights] =
        list::computed(work.operation, device, operands, counts, |operands, outputs| {
            launch(work, device, units, &cuts, operands, outputs);
        });
    let pair = |(a, b): (CubeBuffer, CubeBuffer)| (Storage::Cube(a), Storage::Cube(b));
    let vectors = left.into_iter().zip(right).map(pair);
    vectors.zip(sigmas.into_iter().zip(weights).map(pair)).collect()
}

fn launch(
    work: Work,
    device: &CubeDevice,
    units: usize,
    cuts: &[Cut],
    [matrices, kept]: [&List; 2],
    [products, left, partials, right, sigmas, weights]: [&List; 6],
) {
    let mut totals = [0; 3];
    let rows: Vec<[usize; COLUMNS]> = cuts
        .iter()
        .enumerate()
        .map(|(index, cut)| {
            let [row_cube, column_cube, element_cube] = totals;
            let cubes = cut.cubes(units);
            (0..3).for_each(|kind| totals[kind] += cubes[kind]);
            let Cut { m, n, lanes, chunks } = *cut;
            // The products and the left vectors have one layout.
            let firsts =
                [matrices, kept, left, partials, right, sigmas, weights].map(|list| list.first(index));
            let [matrix, kept, left, partial, right, sigma, weight] = firsts;
            [
                m,
                n,
                lanes,
                chunks,
                matrix,
                kept,
                left,
                partial,
                right,
                sigma,
                weight,
                row_cube,
                column_cube,
                element_cube,
            ]
        })
        .collect();
    let table = Table::new(device, &rows);
    let [row_cubes, column_cubes, element_cubes] = totals;
    let layers = cuts.len();
    let epsilon = EPSILON as f32;
    // SAFETY, of all launches: the table says where each array lies in each list, and the kernels leave out rows, columns
    // and elements beyond its extents.
    device.launch(row_cubes, units, |client, count, dim| unsafe {
        multiply_rows::launch_unchecked(
            client,
            count,
            dim,
            table.argument(),
            layers,
            matrices.argument(),
            kept.argument(),
            products.argument(),
            units,
        );
    });
    device.launch(layers, units, |client, count, dim| unsafe {
        normalize_left::launch_unchecked(
            client,
            count,
            dim,
            table.argument(),
            layers,
            products.argument(),
            left.argument(),
            sigmas.argument(),
            epsilon,
            units,
        );
    });
    if work.update == SpectralUpdate::Iterate {
        device.launch(column_cubes, units, |client, count, dim| unsafe {
            add_columns::launch_unchecked(
                client,
                count,
                dim,
                table.argument(),
                layers,
                matrices.argument(),
                left.argument(),
                partials.argument(),
                units,
            );
        });
        device.launch(layers, units, |client, count, dim| unsafe {
            normalize_right::launch_unchecked(
                client,
                count,
                dim,
                table.argument(),
                layers,
                partials.argument(),
                right.argument(),
                sigmas.argument(),
                epsilon,
                units,
            );
        });
    }
    if work.divide {
        device.launch(element_cubes, units, |client, count, dim| unsafe {
            divide::launch_unchecked(
                client,
                count,
                dim,
                table.argument(),
                layers,
                matrices.argument(),
                sigmas.argument(),
                weights.argument(),
                units,
            );
        });
    }
}

/// `W u`: `lanes` units a row.
#[cube(launch_unchecked)]
fn multiply_rows(
    table: &[u32],
    layers: usize,
    matrices: &[f32],
    kept: &[f32],
    products: &mut [f32],
    #[comptime] units: usize,
) {
    let layer = row_of(table, layers, CUBE_POS, ROW_CUBE, COLUMNS);
    let m = entry(table, layer, M, COLUMNS);
    let n = entry(table, layer, N, COLUMNS);
    let lanes = entry(table, layer, LANES, COLUMNS);
    let unit = UNIT_POS as usize;
    let row = (CUBE_POS - entry(table, layer, ROW_CUBE, COLUMNS)) * (units / lanes) + unit / lanes;
    let mut sum = 0.0f32;
    if row < m {
        let matrix = entry(table, layer, MATRIX, COLUMNS) + row * n;
        let vector = entry(table, layer, KEPT, COLUMNS);
        let mut column = unit % lanes;
        while column < n {
            sum = fma(matrices[matrix + column], kept[vector + column], sum);
            column += lanes;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    sync_cube();
    add_lanes(&mut sums, lanes, units);
    if unit.is_multiple_of(lanes) && row < m {
        products[entry(table, layer, LEFT, COLUMNS) + row] = sums[unit];
    }
}

/// `v = t / (|t| + epsilon)` for `t = W u`, one cube a matrix, and with it `v^T W u`.
#[cube(launch_unchecked)]
fn normalize_left(
    table: &[u32],
    layers: usize,
    products: &[f32],
    left: &mut [f32],
    sigmas: &mut [f32],
    epsilon: f32,
    #[comptime] units: usize,
) {
    let inside = CUBE_POS < layers;
    let layer = select(inside, CUBE_POS, 0);
    let m = select(inside, entry(table, layer, M, COLUMNS), 0);
    let first = entry(table, layer, LEFT, COLUMNS);
    let mut squares = 0.0f32;
    let mut row = UNIT_POS as usize;
    while row < m {
        squares = fma(products[first + row], products[first + row], squares);
        row += units;
    }
    let square = fold_units(squares, units, Fold::Sum);
    let length = square.sqrt() + epsilon;
    let mut row = UNIT_POS as usize;
    while row < m {
        left[first + row] = products[first + row] / length;
        row += units;
    }
    if inside && UNIT_POS == 0 {
        sigmas[entry(table, layer, SIGMA, COLUMNS)] = square / length;
    }
}

/// Sums of `W^T v` over chunks of rows: `lanes` columns a cube, and in each the other units on different rows.
#[cube(launch_unchecked)]
fn add_columns(
    table: &[u32],
    layers: usize,
    matrices: &[f32],
    left: &[f32],
    partials: &mut [f32],
    #[comptime] units: usize,
) {
    let layer = row_of(table, layers, CUBE_POS, COLUMN_CUBE, COLUMNS);
    let m = entry(table, layer, M, COLUMNS);
    let n = entry(table, layer, N, COLUMNS);
    let lanes = entry(table, layer, LANES, COLUMNS);
    let unit = UNIT_POS as usize;
    let cube = CUBE_POS - entry(table, layer, COLUMN_CUBE, COLUMNS);
    let across = max(n.div_ceil(lanes), 1);
    let chunk = cube / across;
    let column = cube % across * lanes + unit % lanes;
    let groups = units / lanes;
    let matrix = entry(table, layer, MATRIX, COLUMNS);
    let vector = entry(table, layer, LEFT, COLUMNS);
    let mut sum = 0.0f32;
    if column < n {
        for step in 0..ROWS {
            let row = chunk * groups * ROWS + step * groups + unit / lanes;
            if row < m {
                sum = fma(matrices[matrix + row * n + column], left[vector + row], sum);
            }
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(units);
    sums[unit] = sum;
    sync_cube();
    add_groups(&mut sums, lanes, units);
    if unit < lanes && column < n && chunk < entry(table, layer, CHUNKS, COLUMNS) {
        partials[entry(table, layer, PARTIAL, COLUMNS) + chunk * n + column] = sums[unit];
    }
}

/// `u' = s / (|s| + epsilon)` for `s = W^T v`, the sum of its chunks, one cube a matrix, and with it `v^T W u'`.
#[cube(launch_unchecked)]
fn normalize_right(
    table: &[u32],
    layers: usize,
    partials: &[f32],
    right: &mut [f32],
    sigmas: &mut [f32],
    epsilon: f32,
    #[comptime] units: usize,
) {
    let inside = CUBE_POS < layers;
    let layer = select(inside, CUBE_POS, 0);
    let n = select(inside, entry(table, layer, N, COLUMNS), 0);
    let chunks = entry(table, layer, CHUNKS, COLUMNS);
    let partial = entry(table, layer, PARTIAL, COLUMNS);
    let first = entry(table, layer, RIGHT, COLUMNS);
    let mut squares = 0.0f32;
    let mut column = UNIT_POS as usize;
    while column < n {
        let mut sum = 0.0f32;
        for chunk in 0..chunks {
            sum += partials[partial + chunk * n + column];
        }
        right[first + column] = sum;
        squares = fma(sum, sum, squares);
        column += units;
    }
    let square = fold_units(squares, units, Fold::Sum);
    let length = square.sqrt() + epsilon;
    let mut column = UNIT_POS as usize;
    while column < n {
        // This unit has written it above.
        right[first + column] /= length;
        column += units;
    }
    if inside && UNIT_POS == 0 {
        sigmas[entry(table, layer, SIGMA, COLUMNS)] = square / length;
    }
}

/// `W / sigma`.
#[cube(launch_unchecked)]
fn divide(
    table: &[u32],
    layers: usize,
    matrices: &[f32],
    sigmas: &[f32],
    weights: &mut [f32],
    #[comptime] units: usize,
) {
    let layer = row_of(table, layers, CUBE_POS, ELEMENT_CUBE, COLUMNS);
    let count = entry(table, layer, M, COLUMNS) * entry(table, layer, N, COLUMNS);
    let cube = CUBE_POS - entry(table, layer, ELEMENT_CUBE, COLUMNS);
    let first = cube * comptime!(units * OWN) + UNIT_POS as usize;
    let matrix = entry(table, layer, MATRIX, COLUMNS);
    let weight = entry(table, layer, WEIGHT, COLUMNS);
    let sigma = sigmas[entry(table, layer, SIGMA, COLUMNS)];
    for own in 0..OWN {
        let index = first + own * units;
        if index < count {
            weights[weight + index] = matrices[matrix + index] / sigma;
        }
    }
}
