//! One piece of a device's memory. A buffer is a range of one: all of it, or its part of a list's.

#![expect(unsafe_code, reason = "kernel arguments state their own length")]

use std::ops::Range;

use cubecl::prelude::BufferArg;
use cubecl::server::Handle;

use super::device::CubeDevice;

/// Memory for a number of values; given back when the last buffer in it goes.
pub(super) struct Allocation {
    device: CubeDevice,
    handle: Handle,
    /// Values there is room for, at least one: a kernel argument is never empty.
    room: usize,
    /// Bytes that were counted as held.
    held: u64,
}

impl Allocation {
    /// Memory for `count` values, which `handle` asks the device for; why not, if it is over the device's limit.
    pub(super) fn new(
        device: &CubeDevice,
        count: usize,
        handle: impl FnOnce(&CubeDevice) -> Handle,
    ) -> Result<Self, String> {
        let (bytes, largest) = (bytes(count), device.largest_buffer());
        if bytes > largest {
            return Err(format!(
                "an array of {bytes} bytes is over the device's limit of {largest} bytes for one buffer"
            ));
        }
        if u32::try_from(count).is_err() {
            return Err(format!(
                "an array of {count} values is over the limit of 2^32 - 1 for one buffer"
            ));
        }
        device.memory().taken(bytes);
        Ok(Self {
            device: device.clone(),
            handle: handle(device),
            room: count.max(1),
            held: bytes,
        })
    }

    /// Memory whose values are arbitrary until a kernel writes them.
    pub(super) fn empty(device: &CubeDevice, count: usize) -> Result<Self, String> {
        Self::new(device, count, |device| {
            device.client().empty(count.max(1) * size_of::<f32>())
        })
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
        debug_assert!(
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

fn bytes(count: usize) -> u64 {
    count as u64 * size_of::<f32>() as u64
}
