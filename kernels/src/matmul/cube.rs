//! The matrix product as a CubeCL kernel: tiles of the output in registers, tiles of the operands in shared memory.
//!
//! A cube computes a square tile of the output, `side * own` rows and columns; each of its `side * side` units keeps
//! `own * own` sums in registers. The units load `DEPTH` terms of both operands into shared memory, in the order in
//! which they lie in memory whatever the transposition, and every sum takes its terms in the order of `k`, one fused
//! multiply-add each. So the result does not depend on the tile, and every run gives the same bits on one device.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::Problem;
use crate::cube::{CubeBuffer, CubeDevice, Limits, Values};

/// Terms of the inner dimension in shared memory at a time.
const DEPTH: usize = 16;

/// Tiles of the output below which a smaller tile is chosen, so that a GPU's processors all have one.
const ENOUGH_TILES: usize = 128;

/// How a cube covers its tile of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Tile {
    /// Units along one side.
    side: usize,
    /// Rows, and columns, of sums that a unit keeps.
    own: usize,
}

/// From the largest, which reads the operands least often, to one that every device can run.
const TILES: [Tile; 4] = [
    Tile { side: 16, own: 8 },
    Tile { side: 16, own: 4 },
    Tile { side: 8, own: 4 },
    Tile { side: 8, own: 2 },
];

impl Tile {
    fn choose(problem: &Problem, limits: Limits) -> Self {
        let [.., smallest] = TILES;
        TILES
            .into_iter()
            .filter(|tile| {
                tile.units() <= limits.units_per_cube && tile.shared_bytes() <= limits.shared_bytes
            })
            .find(|tile| tile.count(problem) >= ENOUGH_TILES)
            .unwrap_or(smallest)
    }

    fn extent(self) -> usize {
        self.side * self.own
    }

    fn units(self) -> usize {
        self.side * self.side
    }

    /// Elements between two terms of an operand in shared memory; the one spare element spreads columns over banks.
    fn pitch(self) -> usize {
        self.extent() + 1
    }

    fn shared_bytes(self) -> usize {
        2 * DEPTH * self.pitch() * size_of::<f32>()
    }

    /// Tiles that cover the output.
    fn count(self, problem: &Problem) -> usize {
        problem.m.div_ceil(self.extent()) * problem.n.div_ceil(self.extent())
    }
}

pub(super) fn matmul(problem: Problem, a: &CubeBuffer, b: &CubeBuffer) -> CubeBuffer {
    CubeBuffer::computed(
        "matmul",
        [a, b],
        problem.m * problem.n,
        |device, [a, b], output| {
            launch(&problem, device, a, b, output);
        },
    )
}

fn launch(problem: &Problem, device: &CubeDevice, a: &Values, b: &Values, output: &Values) {
    let tile = Tile::choose(problem, device.limits());
    device.launch(tile.count(problem), tile.units(), |client, count, dim| {
        // SAFETY: the buffers hold m k, k n and m n elements, which `matmul` checked against the shapes; the kernel
        // reads and writes only elements whose row, column and term are below these extents.
        unsafe {
            multiply_tiles::launch_unchecked(
                client,
                count,
                dim,
                a.argument(),
                b.argument(),
                output.argument(),
                problem.m,
                problem.n,
                problem.k,
                tile,
                !problem.transpose_a.is_yes(),
                problem.transpose_b.is_yes(),
            );
        }
    });
}

/// `output [m, n] = a b`; `a_by_k` and `b_by_k` say that neighbours in an operand's memory differ in `k`.
#[cube(launch_unchecked)]
fn multiply_tiles(
    a: &[f32],
    b: &[f32],
    output: &mut [f32],
    m: usize,
    n: usize,
    k: usize,
    #[comptime] tile: Tile,
    #[comptime] a_by_k: bool,
    #[comptime] b_by_k: bool,
) {
    let extent = comptime!(tile.extent());
    let side = comptime!(tile.side);
    let own = comptime!(tile.own);
    let pitch = comptime!(tile.pitch());
    let tiles_across = n.div_ceil(extent);
    let first_row = CUBE_POS / tiles_across * extent;
    let first_column = CUBE_POS % tiles_across * extent;
    let unit_row = UNIT_POS as usize / side;
    let unit_column = UNIT_POS as usize % side;

    let mut a_terms = Shared::<[f32]>::new_slice(comptime!(DEPTH * pitch));
    let mut b_terms = Shared::<[f32]>::new_slice(comptime!(DEPTH * pitch));
    let mut sums = Array::<f32>::new(comptime!(own * own));
    let mut a_own = Array::<f32>::new(own);
    let mut b_own = Array::<f32>::new(own);
    #[unroll]
    for index in 0..own * own {
        sums[index] = 0.0f32;
    }

    for block in 0..k.div_ceil(DEPTH) {
        let first_term = block * DEPTH;
        load(a, &mut a_terms, first_row, m, first_term, k, tile, a_by_k);
        load(b, &mut b_terms, first_column, n, first_term, k, tile, b_by_k);
        sync_cube();
        for term in 0..DEPTH {
            #[unroll]
            for i in 0..own {
                a_own[i] = a_terms[term * pitch + unit_row + i * side];
                b_own[i] = b_terms[term * pitch + unit_column + i * side];
            }
            #[unroll]
            for i in 0..own {
                #[unroll]
                for j in 0..own {
                    sums[i * own + j] = fma(a_own[i], b_own[j], sums[i * own + j]);
                }
            }
        }
        sync_cube();
    }

    #[unroll]
    for i in 0..own {
        #[unroll]
        for j in 0..own {
            let row = first_row + unit_row + i * side;
            let column = first_column + unit_column + j * side;
            if row < m && column < n {
                output[row * n + column] = sums[i * own + j];
            }
        }
    }
}

/// Copies `DEPTH` terms of one operand for the tile's rows (or columns) to shared memory; outside the operand it is 0.
#[cube]
fn load(
    operand: &[f32],
    terms: &mut Shared<[f32]>,
    first: usize,
    count: usize,
    first_term: usize,
    k: usize,
    #[comptime] tile: Tile,
    #[comptime] by_k: bool,
) {
    let extent = comptime!(tile.extent());
    let units = comptime!(tile.units());
    let pitch = comptime!(tile.pitch());
    #[unroll]
    for step in 0..comptime!(DEPTH * extent / units) {
        let index = UNIT_POS as usize + step * units;
        let (line, term) = if comptime!(by_k) {
            (index / DEPTH, index % DEPTH)
        } else {
            (index % extent, index / extent)
        };
        let inside = first + line < count && first_term + term < k;
        let mut value = 0.0f32;
        if inside {
            value = if comptime!(by_k) {
                operand[(first + line) * k + first_term + term]
            } else {
                operand[(first_term + term) * count + first + line]
            };
        }
        terms[term * pitch + line] = value;
    }
}
