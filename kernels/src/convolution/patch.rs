//! Between an image and the matrix of patches under a moving filter: gathering, and its adjoint, adding back.
//!
//! A row of the matrix is one output pixel's patch, `[r, s, c]`. Output rows are counted through the images of a task:
//! row `i` is row `i mod p` of image `i / p`. For one filter row the `s c` values under the filter are neighbours in
//! memory, so both directions move whole runs.

use std::ops::Range;

use super::geometry::Problem;
use crate::element::Real;

/// Writes the patches of consecutive output rows, `[rows q, r s c]`, from `x [.., h, w, c]`; padding reads as 0.
pub(super) fn gather_patches<T: Real>(problem: &Problem, x: &[T], first_row: usize, patches: &mut [T]) {
    for_each_run(problem, first_row, patches.len(), |run| match run {
        Run::Inside {
            patch,
            lead,
            image,
            tail,
        } => {
            let patch = &mut patches[patch];
            let end = patch.len() - tail;
            patch[..lead].fill(T::ZERO);
            patch[lead..end].copy_from_slice(&x[image]);
            patch[end..].fill(T::ZERO);
        }
        Run::Outside { patch } => patches[patch].fill(T::ZERO),
    });
}

/// Adds the patches of consecutive output rows back to where they were gathered from; what lay on padding is lost.
pub(super) fn add_patches<T: Real>(problem: &Problem, patches: &[T], first_row: usize, x: &mut [T]) {
    for_each_run(problem, first_row, patches.len(), |run| {
        if let Run::Inside {
            patch,
            lead,
            image,
            tail,
        } = run
        {
            let patch = &patches[patch];
            let end = patch.len() - tail;
            x[image]
                .iter_mut()
                .zip(&patch[lead..end])
                .for_each(|(x, patch)| *x += *patch);
        }
    });
}

/// The values of one filter row in one patch.
enum Run {
    /// `patch` holds `lead` padding values, then those at `image`, then `tail` padding values.
    Inside {
        patch: Range<usize>,
        lead: usize,
        image: Range<usize>,
        tail: usize,
    },
    /// All of it lies on padding.
    Outside { patch: Range<usize> },
}

fn for_each_run(problem: &Problem, first_row: usize, patch_values: usize, mut visit: impl FnMut(Run)) {
    let &Problem {
        h,
        w,
        c,
        p,
        q,
        r,
        s,
        geometry,
        ..
    } = problem;
    let [stride_h, stride_w] = geometry.stride;
    let [top, left] = geometry.padding.map(|padding| padding.before);
    let run = s * c;
    if run == 0 {
        return;
    }
    for (index, start) in (0..patch_values).step_by(run).enumerate() {
        let (pixel, filter_row) = (index / r, index % r);
        let (row, column) = (first_row + pixel / q, pixel % q);
        let (image, row) = (row / p, row % p);
        let patch = start..start + run;
        let y = row * stride_h + filter_row;
        let x = column * stride_w;
        // Columns of the filter that lie left of the image, and right of it.
        let lead = left.saturating_sub(x).min(s);
        let tail = (x + s).saturating_sub(left + w).min(s);
        if y < top || y >= top + h || lead + tail >= s {
            visit(Run::Outside { patch });
            continue;
        }
        let first = ((image * h + y - top) * w + x + lead - left) * c;
        let values = (s - lead - tail) * c;
        visit(Run::Inside {
            patch,
            lead: lead * c,
            image: first..first + values,
            tail: tail * c,
        });
    }
}
