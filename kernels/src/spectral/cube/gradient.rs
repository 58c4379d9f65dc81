//! Gradients by all matrices from those by their normalized forms, in two launches.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::{OWN, UNITS};
use crate::array::Storage;
use crate::cube::list::{self, List};
use crate::cube::table::{Table, entry, row_of};
use crate::cube::{CubeBuffer, CubeDevice};
use crate::reduce::Fold;
use crate::reduce::cube::fold_units;

// The columns of the table: the first cube that works on a matrix, its extents, and where its arrays begin in their
// lists.
const CUBE: usize = 0;
const M: usize = 1;
const N: usize = 2;
const WEIGHT: usize = 3;
const GRADIENT: usize = 4;
const LEFT: usize = 5;
const RIGHT: usize = 6;
const SIGMA: usize = 7;
const PARTIAL: usize = 8;
const PULLED: usize = 9;
const COLUMNS: usize = 10;

/// The gradients by matrices `[m, n]`, from `[normalized weights, gradients by them, v, u', sigma]`.
pub(in crate::spectral) fn pull_back(
    device: &CubeDevice,
    extents: &[[usize; 2]],
    operands: [&[&CubeBuffer]; 5],
) -> Vec<Storage> {
    let units = device.units_that_fold(UNITS);
    let counts: Vec<usize> = extents.iter().map(|[m, n]| m * n).collect();
    let pieces: Vec<usize> = counts.iter().map(|count| count.div_ceil(units * OWN)).collect();
    let outputs = [&pieces[..], &counts[..]];
    let [_, pulled] = list::computed("pull_back", device, operands, outputs, |operands, outputs| {
        launch(device, units, extents, &pieces, operands, outputs);
    });
    pulled.into_iter().map(Storage::Cube).collect()
}

fn launch(
    device: &CubeDevice,
    units: usize,
    extents: &[[usize; 2]],
    pieces: &[usize],
    [weights, gradients, left, right, sigmas]: [&List; 5],
    [partials, pulled]: [&List; 2],
) {
    let mut cubes = 0;
    let rows: Vec<[usize; COLUMNS]> = (0..extents.len())
        .map(|index| {
            let [m, n] = extents[index];
            let cube = cubes;
            cubes += pieces[index];
            let lists = [weights, gradients, left, right, sigmas, partials, pulled];
            let [weight, gradient, left, right, sigma, partial, pulled] = lists.map(|list| list.first(index));
            [cube, m, n, weight, gradient, left, right, sigma, partial, pulled]
        })
        .collect();
    let table = Table::new(device, &rows);
    // SAFETY, of both launches: the table says where each array lies in each list, and the kernels leave out elements
    // beyond its extents.
    device.launch(cubes, units, |client, count, dim| unsafe {
        add_products::launch_unchecked(
            client,
            count,
            dim,
            table.argument(),
            table.rows(),
            weights.argument(),
            gradients.argument(),
            partials.argument(),
            units,
        );
    });
    device.launch(cubes, units, |client, count, dim| unsafe {
        pull::launch_unchecked(
            client,
            count,
            dim,
            table.argument(),
            table.rows(),
            gradients.argument(),
            left.argument(),
            right.argument(),
            sigmas.argument(),
            partials.argument(),
            pulled.argument(),
            units,
        );
    });
}

/// Sums of `G W / sigma` over the elements of each cube.
#[cube(launch_unchecked)]
fn add_products(
    table: &[u32],
    layers: usize,
    weights: &[f32],
    gradients: &[f32],
    partials: &mut [f32],
    #[comptime] units: usize,
) {
    let layer = row_of(table, layers, CUBE_POS, CUBE, COLUMNS);
    let count = entry(table, layer, M, COLUMNS) * entry(table, layer, N, COLUMNS);
    let piece = CUBE_POS - entry(table, layer, CUBE, COLUMNS);
    let first = piece * comptime!(units * OWN) + UNIT_POS as usize;
    let weight = entry(table, layer, WEIGHT, COLUMNS);
    let gradient = entry(table, layer, GRADIENT, COLUMNS);
    let mut products = 0.0f32;
    for own in 0..OWN {
        let index = first + own * units;
        if index < count {
            products = fma(gradients[gradient + index], weights[weight + index], products);
        }
    }
    let sum = fold_units(products, units, Fold::Sum);
    if UNIT_POS == 0 && piece * comptime!(units * OWN) < count {
        partials[entry(table, layer, PARTIAL, COLUMNS) + piece] = sum;
    }
}

/// `G / sigma - (<G, W / sigma> / sigma) v u^T`. Each cube adds up the sums of its matrix for itself: they are few, and
/// a launch for it would cost more.
#[cube(launch_unchecked)]
#[expect(clippy::too_many_arguments, reason = "a kernel has no structures of buffers")]
fn pull(
    table: &[u32],
    layers: usize,
    gradients: &[f32],
    left: &[f32],
    right: &[f32],
    sigmas: &[f32],
    partials: &[f32],
    pulled: &mut [f32],
    #[comptime] units: usize,
) {
    let layer = row_of(table, layers, CUBE_POS, CUBE, COLUMNS);
    let n = entry(table, layer, N, COLUMNS);
    let count = entry(table, layer, M, COLUMNS) * n;
    let pieces = count.div_ceil(comptime!(units * OWN));
    let partial = entry(table, layer, PARTIAL, COLUMNS);
    let mut sum = 0.0f32;
    let mut piece = UNIT_POS as usize;
    while piece < pieces {
        sum += partials[partial + piece];
        piece += units;
    }
    let sigma = sigmas[entry(table, layer, SIGMA, COLUMNS)];
    let through_sigma = fold_units(sum, units, Fold::Sum) / sigma;
    let v = entry(table, layer, LEFT, COLUMNS);
    let u = entry(table, layer, RIGHT, COLUMNS);
    let gradient = entry(table, layer, GRADIENT, COLUMNS);
    let target = entry(table, layer, PULLED, COLUMNS);
    let first = (CUBE_POS - entry(table, layer, CUBE, COLUMNS)) * comptime!(units * OWN) + UNIT_POS as usize;
    for own in 0..OWN {
        let index = first + own * units;
        if index < count {
            let outer = left[v + index / n] * right[u + index % n];
            pulled[target + index] = gradients[gradient + index] / sigma - through_sigma * outer;
        }
    }
}
