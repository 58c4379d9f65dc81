//! How fast a device multiplies matrices and copies memory: the yardsticks for every other operation on it.

use std::time::{Duration, Instant};

use super::{cpu, cube, describe};
use crate::array::{Array, Storage};
use crate::device::Device;
use crate::error::ReadError;
use crate::matmul::{Transpose, matmul};

/// A device's own best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Floating-point operations a second of the product of two square f32 matrices; an addition and a multiplication
    /// are two.
    pub matmul: f64,
    /// Bytes a second that a copy of an f32 array reads and writes.
    pub copy: f64,
}

/// What is measured at sizes that grow until one takes longer than this.
const LITTLE: Duration = Duration::from_millis(60);

/// Most bytes of an array on the CPU device: beyond the caches, and not much of a small machine's memory.
const MOST_ON_CPU: u64 = 64 << 20;

/// Some work of a size that can be chosen.
struct Work {
    /// Growing sizes.
    sizes: &'static [usize],
    /// Values of an array of that size.
    count: fn(usize) -> usize,
    /// How much there is to do at a size.
    amount: fn(usize) -> f64,
    run: fn(&Array, usize) -> Array,
}

const PRODUCT: Work = Work {
    sizes: &[256, 512, 1024, 2048, 4096],
    count: |extent| extent * extent,
    amount: |extent| 2.0 * (extent as f64).powi(3),
    run: |values, extent| {
        let square = values.reshape([extent, extent]);
        matmul(&square, &square, Transpose::No, Transpose::No)
    },
};

const COPY: Work = Work {
    sizes: &[1 << 20, 1 << 22, 1 << 24, 1 << 26],
    count: |count| count,
    amount: |count| 2.0 * size_of::<f32>() as f64 * count as f64,
    run: |values, _| copy(values),
};

/// Measures a device for about the time given, and at least one product and one copy.
///
/// # Errors
/// [`ReadError`] when the device fails.
pub fn rates(device: &Device, time: Duration) -> Result<Rates, ReadError> {
    Ok(Rates {
        matmul: best(device, time / 2, &PRODUCT)?,
        copy: best(device, time / 2, &COPY)?,
    })
}

/// The best rate of a work, at the largest size that the device does in little time.
fn best(device: &Device, time: Duration, work: &Work) -> Result<f64, ReadError> {
    let mut next = work.sizes.iter().copied();
    let mut size = next.next().expect("there is a smallest size");
    let most = most_bytes(device);
    let (values, took) = loop {
        let count = (work.count)(size);
        let values = Array::from_f32(device, [count], &ramp(count));
        // Compiles the kernel, and reports its failure.
        (work.run)(&values, size).to_f32()?;
        let took = seconds(device, 1, || (work.run)(&values, size))?;
        let larger = next.next().filter(|larger| {
            let bytes = ((work.count)(*larger) * size_of::<f32>()) as u64;
            let expected = took * (work.amount)(*larger) / (work.amount)(size);
            bytes <= most && expected <= LITTLE.as_secs_f64()
        });
        match larger {
            Some(larger) => size = larger,
            None => break (values, took),
        }
    };
    let (start, mut shortest) = (Instant::now(), took);
    let times = (LITTLE.as_secs_f64() / took).clamp(1.0, 64.0) as u32;
    while start.elapsed() < time {
        let took = seconds(device, times, || (work.run)(&values, size))?;
        shortest = shortest.min(took / f64::from(times));
    }
    Ok((work.amount)(size) / shortest)
}

/// The largest array that is measured: input and output fit beside each other many times.
fn most_bytes(device: &Device) -> u64 {
    match describe(device) {
        None => MOST_ON_CPU,
        Some(told) => told.largest_array.min(told.memory.unwrap_or(u64::MAX) / 8),
    }
}

/// How long a device takes to do something many times, in seconds.
fn seconds(device: &Device, times: u32, run: impl Fn() -> Array) -> Result<f64, ReadError> {
    device.wait()?;
    let start = Instant::now();
    for _ in 0..times {
        drop(run());
    }
    device.wait()?;
    Ok(start.elapsed().as_secs_f64())
}

fn copy(values: &Array) -> Array {
    let storage = match values.storage() {
        Storage::Cube(buffer) => Storage::Cube(cube::copy(buffer, values.shape().count())),
        Storage::F32(values) => cpu::copy(values).into(),
        Storage::F64(_) => unreachable!("what is copied is made of f32"),
    };
    Array::new(values.shape(), storage)
}

fn ramp(count: usize) -> Vec<f32> {
    (0..count).map(|index| (index % 1013) as f32 / 1013.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(device: &Device, count: usize) {
        let values = ramp(count);
        let array = Array::from_f32(device, [count], &values);
        assert!(
            copy(&array).to_f32().expect("the device works") == values,
            "{count} on {device:?}"
        );
    }

    #[test]
    fn a_copy_has_every_value() {
        for count in [0, 4, 1020, 1024, 100_004] {
            copied(&Device::Cpu, count);
            #[cfg(feature = "vulkan")]
            copied(
                &Device::open("vulkan:software").expect("a software driver"),
                count,
            );
        }
    }

    #[test]
    fn a_device_has_rates() {
        let told = rates(&Device::Cpu, Duration::from_millis(100)).expect("the CPU does not fail");
        assert!(told.matmul > 1e7 && told.copy > 1e7, "{told:?}");
        assert!(told.matmul.is_finite() && told.copy.is_finite(), "{told:?}");
    }
}
