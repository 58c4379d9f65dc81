//! Failures that no operation of the library provokes: kernels that a device cannot run, and a driver without memory.

#![expect(unsafe_code, reason = "kernels that are meant to be refused are launched")]

use cubecl::prelude::*;

use super::{CubeBuffer, CubeDevice, Family, Values};
use crate::error::{Fault, ReadError};
use crate::precision::Precision;

/// Writes 1 through more shared memory than any device of the tests has.
#[cube(launch_unchecked)]
fn hoard(output: &mut [f32], #[comptime] count: usize) {
    let mut shared = Shared::<[f32]>::new_slice(count);
    shared[UNIT_POS as usize] = 1.0f32;
    sync_cube();
    output[0] = shared[UNIT_POS as usize];
}

#[cube(launch_unchecked)]
fn copy_one(input: &[f32], output: &mut [f32]) {
    output[0] = input[0];
}

fn software() -> CubeDevice {
    let (family, which) = Family::parse("vulkan:software").expect("a name of a device");
    CubeDevice::open(family, "vulkan:software", which).expect("these tests need a software driver")
}

/// An array that a kernel of `units` units with `count` values of shared memory would make.
fn hoarded(device: &CubeDevice, operation: &str, units: usize, count: usize) -> CubeBuffer {
    let source = device.upload(&[0.0]);
    CubeBuffer::computed(operation, [&source], 1, |device, _, output: &Values| {
        device.launch(1, units, |client, cubes, dim| {
            // SAFETY: the kernel writes the one value that the output has.
            unsafe { hoard::launch_unchecked(client, cubes, dim, output.argument(), count) }
        });
    })
}

fn error(buffer: &CubeBuffer) -> ReadError {
    buffer.download(1).expect_err("nothing was computed")
}

/// The device computes as if nothing had happened.
fn assert_works(device: &CubeDevice) {
    let made = hoarded(device, "hoard", 1, 16).download(1);
    assert_eq!(made.expect("16 values of shared memory are there"), [1.0]);
}

#[test]
fn a_kernel_that_needs_more_shared_memory_than_there_is_is_refused_by_operation_and_the_device_goes_on() {
    let device = software();
    assert_eq!(
        error(&hoarded(&device, "hoard", 1, 1 << 20)).to_string(),
        "hoard on device vulkan:software failed: its kernel cannot run there: it needs 4194304 bytes of shared memory, \
         and the device has 32768"
    );
    assert_works(&device);
}

#[test]
fn a_kernel_that_needs_more_units_than_there_are_is_refused_by_operation_and_the_device_goes_on() {
    let device = software();
    let error = error(&hoarded(&device, "hoard", 1 << 12, 16));
    assert!(matches!(error.fault, Fault::Kernel(_)), "{error:?}");
    assert!(error.to_string().contains("4096"), "{error}");
    assert_works(&device);
}

#[test]
fn the_software_driver_has_no_matrix_units() {
    for precision in Precision::ALL {
        assert!(
            !software().with_precision(precision).matrix_units(),
            "{precision}"
        );
    }
}

#[test]
fn what_is_made_from_what_failed_reports_the_first_cause() {
    let device = software();
    let failed = hoarded(&device, "hoard", 1, 1 << 20);
    let below = CubeBuffer::computed("below", [&failed], 1, |device, [failed], output| {
        device.launch(1, 1, |client, cubes, dim| {
            // SAFETY: both buffers have one value.
            unsafe { copy_one::launch_unchecked(client, cubes, dim, failed.argument(), output.argument()) }
        });
    });
    let error = error(&below);
    assert_eq!(error.operation, "an operation before below");
    assert!(matches!(error.fault, Fault::Kernel(_)), "{error:?}");
}

/// Whether the named test is in a process of its own, where it goes on. If not, it is run in one, by the shell after what
/// is to be prepared there, and must succeed.
#[cfg(target_os = "linux")]
fn is_alone(test: &str, prepare: &str) -> bool {
    const MARK: &str = "GAN_KERNELS_TEST_ALONE";
    if std::env::var_os(MARK).is_some_and(|alone| alone == test) {
        return true;
    }
    let ran = std::process::Command::new("sh")
        .args(["-c", &format!("{prepare} && exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().expect("a test has a program"))
        .args(["--exact", &format!("cube::tests::{test}"), "--nocapture"])
        .env(MARK, test)
        .output()
        .expect("sh is there");
    let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_driver_refuses_is_an_error_and_the_device_goes_on_when_there_is_some() {
    // Addresses for fewer arrays than the device says it has room for; with few threads, which take addresses too.
    let test = "memory_that_the_driver_refuses_is_an_error_and_the_device_goes_on_when_there_is_some";
    if !is_alone(
        test,
        "ulimit -v 2000000 && export MALLOC_ARENA_MAX=1 LP_NUM_THREADS=1",
    ) {
        return;
    }
    let device = software();
    let large = || {
        let source = device.upload(&[1.0]);
        CubeBuffer::computed("large", [&source], 1 << 24, |device, [source], output| {
            device.launch(1, 1, |client, cubes, dim| {
                // SAFETY: both buffers have a first value.
                unsafe {
                    copy_one::launch_unchecked(client, cubes, dim, source.argument(), output.argument())
                }
            });
        })
    };
    let first = |buffer: &CubeBuffer| {
        CubeBuffer::computed("first", [buffer], 1, |device, [buffer], output| {
            device.launch(1, 1, |client, cubes, dim| {
                // SAFETY: both buffers have a first value.
                unsafe {
                    copy_one::launch_unchecked(client, cubes, dim, buffer.argument(), output.argument())
                }
            });
        })
        .download(1)
    };
    let mut held = Vec::new();
    let refused = loop {
        let next = large();
        match first(&next) {
            Ok(value) => assert_eq!(value, [1.0]),
            Err(_) => break next,
        }
        held.push(next);
        assert!(
            held.len() < 31,
            "31 arrays of 64 MiB fit into 2 GB beside the program"
        );
    };
    let error = error(&refused);
    assert_eq!(error.operation, "large");
    assert!(
        error.to_string().starts_with(
            "large on device vulkan:software failed: the device is out of memory: it has no room for "
        ),
        "{error}"
    );
    drop((held, refused));
    assert_eq!(first(&large()).expect("there is room again"), [1.0]);
}
