//! What a device is, whether it computes rightly, and how fast: for those who choose one. Prints nothing.

mod cpu;
mod cube;
mod rates;
mod self_test;

pub use rates::{Rates, rates};
pub use self_test::{SelfTestError, self_test};

use crate::device::Device;

/// What a driver tells of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The device as it names itself.
    pub adapter: String,
    /// Name and version of the driver, where it tells them.
    pub driver: Option<String>,
    /// All of the device's memory in bytes, where the driver tells it.
    pub memory: Option<u64>,
    /// The largest array in bytes.
    pub largest_array: u64,
    /// Memory that the units of a cube share, in bytes.
    pub shared_memory: u64,
    /// Units (threads) in a cube (workgroup), at most.
    pub units_per_cube: u64,
    /// Every feature, and whether the device has it for kernels.
    pub features: [(Feature, bool); 4],
}

/// What a device may have beyond what kernels need; none uses it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Numbers of 64 bits.
    F64,
    /// Numbers of 16 bits.
    F16,
    /// Sums over the units that run in step.
    Planes,
    /// Small matrix products in hardware.
    MatrixUnits,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::F64, Self::F16, Self::Planes, Self::MatrixUnits];

    /// The feature in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F16 => "f16",
            Self::Planes => "planes",
            Self::MatrixUnits => "matrix units",
        }
    }
}

/// What the driver tells of a device; `None` for the CPU device, of which the operating system knows.
#[must_use]
pub fn describe(device: &Device) -> Option<Description> {
    match device {
        Device::Cpu => None,
        Device::Cube(device) => Some(device.describe()),
    }
}
