//! The closed set of operations that can be differentiated, and their values.

use gan_kernels::convolution::{self, Epilogue, Geometry};
use gan_kernels::elementwise::{self, Binary, Unary};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::normalization::{self, Moments};
use gan_kernels::{Array, Shape, pool, reduce, window};

/// One operation, without its operands. Shapes and laws are those of the operation in `gan_kernels`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// A function of each element of one operand.
    Unary(Unary),
    /// Arithmetic of two operands, repeated along axes of extent 1.
    Binary(Binary),
    /// One operand repeated to fill a shape.
    Broadcast(Shape),
    /// One operand summed to a shape.
    Sum(Shape),
    /// One operand seen under other extents.
    Reshape(Shape),
    /// The product of two matrices.
    Matmul(Transpose, Transpose),
    /// Image, filter and perhaps a bias; then perhaps a leaky rectifier with this slope.
    Convolution(Geometry, Option<f64>),
    /// Output gradient and filter; the extents of the image.
    DataGradient(Geometry, [usize; 2]),
    /// Image and output gradient; the extents of the filter.
    WeightGradient(Geometry, [usize; 2]),
    /// One operand summed over windows of this side.
    WindowSum(usize),
    /// One operand with each pixel repeated over a window of this side.
    Replicate(usize),
    /// One operand normalized over the axes on which the shape has extent 1, with this epsilon; then a factor and a
    /// summand for each channel. Mean, variance and reciprocal deviation may follow where they are known: they stand for
    /// what they are computed from, so gradients flow through the first operand alone.
    Normalize(Shape, f64),
    /// The box of the given extents that starts at a corner of one operand.
    Slice([usize; 4], Shape),
    /// One operand set into zeros of the given extents, at a corner.
    Pad([usize; 4], Shape),
}

macro_rules! kinds {
    ($($kind:ident),+ $(,)?) => {
        /// The name of an operation, without its settings; each has a row in the test of rules.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum Kind { $($kind),+ }

        impl Kind {
            /// All of them.
            pub const ALL: &[Kind] = &[$(Kind::$kind),+];
        }
    };
}

kinds![
    Affine,
    Exponential,
    Logarithm,
    SquareRoot,
    Reciprocal,
    Square,
    Tanh,
    Sigmoid,
    Softplus,
    LeakyRelu,
    Add,
    Subtract,
    Multiply,
    Divide,
    LeakyReluGradient,
    Broadcast,
    Sum,
    Reshape,
    Matmul,
    Convolution,
    DataGradient,
    WeightGradient,
    WindowSum,
    Replicate,
    Normalize,
    Slice,
    Pad,
];

impl Operation {
    /// The operation's name.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unary(Unary::Affine { .. }) => Kind::Affine,
            Self::Unary(Unary::Exponential) => Kind::Exponential,
            Self::Unary(Unary::Logarithm) => Kind::Logarithm,
            Self::Unary(Unary::SquareRoot) => Kind::SquareRoot,
            Self::Unary(Unary::Reciprocal) => Kind::Reciprocal,
            Self::Unary(Unary::Square) => Kind::Square,
            Self::Unary(Unary::Tanh) => Kind::Tanh,
            Self::Unary(Unary::Sigmoid) => Kind::Sigmoid,
            Self::Unary(Unary::Softplus) => Kind::Softplus,
            Self::Unary(Unary::LeakyRelu { .. }) => Kind::LeakyRelu,
            Self::Binary(Binary::Add) => Kind::Add,
            Self::Binary(Binary::Subtract) => Kind::Subtract,
            Self::Binary(Binary::Multiply) => Kind::Multiply,
            Self::Binary(Binary::Divide) => Kind::Divide,
            Self::Binary(Binary::LeakyReluGradient { .. }) => Kind::LeakyReluGradient,
            Self::Broadcast(_) => Kind::Broadcast,
            Self::Sum(_) => Kind::Sum,
            Self::Reshape(_) => Kind::Reshape,
            Self::Matmul(..) => Kind::Matmul,
            Self::Convolution(..) => Kind::Convolution,
            Self::DataGradient(..) => Kind::DataGradient,
            Self::WeightGradient(..) => Kind::WeightGradient,
            Self::WindowSum(_) => Kind::WindowSum,
            Self::Replicate(_) => Kind::Replicate,
            Self::Normalize(..) => Kind::Normalize,
            Self::Slice(..) => Kind::Slice,
            Self::Pad(..) => Kind::Pad,
        }
    }

    /// The value for these operands; panics as the operation in `gan_kernels` does when they do not fit.
    pub(super) fn evaluate(&self, operands: &[&Array]) -> Array {
        let x = operands[0];
        match *self {
            Self::Unary(function) => elementwise::unary(function, x),
            Self::Binary(function) => elementwise::binary(function, x, operands[1]),
            Self::Broadcast(shape) => elementwise::broadcast(x, shape),
            Self::Sum(shape) => reduce::sum(x, shape),
            Self::Reshape(shape) => x.reshape(shape),
            Self::Matmul(transpose_a, transpose_b) => matmul(x, operands[1], transpose_a, transpose_b),
            Self::Convolution(geometry, negative_slope) => {
                let epilogue = Epilogue {
                    bias: operands.get(2).copied(),
                    negative_slope,
                };
                convolution::convolution(x, operands[1], geometry, epilogue)
            }
            Self::DataGradient(geometry, input) => {
                convolution::data_gradient(x, operands[1], geometry, input)
            }
            Self::WeightGradient(geometry, kernel) => {
                convolution::weight_gradient(x, operands[1], geometry, kernel)
            }
            Self::WindowSum(side) => pool::window_sum(x, side),
            Self::Replicate(side) => pool::replicate(x, side),
            Self::Normalize(statistics, epsilon) => {
                let moments = moments(operands, statistics, epsilon);
                normalization::normalize(x, &moments, operands[1], operands[2])
            }
            Self::Slice(start, shape) => window::slice(x, &start[..shape.rank()], shape),
            Self::Pad(start, shape) => window::pad(x, &start[..shape.rank()], shape),
        }
    }
}

/// The moments among the operands of a normalization, or else those of its first operand.
pub(super) fn moments(operands: &[&Array], statistics: Shape, epsilon: f64) -> Moments {
    match operands {
        [_, _, _, mean, variance, reciprocal_deviation] => Moments {
            mean: (*mean).clone(),
            variance: (*variance).clone(),
            reciprocal_deviation: (*reciprocal_deviation).clone(),
        },
        _ => normalization::moments(operands[0], statistics, epsilon),
    }
}
