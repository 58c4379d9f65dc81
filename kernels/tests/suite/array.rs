//! Arrays themselves: what goes in comes out, under any shape of the same size.

use gan_kernels::Array;

use crate::target::{Target, reals};

pub(crate) fn round_trip(target: &Target) {
    for extents in [&[][..], &[1], &[0], &[7, 0], &[257], &[3, 5, 7, 2]] {
        let values = reals(1, extents.iter().product());
        let array = target.array(extents, &values);
        target.assert_equal(&format!("{extents:?}"), &array, extents, &values);
        let flat = array.reshape([values.len()]);
        target.assert_equal("the reshaped array", &flat, [values.len()], &values);
        let full = Array::full_like(&array, extents, 0.5);
        target.assert_equal("the constant", &full, extents, &vec![0.5; values.len()]);
    }
}
