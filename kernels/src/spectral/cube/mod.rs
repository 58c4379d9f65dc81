//! Spectral normalization of all matrices together: launches over lists, each cube on a piece of one matrix.
//!
//! Sums are formed in an order that the extents and the number of units fix: chains of some terms in each unit, then a
//! tree over the units of a cube, then the sums of cubes one after the other. There are no atomic additions.

mod gradient;
mod iteration;
mod sum;

pub(super) use gradient::pull_back;
pub(super) use iteration::find;

use crate::cube::CubeDevice;

/// Units of a cube, if the device allows as many.
const UNITS: usize = 256;

/// Values of a matrix that one unit divides, or pulls back.
const OWN: usize = 16;

/// A power of two, for the trees.
fn units(device: &CubeDevice) -> usize {
    let most = device.limits().units_per_cube.clamp(1, UNITS);
    1 << most.ilog2()
}
