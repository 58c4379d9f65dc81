//! Adam as one CubeCL kernel over the arrays of a list: each cube updates a piece of one array.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::{AdamStep, Factors};
use crate::cube::list;
use crate::cube::table::{Table, entry, row_of};
use crate::cube::{CubeBuffer, CubeDevice};

/// Units of a cube, if the device allows as many.
const UNITS: usize = 256;

/// Values that one unit updates.
const OWN: usize = 4;

// The columns of the table; the three outputs have one layout.
const CUBE: usize = 0;
const COUNT: usize = 1;
const VALUE: usize = 2;
const FIRST: usize = 3;
const SECOND: usize = 4;
const GRADIENT: usize = 5;
const UPDATED: usize = 6;
const COLUMNS: usize = 7;

/// New values, first and second moments of a list of arrays that fit into one buffer, from
/// `[values, first, second, gradients]`.
pub(super) fn update(
    step: AdamStep,
    device: &CubeDevice,
    operands: [&[&CubeBuffer]; 4],
    counts: &[usize],
) -> [Vec<CubeBuffer>; 3] {
    let Factors {
        betas: [beta1, beta2],
        rests: [rest1, rest2],
        corrections: [correction1, correction2],
        rate,
        epsilon,
    } = Factors::<f32>::of(step);
    let units = UNITS.min(device.limits().units_per_cube);
    list::computed("adam", device, operands, [counts; 3], |olds, news| {
        let mut cubes = 0;
        let rows: Vec<[usize; COLUMNS]> = (0..counts.len())
            .map(|array| {
                let cube = cubes;
                cubes += counts[array].div_ceil(units * OWN);
                let [x, m, v, g] = olds.map(|list| list.first(array));
                [cube, counts[array], x, m, v, g, news[0].first(array)]
            })
            .collect();
        let table = Table::new(device, &rows);
        let [x, m, v, g] = olds;
        let [new_x, new_m, new_v] = news;
        device.launch(cubes, units, |client, count, dim| {
            // SAFETY: the table says where each array lies in each list, and the kernel leaves out what is beyond its
            // count.
            unsafe {
                update_list::launch_unchecked(
                    client,
                    count,
                    dim,
                    table.argument(),
                    table.rows(),
                    x.argument(),
                    m.argument(),
                    v.argument(),
                    g.argument(),
                    new_x.argument(),
                    new_m.argument(),
                    new_v.argument(),
                    beta1,
                    rest1,
                    correction1,
                    beta2,
                    rest2,
                    correction2,
                    rate,
                    epsilon,
                    units,
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
#[expect(clippy::too_many_arguments, reason = "a kernel has no structures of buffers")]
fn update_list(
    table: &[u32],
    rows: usize,
    x: &[f32],
    m: &[f32],
    v: &[f32],
    g: &[f32],
    new_x: &mut [f32],
    new_m: &mut [f32],
    new_v: &mut [f32],
    beta1: f32,
    rest1: f32,
    correction1: f32,
    beta2: f32,
    rest2: f32,
    correction2: f32,
    rate: f32,
    epsilon: f32,
    #[comptime] units: usize,
) {
    let row = row_of(table, rows, CUBE_POS, CUBE, COLUMNS);
    let first = (CUBE_POS - entry(table, row, CUBE, COLUMNS)) * comptime!(units * OWN) + UNIT_POS as usize;
    let count = entry(table, row, COUNT, COLUMNS);
    let x_first = entry(table, row, VALUE, COLUMNS);
    let m_first = entry(table, row, FIRST, COLUMNS);
    let v_first = entry(table, row, SECOND, COLUMNS);
    let g_first = entry(table, row, GRADIENT, COLUMNS);
    let new_first = entry(table, row, UPDATED, COLUMNS);
    for own in 0..OWN {
        let index = first + own * units;
        if index < count {
            let gradient = g[g_first + index];
            let first_moment = beta1 * m[m_first + index] + rest1 * gradient;
            let second_moment = beta2 * v[v_first + index] + rest2 * (gradient * gradient);
            let root = (second_moment * correction2).sqrt();
            let change = rate * (first_moment * correction1) / (root + epsilon);
            new_m[new_first + index] = first_moment;
            new_v[new_first + index] = second_moment;
            new_x[new_first + index] = x[x_first + index] - change;
        }
    }
}
