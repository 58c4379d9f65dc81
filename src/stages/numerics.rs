//! What promises equal or interchangeable numbers, as keys hold it: a device's class and the version of its algorithms.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_kernels::Precision;

use crate::study;

/// The CPU device's class and version; raised when an algorithm changes bits.
const CPU_NUMERICS: &str = "cpu/2";

/// The version of the algorithms that the classes of GPUs share; raised when an algorithm changes so much that results
/// are no longer interchangeable.
const GPU_NUMERICS: u32 = 1;

/// The format of operands of products outside of training: what is measured does not depend on how it was trained.
const PRECISION: study::Precision = study::Precision::F32;

/// The class of a device and the version of its algorithms, such as `cpu/2`. All devices of a class (`vulkan`, `vulkan:1`,
/// `vulkan:software`) have one: their results are interchangeable.
pub(super) fn numerics(device: &str) -> String {
    match device.split(':').next() {
        None | Some(study::Device::CPU) => CPU_NUMERICS.to_owned(),
        Some(class) => format!("{class}/{GPU_NUMERICS}"),
    }
}

/// The parameters that every stage which computes on a device has; training replaces the precision by its own.
pub(super) fn numeric_parameters(device: &str) -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("numerics".to_owned(), Value::from(numerics(device))),
        precision_parameter(PRECISION),
    ])
}

/// The parameter that says what operands of products are rounded to.
pub(super) fn precision_parameter(precision: study::Precision) -> (String, Value) {
    ("precision".to_owned(), Value::from(precision.name()))
}

/// A study's precision as that of arrays.
pub(super) fn of_products(precision: study::Precision) -> Precision {
    match precision {
        study::Precision::F32 => Precision::F32,
        study::Precision::Tf32 => Precision::Tf32,
        study::Precision::Bf16 => Precision::Bf16,
    }
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
