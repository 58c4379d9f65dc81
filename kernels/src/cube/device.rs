//! An opened CubeCL device: its name, its queue and its limits. Knows no driver and no operation.

use std::fmt;
use std::sync::Arc;

use cubecl::prelude::{Client, CubeCount, CubeDim};

use super::buffer::CubeBuffer;
use super::memory::Memory;
use crate::activity;
use crate::error::DeviceError;

/// Values of one buffer, at most. Kernels number them in 32 bits, with room above for a tile that ends outside.
const MOST_VALUES: u64 = 1 << 31;

/// A GPU, or a software driver, with its queue.
#[derive(Clone)]
pub struct CubeDevice(Arc<Opened>);

struct Opened {
    name: String,
    client: Client,
    memory: Memory,
}

/// What kernels must stay within on a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Units (threads) of one cube (workgroup).
    pub(crate) units_per_cube: usize,
    /// Bytes of memory that the units of a cube share.
    pub(crate) shared_bytes: usize,
}

impl CubeDevice {
    #[cfg(feature = "vulkan")]
    pub(crate) fn vulkan(name: &str, which: Option<&str>) -> Result<Self, DeviceError> {
        let client = super::vulkan::open(name, which)?;
        let name = name.into();
        let memory = Memory::default();
        Ok(Self(Arc::new(Opened { name, client, memory })))
    }

    #[cfg(not(feature = "vulkan"))]
    pub(crate) fn vulkan(name: &str, _which: Option<&str>) -> Result<Self, DeviceError> {
        Err(DeviceError::NotBuilt {
            name: name.into(),
            feature: "vulkan",
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn upload(&self, values: &[f32]) -> CubeBuffer {
        CubeBuffer::upload(self.clone(), values)
    }

    /// Bytes that one buffer can have: what the driver allows, and no more values than kernels number.
    pub(super) fn largest_buffer(&self) -> u64 {
        let numbered = MOST_VALUES * size_of::<f32>() as u64;
        self.client().properties().memory.max_page_size.min(numbered)
    }

    pub(crate) fn limits(&self) -> Limits {
        let hardware = &self.client().properties().hardware;
        Limits {
            units_per_cube: hardware.max_units_per_cube.min(hardware.max_cube_dim.0) as usize,
            shared_bytes: hardware.max_shared_memory_size,
        }
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    /// Launches a kernel with at least `cubes` cubes of `units` units each; a kernel numbers them with `CUBE_POS` and
    /// leaves the surplus idle. Every launch goes through here, where it is counted.
    pub(crate) fn launch(
        &self,
        cubes: usize,
        units: usize,
        kernel: impl FnOnce(&Client, CubeCount, CubeDim),
    ) {
        let (widest, ..) = self.client().properties().hardware.max_cube_count;
        let width = cubes.clamp(1, widest.max(1) as usize);
        let count = CubeCount::Static(small(width), small(cubes.div_ceil(width)), 1);
        activity::count_launch();
        kernel(self.client(), count, CubeDim::new_1d(small(units)));
    }
}

impl fmt::Debug for CubeDevice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.name)
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("what a buffer can hold is cut into fewer than 2^32 cubes")
}
