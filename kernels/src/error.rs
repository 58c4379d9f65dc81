//! What can go wrong with a device or while reading from it. Mistakes of the calling program panic instead.

use thiserror::Error;

/// A device could not be opened.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// The name is not one of the known devices.
    #[error("unknown device {name:?}; known are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names this build understands, separated by commas.
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
        /// What the driver said.
        reason: String,
    },
}

impl DeviceError {
    pub(crate) fn unknown(name: &str) -> Self {
        Self::Unknown {
            name: name.into(),
            known: "cpu, vulkan, vulkan:<n>, vulkan:software".into(),
        }
    }
}

/// Values could not be read back from a device; a kernel that failed earlier shows up here.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The device reported a failure.
    #[error("reading from device {device} failed: {reason}")]
    Device {
        /// The device's name.
        device: String,
        /// What the device reported.
        reason: String,
    },
}
