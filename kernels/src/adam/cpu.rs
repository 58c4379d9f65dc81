//! Adam on the CPU: one pass that reads four arrays and writes three.

use rayon::prelude::*;

use super::AdamStep;
use crate::cpu::{BLOCK, Buffer};
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
    let mut new = [x, m, v].map(|old| Buffer::from_slice(old));
    let [new_x, new_m, new_v] = &mut new;
    let blocks = (
        new_x.par_chunks_mut(BLOCK),
        new_m.par_chunks_mut(BLOCK),
        new_v.par_chunks_mut(BLOCK),
    );
    (blocks, g.par_chunks(BLOCK))
        .into_par_iter()
        .for_each(|((x, m, v), g)| {
            for (((x, m), v), &g) in x.iter_mut().zip(m.iter_mut()).zip(v.iter_mut()).zip(g) {
                *m = beta1 * *m + new1 * g;
                *v = beta2 * *v + new2 * (g * g);
                *x = *x - rate * (*m * first_correction) / ((*v * second_correction).square_root() + epsilon);
            }
        });
    new
}
