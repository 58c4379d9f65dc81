//! The tile engine: products of matrices of which an element is computed from its row and column, as CubeCL code.
//!
//! A cube computes a tile of the output. Its units keep the tile's sums in registers and share [`choice::DEPTH`] terms of
//! both operands at a time in the cube's memory, four values at once where four lie together. An operand is a matrix with
//! *lines*, which are the rows of the left or the columns of the right one, and *terms*, along which sums run. Where the
//! value of a line and a term lies is said by an [`operand::Source`]: a matrix may be there as it is, or be the patches of
//! images under a moving filter, which are never written out.
//!
//! A sum takes its terms in order, one multiplication and addition each, fused where the device can. Where tiles are too few to keep a GPU busy, a sum is cut
//! into parts, which are written to a buffer and added in order by a second kernel. So the same product gives the same
//! bits each time on one device. What is chosen follows from the extents and the device's limits alone.
//!
//! Indices have 32 bits: a buffer has at most 2^31 values (larger ones are refused where they are made), an image at most
//! 2^30 rows and columns.
//!
//! Knows neither arrays nor what a product is for.

mod choice;
mod fetch;
mod matrix_units;
mod multiply;
#[cfg(all(test, feature = "cuda"))]
pub(crate) mod offline;
mod operand;
mod output;
mod precision;
mod product;

pub(crate) use choice::Extents;
pub(crate) use matrix_units::{PLANE_UNITS, SIDE, step};
pub(crate) use multiply::{Scheme, accumulate, blocks_of_part, line_of_unit, place, zeros};
pub(crate) use operand::{Axis, Form, Image, Order, Taps, Walk, filter, matrix, patches};
pub(crate) use output::{Finish, NOWHERE, row_starts, store};
pub(crate) use product::{Finishing, Launch, product};
