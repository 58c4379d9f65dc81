//! Opens devices of the graphics interfaces, Vulkan and Metal: GPUs by number, Vulkan's software driver by name. Knows
//! nothing of what runs on them.
//!
//! A GPU gets kernels from the runtime's own compiler, as SPIR-V or in Metal's language. The software driver gets them as
//! WGSL: Mesa 22.3, which long-lived distributions ship, crashes on that SPIR-V as soon as a kernel uses shared memory.
//!
//! On a machine without a desktop, Mesa's device selection layer prints complaints about `XDG_RUNTIME_DIR` on stderr
//! whenever devices are listed. `NODEVICE_SELECT=1` in the environment of the process silences it; only a program, not a
//! library, can set that.

use std::sync::{Mutex, PoisonError};

use cubecl::device::{DeviceUnavailable, WgpuBackend, WgpuDevice, WgpuDeviceKind};
use cubecl::prelude::Client;
use cubecl::wgpu::{Metal, RuntimeOptions, Vulkan, WgpuServer, WgslCompiler, try_init_setup};
use cubecl::{Device, RuntimeId};

use super::device::Adapter;
use super::family::{Family, Which};

/// Opened devices with what is known of their drivers: the runtime opens each once in a process.
static OPENED: Mutex<Vec<(WgpuDevice, Option<String>)>> = Mutex::new(Vec::new());

/// GPUs in the order in which they are numbered.
const GPU_KINDS: [fn(usize) -> WgpuDeviceKind; 4] = [
    WgpuDeviceKind::DiscreteGpu,
    WgpuDeviceKind::IntegratedGpu,
    WgpuDeviceKind::VirtualGpu,
    WgpuDeviceKind::Other,
];

/// Opens a device of the family `Vulkan` or `Metal`, or says why it cannot.
pub(super) fn open(family: Family, which: Which) -> Result<Adapter, String> {
    // The driver is asked by one thread at a time; some loaders crash otherwise.
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let kind = match which {
        Which::Software if finds_software(family) => WgpuDeviceKind::Cpu,
        Which::Software => {
            return Err(
                "no software driver is installed; Mesa's lavapipe is one (Debian: mesa-vulkan-drivers)"
                    .into(),
            );
        }
        Which::Number(number) => find(family, number).map_err(|present| absent(family, present))?,
    };
    let device = WgpuDevice::new(kind.clone()).on(backend(family));
    let known = opened.iter().find(|(other, _)| *other == device);
    let driver = match known {
        Some((_, driver)) => driver.clone(),
        None => {
            let driver = start(family, &device)?;
            opened.push((device.clone(), driver.clone()));
            driver
        }
    };
    let device = Device::Wgpu(device);
    let client = match kind {
        // Opened once more for the other compiler; the first opening is the one that can fail with a message.
        WgpuDeviceKind::Cpu => Client::load::<WgpuServer<WgslCompiler>>(RuntimeId::strip(device.to_id())),
        _ => device.client(),
    };
    Ok(Adapter { client, driver })
}

/// Opens a device for the first time, and tells the name and version of its driver if it has any.
fn start(family: Family, device: &WgpuDevice) -> Result<Option<String>, String> {
    let options = RuntimeOptions::try_default().map_err(|error| error.to_string())?;
    let setup = match family {
        Family::Metal => try_init_setup::<Metal>(device, options),
        _ => try_init_setup::<Vulkan>(device, options),
    };
    let adapter = setup.map_err(|error| error.to_string())?.adapter.get_info();
    let told = format!("{} {}", adapter.driver, adapter.driver_info);
    Ok(Some(told.trim().to_owned()).filter(|told| !told.is_empty()))
}

/// How many GPUs there are.
pub(super) fn count(family: Family) -> usize {
    let _alone = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    find(family, usize::MAX).err().unwrap_or(0)
}

/// Whether there is a software driver.
pub(super) fn has_software(family: Family) -> bool {
    let _alone = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    finds_software(family)
}

fn finds_software(family: Family) -> bool {
    family == Family::Vulkan && on(family, WgpuDeviceKind::Cpu).is_ok()
}

/// The GPU with this number, among those of all kinds, or how many there are.
fn find(family: Family, number: usize) -> Result<WgpuDeviceKind, usize> {
    let mut before = 0;
    for kind in GPU_KINDS {
        // A kind cannot have more: the runtime keeps the number in few bits.
        let kind = kind((number - before).min(WgpuDeviceKind::MAX_INDEX));
        match on(family, kind.clone()) {
            Ok(_) => return Ok(kind),
            Err(DeviceUnavailable::NoSuchDevice { available, .. }) => before += available,
            Err(DeviceUnavailable::NotLinked(_)) => {}
        }
    }
    Err(before)
}

fn on(family: Family, kind: WgpuDeviceKind) -> Result<Device, DeviceUnavailable> {
    match family {
        Family::Metal => Device::metal_msl(kind),
        _ => Device::vulkan(kind),
    }
}

fn backend(family: Family) -> WgpuBackend {
    match family {
        Family::Metal => WgpuBackend::Metal,
        _ => WgpuBackend::Vulkan,
    }
}

/// Why there is no GPU with the number asked for, where `present` are there.
fn absent(family: Family, present: usize) -> String {
    match (family, present) {
        (Family::Vulkan, 0) if finds_software(family) => {
            "no GPU with a Vulkan driver was found; the software driver has the name vulkan:software".into()
        }
        (Family::Vulkan, 0) => {
            "no GPU and no Vulkan driver were found; the GPU's driver or the Vulkan loader is missing or too old"
                .into()
        }
        _ => family.absent(present),
    }
}
