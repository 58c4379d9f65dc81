//! The derivative of every operation, as one table: what a gradient at the result means for each operand.
//!
//! `g` is the gradient at the result `y`. Rules are written in operations, so they can be differentiated themselves.

use gan_kernels::elementwise::{Binary, Unary};
use gan_kernels::matmul::Transpose;
use gan_kernels::{Shape, normalization as kernels};

use super::operation::{Operation, moments};
use super::variable::Variable;

/// One application of an operation, with the gradient that has arrived at its result.
pub(super) struct Application<'a> {
    pub(super) operands: &'a [Variable],
    pub(super) result: &'a Variable,
    pub(super) gradient: &'a Variable,
}

impl Operation {
    /// The gradient at operand `index`; `None` where it is zero everywhere.
    pub(super) fn gradient(&self, index: usize, application: &Application<'_>) -> Option<Variable> {
        let Application {
            operands,
            result: y,
            gradient: g,
        } = *application;
        let x = &operands[0];
        Some(match (*self, index) {
            (Self::Unary(function), _) => unary(function, x, y, g),
            (Self::Binary(function), _) => return binary(function, index, operands, y, g),
            (Self::Broadcast(_), _) => g.sum(x.shape()),
            (Self::Sum(_), _) => g.broadcast(x.shape()),
            (Self::Reshape(_), _) => g.reshape(x.shape()),
            // y = a b: da = g b^T, db = a^T g; with a transposed operand its gradient is transposed.
            (Self::Matmul(Transpose::No, of_b), 0) => g.matmul(&operands[1], Transpose::No, of_b.flipped()),
            (Self::Matmul(Transpose::Yes, of_b), 0) => operands[1].matmul(g, of_b, Transpose::Yes),
            (Self::Matmul(of_a, Transpose::No), _) => x.matmul(g, of_a.flipped(), Transpose::No),
            (Self::Matmul(of_a, Transpose::Yes), _) => g.matmul(x, Transpose::Yes, of_a),
            (Self::Convolution(geometry, negative_slope), _) => {
                // The rectified result has the sign of what was rectified, as long as the slope is not negative.
                let g = negative_slope.map_or_else(|| g.clone(), |slope| g.leaky_relu_gradient(y, slope));
                let filter = &operands[1];
                let ([_, h, w, _], [r, s, _, k]) = (x.shape().four(), filter.shape().four());
                match index {
                    0 => g.convolution_data_gradient(filter, geometry, [h, w]),
                    1 => x.convolution_weight_gradient(&g, geometry, [r, s]),
                    _ => g.sum([1, 1, 1, k]).reshape([k]),
                }
            }
            (Self::DataGradient(geometry, _), 0) => g.convolution(&operands[1], None, geometry, None),
            (Self::DataGradient(geometry, _), _) => {
                let [r, s, _, _] = operands[1].shape().four();
                g.convolution_weight_gradient(x, geometry, [r, s])
            }
            (Self::WeightGradient(geometry, _), 0) => {
                let [_, h, w, _] = x.shape().four();
                operands[1].convolution_data_gradient(g, geometry, [h, w])
            }
            (Self::WeightGradient(geometry, _), _) => x.convolution(g, None, geometry, None),
            (Self::WindowSum(side), _) => g.replicate(side),
            (Self::Replicate(side), _) => g.window_sum(side),
            (Self::Normalize(statistics, epsilon), _) => {
                return normalization(index, operands, statistics, epsilon, g);
            }
            (Self::Slice(start, _), _) => g.pad(start, x.shape()),
            (Self::Pad(start, _), _) => g.slice(start, x.shape()),
        })
    }
}

/// Of a normalization (see [`normalization`](gan_kernels::normalization) for the formulas): by fused kernels, or by
/// operations where the gradient is to be differentiated itself.
fn normalization(
    index: usize,
    operands: &[Variable],
    statistics: Shape,
    epsilon: f64,
    g: &Variable,
) -> Option<Variable> {
    let (x, gamma) = (&operands[0], &operands[1]);
    if index == 2 {
        return Some(g.sum(operands[2].shape()));
    }
    if ![x, gamma, g].into_iter().any(Variable::is_differentiable) {
        let values: Vec<_> = operands.iter().map(Variable::value).collect();
        let moments = moments(&values, statistics, epsilon);
        return match index {
            0 => Some(kernels::input_gradient(
                x.value(),
                &moments,
                gamma.value(),
                g.value(),
            )),
            1 => Some(kernels::scale_gradient(x.value(), &moments, g.value())),
            _ => None,
        }
        .map(Variable::constant);
    }
    let deviation = x.minus(&x.mean(statistics));
    let variance = deviation.square().mean(statistics);
    let r = variance.affine(1.0, epsilon).square_root().reciprocal();
    let z = deviation.times(&r);
    match index {
        0 => {
            let h = g.times(gamma);
            let along = h.times(&z).mean(statistics);
            let across = h.minus(&h.mean(statistics)).minus(&z.times(&along));
            Some(across.times(&r))
        }
        1 => Some(g.times(&z).sum(gamma.shape())),
        _ => None,
    }
}

fn unary(function: Unary, x: &Variable, y: &Variable, g: &Variable) -> Variable {
    match function {
        Unary::Affine { scale, .. } => g.scale(scale),
        Unary::Exponential => g.times(y),
        Unary::Logarithm => g.over(x),
        Unary::SquareRoot => g.scale(0.5).over(y),
        Unary::Reciprocal => g.times(&y.square()).scale(-1.0),
        Unary::Square => g.times(x).scale(2.0),
        Unary::Tanh => g.times(&y.square().affine(-1.0, 1.0)),
        Unary::Sigmoid => g.times(&y.times(&y.affine(-1.0, 1.0))),
        Unary::Softplus => g.times(&x.sigmoid()),
        Unary::LeakyRelu { slope } => g.leaky_relu_gradient(x, slope),
    }
}

fn binary(
    function: Binary,
    index: usize,
    operands: &[Variable],
    y: &Variable,
    g: &Variable,
) -> Option<Variable> {
    let (a, b) = (&operands[0], &operands[1]);
    let repeated = match (function, index) {
        (Binary::Add, _) | (Binary::Subtract, 0) => g.clone(),
        (Binary::Subtract, _) => g.scale(-1.0),
        (Binary::Multiply, 0) => g.times(b),
        (Binary::Multiply, _) => g.times(a),
        (Binary::Divide, 0) => g.over(b),
        (Binary::Divide, _) => g.times(y).over(b).scale(-1.0),
        (Binary::LeakyReluGradient { slope }, 0) => g.leaky_relu_gradient(b, slope),
        // A step function of b: flat on both sides.
        (Binary::LeakyReluGradient { .. }, _) => return None,
    };
    Some(repeated.sum(operands[index].shape()))
}
