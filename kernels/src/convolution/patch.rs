//! Between an image and the matrix of patches under a moving filter: gathering, and its adjoint, adding back.
//!
//! A row of the matrix is one output pixel's patch, `[r, s, c]`. Output rows are counted through the images of a task:
//! row `i` is row `i mod p` of image `i / p`. For one filter row the `s c` values under the filter are neighbours in
//! memory, so both directions move whole runs. With few channels runs are short and there are millions of them, so those
//! of common lengths are moved by code made for that length.

use std::ops::Range;

use super::geometry::Problem;
use crate::element::Real;

/// Calls a function that is generic over the length of a run, with the length as a constant where it is a common one
/// and as 0, "any", where it is not.
macro_rules! for_length {
    ($length:expr, $function:ident($($argument:expr),*)) => {
        match $length {
            3 => $function::<T, 3>($($argument),*),
            4 => $function::<T, 4>($($argument),*),
            9 => $function::<T, 9>($($argument),*),
            12 => $function::<T, 12>($($argument),*),
            16 => $function::<T, 16>($($argument),*),
            24 => $function::<T, 24>($($argument),*),
            32 => $function::<T, 32>($($argument),*),
            48 => $function::<T, 48>($($argument),*),
            64 => $function::<T, 64>($($argument),*),
            _ => $function::<T, 0>($($argument),*),
        }
    };
}

/// Writes the patches of consecutive output rows, `[rows q, r s c]`, from `x [.., h, w, c]`; padding reads as 0.
pub(super) fn gather_patches<T: Real>(problem: &Problem, x: &[T], first_row: usize, patches: &mut [T]) {
    let runs = Runs::new(problem);
    for_each_line(problem, first_row, patches.len(), |patch, image_row| {
        let patches = &mut patches[patch..];
        let Some(image_row) = image_row else {
            (0..problem.q).for_each(|column| patches[column * runs.between..][..runs.length].fill(T::ZERO));
            return;
        };
        let x = &x[image_row..][..problem.w * problem.c];
        for column in (0..runs.inner.start).chain(runs.inner.end..problem.q) {
            let (covered, image) = runs.part(column);
            let patch = &mut patches[column * runs.between..][..runs.length];
            patch.fill(T::ZERO);
            patch[covered].copy_from_slice(&x[image]);
        }
        for_length!(runs.length, gather_inner(&runs, x, patches));
    });
}

/// Adds the patches of consecutive output rows back to where they were gathered from; what lay on padding is lost.
pub(super) fn add_patches<T: Real>(problem: &Problem, patches: &[T], first_row: usize, x: &mut [T]) {
    let runs = Runs::new(problem);
    for_each_line(problem, first_row, patches.len(), |patch, image_row| {
        let Some(image_row) = image_row else { return };
        let patches = &patches[patch..];
        let x = &mut x[image_row..][..problem.w * problem.c];
        for column in (0..runs.inner.start).chain(runs.inner.end..problem.q) {
            let (covered, image) = runs.part(column);
            add(
                &mut x[image],
                &patches[column * runs.between..][..runs.length][covered],
            );
        }
        for_length!(runs.length, add_inner(&runs, x, patches));
    });
}

fn gather_inner<T: Real, const LENGTH: usize>(runs: &Runs, x: &[T], patches: &mut [T]) {
    let length = if LENGTH == 0 { runs.length } else { LENGTH };
    for column in runs.inner.clone() {
        let x = &x[column * runs.step - runs.lead..][..length];
        patches[column * runs.between..][..length].copy_from_slice(x);
    }
}

fn add_inner<T: Real, const LENGTH: usize>(runs: &Runs, x: &mut [T], patches: &[T]) {
    let length = if LENGTH == 0 { runs.length } else { LENGTH };
    for column in runs.inner.clone() {
        add(
            &mut x[column * runs.step - runs.lead..][..length],
            &patches[column * runs.between..][..length],
        );
    }
}

fn add<T: Real>(x: &mut [T], patch: &[T]) {
    x.iter_mut().zip(patch).for_each(|(x, patch)| *x += *patch);
}

/// How the runs of one filter row lie under one output row; lengths and distances in values.
struct Runs {
    /// Of one run: `s c`.
    length: usize,
    /// From one column's run to the next, in the matrix of patches.
    between: usize,
    /// From one column's run to the next, in the image.
    step: usize,
    /// Padding left of the image.
    lead: usize,
    /// Of an image row: `w c`.
    row: usize,
    /// The columns whose run lies on the image entirely.
    inner: Range<usize>,
}

impl Runs {
    fn new(problem: &Problem) -> Self {
        let &Problem {
            w,
            c,
            q,
            r,
            s,
            geometry,
            ..
        } = problem;
        let (stride, left) = (geometry.stride[1], geometry.padding[1].before);
        let first = left.div_ceil(stride).min(q);
        let last = (w + left)
            .checked_sub(s)
            .map_or(0, |room| room / stride + 1)
            .min(q);
        Self {
            length: s * c,
            between: r * s * c,
            step: stride * c,
            lead: left * c,
            row: w * c,
            inner: first..last.max(first),
        }
    }

    /// What a column's run covers: which part of the run, and which part of the image row.
    fn part(&self, column: usize) -> (Range<usize>, Range<usize>) {
        let start = column * self.step; // From the start of the padded row.
        let first = start.clamp(self.lead, self.lead + self.row);
        let last = (start + self.length).clamp(first, self.lead + self.row);
        let image = first - self.lead..last - self.lead;
        if image.is_empty() {
            (0..0, 0..0)
        } else {
            (first - start..last - start, image)
        }
    }
}

/// Calls `visit` for each filter row under each output row: where column 0's run is in the matrix of patches, and where
/// the image row starts, unless the filter row lies above or below the image.
fn for_each_line(
    problem: &Problem,
    first_row: usize,
    patch_values: usize,
    mut visit: impl FnMut(usize, Option<usize>),
) {
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
    let (stride, top) = (geometry.stride[0], geometry.padding[0].before);
    let row_values = q * r * s * c;
    if row_values == 0 {
        return;
    }
    for index in 0..patch_values / row_values {
        let (image, row) = ((first_row + index) / p, (first_row + index) % p);
        for filter_row in 0..r {
            let y = row * stride + filter_row;
            let image_row = (top..top + h).contains(&y).then(|| (image * h + y - top) * w * c);
            visit(index * row_values + filter_row * s * c, image_row);
        }
    }
}
