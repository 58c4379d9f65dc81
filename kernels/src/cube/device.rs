//! An opened CubeCL device: its name, its queue and its limits. Knows no driver and no operation.

use std::fmt;
use std::sync::Arc;

use cubecl::prelude::{Client, CubeCount, CubeDim};

use super::buffer::CubeBuffer;
use super::memory::Memory;
use super::table::Tables;
use crate::activity;
use crate::error::DeviceError;

/// Units of a cube that walks over elements.
const ELEMENT_UNITS: usize = 256;

/// Elements that each of them visits, so that it has several loads under way.
const ELEMENTS_PER_UNIT: usize = 4;

/// A GPU, or a software driver, with its queue.
#[derive(Clone)]
pub struct CubeDevice(Arc<Opened>);

struct Opened {
    name: String,
    client: Client,
    memory: Memory,
    tables: Tables,
}

/// What kernels must stay within on a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Units (threads) of one cube (workgroup).
    pub(crate) units_per_cube: usize,
    /// Bytes of memory that the units of a cube share.
    pub(crate) shared_bytes: usize,
    /// Buffers that one kernel can be given.
    pub(crate) buffers: usize,
    /// Values between the possible beginnings of two buffers in one allocation.
    pub(crate) alignment: usize,
}

impl CubeDevice {
    #[cfg(feature = "vulkan")]
    pub(crate) fn vulkan(name: &str, which: Option<&str>) -> Result<Self, DeviceError> {
        let client = super::vulkan::open(name, which)?;
        let name = name.into();
        Ok(Self(Arc::new(Opened {
            name,
            client,
            memory: Memory::default(),
            tables: Tables::default(),
        })))
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
        CubeBuffer::upload(self, values)
    }

    /// A buffer of `count` times this value.
    pub(crate) fn filled(&self, count: usize, value: f32) -> CubeBuffer {
        super::fill::filled(self, count, value)
    }

    /// Bytes that one buffer can have.
    pub(super) fn largest_buffer(&self) -> u64 {
        self.client().properties().memory.max_page_size
    }

    pub(crate) fn limits(&self) -> Limits {
        let properties = self.client().properties();
        let hardware = &properties.hardware;
        Limits {
            units_per_cube: hardware.max_units_per_cube.min(hardware.max_cube_dim.0) as usize,
            shared_bytes: hardware.max_shared_memory_size,
            buffers: hardware.max_bindings as usize,
            alignment: (properties.memory.alignment as usize).div_ceil(size_of::<f32>()),
        }
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.0.tables
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

    /// Units of a cube that folds one value a unit to a single one: a power of two, as many as memory and limits allow.
    pub(crate) fn units_that_fold(&self) -> usize {
        let limits = self.limits();
        let most = limits.units_per_cube.min(limits.shared_bytes / size_of::<f32>());
        ELEMENT_UNITS.min(1 << most.ilog2())
    }

    /// Launches a kernel whose units walk over `count` elements, each from its own position on in steps of all units.
    pub(crate) fn launch_elements(&self, count: usize, kernel: impl FnOnce(&Client, CubeCount, CubeDim)) {
        let units = self.limits().units_per_cube.min(ELEMENT_UNITS);
        self.launch(count.div_ceil(units * ELEMENTS_PER_UNIT), units, kernel);
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
