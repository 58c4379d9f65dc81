//! Spectral normalization of all matrices together: launches over lists, each cube on a piece of one matrix.
//!
//! Sums are formed in an order that the extents and the number of units fix: chains of some terms in each unit, then a
//! tree over the units of a cube, then the sums of cubes one after the other. There are no atomic additions.

mod gradient;
mod iteration;
mod sum;

pub(super) use gradient::pull_back;
pub(super) use iteration::find;
/// Units of a cube, if the device allows as many.
const UNITS: usize = 256;

/// Values of a matrix that one unit divides, or pulls back.
const OWN: usize = 16;
