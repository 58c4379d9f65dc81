//! Where tiles lie on images and in the planes that hold them.
//!
//! A stride of two is taken apart into phases: the pixels of odd and of even rows and columns are images of their own,
//! and each meets every second tap of the filter with stride one. Phases then count as further channels.

use super::lanes::Lanes;
use crate::convolution::geometry::Problem;
use crate::element::Real;

/// Values between the planes of a tile's positions, so that positions do not all compete for the same lines of a cache.
const GAP: usize = 16;

/// Tiles that are transformed, multiplied and transformed back at a time: their planes should stay in the last cache.
const TILES: usize = 256;

/// The tiles of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiling {
    /// Phases an axis, the stride.
    pub(super) stride: usize,
    /// Tiles in an image from top to bottom.
    pub(super) high: usize,
    /// Tiles in an image from left to right.
    pub(super) wide: usize,
}

impl Tiling {
    /// Tiles of `outputs` by `outputs` outputs.
    pub(super) fn new(problem: &Problem, outputs: usize) -> Self {
        Self {
            stride: problem.geometry.stride[0],
            high: problem.p.div_ceil(outputs),
            wide: problem.q.div_ceil(outputs),
        }
    }

    /// Tiles in an image.
    pub(super) fn tiles(&self) -> usize {
        self.high * self.wide
    }

    /// Images whose tiles are worked on at a time.
    pub(super) fn images_at_a_time(&self) -> usize {
        (TILES / self.tiles()).max(1)
    }

    /// Phases on both axes: what multiplies the channels.
    pub(super) fn phases(&self) -> usize {
        self.stride * self.stride
    }

    /// Every tile of an image with every phase.
    pub(super) fn tiles_and_phases(&self) -> impl Iterator<Item = (usize, usize)> {
        let phases = self.phases();
        (0..self.tiles()).flat_map(move |tile| (0..phases).map(move |phase| (tile, phase)))
    }

    /// Which tap of the whole filter, row-major, is a phase's own tap at row and column.
    pub(super) fn tap(&self, problem: &Problem, phase: usize, own: [usize; 2]) -> usize {
        let phase = self.phase(phase);
        let [row, column] = [0, 1].map(|axis| own[axis] * self.stride + phase[axis]);
        row * problem.s + column
    }

    /// The phase of that number: row and column.
    pub(super) fn phase(&self, index: usize) -> [usize; 2] {
        [index / self.stride, index % self.stride]
    }

    /// The tile of that number in its image: row and column, counted in tiles.
    pub(super) fn tile(&self, index: usize) -> [usize; 2] {
        [index / self.wide, index % self.wide]
    }
}

/// A stack of matrices, one for each position in a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planes {
    /// Positions in a tile.
    pub(super) count: usize,
    /// Rows of each matrix.
    pub(super) rows: usize,
    /// Columns of each matrix.
    pub(super) columns: usize,
}

impl Planes {
    /// From one plane to the next.
    pub(super) fn between(&self) -> usize {
        self.rows * self.columns + GAP
    }

    /// Values of all planes, with what lies between.
    pub(super) fn values(&self) -> usize {
        self.count * self.between()
    }

    /// One plane.
    pub(super) fn plane<'a, T>(&self, values: &'a [T], index: usize) -> &'a [T] {
        &values[index * self.between()..][..self.rows * self.columns]
    }

    /// Groups of `rows` rows, each with its part of every plane, to be written by different threads.
    pub(super) fn groups<'a, T>(&self, values: &'a mut [T], rows: usize) -> Vec<Vec<&'a mut [T]>> {
        let planes = values.chunks_exact_mut(self.between());
        grouped(
            planes.map(|plane| &mut plane[..self.rows * self.columns]),
            rows * self.columns,
        )
    }
}

/// Groups of the first, the second, ... `length` values of every plane.
pub(super) fn grouped<'a, T>(
    planes: impl Iterator<Item = &'a mut [T]>,
    length: usize,
) -> Vec<Vec<&'a mut [T]>> {
    let mut groups = Vec::new();
    for plane in planes {
        for (index, part) in plane.chunks_mut(length).enumerate() {
            if groups.len() == index {
                groups.push(Vec::new());
            }
            groups[index].push(part);
        }
    }
    groups
}

/// Column `j` of one tile that lies at `at` of every plane.
#[inline(always)]
pub(super) fn load_column<T: Real, const N: usize>(
    planes: &Planes,
    values: &[T],
    j: usize,
    at: usize,
    count: usize,
) -> [Lanes<T>; N] {
    let mut column = [Lanes::ZERO; N];
    for (i, lanes) in column.iter_mut().enumerate() {
        *lanes = Lanes::load(&values[(i * N + j) * planes.between() + at..][..count]);
    }
    column
}

/// Writes row `i` of one tile to `at` of every plane.
#[inline(always)]
pub(super) fn store_row<T: Real, const N: usize>(
    i: usize,
    row: [Lanes<T>; N],
    planes: &mut [&mut [T]],
    at: usize,
    count: usize,
) {
    for (j, plane) in planes[i * N..][..N].iter_mut().enumerate() {
        row[j].store(&mut plane[at..][..count]);
    }
}
