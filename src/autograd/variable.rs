//! A value and how it was made. Knows no rule.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use gan_kernels::{Array, Shape};

use super::operation::Operation;

/// A value in a computation that can be differentiated.
///
/// Cloning shares the value. A variable made from others keeps them alive until it is dropped itself, so a graph frees
/// itself; [`super::gradients`] lets go of it piece by piece.
#[derive(Clone)]
pub struct Variable(Rc<Node>);

struct Node {
    /// Later variables have larger numbers, so descending numbers are an order for the chain rule.
    number: u64,
    value: Array,
    origin: Origin,
}

/// Where a value came from.
enum Origin {
    /// Nothing flows back through it.
    Constant,
    /// Gradients may be asked for it.
    Leaf,
    /// The operation that made it, and from what.
    Made(Operation, Vec<Variable>),
}

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

impl Variable {
    /// A value that gradients do not flow into: data, noise, running averages.
    #[must_use]
    pub fn constant(value: Array) -> Self {
        Self::with_origin(value, Origin::Constant)
    }

    /// A value that gradients may be asked for: a weight, or the image of a gradient penalty.
    #[must_use]
    pub fn leaf(value: Array) -> Self {
        Self::with_origin(value, Origin::Leaf)
    }

    /// The result of an operation; remembers it only when a gradient can flow through it.
    pub(super) fn made(value: Array, operation: Operation, inputs: Vec<Variable>) -> Self {
        let flows = inputs.iter().any(Variable::is_differentiable);
        Self::with_origin(
            value,
            if flows {
                Origin::Made(operation, inputs)
            } else {
                Origin::Constant
            },
        )
    }

    fn with_origin(value: Array, origin: Origin) -> Self {
        let number = NEXT.with(|next| {
            next.set(next.get() + 1);
            next.get()
        });
        Self(Rc::new(Node {
            number,
            value,
            origin,
        }))
    }

    /// The numbers.
    #[must_use]
    pub fn value(&self) -> &Array {
        &self.0.value
    }

    /// The extents.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.0.value.shape()
    }

    /// The same value as a constant: gradients stop here.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self::constant(self.0.value.clone())
    }

    /// Whether a gradient can flow into it.
    #[must_use]
    pub fn is_differentiable(&self) -> bool {
        !matches!(self.0.origin, Origin::Constant)
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number
    }

    pub(super) fn made_by(&self) -> Option<(&Operation, &[Variable])> {
        match &self.0.origin {
            Origin::Made(operation, inputs) => Some((operation, inputs)),
            Origin::Constant | Origin::Leaf => None,
        }
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Variable {} {:?}", self.number(), self.value())
    }
}
