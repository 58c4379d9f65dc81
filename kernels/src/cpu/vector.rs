//! Loops compiled for the widest vectors of the machine they run on.

/// Runs `work` with its loops compiled for this machine's vectors: AVX2, or what every machine of the target has.
///
/// Only what is inlined into `work` is, so `work` and the functions it calls are `#[inline(always)]`. Multiplications
/// and additions are not fused, so results have the same bits with any width.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        return avx2.vectorize(work);
    }
    work()
}
