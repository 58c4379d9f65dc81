//! Eigenvalues and singular values in f64, by faer on one thread.
//!
//! Everything passes `Par::Seq`, since faer's results depend on the number of threads it is given. Knows no metric.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Mat, MatRef, Par};

/// An iteration for eigenvalues or singular values did not converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the eigenvalue or singular value iteration did not converge")]
pub struct NoConvergence;

/// Returns the eigenvalues in ascending order, and the eigenvectors as columns, of a symmetric matrix [d, d].
///
/// Reads the lower triangle.
pub(super) fn eigenvectors(matrix: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>), NoConvergence> {
    let d = matrix.nrows();
    let mut vectors = Mat::zeros(d, d);
    let mut values = Diag::zeros(d);
    let scratch = self_adjoint_evd_scratch::<f64>(d, ComputeEigenvectors::Yes, Par::Seq, Default::default());
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| NoConvergence)?;
    Ok((values.column_vector().iter().copied().collect(), vectors))
}

/// Returns the eigenvalues, in ascending order, of a symmetric matrix [d, d].
///
/// Reads the lower triangle.
pub(super) fn eigenvalues(matrix: MatRef<'_, f64>) -> Result<Vec<f64>, NoConvergence> {
    let d = matrix.nrows();
    let mut values = Diag::zeros(d);
    let scratch = self_adjoint_evd_scratch::<f64>(d, ComputeEigenvectors::No, Par::Seq, Default::default());
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| NoConvergence)?;
    Ok(values.column_vector().iter().copied().collect())
}

/// Returns the singular values, in descending order, of a matrix.
pub(crate) fn singular_values(matrix: MatRef<'_, f64>) -> Result<Vec<f64>, NoConvergence> {
    let (rows, columns) = matrix.shape();
    let mut values = Diag::zeros(rows.min(columns));
    let scratch = svd_scratch::<f64>(
        rows,
        columns,
        ComputeSvdVectors::No,
        ComputeSvdVectors::No,
        Par::Seq,
        Default::default(),
    );
    svd(
        matrix,
        values.as_mut(),
        None,
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| NoConvergence)?;
    Ok(values.column_vector().iter().copied().collect())
}
