//! How a product is divided among cubes: the tile, and the parts that sums are cut into. A function of extents and limits.

use crate::cube::Limits;

/// Terms of both operands that a cube holds at a time.
pub(crate) const DEPTH: usize = 16;

/// Cubes below which a GPU has idle processors.
const ENOUGH_CUBES: usize = 128;

/// Cubes to aim for where sums are cut.
const AIM: usize = 256;

/// Terms of a part of a sum, at least: a part costs a write and a read of its result.
const LEAST_TERMS: usize = 256;

/// How a cube covers its tile of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tile {
    /// Units along a column of the tile, and along a row.
    pub(crate) units: [usize; 2],
    /// Rows and columns of sums that a unit keeps; multiples of 4.
    pub(crate) own: [usize; 2],
}

/// Tiles from the largest, which reads the operands least often, to one that every device can run; with the arithmetic
/// they get done in a time, relative to the first.
pub(super) const TILES: [(Tile, f64); 5] = [
    (Tile::new([16, 16], [8, 8]), 1.0),
    (Tile::new([16, 16], [8, 4]), 0.85),
    (Tile::new([16, 16], [4, 4]), 0.65),
    (Tile::new([8, 8], [4, 4]), 0.5),
    (Tile::new([16, 4], [8, 4]), 0.4),
];

impl Tile {
    const fn new(units: [usize; 2], own: [usize; 2]) -> Self {
        Self { units, own }
    }

    /// Rows and columns.
    pub(crate) fn extents(self) -> [usize; 2] {
        [self.units[0] * self.own[0], self.units[1] * self.own[1]]
    }

    /// Units of a cube.
    pub(crate) fn units(self) -> usize {
        self.units[0] * self.units[1]
    }

    /// Sums that a unit keeps.
    pub(crate) fn sums(self) -> usize {
        self.own[0] * self.own[1]
    }

    /// Bytes that the units share, at most: an operand's terms with one spare vector of four a line.
    fn shared_bytes(self) -> usize {
        let [rows, columns] = self.extents();
        (rows + columns) * (DEPTH + 4) * size_of::<f32>()
    }

    fn fits(self, limits: Limits) -> bool {
        self.units() <= limits.units_per_cube && self.shared_bytes() <= limits.shared_bytes
    }

    fn count(self, extents: &Extents) -> usize {
        let [rows, columns] = self.extents();
        extents.rows.div_ceil(rows) * extents.columns.div_ceil(columns) * extents.phases
    }
}

/// What is multiplied: `phases` products of `rows` by `terms` and `terms` by `columns`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extents {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Of the product with the most.
    pub(crate) terms: usize,
    pub(crate) phases: usize,
}

/// A product divided among cubes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Division {
    pub(crate) tile: Tile,
    /// Parts that each sum is cut into.
    pub(crate) parts: usize,
    /// Blocks of [`DEPTH`] terms in a part.
    pub(crate) blocks: usize,
    /// Cubes that have work.
    pub(crate) cubes: usize,
}

impl Division {
    /// The division that takes the least time, by a rough measure.
    pub(crate) fn choose(extents: &Extents, limits: Limits) -> Self {
        let [.., (smallest, _)] = TILES;
        TILES
            .into_iter()
            .filter(|(tile, _)| tile.fits(limits))
            .map(|(tile, speed)| (Self::with(tile, extents), speed))
            .min_by(|(one, speed), (other, other_speed)| {
                one.time(*speed).total_cmp(&other.time(*other_speed))
            })
            .map_or_else(|| Self::with(smallest, extents), |(division, _)| division)
    }

    fn with(tile: Tile, extents: &Extents) -> Self {
        let (tiles, blocks) = (tile.count(extents), extents.terms.div_ceil(DEPTH));
        let parts = if tiles < ENOUGH_CUBES {
            AIM.div_ceil(tiles.max(1))
                .min((extents.terms / LEAST_TERMS).max(1))
        } else {
            1
        };
        let blocks_each = blocks.div_ceil(parts);
        let parts = blocks.div_ceil(blocks_each.max(1)).max(1);
        Self {
            tile,
            parts,
            blocks: blocks_each,
            cubes: tiles * parts,
        }
    }

    /// Sums and terms to go through, over the speed of the tile and the share of a GPU that is busy.
    fn time(&self, speed: f64) -> f64 {
        let [rows, columns] = self.tile.extents();
        let work = (self.cubes * self.blocks) as f64 * (rows * columns) as f64;
        let busy = (self.cubes as f64 / ENOUGH_CUBES as f64).min(1.0);
        work / speed / busy.max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Limits = Limits {
        units_per_cube: 1024,
        shared_bytes: 48 << 10,
        buffers: 8,
        alignment: 64,
    };

    fn extents(rows: usize, columns: usize, terms: usize) -> Extents {
        Extents {
            rows,
            columns,
            terms,
            phases: 1,
        }
    }

    #[test]
    fn every_tile_is_filled_by_whole_steps_of_its_units() {
        for (tile, _) in TILES {
            for extent in tile.extents() {
                let (groups, units) = (extent / 4, tile.units());
                assert!(
                    (extent * DEPTH / 4).is_multiple_of(units) && units.is_multiple_of(groups),
                    "{tile:?}"
                );
                assert!(units.is_multiple_of(DEPTH / 4), "{tile:?}");
            }
            assert!(tile.own.iter().all(|own| own.is_multiple_of(4)), "{tile:?}");
        }
    }

    #[test]
    fn every_tile_is_chosen_for_some_extents() {
        // The suite multiplies matrices of these extents.
        let chosen = [
            [1430, 1452, 19],
            [1530, 630, 5],
            [730, 724, 18],
            [370, 371, 17],
            [20_000, 1, 3],
        ]
        .map(|[rows, columns, terms]| Division::choose(&extents(rows, columns, terms), ROOMY).tile);
        assert_eq!(chosen, TILES.map(|(tile, _)| tile));
    }

    #[test]
    fn a_small_device_gets_a_tile_that_it_can_run() {
        let small = Limits {
            units_per_cube: 64,
            shared_bytes: 8 << 10,
            ..ROOMY
        };
        let tile = Division::choose(&extents(4096, 4096, 4096), small).tile;
        assert!(tile.fits(small), "{tile:?}");
    }

    #[test]
    fn parts_cover_every_block_of_terms_once_and_none_is_empty() {
        for terms in [0, 1, 16, 17, 255, 512, 513, 5000, 65_536] {
            for rows in [1, 100, 1000, 100_000] {
                let division = Division::choose(&extents(rows, 64, terms), ROOMY);
                let blocks = terms.div_ceil(DEPTH);
                assert!(
                    division.parts * division.blocks >= blocks,
                    "{division:?} for {terms} terms"
                );
                assert!(
                    blocks == 0 || (division.parts - 1) * division.blocks < blocks,
                    "{division:?} for {terms} terms"
                );
            }
        }
    }

    #[test]
    fn long_sums_of_few_values_are_cut_and_many_values_are_not() {
        assert!(Division::choose(&extents(32, 32, 65_536), ROOMY).parts > 100);
        assert_eq!(Division::choose(&extents(65_536, 128, 65_536), ROOMY).parts, 1);
    }
}
