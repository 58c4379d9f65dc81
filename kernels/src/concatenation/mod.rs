//! Arrays side by side along their last axis, as the branches of a network meet.
//!
//! Law: `concatenate([a, b])[.., j] = a[.., j]` for `j < c_a`, and `b[.., j - c_a]` after that; it is
//! `pad(a) + pad(b)` of [`crate::window`], and exact. Nothing is differentiated through it yet: its adjoint is a slice
//! for each array.

mod cpu;
mod cube;

use crate::array::{Array, Storage, buffers, device_of, refuse};
use crate::shape::Shape;

/// Arrays that one launch brings together.
const TOGETHER: usize = 4;

/// Images `[n, h, w, c_1]`, `[n, h, w, c_2]`, ... as `[n, h, w, c_1 + c_2 + ...]`.
///
/// # Panics
/// Without arrays, or where they differ in another axis than the last.
#[must_use]
pub fn concatenate(arrays: &[&Array]) -> Array {
    let [first, rest @ ..] = arrays else {
        panic!("nothing to concatenate");
    };
    let [n, h, w, _] = first.shape().four();
    for array in rest {
        let own = array.shape();
        assert!(
            own.four()[..3] == [n, h, w],
            "cannot set {own} beside {}: they differ in another axis than the last",
            first.shape()
        );
    }
    if rest.is_empty() {
        return (*first).clone();
    }
    let channels: Vec<usize> = arrays.iter().map(|array| array.shape().four()[3]).collect();
    let shape = Shape::from([n, h, w, channels.iter().sum()]);
    let storage = match device_of("concatenate", arrays.iter().copied()) {
        None => on_host(arrays, &channels, shape.count()),
        Some(_) if arrays.len() <= TOGETHER => Storage::Cube(cube::concatenate(
            &buffers(arrays.iter().copied()),
            &channels,
            n * h * w,
        )),
        Some(_) => {
            let parts: Vec<Array> = arrays.chunks(TOGETHER).map(concatenate).collect();
            return concatenate(&parts.iter().collect::<Vec<_>>());
        }
    };
    Array::new(shape, storage)
}

fn on_host(arrays: &[&Array], channels: &[usize], count: usize) -> Storage {
    crate::activity::count_host_operation();
    macro_rules! every {
        ($element:ident) => {
            arrays
                .iter()
                .map(|array| match array.storage() {
                    Storage::$element(values) => Some(&values[..]),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>()
        };
    }
    if let Some(arrays) = every!(F32) {
        cpu::concatenate(&arrays, channels, count).into()
    } else if let Some(arrays) = every!(F64) {
        cpu::concatenate(&arrays, channels, count).into()
    } else {
        refuse("concatenate", arrays)
    }
}
