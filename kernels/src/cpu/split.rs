//! Cuts elementwise work into blocks of a fixed size, so that what a thread does never depends on how many there are.

use rayon::prelude::*;

use crate::element::Real;

/// Elements a task works on: small enough for the second-level cache, large enough to be worth a task.
pub(crate) const BLOCK: usize = 16 * 1024;

/// Calls `work(first, block)` for every block of the output, in parallel; `first` is the index of its first element.
pub(crate) fn for_each_block<T: Real>(output: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    if output.len() <= BLOCK {
        work(0, output);
    } else {
        output
            .par_chunks_mut(BLOCK)
            .enumerate()
            .for_each(|(index, block)| work(index * BLOCK, block));
    }
}

/// Calls `work(first_row, rows)` for blocks of whole rows of `width` elements, in parallel.
pub(crate) fn for_each_row_block<T: Real>(
    output: &mut [T],
    width: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    if output.is_empty() {
        return;
    }
    let rows = (BLOCK / width).max(1);
    if output.len() <= rows * width {
        work(0, output);
    } else {
        output
            .par_chunks_mut(rows * width)
            .enumerate()
            .for_each(|(index, block)| work(index * rows, block));
    }
}
