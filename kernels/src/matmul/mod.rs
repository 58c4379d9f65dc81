//! The matrix product, with either operand transposed.
//!
//! Law: `matmul(a, b)[i, j] = sum over k of a[i, k] b[k, j]`; an empty sum is 0. Every output is one chain of fused
//! multiply-adds over blocks of at most 512 terms, in order, on the CPU. Tolerance between devices: with `d` terms,
//! `d * 2^-24 * sum over k of |a[i, k] b[k, j]|` (f32), the bound for any order of summation (Higham 2002, eq. 3.5).
//!
//! On a device for products in tf32 or bf16 both operands are rounded first, to the nearest and half to even. Products of two
//! such numbers are exact in f32, so the tolerance is that of the rounded operands; twice that, since matrix units may cut
//! off where others round.

mod cpu;
mod cube;

use crate::array::{Array, Storage, on_cpu};

/// Whether an operand is used as it is or transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transpose {
    /// As it is.
    No,
    /// Rows and columns exchanged.
    Yes,
}

impl Transpose {
    /// The other one.
    #[must_use]
    pub fn flipped(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
        }
    }

    pub(crate) fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// The product of two matrices: `[m, k]` times `[k, n]` gives `[m, n]`, each operand transposed first if asked.
///
/// # Panics
/// When an operand is no matrix or the inner extents differ.
#[must_use]
pub fn matmul(a: &Array, b: &Array, transpose_a: Transpose, transpose_b: Transpose) -> Array {
    let (a_shape, b_shape) = (a.shape().two(), b.shape().two());
    let [m, k] = if transpose_a.is_yes() {
        [a_shape[1], a_shape[0]]
    } else {
        a_shape
    };
    let [k_of_b, n] = if transpose_b.is_yes() {
        [b_shape[1], b_shape[0]]
    } else {
        b_shape
    };
    assert!(
        k == k_of_b,
        "cannot multiply {} by {}: the inner extents are {k} and {k_of_b}",
        a.shape(),
        b.shape()
    );
    let problem = Problem {
        m,
        n,
        k,
        transpose_a,
        transpose_b,
    };
    let storage = match (a.storage(), b.storage()) {
        (Storage::Cube(a), Storage::Cube(b)) => Storage::Cube(cube::matmul(problem, a, b)),
        _ => on_cpu!("matmul"; a, b => cpu::matmul(problem, a, b)),
    };
    Array::new([m, n].into(), storage)
}

/// The extents of one product, after transposition.
#[derive(Clone, Copy, Debug)]
struct Problem {
    m: usize,
    n: usize,
    k: usize,
    transpose_a: Transpose,
    transpose_b: Transpose,
}
