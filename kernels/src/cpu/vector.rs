//! Loops compiled for the widest vectors of the machine they run on.

/// Runs `work` with its loops compiled for this machine's vectors.
///
/// Only what is inlined into `work` is. No multiplication and addition are fused, so results have the same bits with
/// any width.
#[inline]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
