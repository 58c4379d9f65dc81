//! Opens Vulkan devices by number, or the software driver by name. Knows nothing of what runs on them.
//!
//! A GPU gets kernels as SPIR-V from the runtime's own compiler. The software driver gets them as WGSL: Mesa 22.3, which
//! long-lived distributions ship, crashes on that SPIR-V as soon as a kernel uses shared memory.
//!
//! On a machine without a desktop, Mesa's device selection layer prints complaints about `XDG_RUNTIME_DIR` on stderr
//! whenever devices are listed. `NODEVICE_SELECT=1` in the environment of the process silences it; only a program, not a
//! library, can set that.

use std::sync::{Mutex, PoisonError};

use cubecl::device::{DeviceUnavailable, WgpuBackend, WgpuDevice, WgpuDeviceKind};
use cubecl::prelude::Client;
use cubecl::wgpu::{RuntimeOptions, Vulkan, WgpuServer, WgslCompiler, try_init_setup};
use cubecl::{Device, RuntimeId};

use crate::error::DeviceError;

/// Opened devices: the runtime opens each once in a process.
static OPENED: Mutex<Vec<WgpuDeviceKind>> = Mutex::new(Vec::new());

/// GPUs in the order in which they are numbered.
const GPU_KINDS: [fn(usize) -> WgpuDeviceKind; 4] = [
    WgpuDeviceKind::DiscreteGpu,
    WgpuDeviceKind::IntegratedGpu,
    WgpuDeviceKind::VirtualGpu,
    WgpuDeviceKind::Other,
];

/// The client of `vulkan` (`which` is `None`), `vulkan:<n>` or `vulkan:software`.
pub(super) fn open(name: &str, which: Option<&str>) -> Result<Client, DeviceError> {
    let unavailable = |reason: String| DeviceError::Unavailable {
        name: name.into(),
        reason,
    };
    // The driver is asked by one thread at a time; some loaders crash otherwise.
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let kind = match which {
        Some("software") => software().map_err(unavailable)?,
        Some(number) => match number.parse() {
            Ok(number) => gpu(number).map_err(unavailable)?,
            Err(_) => return Err(DeviceError::unknown(name)),
        },
        None => gpu(0).map_err(unavailable)?,
    };
    let device = WgpuDevice::new(kind.clone()).on(WgpuBackend::Vulkan);
    if !opened.contains(&kind) {
        RuntimeOptions::try_default()
            .and_then(|options| try_init_setup::<Vulkan>(&device, options))
            .map_err(|error| unavailable(error.to_string()))?;
        opened.push(kind.clone());
    }
    let device = Device::Wgpu(device);
    Ok(match kind {
        // Opened once more for the other compiler; the first opening is the one that can fail with a message.
        WgpuDeviceKind::Cpu => Client::load::<WgpuServer<WgslCompiler>>(RuntimeId::strip(device.to_id())),
        _ => device.client(),
    })
}

fn software() -> Result<WgpuDeviceKind, String> {
    match Device::vulkan(WgpuDeviceKind::Cpu) {
        Ok(_) => Ok(WgpuDeviceKind::Cpu),
        Err(_) => Err(
            "no software Vulkan driver is installed; Mesa's lavapipe is one (Debian: mesa-vulkan-drivers)"
                .into(),
        ),
    }
}

/// The GPU with this number, among those of all kinds.
fn gpu(number: usize) -> Result<WgpuDeviceKind, String> {
    let mut before = 0;
    for kind in GPU_KINDS {
        let kind = kind(number - before);
        match Device::vulkan(kind.clone()) {
            Ok(_) => return Ok(kind),
            Err(DeviceUnavailable::NoSuchDevice { available, .. }) => before += available,
            Err(other) => return Err(other.to_string()),
        }
    }
    Err(match before {
        0 => "no GPU with a Vulkan driver was found".into(),
        1 => "the only GPU with a Vulkan driver is number 0".into(),
        _ => format!("the GPUs with a Vulkan driver are numbered 0 to {}", before - 1),
    })
}
