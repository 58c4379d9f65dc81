//! What promises equal numbers: the version of the device's algorithms, and the threads a stage computes on.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::StageFailure;
use rayon::ThreadPoolBuilder;

/// The CPU device's class and version; raised when an algorithm changes bits.
pub(super) const CPU_NUMERICS: &str = "cpu/2";

/// The format that training and extraction compute in.
pub(super) const PRECISION: &str = "f32";

/// The parameters that every stage which computes on the CPU device has.
pub(super) fn numeric_parameters() -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("numerics".to_owned(), Value::from(CPU_NUMERICS)),
        ("precision".to_owned(), Value::from(PRECISION)),
    ])
}

/// Runs work whose parallel parts use this many threads; results do not depend on how many.
pub(super) fn on_threads<R: Send>(
    threads: usize,
    work: impl FnOnce() -> Result<R, StageFailure> + Send,
) -> Result<R, StageFailure> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?
        .install(work)
}

/// A number of a validated study as a key document's value.
///
/// # Panics
/// When it is not finite, which the study's checks exclude.
pub(super) fn number(value: f64) -> Value {
    Value::float(value).expect("a validated study holds finite numbers only")
}

/// A count as a key document's value.
///
/// # Panics
/// When it is beyond 2^63, which the study's checks exclude.
pub(super) fn count(value: impl TryInto<i64>) -> Value {
    Value::from(
        value
            .try_into()
            .ok()
            .expect("a validated study holds counts below 2^63 only"),
    )
}
