//! How much of a device's memory arrays hold, now and at most. Counts bytes and knows no buffers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Fault;

/// Bytes of a device that arrays hold. The runtime's own reserves are not in it.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    held: AtomicU64,
    peak: AtomicU64,
    /// All that the device has, where the driver tells it.
    total: Option<u64>,
}

impl Memory {
    pub(super) fn of(total: Option<u64>) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    /// Notes bytes that an array is to hold, unless the device has no room for them even without other programs.
    pub(super) fn take(&self, bytes: u64) -> Result<(), Fault> {
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        let held = before + bytes;
        if let Some(total) = self.total.filter(|total| held > *total) {
            self.given_back(bytes);
            return Err(Fault::OutOfMemory(format!(
                "of its {total} bytes arrays hold {before}, and {bytes} more are needed"
            )));
        }
        self.peak.fetch_max(held, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn given_back(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Most bytes held at a time since the last call, from which on counting starts anew.
    pub(crate) fn take_peak(&self) -> u64 {
        self.peak
            .swap(self.held.load(Ordering::Relaxed), Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_counts_for_nothing() {
        let memory = Memory::of(Some(100));
        assert_eq!(memory.take(60), Ok(()));
        let refused = memory.take(41).expect_err("101 of 100 bytes");
        assert_eq!(
            refused,
            Fault::OutOfMemory("of its 100 bytes arrays hold 60, and 41 more are needed".into())
        );
        assert_eq!(memory.take(40), Ok(()));
        memory.given_back(100);
        assert_eq!((memory.take_peak(), memory.take_peak()), (100, 0));
    }

    #[test]
    fn a_device_of_unknown_size_refuses_nothing_by_itself() {
        let memory = Memory::of(None);
        assert_eq!(memory.take(1 << 60), Ok(()));
    }
}
