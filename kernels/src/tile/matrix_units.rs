//! The sums of one tile by a device's matrix units: a plane of units multiplies matrices of 16 rows and columns at once.
//!
//! Operands are fetched, rounded and shared as for all products, but the cube's memory holds them in their own format. Each
//! plane keeps the sums of a rectangle of the tile in its registers, spread over its units in a way that only the device
//! knows. At the end they go through the cube's memory, sixteen rows of the tile at a time, to the units that store them.
//!
//! A matrix unit adds the products of a step in an order and with a rounding of its own; steps follow each other in order.

use cubecl::cmma::{self, Matrix, MatrixIdent, MatrixLayout};
use cubecl::prelude::*;

use super::choice::DEPTH;
use super::fetch::{begin, fetch, stage};
use super::multiply::{Place, Scheme, line_of_unit};
use super::operand::Source;
use crate::precision::Precision;

/// Rows and columns of the sums that a plane adds to at once.
pub(crate) const SIDE: usize = 16;

/// Units of a plane, which a cube's are divided into.
pub(crate) const PLANE_UNITS: usize = 32;

/// Bytes of the cube's memory through which sums go to the units that store them, at most: sixteen rows of a tile.
pub(crate) const HANDED_OUT_BYTES: usize = SIDE * 128 * size_of::<f32>();

/// Bytes to which the beginning of a matrix in the cube's memory must be aligned.
const ALIGNMENT: usize = 32;

/// Terms that a plane multiplies at once.
pub(crate) const fn step(precision: Precision) -> usize {
    match precision {
        Precision::Bf16 => 16,
        Precision::F32 | Precision::Tf32 => 8,
    }
}

impl Scheme {
    /// Planes that share the rows of the tile, and its columns.
    fn planes(self) -> [usize; 2] {
        let across = if self.tile.extents()[1] >= 4 * SIDE { 2 } else { 1 };
        [self.tile.units() / PLANE_UNITS / across, across]
    }

    /// Matrices of sums that a plane keeps, along rows and along columns.
    pub(super) fn own_matrices(self) -> [usize; 2] {
        let (extents, planes) = (self.tile.extents(), self.planes());
        [0, 1].map(|side| extents[side] / SIDE / planes[side])
    }

    /// How an operand's values lie in the cube's memory.
    fn layout(self, side: usize) -> MatrixLayout {
        match (side, self.share(side).is_by_term()) {
            (0, true) | (1, false) => MatrixLayout::RowMajor,
            _ => MatrixLayout::ColMajor,
        }
    }
}

/// Computes the sums of `blocks` blocks of terms, from the part's first on, with operands in the format `E`.
#[cube]
pub(super) fn accumulate<LeftWidth: Size, RightWidth: Size, E: Scalar>(
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
    let mut a_staged =
        Shared::<[Vector<E, Const<4>>]>::new_aligned_slice(comptime!(a_share.vectors()), ALIGNMENT);
    let mut b_staged =
        Shared::<[Vector<E, Const<4>>]>::new_aligned_slice(comptime!(b_share.vectors()), ALIGNMENT);
    let mut a_fetched = Array::<Vector<f32, Const<4>>>::new(comptime!(a_share.steps()));
    let mut b_fetched = Array::<Vector<f32, Const<4>>>::new(comptime!(b_share.steps()));
    let first_term = first_block * DEPTH;
    let mut a_cursor = begin(a_source, place.row, first_term, a_share);
    let mut b_cursor = begin(b_source, place.column, first_term, b_share);
    let kept = no_sums(scheme);

    if blocks > 0 {
        fetch::<LeftWidth>(a, a_source, &mut a_cursor, &mut a_fetched, a_share);
        fetch::<RightWidth>(b, b_source, &mut b_cursor, &mut b_fetched, b_share);
    }
    for block in 0..blocks {
        stage::<E>(&a_fetched, &mut a_staged, a_share, scheme.precision);
        stage::<E>(&b_fetched, &mut b_staged, b_share, scheme.precision);
        sync_cube();
        if block + 1 < blocks {
            fetch::<LeftWidth>(a, a_source, &mut a_cursor, &mut a_fetched, a_share);
            fetch::<RightWidth>(b, b_source, &mut b_cursor, &mut b_fetched, b_share);
        }
        multiply::<E>(&a_staged, &b_staged, &kept, scheme);
        sync_cube();
    }
    hand_out(&kept, sums, scheme);
}

/// A plane's matrices of sums at the beginning, row by row.
#[cube]
fn no_sums(#[comptime] scheme: Scheme) -> Sequence<Matrix<f32>> {
    let count = comptime!(scheme.own_matrices()[0] * scheme.own_matrices()[1]);
    let mut kept = Sequence::<Matrix<f32>>::new();
    #[unroll]
    for _ in 0..count {
        kept.push(Matrix::<f32>::from_value(
            MatrixIdent::Accumulator,
            SIDE,
            SIDE,
            comptime!(step(scheme.precision)),
            MatrixLayout::Undefined,
            0.0f32,
        ));
    }
    kept
}

/// The first row (`side` 0) or column (1) of this plane's rectangle, counted from the tile's first.
#[cube]
fn line_of_plane(#[comptime] side: usize, #[comptime] scheme: Scheme) -> usize {
    let across = comptime!(scheme.planes()[1]);
    let plane = PLANE_POS as usize;
    let along = if comptime!(side == 0) {
        plane / across
    } else {
        plane % across
    };
    along * comptime!(scheme.own_matrices()[side] * SIDE)
}

/// Multiplies the block of terms in the cube's memory.
#[cube]
fn multiply<E: Scalar>(
    a_staged: &Shared<[Vector<E, Const<4>>]>,
    b_staged: &Shared<[Vector<E, Const<4>>]>,
    kept: &Sequence<Matrix<f32>>,
    #[comptime] scheme: Scheme,
) {
    let rows = comptime!(scheme.own_matrices()[0]);
    let columns = comptime!(scheme.own_matrices()[1]);
    let first_row = line_of_plane(0usize, scheme);
    let first_column = line_of_plane(1usize, scheme);
    #[unroll]
    for part in 0..comptime!(DEPTH / step(scheme.precision)) {
        let mut left = Sequence::<Matrix<Vector<E, Const<4>>>>::new();
        #[unroll]
        for i in 0..rows {
            left.push(take::<E>(
                a_staged,
                first_row + comptime!(i * SIDE),
                part,
                0usize,
                scheme,
            ));
        }
        #[unroll]
        for j in 0..columns {
            let right = take::<E>(b_staged, first_column + comptime!(j * SIDE), part, 1usize, scheme);
            #[unroll]
            for i in 0..rows {
                let sum = kept.index(comptime!(i * columns + j));
                cmma::execute(left.index(i), &right, sum, sum);
            }
        }
    }
}

/// Sixteen lines of an operand, and the terms of one step.
#[cube]
fn take<E: Scalar>(
    staged: &Shared<[Vector<E, Const<4>>]>,
    line: usize,
    #[comptime] part: usize,
    #[comptime] side: usize,
    #[comptime] scheme: Scheme,
) -> Matrix<Vector<E, Const<4>>> {
    let share = comptime!(scheme.share(side));
    let pitch = comptime!(share.pitch());
    let terms = comptime!(step(scheme.precision));
    let first = if comptime!(share.is_by_term()) {
        line * pitch + comptime!(part * terms / 4)
    } else {
        comptime!(part * terms * pitch) + line / 4
    };
    Matrix::<Vector<E, Const<4>>>::from_slice(
        comptime!(if side == 0 { MatrixIdent::A } else { MatrixIdent::B }),
        SIDE,
        SIDE,
        terms,
        comptime!(scheme.layout(side)),
        &staged[first..comptime!(share.vectors())],
        comptime!(4 * pitch as u32),
    )
}

/// Gives each unit the sums that it stores, sixteen rows of the tile at a time.
#[cube]
fn hand_out(kept: &Sequence<Matrix<f32>>, sums: &mut Array<f32>, #[comptime] scheme: Scheme) {
    let width = comptime!(scheme.tile.extents()[1]);
    let own_columns = comptime!(scheme.tile.own[1]);
    let columns = comptime!(scheme.own_matrices()[1]);
    let height = comptime!(scheme.own_matrices()[0]);
    // Rows of a unit among sixteen of the tile.
    let own = comptime!(SIDE / scheme.tile.units[0]);
    let mut band = Shared::<[f32]>::new_aligned_slice(comptime!(SIDE * width), ALIGNMENT);
    let plane_row = PLANE_POS as usize / comptime!(scheme.planes()[1]);
    let first_column = line_of_plane(1usize, scheme);
    #[unroll]
    for above in 0..comptime!(scheme.tile.extents()[0] / SIDE) {
        if plane_row == comptime!(above / height) {
            #[unroll]
            for j in 0..columns {
                let first = first_column + comptime!(j * SIDE);
                cmma::store(
                    &mut band[first..comptime!(SIDE * width)],
                    kept.index(comptime!(above % height * columns + j)),
                    comptime!(width as u32),
                    MatrixLayout::RowMajor,
                );
            }
        }
        sync_cube();
        #[unroll]
        for i in 0..own {
            let index = comptime!(above * own + i);
            let row = line_of_unit(index, 0usize, scheme) - comptime!(above * SIDE);
            #[unroll]
            for j in 0..own_columns {
                sums[comptime!(index * own_columns + j)] =
                    band[row * width + line_of_unit(j, 1usize, scheme)];
            }
        }
        sync_cube();
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice::TILES;
    use super::super::operand::{Form, Order, Walk};
    use super::*;

    #[test]
    fn every_tile_is_divided_among_planes_into_whole_matrices() {
        for (tile, _) in TILES {
            let scheme = Scheme {
                tile,
                forms: [Order::ByTerm, Order::ByLine].map(|order| Form::new(Walk::Matrix, order, 4, 4)),
                precision: Precision::Bf16,
                matrix_units: true,
            };
            let (planes, own) = (scheme.planes(), scheme.own_matrices());
            assert_eq!(planes[0] * planes[1] * PLANE_UNITS, tile.units(), "{tile:?}");
            assert_eq!(
                [0, 1].map(|side| planes[side] * own[side] * SIDE),
                tile.extents(),
                "{tile:?}"
            );
            assert!(SIDE.is_multiple_of(tile.units[0]), "{tile:?}");
            assert!(
                SIDE * tile.extents()[1] * size_of::<f32>() <= HANDED_OUT_BYTES,
                "{tile:?}"
            );
            for precision in [Precision::Tf32, Precision::Bf16] {
                assert!(DEPTH.is_multiple_of(step(precision)), "{precision}");
            }
        }
    }
}
