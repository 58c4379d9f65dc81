//! Values in a CubeCL device's memory. Knows no shapes.
//!
//! A buffer that the device cannot hold is not a mistake of the calling program but a limit of the hardware, so it is
//! remembered, handed on by every operation that would need it, and reported when values are read.

#![expect(unsafe_code, reason = "kernel arguments state their own length")]

use std::sync::Arc;

use cubecl::prelude::{BufferArg, CubeElement};
use cubecl::server::Handle;

use super::device::CubeDevice;
use crate::error::{Fault, ReadError};

/// Values on a CubeCL device, or why they are not there. Cloning shares them.
#[derive(Clone)]
pub(crate) struct CubeBuffer {
    device: CubeDevice,
    contents: Arc<Result<Values, ReadError>>,
}

/// Memory that exists on the device.
pub(crate) struct Values {
    handle: Handle,
    count: usize,
    device: CubeDevice,
    /// Name of the operation that made them.
    operation: String,
}

impl CubeBuffer {
    pub(super) fn upload(device: CubeDevice, values: &[f32]) -> Self {
        Self::allocate(device, "upload", values.len(), |device| match values {
            [] => device.client().empty(size_of::<f32>()),
            _ => device.client().create_from_slice(f32::as_bytes(values)),
        })
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
            assert!(
                operand.device.client().service_id() == device.client().service_id(),
                "{operation} of arrays on the devices {device:?} and {:?}: one device is needed",
                operand.device
            );
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
            Self::allocate(device.clone(), operation, count, |device| {
                device.client().empty(count.max(1) * size_of::<f32>())
            })
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

    fn allocate(
        device: CubeDevice,
        operation: &str,
        count: usize,
        handle: impl FnOnce(&CubeDevice) -> Handle,
    ) -> Self {
        let contents = room(&device, operation, bytes(count)).map(|()| Values {
            handle: handle(&device),
            count,
            device: device.clone(),
            operation: operation.into(),
        });
        Self {
            device,
            contents: Arc::new(contents),
        }
    }

    fn values(&self) -> Result<&Values, &ReadError> {
        self.contents.as_ref().as_ref()
    }

    pub(crate) fn device(&self) -> &CubeDevice {
        &self.device
    }

    /// Waits for the device and copies the values to the host.
    pub(crate) fn download(&self, count: usize) -> Result<Vec<f32>, ReadError> {
        let values = self.values().map_err(Clone::clone)?;
        if count == 0 {
            return self.device.answers(&values.operation).map(|()| Vec::new());
        }
        let bytes = self.device.asked(&values.operation, || {
            self.device.client().read_one(values.handle.clone())
        })?;
        Ok(f32::from_bytes(&bytes)[..count].to_vec())
    }
}

impl Values {
    /// The kernel argument for these values.
    pub(crate) fn argument(&self) -> BufferArg {
        // SAFETY: the handle was allocated with room for `count` values, and for one if there are none.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.count.max(1)) }
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        self.device.memory().given_back(bytes(self.count));
    }
}

/// Notes bytes that an array is to hold, or says why the device cannot hold them.
fn room(device: &CubeDevice, operation: &str, bytes: u64) -> Result<(), ReadError> {
    device.answers(operation)?;
    let limit = device.largest_buffer();
    let fits = match bytes > limit {
        true => Err(Fault::ArrayTooLarge { bytes, limit }),
        false => device.memory().take(bytes),
    };
    fits.map_err(|fault| device.failure(operation, fault))
}

fn bytes(count: usize) -> u64 {
    count as u64 * size_of::<f32>() as u64
}
