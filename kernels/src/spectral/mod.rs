//! Spectral normalization of a list of matrices: each divided by its largest singular value, and the way back for
//! gradients.
//!
//! For `W [m, n]` and a kept vector `u [n]`: `v = l2(W u)`, then `u' = l2(W^T v)` in an iteration or `u' = u` without,
//! with `l2(x) = x / (|x| + 1e-12)` (Miyato et al. 2018, algorithm 1, with the kept vector on the side of the columns).
//! The largest singular value is about `sigma = v^T W u'`, and the normalized weight is `W / sigma`.
//!
//! The gradient flows through `W` alone, in the quotient and in `sigma`, not through the vectors (Miyato et al. 2018,
//! equations 9 to 12): for `G`, the gradient by `W / sigma`, it is `G / sigma - (<G, W / sigma> / sigma) v u'^T`.
//! It is formed as plain values: what has to be differentiated once more by `W` itself needs other means.
//!
//! On a CubeCL device all matrices go through together. Launches, for any number of matrices: 2 to follow kept vectors,
//! 4 for a power iteration, 3 to normalize with vectors that are kept and 5 with an iteration, 2 to pull gradients back.
//! There is one more for each 32 arrays that lie in memories of their own, as gradients of separate operations do (for
//! fewer where a kernel can be given fewer buffers); what an operation on a list returned, this one or Adam, is in one
//! memory. Matrices that do not fit into one buffer together go through in parts.
//!
//! Tolerance between devices, with `r = 2^-24` (f32): for both vectors `8 (m + n) r`, as for the two products; for
//! `sigma` `8 (m + n) r |W|`, with the Frobenius norm; for the normalized weight 4 units in the last place, given `sigma`;
//! for a pulled back gradient `8 r |G / sigma| + (min(m n, 1024) + 8) r sum |G W / sigma| |v_i u_j| / sigma`, given the
//! normalization.

mod cpu;
mod cube;

use crate::array::{Array, Storage, buffers, device_of};
use crate::cube::list;
use crate::shape::Shape;

/// Whether the kept vectors move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpectralUpdate {
    /// One power iteration, as in every update of the discriminator.
    Iterate,
    /// They stay, as in updates of the generator.
    Keep,
}

/// The two vectors of one matrix.
#[derive(Clone, Debug)]
pub struct SingularVectors {
    /// The vector on the side of the rows, `[m, 1]`, of length 1.
    pub left: Array,
    /// The vector on the side of the columns, `[n, 1]`, of length 1.
    pub right: Array,
}

/// Matrices divided by their largest singular values, and what gradients need on their way back.
#[derive(Clone, Debug, Default)]
pub struct Normalized {
    /// `W / sigma`, each `[m, n]`.
    pub weights: Vec<Array>,
    /// `v` and `u'` of each.
    pub vectors: Vec<SingularVectors>,
    /// `sigma`, each `[1, 1]`.
    pub sigmas: Vec<Array>,
}

/// `v = l2(W u)` for every matrix `[m, n]` and kept vector `[n, 1]`; the kept vectors stay as they are.
///
/// # Panics
/// When the lists differ in length or shapes do not fit.
#[must_use]
pub fn follow(matrices: &[Array], kept: &[Array]) -> Vec<SingularVectors> {
    let work = Work {
        operation: "follow",
        update: SpectralUpdate::Keep,
        divide: false,
    };
    match on_device(work, matrices, kept) {
        Some(found) => found.vectors,
        None => cpu::follow(matrices, kept),
    }
}

/// One power iteration for every matrix `[m, n]` from its kept vector `[n, 1]`.
///
/// # Panics
/// When the lists differ in length or shapes do not fit.
#[must_use]
pub fn power_iteration(matrices: &[Array], kept: &[Array]) -> Vec<SingularVectors> {
    let work = Work {
        operation: "power_iteration",
        update: SpectralUpdate::Iterate,
        divide: false,
    };
    match on_device(work, matrices, kept) {
        Some(found) => found.vectors,
        None => cpu::power_iteration(matrices, kept),
    }
}

/// Divides every matrix `[m, n]` by its largest singular value, which is found from its kept vector `[n, 1]`.
///
/// # Panics
/// When the lists differ in length or shapes do not fit.
#[must_use]
pub fn normalize(matrices: &[Array], kept: &[Array], update: SpectralUpdate) -> Normalized {
    let work = Work {
        operation: "normalize",
        update,
        divide: true,
    };
    on_device(work, matrices, kept).unwrap_or_else(|| cpu::normalize(matrices, kept, update))
}

/// The gradients by the matrices, each `[m, n]`, from those by their normalized forms.
///
/// # Panics
/// When the lists differ in length or shapes do not fit.
#[must_use]
pub fn pull_back(normalized: &Normalized, gradients: &[Array]) -> Vec<Array> {
    let Normalized {
        weights,
        vectors,
        sigmas,
    } = normalized;
    assert!(
        weights.len() == gradients.len(),
        "{} normalized matrices, {} gradients",
        weights.len(),
        gradients.len()
    );
    assert!(
        vectors.len() == weights.len() && sigmas.len() == weights.len(),
        "{} normalized matrices, {} pairs of vectors, {} singular values",
        weights.len(),
        vectors.len(),
        sigmas.len()
    );
    for (index, (weight, gradient)) in weights.iter().zip(gradients).enumerate() {
        check_found(weight, &vectors[index], &sigmas[index]);
        assert!(
            weight.shape() == gradient.shape(),
            "a gradient of shape {} for {}",
            gradient.shape(),
            weight.shape()
        );
    }
    let operands = weights.iter().chain(sigmas).chain(gradients);
    let operands = operands.chain(
        vectors
            .iter()
            .flat_map(|SingularVectors { left, right }| [left, right]),
    );
    let Some(device) = device_of("pull_back", operands) else {
        return cpu::pull_back(normalized, gradients);
    };
    let extents: Vec<[usize; 2]> = weights.iter().map(|weight| weight.shape().two()).collect();
    let mut pulled = Vec::new();
    for part in list::parts(&device, &counts(&extents)) {
        let vectors = &vectors[part.clone()];
        let operands = [
            buffers(&weights[part.clone()]),
            buffers(&gradients[part.clone()]),
            buffers(vectors.iter().map(|vectors| &vectors.left)),
            buffers(vectors.iter().map(|vectors| &vectors.right)),
            buffers(&sigmas[part.clone()]),
        ];
        pulled.extend(cube::pull_back(
            &device,
            &extents[part],
            operands.each_ref().map(|list| &list[..]),
        ));
    }
    let shaped = |(storage, [m, n]): (_, &[usize; 2])| array([*m, *n], storage);
    pulled.into_iter().zip(&extents).map(shaped).collect()
}

/// # Panics
/// When vectors or singular value are not those of such a matrix.
fn check_found(weight: &Array, SingularVectors { left, right }: &SingularVectors, sigma: &Array) {
    let [m, n] = weight.shape().two();
    assert!(
        left.shape().extents() == [m, 1] && right.shape().extents() == [n, 1] && sigma.shape().count() == 1,
        "vectors {} and {} and a singular value {} for {}",
        left.shape(),
        right.shape(),
        sigma.shape(),
        weight.shape()
    );
}

/// What is wanted of matrices and kept vectors.
#[derive(Clone, Copy, Debug)]
struct Work {
    operation: &'static str,
    update: SpectralUpdate,
    /// Whether the matrices are divided.
    divide: bool,
}

/// The work done on the operands' CubeCL device; `None` if they are on the CPU.
fn on_device(work: Work, matrices: &[Array], kept: &[Array]) -> Option<Normalized> {
    assert!(
        matrices.len() == kept.len(),
        "{} matrices, {} vectors",
        matrices.len(),
        kept.len()
    );
    let extents: Vec<[usize; 2]> = matrices.iter().map(|matrix| matrix.shape().two()).collect();
    for (matrix, vector) in matrices.iter().zip(kept) {
        let ([_, n], [rows, columns]) = (matrix.shape().two(), vector.shape().two());
        assert!(
            [rows, columns] == [n, 1],
            "a kept vector {} for a matrix {}: expected [{n}, 1]",
            vector.shape(),
            matrix.shape()
        );
    }
    let device = device_of(work.operation, matrices.iter().chain(kept))?;
    let mut all = Normalized::default();
    for part in list::parts(&device, &counts(&extents)) {
        let operands = [buffers(&matrices[part.clone()]), buffers(&kept[part.clone()])];
        let operands = operands.each_ref().map(|list| &list[..]);
        let found = cube::find(work, &device, &extents[part.clone()], operands);
        for (((left, right), (sigma, weight)), index) in found.into_iter().zip(part) {
            let [m, n] = extents[index];
            let right = match work.update {
                SpectralUpdate::Iterate => array([n, 1], right),
                SpectralUpdate::Keep => kept[index].clone(),
            };
            let left = array([m, 1], left);
            all.vectors.push(SingularVectors { left, right });
            if work.divide {
                all.sigmas.push(array([1, 1], sigma));
                all.weights.push(array([m, n], weight));
            }
        }
    }
    Some(all)
}

fn counts(extents: &[[usize; 2]]) -> Vec<usize> {
    extents.iter().map(|[m, n]| m * n).collect()
}

fn array(shape: [usize; 2], storage: Storage) -> Array {
    Array::new(Shape::from(shape), storage)
}
