//! One piece of a device's memory. A buffer is a range of one: all of it, or its part of a list's.

#![expect(unsafe_code, reason = "kernel arguments state their own length")]

use std::ops::Range;

use cubecl::prelude::BufferArg;
use cubecl::server::Handle;

use super::device::CubeDevice;
use crate::error::{Fault, ReadError};

/// Memory for a number of values; given back when the last buffer in it goes.
pub(super) struct Allocation {
    device: CubeDevice,
    /// Name of the operation that it is for.
    operation: String,
    handle: Handle,
    /// Values there is room for, at least one: a kernel argument is never empty.
    room: usize,
    /// Bytes that were counted as held.
    held: u64,
}

impl Allocation {
    /// Memory for `count` values, which `handle` asks the device for; why not, if the device was lost or has no
    /// room.
    pub(super) fn new(
        device: &CubeDevice,
        operation: &str,
        count: usize,
        handle: impl FnOnce(&CubeDevice) -> Handle,
    ) -> Result<Self, ReadError> {
        let held = bytes(count);
        hold(device, held).map_err(|fault| device.failure(operation, fault))?;
        Ok(Self {
            device: device.clone(),
            operation: operation.into(),
            handle: handle(device),
            room: count.max(1),
            held,
        })
    }

    /// Memory whose values are arbitrary until a kernel writes them.
    pub(super) fn empty(device: &CubeDevice, operation: &str, count: usize) -> Result<Self, ReadError> {
        Self::new(device, operation, count, |device| {
            device.client().empty(count.max(1) * size_of::<f32>())
        })
    }

    /// Name of the operation that it is for.
    pub(super) fn operation(&self) -> &str {
        &self.operation
    }

    /// The part of the memory that holds these values.
    pub(super) fn part(&self, values: &Range<usize>) -> Handle {
        if *values == (0..self.room) {
            return self.handle.clone();
        }
        self.handle
            .clone()
            .offset_start(bytes(values.start))
            .offset_end(bytes(self.room - values.end))
    }

    /// The kernel argument for these values, of which there is at least one.
    pub(super) fn argument(&self, values: &Range<usize>) -> BufferArg {
        assert!(
            values.end <= self.room && !values.is_empty(),
            "{values:?} of {}",
            self.room
        );
        // SAFETY: the range lies within the room that was asked for.
        unsafe { BufferArg::from_raw_parts(self.part(values), values.len()) }
    }

    /// The kernel argument for all of the memory.
    pub(super) fn whole(&self) -> BufferArg {
        self.argument(&(0..self.room))
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        self.device.memory().given_back(self.held);
    }
}

/// Notes bytes that an allocation is to hold, or says why the device cannot hold them.
fn hold(device: &CubeDevice, bytes: u64) -> Result<(), Fault> {
    device.answers()?;
    let limit = device.largest_buffer();
    match bytes > limit {
        true => Err(Fault::ArrayTooLarge { bytes, limit }),
        false => device.memory().take(bytes),
    }
}

fn bytes(count: usize) -> u64 {
    count as u64 * size_of::<f32>() as u64
}
