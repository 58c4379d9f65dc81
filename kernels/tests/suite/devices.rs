//! Opening devices by name, and what a device says when it cannot do something.

use gan_kernels::{Device, DeviceError, survey};

fn error(name: &str) -> DeviceError {
    Device::open(name).expect_err("no such device")
}

#[test]
fn the_cpu_is_always_there() {
    assert_eq!(Device::open("cpu").unwrap().name(), "cpu");
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    for name in [
        "",
        "tpu",
        "cpu:0",
        "CPU",
        "auto:0",
        "vulkan2",
        "cuda:software",
        "hip:",
        "metal:-1",
    ] {
        let expected = format!(
            "unknown device {name:?}; known are: cpu, auto, vulkan, vulkan:<n>, vulkan:software, cuda, cuda:<n>, hip, \
             hip:<n>, metal, metal:<n>"
        );
        assert_eq!(error(name).to_string(), expected);
    }
}

#[test]
fn a_device_left_out_of_the_build_names_its_feature() {
    for (kind, is_built) in Device::kinds() {
        for name in [kind.to_owned(), format!("{kind}:1")] {
            let expected =
                format!("device {name:?} is not part of this build; build with the feature `{kind}`");
            let is_left_out = Device::open(&name).is_err_and(|error| error.to_string() == expected);
            assert_eq!(is_left_out, !is_built, "{name}");
        }
    }
}

#[test]
fn what_is_chosen_automatically_is_a_gpu_or_else_the_cpu() {
    let present = Device::present();
    assert_eq!(present[0], "cpu");
    let gpu = present[1..].iter().find(|name| !name.ends_with(":software"));
    let chosen = Device::open("auto").expect("a device that is there opens");
    assert_eq!(chosen.name(), gpu.unwrap_or(&present[0]));
}

#[test]
fn the_cpu_computes_what_a_survey_asks_and_needs_no_description() {
    assert!(survey::self_test(&Device::Cpu).is_ok());
    assert_eq!(survey::describe(&Device::Cpu), None);
}

#[cfg(feature = "vulkan")]
mod vulkan {
    use std::process::Command;
    use std::time::Duration;

    use gan_kernels::matmul::{Transpose, matmul};
    use gan_kernels::survey::{self, Feature};
    use gan_kernels::{Array, Device, DeviceError, Fault};

    use super::error;

    fn software() -> Device {
        Device::open("vulkan:software").expect("these tests need a software driver")
    }

    fn square(device: &Device) -> Array {
        let two = Array::from_f32(device, [1, 1], &[2.0]);
        matmul(&two, &two, Transpose::No, Transpose::No)
    }

    /// Whether the named test is in a process of its own, where it goes on. If not, it is run in one, by the shell
    /// after what is to be prepared there, and must succeed.
    fn is_alone(test: &str, prepare: &str) -> bool {
        const MARK: &str = "GAN_KERNELS_TEST_ALONE";
        if std::env::var_os(MARK).is_some_and(|alone| alone == test) {
            return true;
        }
        let ran = Command::new("sh")
            .args(["-c", &format!("{prepare} && exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", &format!("devices::vulkan::{test}"), "--nocapture"])
            .env(MARK, test)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        false
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

    #[cfg(unix)]
    #[test]
    fn a_missing_driver_is_named_and_only_the_cpu_is_left() {
        let prepare = "export VK_DRIVER_FILES=/nowhere VK_ICD_FILENAMES=/nowhere";
        if !is_alone("a_missing_driver_is_named_and_only_the_cpu_is_left", prepare) {
            return;
        }
        assert_eq!(
            error("vulkan").to_string(),
            "device \"vulkan\" could not be opened: no GPU and no Vulkan driver were found; the GPU's driver or the \
             Vulkan loader is missing or too old"
        );
        let software = error("vulkan:software").to_string();
        assert!(software.contains("no software driver is installed"), "{software}");
        assert_eq!(Device::present(), ["cpu"]);
        assert_eq!(Device::automatic().unwrap().name(), "cpu");
    }

    #[test]
    fn an_array_too_large_for_the_device_is_refused_by_operation_and_so_is_what_needs_it() {
        let device = software();
        let (tall, wide) = (
            Array::from_f32(&device, [1 << 17, 0], &[]),
            Array::from_f32(&device, [0, 1 << 17], &[]),
        );
        let large = matmul(&tall, &wide, Transpose::No, Transpose::No);
        let column = Array::from_f32(&device, [1 << 17, 1], &vec![0.0; 1 << 17]);
        let below = matmul(&large, &column, Transpose::No, Transpose::No);
        for array in [large, below] {
            let error = array.to_f32().expect_err("64 GiB");
            assert!(
                error.to_string().starts_with(
                    "matmul on device vulkan:software failed: an array of 68719476736 bytes is over"
                ),
                "{error}"
            );
            assert!(error.hint().contains("smaller batch"));
        }
    }

    #[test]
    fn an_array_of_the_largest_size_is_taken_and_one_value_more_is_not() {
        let device = software();
        let limit = survey::describe(&device).expect("it has a driver").largest_array;
        let most = usize::try_from(limit / 4).unwrap();
        let values = vec![1.0; most + 1];
        let taken = Array::from_f32(&device, [most], &values[1..]).to_f32();
        assert_eq!(
            taken
                .map(|values| values.len())
                .map_err(|error| error.to_string()),
            Ok(most)
        );
        let refused = Array::from_f32(&device, [most + 1], &values);
        let fault = refused.to_f32().expect_err("one value too many").fault;
        let bytes = limit + 4;
        assert_eq!(fault, Fault::ArrayTooLarge { bytes, limit });
    }

    #[test]
    fn a_lost_device_fails_everything_made_on_it_and_no_other() {
        let (lost, other) = (software(), software());
        let (before, elsewhere) = (square(&lost), square(&other));
        lost.lose("taken out");
        let empty = Array::from_f32(&lost, [0], &[]);
        for array in [before, square(&lost), empty] {
            let error = array.to_f32().expect_err("the device is gone");
            assert_eq!(error.fault, Fault::Lost("taken out".into()));
            assert!(
                error
                    .to_string()
                    .ends_with(" on device vulkan:software failed: the device was lost: taken out"),
                "{error}"
            );
        }
        assert!(lost.clone().wait().is_err());
        assert_eq!(elsewhere.to_f32().unwrap(), [4.0]);
        assert!(other.wait().is_ok());
    }

    #[test]
    fn the_software_driver_is_described_passes_its_test_and_has_rates() {
        let device = software();
        assert!(Device::present().contains(&"vulkan:software".to_owned()));
        let told = survey::describe(&device).expect("it has a driver");
        assert!(!told.adapter.is_empty() && told.driver.is_some(), "{told:?}");
        assert!(
            told.memory.is_some_and(|memory| memory >= told.largest_array),
            "{told:?}"
        );
        assert_eq!(told.features.map(|(feature, _)| feature), Feature::ALL);
        survey::self_test(&device).unwrap();
        let rates = survey::rates(&device, Duration::from_millis(200)).unwrap();
        for rate in [rates.matmul, rates.copy] {
            assert!(rate.is_finite() && rate > 1e6, "{rates:?}");
        }
    }

    #[test]
    fn a_lost_device_fails_its_self_test() {
        let device = software();
        device.lose("taken out");
        let error = survey::self_test(&device)
            .expect_err("the device is gone")
            .to_string();
        assert!(error.contains("the device was lost"), "{error}");
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
