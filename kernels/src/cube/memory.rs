//! How much of a device's memory arrays hold, now and at most. Counts bytes and knows no buffers.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a device that arrays hold. The runtime's own reserves are not in it.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    held: AtomicU64,
    peak: AtomicU64,
}

impl Memory {
    pub(super) fn taken(&self, bytes: u64) {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(held, Ordering::Relaxed);
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
