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
        Kind::Normalize => {
            let normalize = |statistics: &[usize], x: &[usize], channels: &[usize]| {
                row(
                    Operation::Normalize(statistics.into(), 0.1),
                    &[x, channels, channels],
                )
            };
            vec![
                normalize(&[1, 1, 1, 2], &[2, 2, 3, 2], &[1, 1, 1, 2]),
                normalize(&[2, 1, 1, 1], &[2, 2, 2, 3], &[1, 1, 1, 3]),
                normalize(&[1, 3], &[4, 3], &[1, 3]),
            ]
        }
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

/// Operands of one application, weights of its result, and a direction for each operand.
struct Drawn {
    operands: Vec<Array>,
    weights: Array,
    directions: Vec<Array>,
}

impl Drawn {
    fn new(row: &Row, kind: Kind, case: usize) -> Self {
        let mut stream = Stream::new(7, case as u64, "rule", kind as u64);
        let mut draw_all = |range| -> Vec<Array> {
            row.operands
                .iter()
                .map(|&shape| draw(&mut stream, shape, range))
                .collect()
        };
        let (operands, directions) = (draw_all(row.range), draw_all((-1.0, 1.0)));
        let values: Vec<&Array> = operands.iter().collect();
        let weights = draw(&mut stream, row.operation.evaluate(&values).shape(), (-1.0, 1.0));
        Self {
            operands,
            weights,
            directions,
        }
    }

    /// The same with every array changed.
    fn map(&self, change: &dyn Fn(&Array) -> Array) -> Self {
        Self {
            operands: self.operands.iter().map(change).collect(),
            weights: change(&self.weights),
            directions: self.directions.iter().map(change).collect(),
        }
    }

    /// The directional derivative of the first-order gradient of the squared result, `[1, 1]`; its gradient is of second
    /// order.
    fn directional(&self, operation: Operation, variables: &[Variable]) -> Variable {
        let squared = weighted(operation, variables, &self.weights).square();
        let gradient = differentiable_gradients(&squared, variables);
        let parts = gradient
            .iter()
            .zip(&self.directions)
            .map(|(gradient, direction)| {
                let part = gradient.times(&Variable::constant(direction.clone()));
                part.reshape([part.shape().count(), 1]).sum([1, 1])
            });
        parts.reduce(|total, part| total.plus(&part)).unwrap()
    }

    fn first_order(&self, operation: Operation) -> Vec<Array> {
        let variables = leaves(&self.operands);
        gradients(weighted(operation, &variables, &self.weights), &variables)
    }

    fn second_order(&self, operation: Operation) -> Vec<Array> {
        let variables = leaves(&self.operands);
        gradients(self.directional(operation, &variables), &variables)
    }
}

#[test]
fn every_rule_agrees_with_finite_differences_in_first_and_second_order() {
    for &kind in Kind::ALL {
        for (case, row) in rows(kind).into_iter().enumerate() {
            let operation = row.operation;
            assert_eq!(operation.kind(), kind);
            let drawn = Drawn::new(&row, kind, case);
            let first = |operands: &[Array]| total(&weighted(operation, &leaves(operands), &drawn.weights));
            let second = |operands: &[Array]| total(&drawn.directional(operation, &leaves(operands)));
            let by_differences = |f| by_differences(&drawn.operands, f);
            assert_close(
                kind,
                "first",
                &drawn.first_order(operation),
                &by_differences(&first),
            );
            assert_close(
                kind,
                "second",
                &drawn.second_order(operation),
                &by_differences(&second),
            );
        }
    }
}

/// Derivatives of first and second order are sums of fewer than 100 products of at most four numbers below 10, so 1e-4 of
/// `1 + |expected|` leaves room for every rounding in f32 and none for a wrong rule or kernel.
#[cfg(feature = "vulkan")]
#[test]
fn every_rule_gives_on_a_device_what_it_gives_in_f64_on_the_cpu_in_first_and_second_order() {
    use gan_kernels::{Device, activity};

    let device = Device::open("vulkan:software").expect("these tests need a software Vulkan driver");
    let rounded = |array: &Array| {
        let values: Vec<f64> = array.to_f32().unwrap().into_iter().map(f64::from).collect();
        Array::from_f64(array.shape(), &values)
    };
    let moved = |array: &Array| Array::from_f32(&device, array.shape(), &array.to_f32().unwrap());
    for &kind in Kind::ALL {
        for (case, row) in rows(kind).into_iter().enumerate() {
            let on_cpu = Drawn::new(&row, kind, case).map(&rounded);
            let on_device = on_cpu.map(&moved);
            let expected = [
                on_cpu.first_order(row.operation),
                on_cpu.second_order(row.operation),
            ];
            let before = activity::so_far();
            let found = [
                on_device.first_order(row.operation),
                on_device.second_order(row.operation),
            ];
            let activity = activity::so_far() - before;
            assert_eq!(activity.host_operations, 0, "{kind:?} computes on the host");
            assert!(activity.launches > 0, "{kind:?} launches nothing");
            for (order, (found, expected)) in found.iter().zip(&expected).enumerate() {
                for (found, expected) in found.iter().zip(expected) {
                    assert_eq!(found.shape(), expected.shape());
                    let pairs = found
                        .to_f64()
                        .unwrap()
                        .into_iter()
                        .zip(expected.to_f64().unwrap());
                    for (found, expected) in pairs {
                        assert!(
                            (found - expected).abs() <= 1e-4 * (1.0 + expected.abs()),
                            "{kind:?}, order {}: {found} on the device, {expected} on the CPU",
                            order + 1
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn moments_that_are_known_change_no_gradient_of_a_normalization() {
    let row = &rows(Kind::Normalize)[0];
    let Operation::Normalize(statistics, epsilon) = row.operation else {
        panic!("a row of another operation")
    };
    let drawn = Drawn::new(row, Kind::Normalize, 0);
    let moments = gan_kernels::normalization::moments(&drawn.operands[0], statistics, epsilon);
    let variables = leaves(&drawn.operands);
    let [x, gamma, beta] = &variables[..] else {
        panic!("three operands")
    };
    let known = x.normalized(&moments, epsilon, gamma, beta);
    let found = gradients(
        known.times(&Variable::constant(drawn.weights.clone())),
        &variables,
    );
    for (found, expected) in found.iter().zip(drawn.first_order(row.operation)) {
        assert_eq!(found.to_f64().unwrap(), expected.to_f64().unwrap());
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
