//! The operations as methods of [`Variable`]: what layers, losses and rules are written in.

use gan_kernels::convolution::Geometry;
use gan_kernels::elementwise::{Binary, Unary};
use gan_kernels::matmul::Transpose;
use gan_kernels::normalization::Moments;
use gan_kernels::{Array, Shape};

use super::operation::Operation;
use super::variable::Variable;

impl Operation {
    /// Applies the operation; the result can be differentiated by its operands.
    pub(super) fn apply(self, operands: &[&Variable]) -> Variable {
        let values: Vec<&Array> = operands.iter().map(|operand| operand.value()).collect();
        let value = self.evaluate(&values);
        #[cfg(test)]
        super::work::note(&self, &values, &value);
        Variable::made(
            value,
            self,
            operands.iter().map(|&operand| operand.clone()).collect(),
        )
    }
}

/// Functions of each element; see [`Unary`] and [`Binary`].
impl Variable {
    /// `scale x + shift`.
    #[must_use]
    pub fn affine(&self, scale: f64, shift: f64) -> Self {
        self.unary(Unary::Affine { scale, shift })
    }

    /// `scale x`.
    #[must_use]
    pub fn scale(&self, scale: f64) -> Self {
        self.affine(scale, 0.0)
    }

    /// `e^x`.
    #[must_use]
    pub fn exponential(&self) -> Self {
        self.unary(Unary::Exponential)
    }

    /// Natural logarithm.
    #[must_use]
    pub fn logarithm(&self) -> Self {
        self.unary(Unary::Logarithm)
    }

    /// Square root.
    #[must_use]
    pub fn square_root(&self) -> Self {
        self.unary(Unary::SquareRoot)
    }

    /// `1 / x`.
    #[must_use]
    pub fn reciprocal(&self) -> Self {
        self.unary(Unary::Reciprocal)
    }

    /// `x^2`.
    #[must_use]
    pub fn square(&self) -> Self {
        self.unary(Unary::Square)
    }

    /// Hyperbolic tangent.
    #[must_use]
    pub fn tanh(&self) -> Self {
        self.unary(Unary::Tanh)
    }

    /// Logistic function.
    #[must_use]
    pub fn sigmoid(&self) -> Self {
        self.unary(Unary::Sigmoid)
    }

    /// `log(1 + e^x)`.
    #[must_use]
    pub fn softplus(&self) -> Self {
        self.unary(Unary::Softplus)
    }

    /// `x` where positive, else `slope x`.
    #[must_use]
    pub fn leaky_relu(&self, slope: f64) -> Self {
        self.unary(Unary::LeakyRelu { slope })
    }

    /// `x` where positive, else 0.
    #[must_use]
    pub fn relu(&self) -> Self {
        self.leaky_relu(0.0)
    }

    /// Sum of two, repeated to their common shape; likewise the next three.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.binary(Binary::Add, other)
    }

    /// Difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.binary(Binary::Subtract, other)
    }

    /// Product of elements.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.binary(Binary::Multiply, other)
    }

    /// Quotient of elements.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        self.binary(Binary::Divide, other)
    }

    /// `self` where `input` is positive, else `slope self`.
    #[must_use]
    pub fn leaky_relu_gradient(&self, input: &Self, slope: f64) -> Self {
        self.binary(Binary::LeakyReluGradient { slope }, input)
    }

    fn unary(&self, function: Unary) -> Self {
        Operation::Unary(function).apply(&[self])
    }

    fn binary(&self, function: Binary, other: &Self) -> Self {
        Operation::Binary(function).apply(&[self, other])
    }
}

/// Shapes and sums.
impl Variable {
    /// Repeated along axes of extent 1 to fill a shape.
    #[must_use]
    pub fn broadcast(&self, shape: impl Into<Shape>) -> Self {
        Operation::Broadcast(shape.into()).apply(&[self])
    }

    /// Summed over the axes on which `shape` has extent 1.
    #[must_use]
    pub fn sum(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == self.shape() {
            self.clone()
        } else {
            Operation::Sum(shape).apply(&[self])
        }
    }

    /// Averaged over the axes on which `shape` has extent 1.
    #[must_use]
    pub fn mean(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        let terms = self.shape().count() / shape.count().max(1);
        self.sum(shape).scale(1.0 / terms as f64)
    }

    /// The average of all elements, with every extent 1.
    #[must_use]
    pub fn mean_of_all(&self) -> Self {
        self.mean(Shape::from(&[1; 4][..self.shape().rank()]))
    }

    /// The same elements under other extents.
    #[must_use]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Self {
        Operation::Reshape(shape.into()).apply(&[self])
    }

    /// The box of extents `shape` that starts at `start`.
    #[must_use]
    pub fn slice(&self, start: [usize; 4], shape: impl Into<Shape>) -> Self {
        Operation::Slice(start, shape.into()).apply(&[self])
    }

    /// Set into zeros of extents `shape`, at `start`.
    #[must_use]
    pub fn pad(&self, start: [usize; 4], shape: impl Into<Shape>) -> Self {
        Operation::Pad(start, shape.into()).apply(&[self])
    }

    /// Summed over windows: `[n, h, w, c]` to `[n, h / side, w / side, c]`.
    #[must_use]
    pub fn window_sum(&self, side: usize) -> Self {
        Operation::WindowSum(side).apply(&[self])
    }

    /// Averaged over windows: `[n, h, w, c]` to `[n, h / side, w / side, c]`.
    #[must_use]
    pub fn average_pool(&self, side: usize) -> Self {
        self.window_sum(side).scale(1.0 / (side * side) as f64)
    }

    /// Each pixel repeated over a window: `[n, h, w, c]` to `[n, h side, w side, c]`.
    #[must_use]
    pub fn replicate(&self, side: usize) -> Self {
        Operation::Replicate(side).apply(&[self])
    }
}

/// Normalization.
impl Variable {
    /// Normalized with moments that are this variable's own, then `gamma x + beta` with one of each a channel.
    ///
    /// Gradients include the part that flows through the moments.
    #[must_use]
    pub fn normalized(&self, moments: &Moments, epsilon: f64, gamma: &Self, beta: &Self) -> Self {
        let Moments {
            mean,
            variance,
            reciprocal_deviation,
        } = moments;
        let [mean, variance, reciprocal_deviation] =
            [mean, variance, reciprocal_deviation].map(|array| Self::constant(array.clone()));
        Operation::Normalize(mean.shape(), epsilon).apply(&[
            self,
            gamma,
            beta,
            &mean,
            &variance,
            &reciprocal_deviation,
        ])
    }
}

/// Products.
impl Variable {
    /// The matrix product `[m, k] [k, n]`, each operand transposed first if asked.
    #[must_use]
    pub fn matmul(&self, other: &Self, transpose: Transpose, transpose_other: Transpose) -> Self {
        Operation::Matmul(transpose, transpose_other).apply(&[self, other])
    }

    /// Convolution of `[n, h, w, c]` with a filter `[r, s, c, k]`, a bias `[k]`, and a leaky rectifier.
    #[must_use]
    pub fn convolution(
        &self,
        filter: &Self,
        bias: Option<&Self>,
        geometry: Geometry,
        negative_slope: Option<f64>,
    ) -> Self {
        let operation = Operation::Convolution(geometry, negative_slope);
        match bias {
            Some(bias) => operation.apply(&[self, filter, bias]),
            None => operation.apply(&[self, filter]),
        }
    }

    /// The adjoint by the image: `[n, p, q, k]` and a filter `[r, s, c, k]` give `[n, h, w, c]`; as a layer this is
    /// the transposed convolution.
    #[must_use]
    pub fn convolution_data_gradient(&self, filter: &Self, geometry: Geometry, input: [usize; 2]) -> Self {
        Operation::DataGradient(geometry, input).apply(&[self, filter])
    }

    /// The adjoint by the filter: `[n, h, w, c]` and `[n, p, q, k]` give `[r, s, c, k]`.
    #[must_use]
    pub fn convolution_weight_gradient(
        &self,
        gradient: &Self,
        geometry: Geometry,
        kernel: [usize; 2],
    ) -> Self {
        Operation::WeightGradient(geometry, kernel).apply(&[self, gradient])
    }
}
