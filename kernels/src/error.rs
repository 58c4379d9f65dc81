//! What can go wrong with a device or while reading from it. Mistakes of the calling program panic instead.

use thiserror::Error;

use crate::precision::Precision;

/// A device could not be opened.
#[derive(Clone, Debug, Error)]
pub enum DeviceError {
    /// The name is not one of the known devices.
    #[error("unknown device {name:?}; known are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// The device is known, but this build leaves it out.
    #[error("device {name:?} is not part of this build; build with the feature `{feature}`")]
    NotBuilt {
        /// What was asked for.
        name: String,
        /// The cargo feature that adds it.
        feature: &'static str,
    },
    /// The driver offers no such device.
    #[error("device {name:?} could not be opened: {reason}")]
    Unavailable {
        /// What was asked for.
        name: String,
        /// What is missing, or what the driver said.
        reason: String,
    },
    /// The device does not round operands of products.
    #[error("device {name:?} computes products in f32 only, and {precision} was asked for")]
    Precision {
        /// The device's name.
        name: String,
        /// What was asked for.
        precision: Precision,
    },
}

impl DeviceError {
    pub(crate) fn unknown(name: &str) -> Self {
        Self::Unknown {
            name: name.into(),
            known: "cpu, auto, vulkan, vulkan:<n>, vulkan:software, cuda, cuda:<n>, hip, hip:<n>, metal, metal:<n>"
                .into(),
        }
    }
}

/// Values could not be read back from a device; an operation that failed earlier shows up here.
#[derive(Clone, Debug, Error)]
#[error("{operation} on device {device} failed: {fault}")]
pub struct ReadError {
    /// The device's name.
    pub device: String,
    /// The operation that failed, by its name, or the one that made the values and what is said of those before it.
    pub operation: String,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong on a device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// An array is larger than the device's buffers can be.
    #[error("an array of {bytes} bytes is over the device's limit of {limit} bytes for one buffer")]
    ArrayTooLarge {
        /// Size of the array.
        bytes: u64,
        /// The most that one buffer can have.
        limit: u64,
    },
    /// The device has no memory left.
    #[error("the device is out of memory: {0}")]
    OutOfMemory(String),
    /// The driver or the compiler refuses the kernel.
    #[error("its kernel cannot run there: {0}")]
    Kernel(String),
    /// The device no longer answers: it was reset, taken out, or an earlier kernel broke it.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// What the device reported otherwise.
    #[error("{0}")]
    Other(String),
}

impl ReadError {
    /// What a user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.fault {
            Fault::ArrayTooLarge { .. } => "a smaller batch or width makes smaller arrays",
            Fault::OutOfMemory(_) => {
                "a smaller batch or width needs less memory, of which other programs may hold some"
            }
            Fault::Kernel(_) => "a newer driver may take it; if not, please report it with this message",
            Fault::Lost(_) => {
                "the system's log may say why; when the device works again, do the same once more"
            }
            Fault::Other(_) => "a newer driver may help",
        }
    }
}
