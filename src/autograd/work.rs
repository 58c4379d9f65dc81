//! Counts the multiplications that operations do, for tests of what is counted beforehand.

use std::cell::Cell;

use gan_kernels::Array;

use super::Operation;

thread_local! {
    static MULTIPLICATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Multiplications with an addition that operations of this thread do in products and convolutions while `run` runs.
pub(crate) fn multiplications_of(run: impl FnOnce()) -> u64 {
    let before = MULTIPLICATIONS.get();
    run();
    MULTIPLICATIONS.get() - before
}

/// Counts one operation. Each number of a filter is used once at every pixel of a convolution's result.
pub(super) fn note(operation: &Operation, operands: &[&Array], result: &Array) {
    let count = |array: &Array| array.shape().count();
    let extent = |array: &Array, axis: usize| array.shape().extents()[axis];
    let pixels = |array: &Array| count(array) / extent(array, 3);
    let multiplications = match operation {
        Operation::Matmul(..) => count(operands[0]) * extent(result, 1),
        Operation::Convolution(..) => count(operands[1]) * pixels(result),
        Operation::DataGradient(..) => count(operands[1]) * pixels(operands[0]),
        Operation::WeightGradient(..) => count(result) * pixels(operands[1]),
        _ => 0,
    };
    MULTIPLICATIONS.set(MULTIPLICATIONS.get() + multiplications as u64);
}
