//! Adam on the CPU: one pass that reads four arrays and writes three.

use rayon::prelude::*;

use super::AdamStep;
use crate::cpu::{BLOCK, Buffer, vectorized};
use crate::element::Real;

/// New value, first and second moment, from `[value, first, second, gradient]`.
pub(super) fn update<T: Real>(step: AdamStep, [x, m, v, g]: [&[T]; 4]) -> [Buffer<T>; 3] {
    let t = i32::try_from(step.step).unwrap_or(i32::MAX); // Both corrections are 1 in f64 long before.
    let first_correction = T::from_f64(1.0 / (1.0 - libm::pow(step.beta1, f64::from(t))));
    let second_correction = T::from_f64(1.0 / (1.0 - libm::pow(step.beta2, f64::from(t))));
    let [beta1, beta2, rate, epsilon] =
        [step.beta1, step.beta2, step.learning_rate, step.epsilon].map(T::from_f64);
    // Formed before rounding: 1 - 0.999 in f32 would be off by a hundred units in the last place.
    let [new1, new2] = [1.0 - step.beta1, 1.0 - step.beta2].map(T::from_f64);
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
