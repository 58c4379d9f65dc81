//! Random numbers as a function of a name: the same (study seed, run seed, stream name, step) gives the same numbers
//! on every machine, in any order of asking.
//!
//! A stream knows no setting of a run, so two runs that differ in one setting see the same batches and latents. Every
//! conversion from random bits to a number is written here, with transcendentals from `libm`, so that no library's
//! change of method can move a result.

mod stream;

pub use stream::Stream;
