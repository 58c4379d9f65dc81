//! The name of a device in a study: what it may be, as text. Knows no driver and opens nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The device that a study names: one that some build of the program can open, or `auto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device(String);

impl Device {
    /// The processor.
    pub const CPU: &'static str = "cpu";
    /// The first GPU that there is, and the processor where there is none.
    pub const AUTOMATIC: &'static str = "auto";

    /// Returns the name in a study file.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Tells whether the device is to be looked for.
    pub fn is_automatic(&self) -> bool {
        self.0 == Self::AUTOMATIC
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
