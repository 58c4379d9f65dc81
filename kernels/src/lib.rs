//! Arrays on a device, and every numeric operation that training and evaluation need.
//!
//! An operation is one folder: `mod.rs` states the contract (shapes, law, tolerance) and checks it, `cpu.rs` is the
//! plain Rust implementation and the oracle, `cube.rs` the CubeCL kernel where there is one. Nothing here knows
//! gradients, networks, files or studies.
//!
//! # Contract of every operation
//! - Arrays are immutable, contiguous, row-major; layouts are NHWC for activations and HWIO for filters.
//! - All operands live on one device and have one element type. A shape, device or element that does not fit is a
//!   mistake in the calling program and panics with both sides named; what depends on data or hardware is an error
//!   where values are read back ([`Array::to_f32`]).
//! - On a device opened for it ([`Device::with_precision`]) the operands of matrix products and convolutions are rounded to
//!   fewer bits first, each operation its own: tf32 or bf16. Sums, and every other operation, are in f32.
//! - An operation without a kernel on the operands' device refuses by name; nothing falls back to another device.
//! - On the CPU the same operands give the same bits for any number of threads: work is cut by shape alone, sums have
//!   a fixed order, and transcendental functions come from `libm`.

pub mod activity;
pub mod adam;
mod array;
pub mod concatenation;
pub mod convolution;
mod cpu;
mod cube;
mod device;
mod element;
pub mod elementwise;
mod error;
pub mod matmul;
pub mod normalization;
pub mod polar;
pub mod pool;
mod precision;
pub mod reduce;
mod shape;
pub mod spectral;
pub mod survey;
mod tile;
pub mod window;

pub use array::Array;
pub use device::Device;
pub use element::Element;
pub use error::{DeviceError, Fault, ReadError};
pub use precision::Precision;
pub use shape::Shape;
