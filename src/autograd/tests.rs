//! Every rule against finite differences in f64, first and second order; the table has a row for every operation, and
//! does not compile without one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use gan_kernels::convolution::{Geometry, Padding};
use gan_kernels::elementwise::{Binary, Unary};
use gan_kernels::matmul::Transpose;
use gan_kernels::{Array, Shape};

use super::{Kind, Operation, Variable, differentiable_gradients, gradients};
use crate::random::Stream;

/// An operation with the shapes of its operands and the interval their values are drawn from.
struct Row {
    operation: Operation,
    operands: Vec<Shape>,
    range: (f64, f64),
}

fn row(operation: Operation, operands: &[&[usize]]) -> Row {
    Row {
        operation,
        operands: operands.iter().map(|&extents| Shape::from(extents)).collect(),
        range: (-1.5, 1.5),
    }
}

fn positive(operation: Operation, operands: &[&[usize]]) -> Row {
    Row {
        range: (0.5, 2.0),
        ..row(operation, operands)
    }
}

fn rows(kind: Kind) -> Vec<Row> {
    let unary = |function| vec![row(Operation::Unary(function), &[&[3, 4]])];
    let binary = |function| {
        let operation = Operation::Binary(function);
        vec![
            row(operation, &[&[3, 4], &[3, 4]]),
            row(operation, &[&[2, 3, 1, 2], &[1, 3, 4, 1]]),
            row(operation, &[&[1, 1], &[3, 4]]),
        ]
    };
    match kind {
        Kind::Affine => unary(Unary::Affine {
            scale: -1.7,
            shift: 0.3,
        }),
        Kind::Exponential => unary(Unary::Exponential),
        Kind::Logarithm => vec![positive(Operation::Unary(Unary::Logarithm), &[&[3, 4]])],
        Kind::SquareRoot => vec![positive(Operation::Unary(Unary::SquareRoot), &[&[3, 4]])],
        Kind::Reciprocal => vec![positive(Operation::Unary(Unary::Reciprocal), &[&[3, 4]])],
        Kind::Square => unary(Unary::Square),
        Kind::Tanh => unary(Unary::Tanh),
        Kind::Sigmoid => unary(Unary::Sigmoid),
        Kind::Softplus => unary(Unary::Softplus),
        Kind::LeakyRelu => unary(Unary::LeakyRelu { slope: 0.1 }),
        Kind::Add => binary(Binary::Add),
        Kind::Subtract => binary(Binary::Subtract),
        Kind::Multiply => binary(Binary::Multiply),
        Kind::Divide => vec![positive(Operation::Binary(Binary::Divide), &[&[2, 3], &[2, 1]])],
        Kind::LeakyReluGradient => binary(Binary::LeakyReluGradient { slope: 0.2 }),
        Kind::Broadcast => vec![row(Operation::Broadcast([2, 3, 4].into()), &[&[2, 1, 4]])],
        Kind::Sum => vec![row(Operation::Sum([2, 1, 4].into()), &[&[2, 3, 4]])],
        Kind::Reshape => vec![row(Operation::Reshape([6, 2].into()), &[&[3, 4]])],
        Kind::Matmul => vec![
            row(
                Operation::Matmul(Transpose::No, Transpose::No),
                &[&[3, 4], &[4, 2]],
            ),
            row(
                Operation::Matmul(Transpose::Yes, Transpose::No),
                &[&[4, 3], &[4, 2]],
            ),
            row(
                Operation::Matmul(Transpose::No, Transpose::Yes),
                &[&[3, 4], &[2, 4]],
            ),
            row(
                Operation::Matmul(Transpose::Yes, Transpose::Yes),
                &[&[4, 3], &[2, 4]],
            ),
        ],
        Kind::Convolution => {
            let same = Geometry::same([5, 4], [3, 3], 2);
            let odd = Geometry {
                stride: [1, 2],
                padding: [Padding { before: 1, after: 0 }, Padding { before: 0, after: 2 }],
            };
            vec![
                row(
                    Operation::Convolution(same, None),
                    &[&[2, 5, 4, 2], &[3, 3, 2, 3]],
                ),
                row(
                    Operation::Convolution(odd, Some(0.1)),
                    &[&[2, 4, 3, 2], &[2, 3, 2, 3], &[3]],
                ),
                row(
                    Operation::Convolution(Geometry::square(1, 0), Some(0.0)),
                    &[&[2, 3, 3, 2], &[1, 1, 2, 3], &[3]],
                ),
            ]
        }
        Kind::DataGradient => vec![
            row(
                Operation::DataGradient(Geometry::square(2, 1), [4, 4]),
                &[&[2, 2, 2, 3], &[4, 4, 2, 3]],
            ),
            row(
                Operation::DataGradient(Geometry::square(1, 1), [3, 2]),
                &[&[1, 3, 2, 2], &[3, 3, 3, 2]],
            ),
        ],
        Kind::WeightGradient => {
            vec![row(
                Operation::WeightGradient(Geometry::square(2, 1), [4, 4]),
                &[&[2, 4, 4, 2], &[2, 2, 2, 3]],
            )]
        }
        Kind::WindowSum => vec![row(Operation::WindowSum(2), &[&[2, 4, 2, 3]])],
        Kind::Replicate => vec![row(Operation::Replicate(2), &[&[2, 2, 1, 3]])],
        Kind::Slice => vec![row(
            Operation::Slice([0, 1, 1, 0], [2, 2, 1].into()),
            &[&[2, 3, 4]],
        )],
        Kind::Pad => vec![row(Operation::Pad([1, 0, 2, 0], [3, 2, 4].into()), &[&[2, 2, 1]])],
    }
}

fn draw(stream: &mut Stream, shape: Shape, (low, high): (f64, f64)) -> Array {
    let away_from_kinks = |x: f64| if x.abs() < 0.05 { x + 0.1 } else { x };
    let values: Vec<f64> = (0..shape.count())
        .map(|_| away_from_kinks(low + (high - low) * stream.uniform()))
        .collect();
    Array::from_f64(shape, &values)
}

fn moved(array: &Array, index: usize, by: f64) -> Array {
    let mut values = array.to_f64().unwrap();
    values[index] += by;
    Array::from_f64(array.shape(), &values)
}

fn total(variable: &Variable) -> f64 {
    variable.value().to_f64().unwrap().iter().sum()
}

/// The gradient of `f` by every operand, each element by a central difference.
fn by_differences(operands: &[Array], f: &dyn Fn(&[Array]) -> f64) -> Vec<Vec<f64>> {
    const STEP: f64 = 1e-5;
    let at = |operand: usize, index: usize, step: f64| {
        let mut changed = operands.to_vec();
        changed[operand] = moved(&changed[operand], index, step);
        f(&changed)
    };
    let slope =
        |operand: usize, index: usize| (at(operand, index, STEP) - at(operand, index, -STEP)) / (2.0 * STEP);
    (0..operands.len())
        .map(|operand| {
            (0..operands[operand].shape().count())
                .map(|index| slope(operand, index))
                .collect()
        })
        .collect()
}

fn assert_close(kind: Kind, order: &str, found: &[Array], expected: &[Vec<f64>]) {
    for (operand, (found, expected)) in found.iter().zip(expected).enumerate() {
        for (index, (found, expected)) in found.to_f64().unwrap().iter().zip(expected).enumerate() {
            let allowed = 2e-8 * (1.0 + expected.abs());
            assert!(
                (found - expected).abs() <= allowed,
                "{kind:?}, {order} order, operand {operand}, element {index}: {found} by the rule, {expected} by differences"
            );
        }
    }
}

/// `sum of y(x) * weights`: a scalar whose gradient exercises the rule with a gradient that is not all ones.
fn weighted(operation: Operation, operands: &[Variable], weights: &Array) -> Variable {
    let operands: Vec<&Variable> = operands.iter().collect();
    operation
        .apply(&operands)
        .times(&Variable::constant(weights.clone()))
}

fn leaves(operands: &[Array]) -> Vec<Variable> {
    operands.iter().cloned().map(Variable::leaf).collect()
}

#[test]
fn every_rule_agrees_with_finite_differences_in_first_and_second_order() {
    for &kind in Kind::ALL {
        for (
            case,
            Row {
                operation,
                operands: shapes,
                range,
            },
        ) in rows(kind).into_iter().enumerate()
        {
            assert_eq!(operation.kind(), kind);
            let mut stream = Stream::new(7, case as u64, "rule", kind as u64);
            let operands: Vec<Array> = shapes
                .iter()
                .map(|&shape| draw(&mut stream, shape, range))
                .collect();
            let values: Vec<&Array> = operands.iter().collect();
            let weights = draw(&mut stream, operation.evaluate(&values).shape(), (-1.0, 1.0));
            let directions: Vec<Array> = shapes
                .iter()
                .map(|&shape| draw(&mut stream, shape, (-1.0, 1.0)))
                .collect();

            let first = |operands: &[Array]| total(&weighted(operation, &leaves(operands), &weights));
            let variables = leaves(&operands);
            let found = gradients(weighted(operation, &variables, &weights), &variables);
            assert_close(kind, "first", &found, &by_differences(&operands, &first));

            // The directional derivative of the first-order gradient is a scalar; its gradient is second order.
            let directional = |variables: &[Variable]| {
                let gradient =
                    differentiable_gradients(&weighted(operation, variables, &weights).square(), variables);
                let parts = gradient.iter().zip(&directions).map(|(gradient, direction)| {
                    let part = gradient.times(&Variable::constant(direction.clone()));
                    part.reshape([part.shape().count(), 1]).sum([1, 1])
                });
                parts.reduce(|total, part| total.plus(&part)).unwrap()
            };
            let second = |operands: &[Array]| total(&directional(&leaves(operands)));
            let found = gradients(directional(&variables), &variables);
            assert_close(kind, "second", &found, &by_differences(&operands, &second));
        }
    }
}

#[test]
fn a_value_used_twice_collects_both_gradients() {
    let x = Variable::leaf(Array::from_f64([1, 2], &[3.0, -2.0]));
    let y = x.times(&x).plus(&x);
    assert_eq!(
        gradients(y, std::slice::from_ref(&x))[0].to_f64().unwrap(),
        [7.0, -3.0]
    );
}

#[test]
fn gradients_stop_at_constants_and_detached_values() {
    let x = Variable::leaf(Array::from_f64([1, 1], &[3.0]));
    let y = x.detached().times(&x);
    assert_eq!(gradients(y, std::slice::from_ref(&x))[0].to_f64().unwrap(), [3.0]);
}

#[test]
fn what_the_result_does_not_depend_on_has_a_gradient_of_zeros() {
    let x = Variable::leaf(Array::from_f64([1, 1], &[3.0]));
    let unused = Variable::leaf(Array::from_f64([2, 1], &[1.0, 1.0]));
    assert_eq!(gradients(x.square(), &[unused])[0].to_f64().unwrap(), [0.0, 0.0]);
}

#[test]
fn a_gradient_can_be_asked_for_a_value_inside_the_graph() {
    let x = Variable::leaf(Array::from_f64([1, 1], &[3.0]));
    let middle = x.square();
    assert_eq!(
        gradients(middle.square(), std::slice::from_ref(&middle))[0]
            .to_f64()
            .unwrap(),
        [18.0]
    );
}
