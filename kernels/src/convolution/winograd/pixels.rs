//! Which pixels of an image belong to a tile, and their values.

use super::lanes::Lanes;
use super::tiling::Tiling;
use crate::convolution::geometry::Problem;
use crate::element::Real;

/// The pixels of one tile and phase in an image: every `step`-th from `origin`, some of which may lie outside.
pub(super) struct Pixels {
    /// Of the image: height and width.
    extents: [usize; 2],
    /// The first pixel; one before the image has wrapped around.
    origin: [usize; 2],
    step: usize,
}

impl Pixels {
    pub(super) fn of_input(
        problem: &Problem,
        tiling: &Tiling,
        tile: usize,
        phase: usize,
        outputs: usize,
    ) -> Self {
        let (tile, phase) = (tiling.tile(tile), tiling.phase(phase));
        let origin = [0, 1].map(|axis| {
            let padded = tile[axis] * outputs * tiling.stride + phase[axis];
            padded.wrapping_sub(problem.geometry.padding[axis].before)
        });
        Self {
            extents: [problem.h, problem.w],
            origin,
            step: tiling.stride,
        }
    }

    pub(super) fn of_output(problem: &Problem, tiling: &Tiling, tile: usize, outputs: usize) -> Self {
        Self {
            extents: [problem.p, problem.q],
            origin: tiling.tile(tile).map(|tile| tile * outputs),
            step: 1,
        }
    }

    /// The index of a pixel of the tile in the image, unless it lies outside.
    #[inline(always)]
    fn index(&self, row: usize, column: usize) -> Option<usize> {
        let row = self.origin[0].wrapping_add(row * self.step);
        let column = self.origin[1].wrapping_add(column * self.step);
        (row < self.extents[0] && column < self.extents[1]).then(|| row * self.extents[1] + column)
    }

    /// Some channels of column `j` of the tile; 0 outside the image.
    #[inline(always)]
    pub(super) fn column<T: Real, const N: usize>(
        &self,
        image: &[T],
        channels: usize,
        j: usize,
        first: usize,
        count: usize,
    ) -> [Lanes<T>; N] {
        let mut column = [Lanes::ZERO; N];
        for (i, lanes) in column.iter_mut().enumerate() {
            if let Some(pixel) = self.index(i, j) {
                *lanes = Lanes::load(&image[pixel * channels + first..][..count]);
            }
        }
        column
    }

    /// Calls `visit(column, pixel)` for what lies on the image of row `i` of a tile with `side` columns.
    #[inline(always)]
    pub(super) fn for_each_in_row(&self, i: usize, side: usize, mut visit: impl FnMut(usize, usize)) {
        for j in 0..side {
            if let Some(pixel) = self.index(i, j) {
                visit(j, pixel);
            }
        }
    }
}
