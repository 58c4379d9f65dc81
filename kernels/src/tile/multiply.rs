//! The sums of one tile: the loop over blocks of terms, and the multiply-adds.

use cubecl::prelude::*;
use half::bf16;

use super::choice::{DEPTH, Tile};
use super::fetch::{Four, Share, begin, fetch, stage};
use super::matrix_units;
use super::operand::{Form, Order, Source};
use crate::cube::CubeDevice;
use crate::precision::Precision;

/// What code is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scheme {
    pub(crate) tile: Tile,
    /// Of the left operand, whose lines are rows, and of the right one.
    pub(crate) forms: [Form; 2],
    /// Of operands; sums have all of f32.
    pub(crate) precision: Precision,
    /// Whether matrix units multiply, which take no operands in f32.
    pub(crate) matrix_units: bool,
}

impl Scheme {
    /// The code for a tile of these operands on a device.
    pub(crate) fn on(device: &CubeDevice, tile: Tile, forms: [Form; 2]) -> Self {
        Self {
            tile,
            forms,
            precision: device.precision(),
            matrix_units: device.matrix_units(),
        }
    }

    pub(super) fn share(self, side: usize) -> Share {
        let form = self.forms[side];
        Share {
            form,
            extent: self.tile.extents()[side],
            units: self.tile.units(),
            // Spreads lines over the banks of memory; a matrix unit needs 16 bytes between them.
            spare: match (self.matrix_units, self.precision) {
                (true, Precision::Bf16) => 2,
                (true, _) => 1,
                (false, _) => usize::from(form.order == Order::ByTerm),
            },
        }
    }

    /// Whether a unit's lines are as many apart as there are units, rather than four together.
    fn is_spread(self, side: usize) -> bool {
        // What matrix units compute is handed out by whole rows of units.
        self.share(side).is_by_term() || (self.matrix_units && side == 0)
    }

    /// Values that are stored at once: as many as lie together in both the output and the right operand.
    pub(crate) fn output_width(self) -> usize {
        let right = self.forms[1];
        if right.order == Order::ByLine {
            right.width
        } else {
            1
        }
    }

    /// Vectors of its own lines that a unit reads from the cube's memory at a time.
    fn own_vectors(self, side: usize) -> usize {
        let own = self.tile.own[side];
        if self.share(side).is_by_term() {
            own
        } else {
            own / 4
        }
    }
}

/// What a cube computes.
#[derive(CubeType, Clone, Copy)]
pub(crate) struct Place {
    /// First row of the tile.
    pub(crate) row: usize,
    /// First column of the tile.
    pub(crate) column: usize,
    /// Which of several products.
    pub(crate) phase: usize,
    /// Which part of the sums; beyond the last, the cube has no work.
    pub(crate) part: usize,
}

/// The work of this cube: tiles lie row by row, products follow each other, and then parts.
#[cube]
pub(crate) fn place(rows: usize, columns: usize, phases: usize, #[comptime] tile: Tile) -> Place {
    let height = comptime!(tile.extents()[0]);
    let width = comptime!(tile.extents()[1]);
    let (down, across) = (rows.div_ceil(height), columns.div_ceil(width));
    let above = CUBE_POS / across;
    let product = above / down;
    Place {
        row: above % down * height,
        column: CUBE_POS % across * width,
        phase: product % phases,
        part: product / phases,
    }
}

/// Blocks of terms that a part has of sums of `terms` terms, where a part has at most `blocks`.
#[cube]
pub(crate) fn blocks_of_part(terms: usize, part: usize, blocks: usize) -> usize {
    let all = terms.div_ceil(DEPTH);
    let first = part * blocks;
    let mut own = 0usize;
    if first < all {
        own = min(blocks, all - first);
    }
    own
}

/// A unit's sums at the beginning.
#[cube]
pub(crate) fn zeros(#[comptime] scheme: Scheme) -> Array<f32> {
    let mut sums = Array::<f32>::new(comptime!(scheme.tile.sums()));
    #[unroll]
    for index in 0..comptime!(scheme.tile.sums()) {
        sums[index] = 0.0f32;
    }
    sums
}

/// The line, counted from the tile's first, of a unit's `index`-th row (`side` 0) or column (1).
#[cube]
pub(crate) fn line_of_unit(
    #[comptime] index: usize,
    #[comptime] side: usize,
    #[comptime] scheme: Scheme,
) -> usize {
    let units = comptime!(scheme.tile.units[side]);
    let unit = unit_along(side, scheme);
    if comptime!(scheme.is_spread(side)) {
        unit + comptime!(index * units)
    } else {
        unit * 4 + comptime!(index / 4 * units * 4 + index % 4)
    }
}

#[cube]
fn unit_along(#[comptime] side: usize, #[comptime] scheme: Scheme) -> usize {
    let across = comptime!(scheme.tile.units[1]);
    if comptime!(side == 0) {
        UNIT_POS as usize / across
    } else {
        UNIT_POS as usize % across
    }
}

/// Computes the sums of this unit over `blocks` blocks of terms, from the part's first on; they are zero before.
#[cube]
pub(crate) fn accumulate<LeftWidth: Size, RightWidth: Size>(
    a: &[Vector<f32, LeftWidth>],
    a_source: &Source,
    b: &[Vector<f32, RightWidth>],
    b_source: &Source,
    place: &Place,
    first_block: usize,
    blocks: usize,
    sums: &mut Array<f32>,
    #[comptime] scheme: Scheme,
) {
    if comptime!(!scheme.matrix_units) {
        accumulate_by_units::<LeftWidth, RightWidth>(
            a,
            a_source,
            b,
            b_source,
            place,
            first_block,
            blocks,
            sums,
            scheme,
        );
    } else if comptime!(scheme.precision == Precision::Bf16) {
        matrix_units::accumulate::<LeftWidth, RightWidth, bf16>(
            a,
            a_source,
            b,
            b_source,
            place,
            first_block,
            blocks,
            sums,
            scheme,
        );
    } else {
        matrix_units::accumulate::<LeftWidth, RightWidth, tf32>(
            a,
            a_source,
            b,
            b_source,
            place,
            first_block,
            blocks,
            sums,
            scheme,
        );
    }
}

/// As [`accumulate`], with a unit's own multiply-adds.
#[cube]
fn accumulate_by_units<LeftWidth: Size, RightWidth: Size>(
    a: &[Vector<f32, LeftWidth>],
    a_source: &Source,
    b: &[Vector<f32, RightWidth>],
    b_source: &Source,
    place: &Place,
    first_block: usize,
    blocks: usize,
    sums: &mut Array<f32>,
    #[comptime] scheme: Scheme,
) {
    let a_share = comptime!(scheme.share(0));
    let b_share = comptime!(scheme.share(1));
    let mut a_staged = Shared::<[Four]>::new_slice(comptime!(a_share.vectors()));
    let mut b_staged = Shared::<[Four]>::new_slice(comptime!(b_share.vectors()));
    let mut a_fetched = Array::<Four>::new(comptime!(a_share.steps()));
    let mut b_fetched = Array::<Four>::new(comptime!(b_share.steps()));
    let first_term = first_block * DEPTH;
    let mut a_cursor = begin(a_source, place.row, first_term, a_share);
    let mut b_cursor = begin(b_source, place.column, first_term, b_share);

    if blocks > 0 {
        fetch::<LeftWidth>(a, a_source, &mut a_cursor, &mut a_fetched, a_share);
        fetch::<RightWidth>(b, b_source, &mut b_cursor, &mut b_fetched, b_share);
    }
    for block in 0..blocks {
        stage::<f32>(&a_fetched, &mut a_staged, a_share, scheme.precision);
        stage::<f32>(&b_fetched, &mut b_staged, b_share, scheme.precision);
        sync_cube();
        // The next block is on its way while this one is multiplied.
        if block + 1 < blocks {
            fetch::<LeftWidth>(a, a_source, &mut a_cursor, &mut a_fetched, a_share);
            fetch::<RightWidth>(b, b_source, &mut b_cursor, &mut b_fetched, b_share);
        }
        multiply(&a_staged, &b_staged, sums, scheme);
        sync_cube();
    }
}

/// Multiplies the block of terms in the cube's memory.
#[cube]
fn multiply(
    a_staged: &Shared<[Four]>,
    b_staged: &Shared<[Four]>,
    sums: &mut Array<f32>,
    #[comptime] scheme: Scheme,
) {
    let rows = comptime!(scheme.tile.own[0]);
    let columns = comptime!(scheme.tile.own[1]);
    let mut a_own = Array::<Four>::new(comptime!(scheme.own_vectors(0)));
    let mut b_own = Array::<Four>::new(comptime!(scheme.own_vectors(1)));
    let mut a_now = Array::<f32>::new(rows);
    let mut b_now = Array::<f32>::new(columns);
    for group in 0..comptime!(DEPTH / 4) {
        take_by_term(a_staged, group, &mut a_own, 0usize, scheme);
        take_by_term(b_staged, group, &mut b_own, 1usize, scheme);
        #[unroll]
        for lane in 0..4usize {
            take_by_line(a_staged, group * 4 + lane, &mut a_own, 0usize, scheme);
            take_by_line(b_staged, group * 4 + lane, &mut b_own, 1usize, scheme);
            scalars(&a_own, &mut a_now, lane, 0usize, scheme);
            scalars(&b_own, &mut b_now, lane, 1usize, scheme);
            #[unroll]
            for i in 0..rows {
                #[unroll]
                for j in 0..columns {
                    let index = comptime!(i * columns + j);
                    sums[index] = fma(a_now[i], b_now[j], sums[index]);
                }
            }
        }
    }
}

/// Reads four terms of each of a unit's lines, from an operand in that order.
#[cube]
fn take_by_term(
    staged: &Shared<[Four]>,
    group: usize,
    own: &mut Array<Four>,
    #[comptime] side: usize,
    #[comptime] scheme: Scheme,
) {
    let share = comptime!(scheme.share(side));
    if comptime!(share.is_by_term()) {
        #[unroll]
        for index in 0..comptime!(scheme.own_vectors(side)) {
            let line = line_of_unit(index, side, scheme);
            own[index] = staged[line * comptime!(share.pitch()) + group];
        }
    }
}

/// Reads one term of a unit's lines, four lines at a time, from an operand in that order.
#[cube]
fn take_by_line(
    staged: &Shared<[Four]>,
    term: usize,
    own: &mut Array<Four>,
    #[comptime] side: usize,
    #[comptime] scheme: Scheme,
) {
    let share = comptime!(scheme.share(side));
    if comptime!(!share.is_by_term()) {
        let units = comptime!(scheme.tile.units[side]);
        let unit = unit_along(side, scheme);
        #[unroll]
        for index in 0..comptime!(scheme.own_vectors(side)) {
            own[index] = staged[term * comptime!(share.pitch()) + unit + comptime!(index * units)];
        }
    }
}

/// One term of each of a unit's lines; `lane` is its place in vectors of terms.
#[cube]
fn scalars(
    own: &Array<Four>,
    now: &mut Array<f32>,
    #[comptime] lane: usize,
    #[comptime] side: usize,
    #[comptime] scheme: Scheme,
) {
    #[unroll]
    for index in 0..comptime!(scheme.tile.own[side]) {
        now[index] = if comptime!(scheme.share(side).is_by_term()) {
            own[index].extract(lane)
        } else {
            own[comptime!(index / 4)].extract(comptime!(index % 4))
        };
    }
}
