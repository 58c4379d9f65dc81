//! The CubeCL side of devices and arrays: with the kernels themselves, the only code that names the runtime's types.
//!
//! What a new version of the runtime changes is meant to end here: opening a client, moving values, and saying how a
//! kernel is launched. Kernels receive this module's types and know no driver.

mod allocation;
mod buffer;
mod comparison;
mod compute;
mod description;
mod device;
mod failure;
mod family;
mod fill;
#[cfg(any(feature = "vulkan", feature = "metal"))]
mod graphics;
pub(crate) mod list;
mod memory;
mod pack;
pub(crate) mod table;

pub(crate) use buffer::{CubeBuffer, Values};
pub(crate) use comparison::larger;
pub(crate) use device::{CubeDevice, Limits};
pub(crate) use family::Family;

#[cfg(all(test, feature = "vulkan"))]
mod tests;
