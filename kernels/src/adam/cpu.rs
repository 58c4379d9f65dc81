//! Adam on the CPU: one pass that reads four arrays and writes three.

use rayon::prelude::*;

use super::{AdamStep, Factors};
use crate::cpu::{BLOCK, Buffer, vectorized};
use crate::element::Real;

/// New value, first and second moment, from `[value, first, second, gradient]`.
pub(super) fn update<T: Real>(step: AdamStep, [x, m, v, g]: [&[T]; 4]) -> [Buffer<T>; 3] {
    let Factors {
        betas: [beta1, beta2],
        rests: [new1, new2],
        corrections: [first_correction, second_correction],
        rate,
        epsilon,
    } = Factors::<T>::of(step);
    let mut new = [(); 3].map(|()| Buffer::scratch(x.len()));
    let [new_x, new_m, new_v] = &mut new;
    let news = (
        new_x.par_chunks_mut(BLOCK),
        new_m.par_chunks_mut(BLOCK),
        new_v.par_chunks_mut(BLOCK),
    );
    let olds = [x, m, v, g].map(|old| old.par_chunks(BLOCK));
    let [x, m, v, g] = olds;
    (news, (x, m, v, g))
        .into_par_iter()
        .for_each(|((new_x, new_m, new_v), (x, m, v, g))| {
            vectorized(
                #[inline(always)]
                || {
                    let length = x.len();
                    let (new_m, new_v) = (&mut new_m[..length], &mut new_v[..length]);
                    let (m, v, g) = (&m[..length], &v[..length], &g[..length]);
                    for (i, new_x) in new_x[..length].iter_mut().enumerate() {
                        new_m[i] = beta1 * m[i] + new1 * g[i];
                        new_v[i] = beta2 * v[i] + new2 * (g[i] * g[i]);
                        let (m, v) = (new_m[i] * first_correction, new_v[i] * second_correction);
                        *new_x = x[i] - rate * m / (v.square_root() + epsilon);
                    }
                },
            );
        });
    new
}
