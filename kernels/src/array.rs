//! The array: a shape and values on a device. Knows where values live, not what is computed with them.

use std::fmt;
use std::sync::Arc;

use crate::cpu::Buffer;
use crate::cube::{CubeBuffer, CubeDevice};
use crate::device::Device;
use crate::element::{Element, Real};
use crate::error::ReadError;
use crate::precision::Precision;
use crate::shape::Shape;

/// Immutable values of one element type on one device, row-major and contiguous. Cloning shares the values.
#[derive(Clone)]
pub struct Array {
    shape: Shape,
    storage: Storage,
}

/// The values of an array.
#[derive(Clone)]
pub(crate) enum Storage {
    F32(Arc<Buffer<f32>>),
    F64(Arc<Buffer<f64>>),
    Cube(CubeBuffer),
}

impl From<Buffer<f32>> for Storage {
    fn from(buffer: Buffer<f32>) -> Self {
        Self::F32(Arc::new(buffer))
    }
}

impl From<Buffer<f64>> for Storage {
    fn from(buffer: Buffer<f64>) -> Self {
        Self::F64(Arc::new(buffer))
    }
}

impl Array {
    /// An array on the device with these values, f32.
    ///
    /// # Panics
    /// When the number of values is not that of the shape.
    #[must_use]
    pub fn from_f32(device: &Device, shape: impl Into<Shape>, values: &[f32]) -> Self {
        let shape = checked(shape.into(), values.len());
        let storage = match device {
            Device::Cpu => Buffer::from_slice(values).into(),
            Device::Cube(device) => Storage::Cube(device.upload(values)),
        };
        Self { shape, storage }
    }

    /// An array on the CPU device with these values, f64.
    ///
    /// # Panics
    /// When the number of values is not that of the shape.
    #[must_use]
    pub fn from_f64(shape: impl Into<Shape>, values: &[f64]) -> Self {
        let shape = checked(shape.into(), values.len());
        Self {
            shape,
            storage: Buffer::from_slice(values).into(),
        }
    }

    /// An array with this value everywhere, of the element type and on the device of `like`.
    #[must_use]
    pub fn full_like(like: &Array, shape: impl Into<Shape>, value: f64) -> Self {
        let shape = shape.into();
        let storage = match &like.storage {
            Storage::F32(_) => Buffer::filled(shape.count(), f32::from_f64(value)).into(),
            Storage::F64(_) => Buffer::filled(shape.count(), value).into(),
            Storage::Cube(buffer) => {
                Storage::Cube(buffer.device().filled(shape.count(), f32::from_f64(value)))
            }
        };
        Self { shape, storage }
    }

    pub(crate) fn new(shape: Shape, storage: Storage) -> Self {
        Self { shape, storage }
    }

    /// The extents.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The element type.
    #[must_use]
    pub fn element(&self) -> Element {
        match self.storage {
            Storage::F32(_) | Storage::Cube(_) => Element::F32,
            Storage::F64(_) => Element::F64,
        }
    }

    /// The device the values live on.
    #[must_use]
    pub fn device(&self) -> Device {
        match &self.storage {
            Storage::F32(_) | Storage::F64(_) => Device::Cpu,
            Storage::Cube(buffer) => Device::Cube(buffer.device().clone()),
        }
    }

    /// The same values for products in this precision, which on the CPU device are always in that of the element; free.
    #[must_use]
    pub(crate) fn with_precision(&self, precision: Precision) -> Self {
        let storage = match &self.storage {
            Storage::Cube(buffer) => Storage::Cube(buffer.with_precision(precision)),
            host => host.clone(),
        };
        Self {
            shape: self.shape,
            storage,
        }
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The same values under other extents; free.
    ///
    /// # Panics
    /// When the number of elements differs.
    #[must_use]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert!(
            shape.count() == self.shape.count(),
            "cannot see {} as {shape}: the counts differ",
            self.shape
        );
        Self {
            shape,
            storage: self.storage.clone(),
        }
    }

    /// Copies the values to the host as f32 (f64 values are rounded).
    ///
    /// # Errors
    /// [`ReadError`] when the device failed, now or in an earlier operation.
    pub fn to_f32(&self) -> Result<Vec<f32>, ReadError> {
        match &self.storage {
            Storage::F32(values) => Ok(values.to_vec()),
            Storage::F64(values) => Ok(values.iter().map(|value| f32::from_f64(*value)).collect()),
            Storage::Cube(buffer) => buffer.download(self.shape.count()),
        }
    }

    /// Copies the values to the host as f64.
    ///
    /// # Errors
    /// [`ReadError`] when the device failed, now or in an earlier operation.
    pub fn to_f64(&self) -> Result<Vec<f64>, ReadError> {
        match &self.storage {
            Storage::F64(values) => Ok(values.to_vec()),
            _ => Ok(self.to_f32()?.into_iter().map(f64::from).collect()),
        }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Array {:?} {} on {}",
            self.element(),
            self.shape,
            self.device().name()
        )
    }
}

fn checked(shape: Shape, values: usize) -> Shape {
    assert!(
        shape.count() == values,
        "shape {shape} has {} elements, but {values} values were given",
        shape.count()
    );
    shape
}

/// Runs a CPU implementation for the element type of the operands, which the body sees as slices under their own
/// names; refuses, by the operation's name, operands that are mixed or on a device without a kernel.
macro_rules! on_cpu {
    ($operation:literal; $($array:ident),+ => $body:expr) => {{
        $crate::activity::count_host_operation();
        match ($($array.storage(),)+) {
            ($($crate::array::Storage::F32($array),)+) => $crate::array::Storage::from($body),
            ($($crate::array::Storage::F64($array),)+) => $crate::array::Storage::from($body),
            _ => $crate::array::refuse($operation, &[$($array),+]),
        }
    }};
}
pub(crate) use on_cpu;

/// Ends an operation whose operands do not fit together or have no kernel where they live.
pub(crate) fn refuse(operation: &str, operands: &[&Array]) -> ! {
    panic!(
        "{operation} has no implementation for {operands:?}: one device with that kernel and one element type are needed"
    )
}

/// The CubeCL device of a list operation's operands, `None` if they are on the CPU device; refuses, by the operation's
/// name, a list of which some are on one and some on the other.
pub(crate) fn device_of<'a>(
    operation: &str,
    operands: impl IntoIterator<Item = &'a Array> + Clone,
) -> Option<CubeDevice> {
    let on_cube = |array: &Array| matches!(array.storage, Storage::Cube(_));
    let mut devices = operands
        .clone()
        .into_iter()
        .filter_map(|array| match &array.storage {
            Storage::Cube(buffer) => Some(buffer.device().clone()),
            Storage::F32(_) | Storage::F64(_) => None,
        });
    let device = devices.next()?;
    if !operands.clone().into_iter().all(on_cube) {
        refuse(operation, &operands.into_iter().collect::<Vec<_>>());
    }
    Some(device)
}

/// The buffers of a list that [`device_of`] has found on a CubeCL device.
pub(crate) fn buffers<'a>(list: impl IntoIterator<Item = &'a Array>) -> Vec<&'a CubeBuffer> {
    list.into_iter()
        .map(|array| match &array.storage {
            Storage::Cube(buffer) => buffer,
            Storage::F32(_) | Storage::F64(_) => unreachable!("the list's device was asked for"),
        })
        .collect()
}
