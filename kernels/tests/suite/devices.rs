//! Opening devices by name, and what a device says when it cannot do something.

use gan_kernels::{Device, DeviceError};

fn error(name: &str) -> DeviceError {
    Device::open(name).expect_err("no such device")
}

#[test]
fn the_cpu_is_always_there() {
    assert_eq!(Device::open("cpu").unwrap().name(), "cpu");
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    for name in ["", "tpu", "cpu:0", "CPU", "vulkan2"] {
        let expected =
            format!("unknown device {name:?}; known are: cpu, vulkan, vulkan:<n>, vulkan:software");
        assert_eq!(error(name).to_string(), expected);
    }
}

#[cfg(not(feature = "vulkan"))]
#[test]
fn a_device_left_out_of_the_build_names_its_feature() {
    for name in ["vulkan", "vulkan:1", "vulkan:software"] {
        let expected = format!("device {name:?} is not part of this build; build with the feature `vulkan`");
        assert_eq!(error(name).to_string(), expected);
    }
}

#[cfg(feature = "vulkan")]
mod vulkan {
    use gan_kernels::matmul::{Transpose, matmul};
    use gan_kernels::{Array, Device, DeviceError};

    use super::error;
    use crate::target::Target;

    fn software() -> Device {
        match Target::software_vulkan() {
            Target::Vulkan(device) => device,
            other => panic!("{other:?} is no Vulkan device"),
        }
    }

    #[test]
    fn a_number_that_is_none_is_an_unknown_name() {
        for name in ["vulkan:", "vulkan:first", "vulkan:-1", "vulkan:Software"] {
            assert!(matches!(error(name), DeviceError::Unknown { .. }), "{name}");
        }
    }

    #[test]
    fn a_gpu_that_is_not_there_is_unavailable_with_the_reason() {
        let message = error("vulkan:999").to_string();
        assert!(
            message.starts_with("device \"vulkan:999\" could not be opened: "),
            "{message}"
        );
        assert!(message.contains("GPU"), "{message}");
    }

    #[test]
    fn the_software_driver_is_never_chosen_unless_named() {
        // With a GPU the numbered device is that GPU; without one it is refused, although a software driver is there.
        software();
        match Device::open("vulkan") {
            Ok(device) => assert_eq!(device.name(), "vulkan"),
            Err(error) => assert!(error.to_string().contains("no GPU"), "{error}"),
        }
    }

    #[test]
    fn a_device_opened_twice_is_one_device() {
        let (one, other) = (software(), software());
        assert_eq!(one.name(), "vulkan:software");
        let (a, b) = (
            Array::from_f32(&one, [1, 1], &[2.0]),
            Array::from_f32(&other, [1, 1], &[3.0]),
        );
        assert_eq!(
            matmul(&a, &b, Transpose::No, Transpose::No).to_f32().unwrap(),
            [6.0]
        );
    }

    #[test]
    fn an_array_too_large_for_the_device_is_refused_by_name_when_read() {
        let device = software();
        let (tall, wide) = (
            Array::from_f32(&device, [1 << 17, 0], &[]),
            Array::from_f32(&device, [0, 1 << 17], &[]),
        );
        let large = matmul(&tall, &wide, Transpose::No, Transpose::No);
        let column = Array::from_f32(&device, [1 << 17, 1], &vec![0.0; 1 << 17]);
        let below = matmul(&large, &column, Transpose::No, Transpose::No);
        for array in [large, below] {
            let message = array.to_f32().expect_err("64 GiB").to_string();
            assert!(
                message.starts_with(
                    "reading from device vulkan:software failed: an array of 68719476736 bytes is over"
                ),
                "{message}"
            );
        }
    }

    #[test]
    #[should_panic(
        expected = "matmul has no implementation for [Array F32 [1, 1] on vulkan:software, Array F32 [1, 1] on cpu]"
    )]
    fn operands_must_live_on_one_device() {
        let (a, b) = (
            Array::from_f32(&software(), [1, 1], &[2.0]),
            Array::from_f32(&Device::Cpu, [1, 1], &[3.0]),
        );
        let _ = matmul(&a, &b, Transpose::No, Transpose::No);
    }

    #[test]
    fn a_product_gives_the_same_bits_each_time() {
        let device = software();
        let values: Vec<f32> = (0..300 * 300).map(|index| (index % 97) as f32 / 97.0).collect();
        let a = Array::from_f32(&device, [300, 300], &values);
        let product = || matmul(&a, &a, Transpose::No, Transpose::Yes).to_f32().unwrap();
        assert_eq!(product(), product());
    }
}
