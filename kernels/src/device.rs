//! Where arrays live. Knows how to open a device by name, and nothing of what is computed there.

use crate::cube::{CubeDevice, Family};
use crate::error::{DeviceError, ReadError};
use crate::precision::Precision;

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
    /// `cpu` is always there. `vulkan`, `cuda`, `hip` and `metal` are the first GPU of that kind, `vulkan:1` the second and
    /// so on; each is part of builds with the cargo feature of that name. `vulkan:software` is the software driver, which
    /// is never chosen unless named. `auto` is [`Device::automatic`].
    ///
    /// # Errors
    /// [`DeviceError`] when the name is unknown, left out of this build, or the driver has no such device.
    pub fn open(name: &str) -> Result<Self, DeviceError> {
        match (name, Family::parse(name)) {
            ("cpu", _) => Ok(Self::Cpu),
            ("auto", _) => Self::automatic(),
            (_, Some((family, which))) => CubeDevice::open(family, name, which).map(Self::Cube),
            (_, None) => Err(DeviceError::unknown(name)),
        }
    }

    /// Opens the first GPU there is, through `cuda`, `hip`, `metal` or `vulkan` in this order, or the CPU device where
    /// there is none. Its name says what was chosen; a software driver never is.
    ///
    /// # Errors
    /// [`DeviceError::Unavailable`] when that GPU's driver refuses; another device is not tried in its place.
    pub fn automatic() -> Result<Self, DeviceError> {
        match Self::first_gpu() {
            Some(name) => Self::open(&name),
            None => Ok(Self::Cpu),
        }
    }

    /// The name of the GPU that [`Self::automatic`] opens; a software driver is none. Asks the drivers, and opens nothing.
    #[must_use]
    pub fn first_gpu() -> Option<String> {
        let family = Family::ALL.into_iter().find(|family| family.count() > 0)?;
        Some(format!("{}:0", family.name()))
    }

    /// Names of the devices that are there and part of this build, `cpu` first. Asks the drivers, and opens nothing.
    #[must_use]
    pub fn present() -> Vec<String> {
        let others = Family::ALL.into_iter().flat_map(Family::present);
        std::iter::once("cpu".to_owned()).chain(others).collect()
    }

    /// The kinds of devices, each with the name of the cargo feature that adds it, and whether this build has it.
    #[must_use]
    pub fn kinds() -> [(&'static str, bool); 4] {
        Family::ALL.map(|family| (family.name(), family.is_built()))
    }

    /// The name that [`Device::open`] understands.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Cpu => "cpu",
            Self::Cube(device) => device.name(),
        }
    }

    /// The same device, for arrays whose matrix products and convolutions round their operands to this precision first.
    ///
    /// Arrays made from such arrays are so too, and arrays of two precisions are refused together. Without matrix units
    /// that take such operands a GPU computes the same with its other units, no faster than in f32.
    ///
    /// # Errors
    /// [`DeviceError::Precision`] on the CPU device, which has f32 alone.
    pub fn with_precision(&self, precision: Precision) -> Result<Self, DeviceError> {
        match self {
            Self::Cube(device) => Ok(Self::Cube(device.with_precision(precision))),
            Self::Cpu if precision == Precision::F32 => Ok(Self::Cpu),
            Self::Cpu => Err(DeviceError::Precision {
                name: self.name().into(),
                precision,
            }),
        }
    }

    /// What operands of matrix products and convolutions are rounded to; f32 unless it was chosen.
    #[must_use]
    pub fn precision(&self) -> Precision {
        match self {
            Self::Cpu => Precision::F32,
            Self::Cube(device) => device.precision(),
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

    /// Waits until the device has done everything asked of it so far.
    ///
    /// # Errors
    /// [`ReadError`] when the device was lost. An operation that failed is reported where its values are read.
    pub fn wait(&self) -> Result<(), ReadError> {
        match self {
            Self::Cpu => Ok(()),
            Self::Cube(device) => device.wait(),
        }
    }

    /// Makes this opened device, and every clone of it, count as lost: later operations and readings report it. For
    /// tests of what comes after; the CPU device is never lost.
    #[doc(hidden)]
    pub fn lose(&self, reason: &str) {
        if let Self::Cube(device) = self {
            device.lose(reason);
        }
    }
}
