//! Arrays set side by side along their channels.

use gan_kernels::concatenation as operation;

use crate::target::{Target, at, positions, reals};

/// Extents but the last, and the channels of each array.
const CASES: [([usize; 3], &[usize]); 7] = [
    ([2, 3, 5], &[7]),
    ([2, 3, 5], &[7, 1]),
    ([33, 7, 5], &[3, 16, 1]),
    ([3, 17, 17], &[19, 2, 33, 5]),
    ([2, 3, 1], &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ([2, 3, 5], &[0, 4, 0]),
    ([0, 3, 5], &[2, 4]),
];

pub(crate) fn concatenate(target: &Target) {
    for ([n, h, w], channels) in CASES {
        let shape = |c: usize| [n, h, w, c];
        let values: Vec<Vec<f64>> = (1..)
            .zip(channels)
            .map(|(seed, &c)| reals(seed, n * h * w * c))
            .collect();
        let total = channels.iter().sum();
        let expected: Vec<f64> = positions(shape(total))
            .map(|[i, row, column, channel]| {
                let (mut array, mut own) = (0, channel);
                while own >= channels[array] {
                    own -= channels[array];
                    array += 1;
                }
                values[array][at(shape(channels[array]), [i, row, column, own])]
            })
            .collect();
        let arrays: Vec<_> = values
            .iter()
            .zip(channels)
            .map(|(values, &c)| target.array(shape(c), values))
            .collect();
        let y = operation::concatenate(&arrays.iter().collect::<Vec<_>>());
        target.assert_equal(&format!("{channels:?}"), &y, shape(total), &expected);
    }
}
