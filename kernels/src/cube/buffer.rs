//! Values in a CubeCL device's memory. Knows no shapes.
//!
//! A buffer that the device cannot hold is not a mistake of the calling program but a limit of the hardware, so it is
//! remembered, handed on by every operation that would need it, and reported when values are read.

use std::ops::Range;
use std::sync::Arc;

use cubecl::prelude::{BufferArg, CubeElement};
use cubecl::server::Handle;

use super::allocation::Allocation;
use super::device::CubeDevice;
use crate::error::ReadError;
use crate::precision::Precision;

/// Values on a CubeCL device, or why they are not there. Cloning shares them.
#[derive(Clone)]
pub(crate) struct CubeBuffer {
    device: CubeDevice,
    contents: Arc<Result<Values, ReadError>>,
}

/// Memory that exists on the device: all or a part of an allocation, which the arrays of a list share.
pub(crate) struct Values {
    allocation: Arc<Allocation>,
    /// Where in the allocation, in values.
    range: Range<usize>,
}

impl CubeBuffer {
    pub(super) fn upload(device: &CubeDevice, values: &[f32]) -> Self {
        let allocation = Allocation::new(device, "upload", values.len(), |device| match values {
            [] => device.client().empty(size_of::<f32>()),
            _ => device.client().create_from_slice(f32::as_bytes(values)),
        });
        let values = allocation.map(|allocation| Values::new(Arc::new(allocation), 0..values.len()));
        Self::new(device, values)
    }

    /// A buffer of `count` values that `fill` writes on the device, made from operands on that device; without values
    /// nothing is launched.
    ///
    /// # Panics
    /// When the operands are on different devices.
    pub(crate) fn computed<const OPERANDS: usize>(
        operation: &str,
        operands: [&Self; OPERANDS],
        count: usize,
        fill: impl FnOnce(&CubeDevice, [&Values; OPERANDS], &Values),
    ) -> Self {
        let [output] = Self::computed_together(operation, operands, [count], |device, operands, [output]| {
            fill(device, operands, output);
        });
        output
    }

    /// As [`Self::computed`], with several outputs of one launch; where none has values nothing is launched.
    ///
    /// # Panics
    /// When the operands are on different devices.
    pub(crate) fn computed_together<const OPERANDS: usize, const OUTPUTS: usize>(
        operation: &str,
        operands: [&Self; OPERANDS],
        counts: [usize; OUTPUTS],
        fill: impl FnOnce(&CubeDevice, [&Values; OPERANDS], [&Values; OUTPUTS]),
    ) -> [Self; OUTPUTS] {
        let device = &operands[0].device;
        for operand in operands {
            operand.assert_on(device, operation);
        }
        if let Some(missing) = operands.iter().find(|operand| operand.contents.is_err()) {
            return counts.map(|_| Self {
                device: device.clone(),
                contents: missing.contents.clone(),
            });
        }
        Self::made(operation, device, counts, |device, outputs| {
            let operands = operands.map(|operand| operand.values().expect("checked above"));
            fill(device, operands, outputs);
        })
    }

    /// Buffers of these counts that `fill` writes on the device, from nothing there.
    pub(super) fn made<const OUTPUTS: usize>(
        operation: &str,
        device: &CubeDevice,
        counts: [usize; OUTPUTS],
        fill: impl FnOnce(&CubeDevice, [&Values; OUTPUTS]),
    ) -> [Self; OUTPUTS] {
        let outputs = counts.map(|count| {
            let allocation = Allocation::empty(device, operation, count).map(Arc::new);
            Self::new(
                device,
                allocation.map(|allocation| Values::new(allocation, 0..count)),
            )
        });
        let fits = outputs.iter().all(|output| output.contents.is_ok());
        if fits && counts.iter().any(|count| *count > 0) {
            let values = outputs.each_ref();
            fill(
                device,
                values.map(|output| output.values().expect("checked above")),
            );
        }
        outputs
    }

    pub(super) fn new(device: &CubeDevice, contents: Result<Values, ReadError>) -> Self {
        Self {
            device: device.clone(),
            contents: Arc::new(contents),
        }
    }

    pub(super) fn values(&self) -> Result<&Values, &ReadError> {
        self.contents.as_ref().as_ref()
    }

    /// The same values for products in this precision; free.
    pub(crate) fn with_precision(&self, precision: Precision) -> Self {
        Self {
            device: self.device.with_precision(precision),
            contents: Arc::clone(&self.contents),
        }
    }

    /// # Panics
    /// When the buffer is not on this device, or is there for products in another precision.
    pub(super) fn assert_on(&self, device: &CubeDevice, operation: &str) {
        assert!(
            self.device.client().service_id() == device.client().service_id(),
            "{operation} of arrays on the devices {device:?} and {:?}: one device is needed",
            self.device
        );
        let (own, other) = (device.precision(), self.device.precision());
        assert!(
            own == other,
            "{operation} of arrays for products in {own} and in {other}: one precision is needed"
        );
    }

    pub(crate) fn device(&self) -> &CubeDevice {
        &self.device
    }

    /// Waits for the device and copies the values to the host.
    pub(crate) fn download(&self, count: usize) -> Result<Vec<f32>, ReadError> {
        let values = self.values().map_err(Clone::clone)?;
        let operation = values.allocation.operation();
        if count == 0 {
            return self.device.asked(operation, || Ok(Vec::new()));
        }
        let bytes = self
            .device
            .asked(operation, || self.device.client().read_one(values.handle()))?;
        Ok(f32::from_bytes(&bytes)[..count].to_vec())
    }
}

impl Values {
    pub(super) fn new(allocation: Arc<Allocation>, range: Range<usize>) -> Self {
        Self { allocation, range }
    }

    /// The kernel argument for these values.
    pub(crate) fn argument(&self) -> BufferArg {
        self.allocation.argument(&self.with_room())
    }

    pub(super) fn allocation(&self) -> &Arc<Allocation> {
        &self.allocation
    }

    /// Where in the allocation they lie, in values.
    pub(super) fn range(&self) -> &Range<usize> {
        &self.range
    }

    fn handle(&self) -> Handle {
        self.allocation.part(&self.with_room())
    }

    /// What a kernel is given: one value where there is none, for which there is room.
    fn with_room(&self) -> Range<usize> {
        self.range.start..self.range.end.max(self.range.start + 1)
    }
}
