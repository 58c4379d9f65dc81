//! An opened CubeCL device: its name, its queue, its limits, and whether it still answers. Knows no driver and no
//! operation.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use cubecl::features::MmaConfig;
use cubecl::future::block_on;
use cubecl::ir::{ElemType, FloatKind};
use cubecl::prelude::{Client, CubeCount, CubeDim};
use cubecl::server::ServerError;

use super::buffer::CubeBuffer;
use super::failure;
use super::family::{Family, Which};
use super::memory::Memory;
use super::table::Tables;
use crate::activity;
use crate::error::{DeviceError, Fault, ReadError};
use crate::precision::Precision;
use crate::tile::{PLANE_UNITS, SIDE, step};

/// Units of a cube that walks over elements.
const ELEMENT_UNITS: usize = 256;

/// Units that a GPU runs in step, so that fewer are no gain.
const FEWEST_UNITS: usize = 32;

/// Elements that each of them visits, so that it has several loads under way.
const ELEMENTS_PER_UNIT: usize = 4;

/// Values of one buffer, at most. Kernels number them in 32 bits, with room above for a tile that ends outside.
const MOST_VALUES: u64 = 1 << 31;

/// A GPU, or a software driver, with its queue, and what operands of products are rounded to for whoever holds it.
#[derive(Clone)]
pub struct CubeDevice {
    opened: Arc<Opened>,
    precision: Precision,
}

struct Opened {
    name: String,
    adapter: Adapter,
    memory: Memory,
    tables: Tables,
    /// Why the device no longer answers, once it was lost; it does not come back.
    lost: OnceLock<String>,
}

/// What a driver opened.
pub(super) struct Adapter {
    pub(super) client: Client,
    /// Name and version of the driver, where it tells them.
    pub(super) driver: Option<String>,
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
    /// Opens a device of a family under the name that was asked for.
    ///
    /// # Errors
    /// [`DeviceError`] when this build leaves the family out, or the driver has no such device.
    pub(crate) fn open(family: Family, name: &str, which: Which) -> Result<Self, DeviceError> {
        let adapter = family.open(name, which)?;
        let memory = Memory::of(adapter.client.properties().memory.max_memory());
        let opened = Opened {
            name: name.into(),
            adapter,
            memory,
            tables: Tables::default(),
            lost: OnceLock::new(),
        };
        Ok(Self {
            opened: Arc::new(opened),
            precision: Precision::F32,
        })
    }

    /// The same device, for arrays whose products are in this precision.
    pub(crate) fn with_precision(&self, precision: Precision) -> Self {
        Self {
            opened: Arc::clone(&self.opened),
            precision,
        }
    }

    /// What operands of products are rounded to.
    pub(crate) fn precision(&self) -> Precision {
        self.precision
    }

    pub(crate) fn name(&self) -> &str {
        &self.opened.name
    }

    pub(crate) fn client(&self) -> &Client {
        &self.opened.adapter.client
    }

    /// Name and version of the driver, where it tells them.
    pub(super) fn driver(&self) -> Option<&str> {
        self.opened.adapter.driver.as_deref()
    }

    pub(crate) fn upload(&self, values: &[f32]) -> CubeBuffer {
        CubeBuffer::upload(self, values)
    }

    /// A buffer of `count` times this value.
    pub(crate) fn filled(&self, count: usize, value: f32) -> CubeBuffer {
        super::fill::filled(self, count, value)
    }

    /// Bytes that one buffer can have: what the driver allows, and no more values than kernels number.
    pub(super) fn largest_buffer(&self) -> u64 {
        let numbered = MOST_VALUES * size_of::<f32>() as u64;
        self.client().properties().memory.max_page_size.min(numbered)
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

    /// Whether products in this device's precision are for its matrix units: it has some for such operands and sums in f32,
    /// of the size that kernels are written for, and planes of the number of units that they are written for.
    ///
    /// Through CUDA alone: what other compilers make of these kernels was never checked.
    pub(crate) fn matrix_units(&self) -> bool {
        if !matches!(Family::parse(self.name()), Some((Family::Cuda, _))) {
            return false;
        }
        let properties = self.client().properties();
        let kind = match self.precision {
            Precision::F32 => return false,
            Precision::Tf32 => FloatKind::TF32,
            Precision::Bf16 => FloatKind::BF16,
        };
        let hardware = &properties.hardware;
        let planes = [hardware.plane_size_min, hardware.plane_size_max];
        planes.iter().all(|units| *units as usize == PLANE_UNITS)
            && properties.features.matmul.cmma.contains(&MmaConfig {
                a_type: ElemType::Float(kind),
                b_type: ElemType::Float(kind),
                cd_type: ElemType::Float(FloatKind::F32),
                m: SIDE as u32,
                n: SIDE as u32,
                k: step(self.precision) as u32,
            })
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.opened.memory
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.opened.tables
    }

    /// Waits until everything launched so far is done.
    pub(crate) fn wait(&self) -> Result<(), ReadError> {
        self.asked("wait", || block_on(self.client().sync()))
    }

    /// Asks the runtime for something, and notes a loss of the device, which every later question then reports.
    pub(super) fn asked<T>(
        &self,
        operation: &str,
        ask: impl FnOnce() -> Result<T, ServerError>,
    ) -> Result<T, ReadError> {
        self.answers().map_err(|fault| self.failure(operation, fault))?;
        let (fault, inherited) = match catch_unwind(AssertUnwindSafe(ask)) {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => (Fault::reported(&error), failure::is_inherited(&error)),
            Err(payload) => (Fault::panic(&*payload), false),
        };
        if let Fault::Lost(reason) = &fault {
            self.lose(reason);
        }
        match inherited {
            true => Err(self.failure(&format!("an operation before {operation}"), fault)),
            false => Err(self.failure(operation, fault)),
        }
    }

    /// Whether the device was not lost so far.
    pub(super) fn answers(&self) -> Result<(), Fault> {
        match self.opened.lost.get() {
            None => Ok(()),
            Some(reason) => Err(Fault::Lost(reason.clone())),
        }
    }

    /// From now on the device counts as lost; the first reason stays.
    pub(crate) fn lose(&self, reason: &str) {
        let _ = self.opened.lost.set(reason.into());
    }

    pub(super) fn failure(&self, operation: &str, fault: Fault) -> ReadError {
        ReadError {
            device: self.name().into(),
            operation: operation.into(),
            fault,
        }
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

    /// Units of a cube that folds `terms` values to a single one: a power of two, as many as there are terms, and memory
    /// and limits allow.
    pub(crate) fn units_that_fold(&self, terms: usize) -> usize {
        let limits = self.limits();
        let most = limits.units_per_cube.min(limits.shared_bytes / size_of::<f32>());
        let useful = terms.next_power_of_two().clamp(FEWEST_UNITS, ELEMENT_UNITS);
        useful.min(1 << most.ilog2())
    }

    /// As [`Self::launch_elements`], with a unit for each element: where every element is many loads already.
    pub(crate) fn launch_each(&self, count: usize, kernel: impl FnOnce(&Client, CubeCount, CubeDim)) {
        let units = self.limits().units_per_cube.min(ELEMENT_UNITS);
        self.launch(count.div_ceil(units), units, kernel);
    }

    /// Launches a kernel whose units walk over `count` elements, each from its own position on in steps of all units.
    pub(crate) fn launch_elements(&self, count: usize, kernel: impl FnOnce(&Client, CubeCount, CubeDim)) {
        let units = self.limits().units_per_cube.min(ELEMENT_UNITS);
        self.launch(count.div_ceil(units * ELEMENTS_PER_UNIT), units, kernel);
    }
}

impl fmt::Debug for CubeDevice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.opened.name)
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("what a buffer can hold is cut into fewer than 2^32 cubes")
}
