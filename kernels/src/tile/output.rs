//! From sums to the output: bias, leaky rectifier, and where a row of the tile belongs.

use cubecl::prelude::*;

use super::multiply::{Place, Scheme, line_of_unit};

/// Where a row lies that the output does not have.
pub(crate) const NOWHERE: usize = 1 << 31;

/// What is done with a sum before it is stored.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub(crate) struct Finish {
    /// Whether a bias is added to each column, 0 or 1.
    pub(crate) has_bias: u32,
    /// Then values at most 0 are multiplied by this; 1 leaves them.
    pub(crate) slope: f32,
}

/// A sum with bias and leaky rectifier.
#[cube]
pub(crate) fn finished(sum: f32, bias: &[f32], column: usize, finish: &Finish) -> f32 {
    let mut value = sum;
    if finish.has_bias == 1 {
        value += bias[column];
    }
    if value <= 0.0 {
        value *= finish.slope;
    }
    value
}

/// Stores a unit's sums: row `i` of its own from `starts[i]` on.
#[cube]
pub(crate) fn store<OutputWidth: Size>(
    sums: &Array<f32>,
    output: &mut [Vector<f32, OutputWidth>],
    starts: &Array<usize>,
    place: &Place,
    columns: usize,
    bias: &[f32],
    finish: &Finish,
    #[comptime] scheme: Scheme,
) {
    let own = comptime!(scheme.tile.own[1]);
    #[unroll]
    for i in 0..comptime!(scheme.tile.own[0]) {
        if starts[i] < NOWHERE {
            #[unroll]
            for group in 0..comptime!(own / scheme.output_width()) {
                let first = comptime!(group * scheme.output_width());
                let column = place.column + line_of_unit(first, 1usize, scheme);
                if column < columns {
                    let mut values = Vector::<f32, OutputWidth>::new(0.0f32);
                    #[unroll]
                    for lane in 0..comptime!(scheme.output_width()) {
                        let sum = sums[comptime!(i * own + first + lane)];
                        values.insert(lane, finished(sum, bias, column + lane, finish));
                    }
                    output[(starts[i] + column) / comptime!(scheme.output_width())] = values;
                }
            }
        }
    }
}

/// Where this unit's rows start in a row-major output.
#[cube]
pub(crate) fn row_starts(
    rows: usize,
    columns: usize,
    place: &Place,
    parts: usize,
    #[comptime] scheme: Scheme,
) -> Array<usize> {
    let mut starts = Array::<usize>::new(comptime!(scheme.tile.own[0]));
    #[unroll]
    for i in 0..comptime!(scheme.tile.own[0]) {
        let row = place.row + line_of_unit(i, 0usize, scheme);
        starts[i] = NOWHERE.runtime();
        if row < rows && place.part < parts {
            starts[i] = (place.part * rows + row) * columns;
        }
    }
    starts
}
