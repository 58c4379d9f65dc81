//! Where arrays live. Knows how to open a device by name, and nothing of what is computed there.

use crate::cube::CubeDevice;
use crate::error::DeviceError;

/// A place where arrays live and operations run.
#[derive(Clone, Debug)]
pub enum Device {
    /// The plain Rust device: always there, bit-exact for any number of threads.
    Cpu,
    /// A GPU (or a software driver) through CubeCL.
    Cube(CubeDevice),
}

impl Device {
    /// Opens a device by its name.
    ///
    /// `cpu` is always there. `vulkan` is the first GPU, `vulkan:1` the second; `vulkan:software` the software driver,
    /// which is never chosen unless named.
    ///
    /// # Errors
    /// [`DeviceError`] when the name is unknown, left out of this build, or the driver has no such device.
    pub fn open(name: &str) -> Result<Self, DeviceError> {
        match name
            .split_once(':')
            .map_or((name, None), |(kind, rest)| (kind, Some(rest)))
        {
            ("cpu", None) => Ok(Self::Cpu),
            ("vulkan", which) => CubeDevice::vulkan(name, which).map(Self::Cube),
            _ => Err(DeviceError::unknown(name)),
        }
    }

    /// The name that [`Device::open`] understands.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Cpu => "cpu",
            Self::Cube(device) => device.name(),
        }
    }

    /// Most bytes that arrays held at a time on this device since the last call, from which on counting starts anew.
    ///
    /// `None` on the CPU device, whose arrays are part of the process's memory.
    #[must_use]
    pub fn take_peak_memory(&self) -> Option<u64> {
        match self {
            Self::Cpu => None,
            Self::Cube(device) => Some(device.memory().take_peak()),
        }
    }
}
