//! Sums over the units of a cube, as trees over shared memory: in the same order each time.

use cubecl::prelude::*;

/// Adds the sums of every `lanes` neighbouring units, a power of two, into the first of them.
#[cube]
pub(super) fn add_lanes(sums: &mut Shared<[f32]>, lanes: usize, #[comptime] units: usize) {
    let unit = UNIT_POS as usize;
    let mut half = comptime!(units / 2).runtime();
    while half > 0 {
        if half < lanes && unit % lanes < half {
            let other = sums[unit + half];
            sums[unit] += other;
        }
        sync_cube();
        half /= 2;
    }
}

/// Adds the sums of all units that are a multiple of `lanes` apart, a power of two, into the first `lanes` units.
#[cube]
pub(super) fn add_groups(sums: &mut Shared<[f32]>, lanes: usize, #[comptime] units: usize) {
    let unit = UNIT_POS as usize;
    let mut half = comptime!(units / 2).runtime();
    while half > 0 {
        if half >= lanes && unit < half {
            let other = sums[unit + half];
            sums[unit] += other;
        }
        sync_cube();
        half /= 2;
    }
}
