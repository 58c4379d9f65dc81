//! What operations did on this thread: kernels launched on a device, and operations computed by the CPU device.
//!
//! One thread makes all calls of a stage, so a stage's activity is the difference of two readings on its thread.

use std::cell::Cell;
use std::ops::Sub;

thread_local! {
    static TOTAL: Cell<Activity> = const { Cell::new(Activity { launches: 0, host_operations: 0 }) };
}

/// Counts since the thread began, or between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Kernels launched on a CubeCL device.
    pub launches: u64,
    /// Operations on arrays that the CPU device computed.
    pub host_operations: u64,
}

/// What this thread has done so far.
#[must_use]
pub fn so_far() -> Activity {
    TOTAL.get()
}

pub(crate) fn count_launch() {
    let mut total = TOTAL.get();
    total.launches += 1;
    TOTAL.set(total);
}

pub(crate) fn count_host_operation() {
    let mut total = TOTAL.get();
    total.host_operations += 1;
    TOTAL.set(total);
}

impl Sub for Activity {
    type Output = Self;
    fn sub(self, earlier: Self) -> Self {
        Self {
            launches: self.launches - earlier.launches,
            host_operations: self.host_operations - earlier.host_operations,
        }
    }
}
