//! What of a store can go, and why. Removes nothing; that is for `sweep`.
//!
//! * [`garbage`]: what there is to go, the reasons, and the policy.
//! * [`protection`]: what stays because builds run.
//! * [`choose`]: from an inventory to what can go.
//!
//! An entry goes only if the policy says so or nobody can read it. A blob goes when no entry that stays names it. An
//! entry whose blobs are gone stays: keys below need it.

mod choose;
mod garbage;
mod protection;

pub use garbage::{Collection, Garbage, Object, Policy, Reason};
pub(crate) use protection::Protection;
