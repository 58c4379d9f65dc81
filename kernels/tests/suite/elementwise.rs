//! Functions of one and two elements, repetition along axes of extent 1, and changes of the element type.

use gan_kernels::elementwise::{self as operation, Binary, Unary};
use gan_kernels::{Element, Shape};

use crate::target::{Expected, Target, at, positions, reals};

/// More elements than one task works on, and not a multiple of that.
const MANY: usize = 40_001;

pub(crate) fn unary(target: &Target) {
    for count in [0, 1, 7, 257, MANY] {
        let x: Vec<_> = reals(1, count).into_iter().map(|x| 8.0 * x).collect();
        for function in functions() {
            let (name, f, units) = function;
            let allowed = match name {
                Unary::SquareRoot | Unary::Reciprocal => target.division_units(),
                _ => 1.0,
            };
            let expected: Vec<_> = x
                .iter()
                .map(|x| within(target, f(*x), allowed * units(*x)))
                .collect();
            let y = operation::unary(name, &target.array([count], &x));
            target.assert_close(&format!("{name:?} of {count} values"), &y, [count], &expected);
        }
    }
}

/// A function, its reference, and the size of what may be wrong by one unit in the last place.
type Case = (Unary, fn(f64) -> f64, fn(f64) -> f64);

fn functions() -> [Case; 11] {
    [
        (
            Unary::Affine {
                scale: 1.5,
                shift: -0.25,
            },
            |x| 1.5 * x - 0.25,
            |x| (1.5 * x).abs() + 0.25,
        ),
        (Unary::Exponential, f64::exp, |x| 4.0 * x.exp()),
        (Unary::Logarithm, f64::ln, |x| 4.0 * x.ln()),
        (Unary::SquareRoot, f64::sqrt, f64::sqrt),
        (Unary::Reciprocal, f64::recip, |x| x.recip().abs()),
        (Unary::Square, |x| x * x, |x| x * x),
        (Unary::Tanh, f64::tanh, |x| 4.0 * x.tanh().abs()),
        (
            Unary::Sigmoid,
            |x| 1.0 / (1.0 + (-x).exp()),
            |x| 4.0 / (1.0 + (-x).exp()),
        ),
        (Unary::Softplus, |x| x.exp().ln_1p(), |x| 4.0 * x.exp().ln_1p()),
        (
            Unary::LeakyRelu { slope: 0.25 },
            |x| if x > 0.0 { x } else { 0.25 * x },
            f64::abs,
        ),
        (Unary::LeakyRelu { slope: 0.0 }, |x| x.max(0.0), f64::abs),
    ]
}

fn within(target: &Target, value: f64, units: f64) -> Expected {
    Expected {
        value,
        tolerance: target.unit() * units.abs(),
    }
}

/// Shapes of two operands, and what they give.
const PAIRS: [([usize; 4], [usize; 4]); 14] = [
    ([2, 3, 5, 7], [2, 3, 5, 7]),
    ([2, 3, 5, 7], [1, 1, 1, 7]),
    ([1, 1, 1, 7], [2, 3, 5, 7]),
    ([2, 3, 5, 7], [2, 1, 1, 1]),
    ([2, 1, 5, 1], [1, 3, 1, 7]),
    ([2, 3, 1, 1], [1, 1, 5, 7]),
    ([1, 3, 5, 1], [1, 3, 1, 7]),
    ([1, 1, 1, 1], [2, 3, 5, 7]),
    ([1, 1, 1, 1], [1, 1, 1, 1]),
    ([3, 31, 33, 20], [1, 31, 1, 20]),
    ([65, 257, 3, 1], [65, 1, 3, 1]),
    ([2, 0, 5, 7], [2, 1, 5, 7]),
    ([1, 1, 1, 1], [2, 3, 5, 0]),
    ([2, 3, 0, 1], [1, 1, 1, 7]),
];

pub(crate) fn binary(target: &Target) {
    type Case = (Binary, fn(f64, f64) -> f64);
    let functions: [Case; 5] = [
        (Binary::Add, |a, b| a + b),
        (Binary::Subtract, |a, b| a - b),
        (Binary::Multiply, |a, b| a * b),
        (Binary::Divide, |a, b| a / b),
        (Binary::LeakyReluGradient { slope: 0.25 }, |a, b| {
            if b > 0.0 { a } else { 0.25 * a }
        }),
    ];
    for (a_extents, b_extents) in PAIRS {
        let extents: [usize; 4] = [0, 1, 2, 3].map(|axis| match (a_extents[axis], b_extents[axis]) {
            (1, other) | (other, _) => other,
        });
        let (a, b) = (values(1, a_extents), values(2, b_extents));
        for (function, f) in functions {
            let allowed = match function {
                Binary::Divide => target.division_units(),
                _ => 1.0,
            };
            let expected: Vec<_> = positions(extents)
                .map(|position| {
                    f(
                        repeated(&a, a_extents, position),
                        repeated(&b, b_extents, position),
                    )
                })
                .map(|value| within(target, value, allowed * value))
                .collect();
            let c = operation::binary(
                function,
                &target.array(a_extents, &a),
                &target.array(b_extents, &b),
            );
            target.assert_close(
                &format!("{function:?} of {a_extents:?} and {b_extents:?}"),
                &c,
                extents,
                &expected,
            );
        }
    }
}

pub(crate) fn broadcast(target: &Target) {
    for (own, other) in PAIRS {
        let extents = [0, 1, 2, 3].map(|axis| if own[axis] == 1 { other[axis] } else { own[axis] });
        let x = values(1, own);
        let expected: Vec<_> = positions(extents)
            .map(|position| repeated(&x, own, position))
            .collect();
        let y = operation::broadcast(&target.array(own, &x), extents);
        target.assert_equal(
            &format!("{own:?} repeated to {extents:?}"),
            &y,
            extents,
            &expected,
        );
    }
    let scalar = target.array(Shape::new(&[]), &[3.0]);
    target.assert_equal(
        "a scalar",
        &operation::broadcast(&scalar, Shape::new(&[])),
        Shape::new(&[]),
        &[3.0],
    );
}

pub(crate) fn cast(target: &Target) {
    for count in [0, 1, 257] {
        let values = reals(1, count);
        let array = target.array([count], &values);
        let wide = operation::cast(&array, Element::F64);
        Target::CpuF64.assert_equal("the wide array", &wide, [count], &values);
        let narrow = operation::cast(&wide, Element::F32);
        Target::CpuF32.assert_equal("the narrow array", &narrow, [count], &values);
    }
    let third = operation::cast(&target.array([1], &[1.0]), Element::F64);
    let third = operation::unary(
        Unary::Affine {
            scale: 1.0 / 3.0,
            shift: 0.0,
        },
        &third,
    );
    let rounded = f64::from(1.0f32 / 3.0f32);
    Target::CpuF32.assert_equal(
        "a third, rounded",
        &operation::cast(&third, Element::F32),
        [1],
        &[rounded],
    );
}

fn values(seed: u64, extents: [usize; 4]) -> Vec<f64> {
    reals(seed, extents.iter().product())
}

/// The element that an operand shows at a position of the common shape.
fn repeated(values: &[f64], extents: [usize; 4], position: [usize; 4]) -> f64 {
    values[at(
        extents,
        [0, 1, 2, 3].map(|axis| if extents[axis] == 1 { 0 } else { position[axis] }),
    )]
}
