//! Differentiation: values that remember how they were made, and one rule for every operation.
//!
//! Rules are written in the same operations that they differentiate, so a gradient is again a [`Variable`] that can be
//! differentiated: the gradient penalty needs it. Knows no layer, no network and no device; the numbers are made by
//! `gan_kernels`.

mod arithmetic;
mod gradient;
mod operation;
mod rule;
mod variable;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod work;

pub use gradient::{differentiable_gradients, gradients};
pub use operation::{Kind, Operation};
pub use variable::Variable;
