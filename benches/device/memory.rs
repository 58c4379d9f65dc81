//! Operations that memory bounds: elementwise ones, sums, Adam and the power iteration. Bytes are those that the
//! operation has to read and write at least.

use gan_kernels::adam::{AdamStep, Moments, adam as update};
use gan_kernels::elementwise::{Binary, Unary, binary, unary};
use gan_kernels::reduce::sum;
use gan_kernels::spectral::power_iteration;
use gan_kernels::{Array, Device};

use super::super::{Case, Unit, array};

const BYTES: f64 = 4.0;

/// Matrices of SNDCGAN's discriminator as spectral normalization sees them, `[terms, outputs]`.
const MATRICES: [[usize; 2]; 8] = [
    [27, 64],
    [1024, 128],
    [1152, 128],
    [2048, 256],
    [2304, 256],
    [4096, 512],
    [4608, 512],
    [8192, 1],
];

pub(crate) fn elementwise(device: &Device, count: usize) -> Vec<Case<'_>> {
    let case = |name: &str, arrays: f64, run: Box<dyn Fn() -> Vec<Array>>| Case {
        kernel: "elementwise",
        case: format!("{name} of {count}"),
        unit: Unit::Bytes,
        amount: arrays * BYTES * count as f64,
        run,
        product: None,
    };
    let a = array(device, [count / 64, 64]);
    let (b, c, row) = (a.clone(), a.clone(), array(device, [1, 64]));
    let double = Unary::Affine {
        scale: 2.0,
        shift: 1.0,
    };
    vec![
        case("affine", 2.0, Box::new(move || vec![unary(double, &a)])),
        case(
            "product",
            3.0,
            Box::new(move || vec![binary(Binary::Multiply, &b, &b)]),
        ),
        case(
            "product with a row",
            2.0,
            Box::new(move || vec![binary(Binary::Multiply, &c, &row)]),
        ),
    ]
}

pub(crate) fn sums(device: &Device, count: usize) -> Vec<Case<'_>> {
    let a = array(device, [count / 64, 64]);
    let targets = [
        ("everything", [1, 1]),
        ("rows", [count / 64, 1]),
        ("columns", [1, 64]),
    ];
    targets
        .into_iter()
        .map(|(name, target)| {
            let a = a.clone();
            Case {
                kernel: "sum",
                case: format!("{name} of {count}"),
                unit: Unit::Bytes,
                amount: BYTES * count as f64,
                run: Box::new(move || vec![sum(&a, target)]),
                product: None,
            }
        })
        .collect()
}

/// One update of all weights: value, two moments and gradient are read, all but the gradient written.
pub(crate) fn adam(device: &Device) -> Vec<Case<'_>> {
    let gradients: Vec<_> = MATRICES.iter().map(|shape| array(device, *shape)).collect();
    let squares: Vec<_> = gradients
        .iter()
        .map(|gradient| Array::full_like(gradient, gradient.shape(), 0.5))
        .collect();
    let moments = |(value, second): (&Array, &Array)| Moments {
        value: value.clone(),
        first: value.clone(),
        second: second.clone(),
    };
    let parameters: Vec<_> = gradients.iter().zip(&squares).map(moments).collect();
    let step = AdamStep {
        learning_rate: 2e-4,
        beta1: 0.5,
        beta2: 0.999,
        epsilon: 1e-8,
        step: 10,
    };
    vec![Case {
        kernel: "adam",
        case: format!("{} arrays, {} weights", MATRICES.len(), weights()),
        unit: Unit::Bytes,
        amount: 7.0 * BYTES * weights() as f64,
        run: Box::new(move || {
            let updated = update(step, &parameters, &gradients);
            updated.into_iter().map(|moments| moments.value).collect()
        }),
        product: None,
    }]
}

/// One iteration for all matrices, each of which is read twice.
pub(crate) fn spectral(device: &Device) -> Vec<Case<'_>> {
    let matrices: Vec<_> = MATRICES.iter().map(|shape| array(device, *shape)).collect();
    let kept: Vec<_> = MATRICES.iter().map(|[_, n]| array(device, [*n, 1])).collect();
    vec![Case {
        kernel: "spectral",
        case: format!("{} matrices, {} weights", MATRICES.len(), weights()),
        unit: Unit::Bytes,
        amount: 2.0 * BYTES * weights() as f64,
        run: Box::new(move || {
            let vectors = power_iteration(&matrices, &kept);
            vectors.into_iter().map(|vectors| vectors.right).collect()
        }),
        product: None,
    }]
}

fn weights() -> usize {
    MATRICES.iter().map(|[m, n]| m * n).sum()
}
