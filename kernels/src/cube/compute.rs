//! Opens devices of the makers' own interfaces, CUDA and HIP, by number. Knows nothing of what runs on them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cubecl::Device;
use cubecl::device::DeviceUnavailable;

use super::device::Adapter;
use super::family::Family;

/// Opens a GPU, or says why it cannot.
pub(super) fn open(family: Family, number: usize) -> Result<Adapter, String> {
    let device = find(family, number).map_err(|present| family.absent(present))?;
    // The runtime panics where the driver refuses to start, or lacks a function that newer ones have.
    let client = catch_unwind(AssertUnwindSafe(|| device.client()))
        .map_err(|_| "its driver failed to start; it may be too old for this build".to_owned())?;
    Ok(Adapter { client, driver: None })
}

/// How many GPUs there are.
pub(super) fn count(family: Family) -> usize {
    // The runtime keeps the number of a device in 16 bits.
    find(family, u16::MAX.into()).err().unwrap_or(0)
}

/// The GPU with this number, or how many there are.
fn find(family: Family, number: usize) -> Result<Device, usize> {
    let asked = number.min(u16::MAX.into());
    // A driver too old for the runtime's bindings makes it panic.
    let found = catch_unwind(|| match family {
        Family::Hip => Device::rocm(asked),
        _ => Device::cuda(asked),
    });
    match found {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(DeviceUnavailable::NoSuchDevice { available, .. })) => Err(available),
        Ok(Err(DeviceUnavailable::NotLinked(_))) | Err(_) => Err(0),
    }
}
