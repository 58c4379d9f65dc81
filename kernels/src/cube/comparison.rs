//! Comparisons in device code that NaN takes part in.

use cubecl::prelude::*;

/// The larger of two numbers; NaN if one of them is.
#[cube]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    let mut largest = a;
    if b > a || is_not_a_number(b) {
        largest = b;
    }
    if is_not_a_number(a) {
        largest = a;
    }
    largest
}

/// Asked of the bits: a compiler may take comparisons of a number with itself for granted.
#[cube]
fn is_not_a_number(x: f32) -> bool {
    (u32::reinterpret(x) & 0x7fff_ffff) > 0x7f80_0000
}
