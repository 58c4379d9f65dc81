//! Steps of Adam against the formulas of the paper in f64.

use gan_kernels::adam::{self as operation, AdamStep, Moments};

use crate::target::{Expected, Target, reals};

pub(crate) fn adam(target: &Target) {
    let first = AdamStep {
        learning_rate: 2e-4,
        beta1: 0.5,
        beta2: 0.999,
        epsilon: 1e-8,
        step: 1,
    };
    let without_memory = AdamStep {
        beta1: 0.0,
        beta2: 0.9,
        ..first
    };
    let late = AdamStep {
        step: 100_000,
        ..first
    };
    for step in [first, AdamStep { step: 7, ..first }, without_memory, late] {
        agrees(target, step, &[1, 33, 40_001, 0]);
    }
}

fn agrees(target: &Target, step: AdamStep, counts: &[usize]) {
    let (mut parameters, mut gradients, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for &count in counts {
        let [x, m, g] = [1, 2, 4].map(|seed| reals(seed, count));
        let v: Vec<_> = reals(3, count).into_iter().map(f64::abs).collect();
        let [value, first, second, gradient] = [&x, &m, &v, &g].map(|values| target.array([count], values));
        parameters.push(Moments { value, first, second });
        gradients.push(gradient);
        expected.push(reference(target, step, [&x, &m, &v, &g]));
    }
    let updated = operation::adam(step, &parameters, &gradients);
    assert_eq!(updated.len(), counts.len());
    for ((updated, expected), &count) in updated.iter().zip(&expected).zip(counts) {
        let arrays = [&updated.value, &updated.first, &updated.second];
        for (index, name) in ["value", "first moment", "second moment"].into_iter().enumerate() {
            target.assert_close(
                &format!("the {name} after {step:?}"),
                arrays[index],
                [count],
                &expected[index],
            );
        }
    }
}

/// New value, first and second moment.
fn reference(target: &Target, step: AdamStep, [x, m, v, g]: [&[f64]; 4]) -> [Vec<Expected>; 3] {
    let AdamStep {
        learning_rate,
        beta1,
        beta2,
        epsilon,
        ..
    } = step;
    let t = i32::try_from(step.step).unwrap();
    let within = |units: f64, value: f64, size: f64| Expected {
        value,
        tolerance: units * target.unit() * size,
    };
    let of_value = if target.is_cpu() { 4.0 } else { 14.0 };
    let mut new = [Vec::new(), Vec::new(), Vec::new()];
    for index in 0..x.len() {
        let [x, m, v, g] = [x, m, v, g].map(|values| values[index]);
        let new_m = beta1 * m + (1.0 - beta1) * g;
        let new_v = beta2 * v + (1.0 - beta2) * g * g;
        let (m_size, v_size) = ((beta1 * m).abs() + ((1.0 - beta1) * g).abs(), new_v);
        let root = (new_v / (1.0 - beta2.powi(t))).sqrt() + epsilon;
        let rate = learning_rate / (1.0 - beta1.powi(t)) / root;
        new[0].push(within(of_value, x - rate * new_m, x.abs() + rate * m_size));
        new[1].push(within(4.0, new_m, m_size));
        new[2].push(within(4.0, new_v, v_size));
    }
    new
}
