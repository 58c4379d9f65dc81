//! Operations on lists of arrays on a CubeCL device: how many launches they cost, however long the list is, and that
//! arrays which share a memory are arrays like any other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gan_kernels::activity;
use gan_kernels::adam::{AdamStep, Moments, adam};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::spectral::{Normalized, SpectralUpdate, normalize, pull_back};
use gan_kernels::{Array, Device};

use crate::target::{Target, reals};

/// More arrays than one launch can read from memories of their own.
const LONG: usize = 40;

const STEP: AdamStep = AdamStep {
    learning_rate: 1e-3,
    beta1: 0.5,
    beta2: 0.999,
    epsilon: 1e-8,
    step: 1,
};

fn device() -> Device {
    match Target::software_vulkan() {
        Target::Vulkan(device) => device,
        other => panic!("{other:?} is no Vulkan device"),
    }
}

/// Arrays that were uploaded one by one.
fn separate(device: &Device, length: usize, seed: u64, shape: impl Fn(usize) -> [usize; 2]) -> Vec<Array> {
    let array = |index: usize| {
        let [m, n] = shape(index);
        let values: Vec<f32> = reals(seed + index as u64, m * n)
            .into_iter()
            .map(|value| value as f32)
            .collect();
        Array::from_f32(device, [m, n], &values)
    };
    (0..length).map(array).collect()
}

fn matrices(device: &Device, layers: usize) -> Vec<Array> {
    separate(device, layers, 1, |layer| [layer + 1, 3])
}

fn kept(device: &Device, layers: usize) -> Vec<Array> {
    separate(device, layers, 100, |_| [3, 1])
}

/// The arrays as an update returns them, in one memory: one with a rate of zero, which changes no value.
fn together(device: &Device, list: &[Array]) -> Vec<Array> {
    let still = AdamStep {
        learning_rate: 0.0,
        ..STEP
    };
    let moments = |value: &Array| {
        let zeros = Array::from_f32(device, value.shape(), &vec![0.0; value.shape().count()]);
        Moments {
            value: value.clone(),
            first: zeros.clone(),
            second: zeros,
        }
    };
    let parameters: Vec<_> = list.iter().map(moments).collect();
    let updated = adam(still, &parameters, list);
    updated.into_iter().map(|new| new.value).collect()
}

/// Launches, and that nothing was left to the host.
fn launches<T>(compute: impl FnOnce() -> T) -> (u64, T) {
    let before = activity::so_far();
    let result = compute();
    let done = activity::so_far() - before;
    assert_eq!(done.host_operations, 0);
    (done.launches, result)
}

fn bits(arrays: &[Array]) -> Vec<Vec<u32>> {
    let bits = |array: &Array| array.to_f32().unwrap().into_iter().map(f32::to_bits).collect();
    arrays.iter().map(bits).collect()
}

#[test]
fn a_step_of_the_discriminator_normalizes_any_number_of_layers_in_eight_launches() {
    let device = device();
    for layers in [1, 8, LONG] {
        // As in training: the weights are what an update returned, with others between them, and the vectors what the
        // last step did.
        let all = together(&device, &matrices(&device, 2 * layers));
        let weights: Vec<_> = all.into_iter().step_by(2).collect();
        let before = normalize(&weights, &kept(&device, layers), SpectralUpdate::Iterate);
        let vectors: Vec<_> = before.vectors.into_iter().map(|vectors| vectors.right).collect();

        let (forward, normalized) = launches(|| normalize(&weights, &vectors, SpectralUpdate::Iterate));
        assert_eq!(forward, 5, "{layers} layers");
        let gradients = separate(&device, layers, 7, |layer| [2 * layer + 1, 3]);
        let (back, pulled) = launches(|| pull_back(&normalized, &gradients));
        let copies = if layers == 1 {
            0
        } else {
            layers.div_ceil(29) as u64
        };
        assert_eq!(back, 2 + copies, "{layers} layers");

        let (of_generator, _) = launches(|| normalize(&weights, &vectors, SpectralUpdate::Keep));
        assert_eq!(of_generator, 3, "{layers} layers");
        let (back, _) = launches(|| pull_back(&normalized, &pulled));
        assert_eq!(back, 2, "{layers} layers whose gradients lie together");
    }
}

#[test]
fn adam_updates_any_number_of_weights_in_one_launch_beside_the_copies_of_gradients() {
    let device = device();
    for (length, copies) in [(1, 0), (18, 1), (LONG, 2)] {
        let of = |seed| separate(&device, length, seed, |index| [index + 1, 7]);
        let parameters: Vec<_> = of(1)
            .into_iter()
            .zip(of(2).into_iter().zip(of(3)))
            .map(|(value, (first, second))| Moments { value, first, second })
            .collect();
        let (first, updated) = launches(|| adam(STEP, &parameters, &of(4)));
        assert_eq!(first, 1 + 4 * copies, "{length} weights for the first time");
        let (next, _) = launches(|| adam(STEP, &updated, &of(4)));
        assert_eq!(next, 1 + copies, "{length} weights");
    }
}

#[test]
fn a_list_gives_the_same_bits_wherever_its_arrays_lie() {
    let device = device();
    let normalized = |matrices: &[Array], kept: &[Array]| {
        let Normalized { weights, sigmas, .. } = normalize(matrices, kept, SpectralUpdate::Iterate);
        [bits(&weights), bits(&sigmas)]
    };
    let separate = (matrices(&device, LONG), kept(&device, LONG));
    let packed = (together(&device, &separate.0), together(&device, &separate.1));
    assert_eq!(bits(&packed.0), bits(&separate.0));
    let expected = normalized(&separate.0, &separate.1);
    assert_eq!(normalized(&packed.0, &packed.1), expected);
    assert_eq!(normalized(&packed.0, &separate.1), expected);
    // A part of a list, in another order.
    let some = |list: &[Array]| -> Vec<Array> { [30, 2, 17].map(|index: usize| list[index].clone()).into() };
    assert_eq!(
        normalized(&some(&packed.0), &some(&packed.1)),
        normalized(&some(&separate.0), &some(&separate.1))
    );
}

#[test]
fn an_array_of_a_list_goes_into_every_other_operation() {
    let device = device();
    let found = normalize(&matrices(&device, 5), &kept(&device, 5), SpectralUpdate::Iterate);
    let gram = |matrix: &Array| {
        matmul(matrix, matrix, Transpose::Yes, Transpose::No)
            .to_f32()
            .unwrap()
    };
    for weight in &found.weights {
        let alone = Array::from_f32(&device, weight.shape(), &weight.to_f32().unwrap());
        assert_eq!(gram(weight), gram(&alone), "{weight:?}");
    }
}

#[test]
fn a_lists_memory_is_held_until_its_last_array_goes_and_counted_once() {
    let device = device();
    // The peak since a moment ago.
    let held = || device.take_peak_memory().and(device.take_peak_memory()).unwrap();
    let (matrices, kept) = (matrices(&device, 5), kept(&device, 5));
    let before = held();
    let mut weights = normalize(&matrices, &kept, SpectralUpdate::Iterate).weights;
    let with_all = held();
    assert!(with_all > before, "{with_all} bytes after {before}");
    weights.truncate(1);
    assert_eq!(held(), with_all);
    drop(weights);
    assert_eq!(held(), before);
}

#[test]
fn what_a_list_cannot_have_is_reported_when_it_is_read() {
    let device = device();
    let (tall, wide) = (
        Array::from_f32(&device, [1 << 17, 0], &[]),
        Array::from_f32(&device, [0, 1 << 17], &[]),
    );
    let large = matmul(&tall, &wide, Transpose::No, Transpose::No); // 64 GiB
    let vector = Array::from_f32(&device, [1 << 17, 1], &vec![0.0; 1 << 17]);
    let (small, short) = (matrices(&device, 1).remove(0), kept(&device, 1).remove(0));
    let found = normalize(&[large, small], &[vector, short], SpectralUpdate::Iterate);
    let message = found.weights[0].to_f32().expect_err("64 GiB").to_string();
    assert!(
        message.starts_with("matmul on device ")
            && message.contains(" failed: an array of 68719476736 bytes is over"),
        "{message}"
    );
    // The other matrix fits, and goes through on its own.
    assert_eq!(found.weights[1].to_f32().unwrap().len(), 3);
}

#[test]
fn a_list_must_live_on_one_device() {
    let device = device();
    let (matrices, kept) = (matrices(&device, 1), kept(&Device::Cpu, 1));
    let normalize = || normalize(&matrices, &kept, SpectralUpdate::Keep);
    let refused = catch_unwind(AssertUnwindSafe(normalize));
    let message = refused.expect_err("it has two devices");
    let said = message.downcast::<String>().expect("a message");
    let expected = format!(
        "normalize has no implementation for [Array F32 [1, 3] on {}, Array F32 [3, 1] on cpu]",
        device.name()
    );
    assert!(said.starts_with(&expected), "{said}");
}
