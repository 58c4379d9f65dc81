//! Copies arrays from several allocations into one, as many allocations a launch as a kernel can be given.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use std::sync::Arc;

use cubecl::prelude::*;

use super::allocation::Allocation;
use super::device::CubeDevice;
use super::table::{Table, entry, row_of};

/// Most allocations that one launch reads, if the device allows as many: more would make long kernels.
const MOST_MEMORIES: usize = 32;

/// Buffers of a launch that are no allocation to read: the table, the target, and what the runtime needs for itself.
const OTHER_BUFFERS: usize = 3;

/// Units of a cube, if the device allows as many.
const UNITS: usize = 256;

/// Values that one unit copies.
const OWN: usize = 8;

/// One array to copy; places and count in values.
pub(super) struct Piece {
    /// Which allocation it lies in.
    pub(super) memory: usize,
    /// Where it begins there.
    pub(super) from: usize,
    /// Where it begins in the target.
    pub(super) to: usize,
    /// How many values it has.
    pub(super) count: usize,
}

// The columns of the table.
const CUBE: usize = 0;
const SOURCE: usize = 1;
const FROM: usize = 2;
const TO: usize = 3;
const COUNT: usize = 4;
const COLUMNS: usize = 5;

/// Copies all pieces.
pub(super) fn copy(
    device: &CubeDevice,
    memories: &[&Arc<Allocation>],
    pieces: &[Piece],
    target: &Allocation,
) {
    let limits = device.limits();
    let together = limits
        .buffers
        .saturating_sub(OTHER_BUFFERS)
        .clamp(1, MOST_MEMORIES);
    let units = UNITS.min(limits.units_per_cube);
    for (group, memories) in memories.chunks(together).enumerate() {
        let first = group * together;
        let mut cubes = 0;
        let rows: Vec<[usize; COLUMNS]> = pieces
            .iter()
            .filter(|piece| (first..first + memories.len()).contains(&piece.memory))
            .map(|piece| {
                let cube = cubes;
                cubes += piece.count.div_ceil(units * OWN);
                [cube, piece.memory - first, piece.from, piece.to, piece.count]
            })
            .collect();
        if cubes == 0 {
            continue;
        }
        let table = Table::new(device, &rows);
        device.launch(cubes, units, |client, count, dim| {
            // SAFETY: a piece lies in its allocation and in the target, and the kernel copies no more than its count.
            unsafe {
                copy_pieces::launch_unchecked(
                    client,
                    count,
                    dim,
                    table.argument(),
                    table.rows(),
                    memories.iter().map(|memory| memory.whole()).collect(),
                    target.whole(),
                    units,
                );
            }
        });
    }
}

#[cube(launch_unchecked)]
fn copy_pieces(
    table: &[u32],
    rows: usize,
    sources: &Sequence<Box<[f32]>>,
    target: &mut [f32],
    #[comptime] units: usize,
) {
    let row = row_of(table, rows, CUBE_POS, CUBE, COLUMNS);
    let first = (CUBE_POS - entry(table, row, CUBE, COLUMNS)) * comptime!(units * OWN) + UNIT_POS as usize;
    let count = entry(table, row, COUNT, COLUMNS);
    let from = entry(table, row, FROM, COLUMNS);
    let to = entry(table, row, TO, COLUMNS);
    let wanted = entry(table, row, SOURCE, COLUMNS);
    #[unroll]
    for source in 0..sources.len() {
        if source == wanted {
            for own in 0..OWN {
                let index = first + own * units;
                if index < count {
                    target[to + index] = sources[source][from + index];
                }
            }
        }
    }
}
