//! What the CPU implementations share: recycled buffers, work cut by shape alone, and the matrix product.

mod buffer;
mod gemm;
mod split;
mod vector;

pub(crate) use buffer::Buffer;
pub(crate) use gemm::{Matrix, MatrixMut, product};
pub(crate) use split::{BLOCK, for_each_block, for_each_row_block};
pub(crate) use vector::vectorized;
