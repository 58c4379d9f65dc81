//! What makes two stages comparable, and how much work each is. Whoever knows what stages do says so.

use std::collections::BTreeMap;

use gan_cache::Value;

/// Settings that stages have in common, and the amount of work that their time is in proportion to.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadComparison {
    /// Equal for stages that may be compared.
    pub settings: Value,
    /// Units of work, such as steps; above 0.
    pub amount: f64,
}

/// How much work a stage is.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Among stages whose settings agree in everything that costs time.
    pub same: WorkloadComparison,
    /// Among stages that agree in what costs most, counted in units that make up for the rest.
    pub similar: Option<WorkloadComparison>,
    /// The outputs whose length is in proportion to the amount of `same`; the others' does not depend on it.
    pub growing: &'static [&'static str],
}

/// The length of a stage's input in bytes, where it is known.
pub type InputBytes<'a> = dyn Fn(&str) -> Option<u64> + 'a;

/// Tells the workload of a stage from its kind, its parameters and its inputs; none where that is not enough.
pub type WorkloadOf<'a> = dyn Fn(&str, &BTreeMap<String, Value>, &InputBytes<'_>) -> Option<Workload> + 'a;
