//! Whole networks and trajectories against independent code.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "vulkan")]
mod launches;
mod penalty_gradient;
mod spectral_gradient;
mod trajectory;
