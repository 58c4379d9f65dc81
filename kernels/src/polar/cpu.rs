//! The passes of the polar iteration beside its products, on the CPU.

use crate::cpu::{Buffer, for_each_block};
use crate::element::Real;

pub(super) fn polynomial<T: Real>(a: &[T], b: &[T], p: usize, coefficients: [f64; 3]) -> Buffer<T> {
    let [c0, c1, c2] = coefficients.map(T::from_f64);
    let mut output = Buffer::scratch(a.len());
    for_each_block(&mut output, |first, block| {
        let operands = a[first..].iter().zip(&b[first..]);
        for (output, (a, b)) in block.iter_mut().zip(operands) {
            *output = c1 * *a + c2 * *b;
        }
        // Elements of the diagonal are `p + 1` apart.
        let next = first.next_multiple_of(p + 1) - first;
        for output in block.iter_mut().skip(next).step_by(p + 1) {
            *output += c0;
        }
    });
    output
}

pub(super) fn inner_of_rows<T: Real>(a: &[T], b: &[T], n: usize) -> Buffer<T> {
    let rows = a.chunks_exact(n).zip(b.chunks_exact(n));
    let sums: Vec<T> = rows
        .map(|(a, b)| {
            let terms = a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64());
            T::from_f64(terms.sum())
        })
        .collect();
    Buffer::from_slice(&sums)
}
