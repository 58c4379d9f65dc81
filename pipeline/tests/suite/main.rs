//! The pipeline from outside: fake stages that write down when they run, on real stores.
//!
//! Every test is about which stages ran, in which order, and what is left in the store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blobs;
mod caching;
mod concurrency;
mod explaining;
mod failures;
mod killed;
mod support;
