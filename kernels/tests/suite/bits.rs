//! On the CPU the same operands give the same bits, whatever the number of threads; on a device, each time.
//!
//! Each case is large enough to be cut into several tasks.

use gan_kernels::adam::{AdamStep, Moments, adam};
use gan_kernels::concatenation::concatenate;
use gan_kernels::convolution::{Epilogue, Geometry, convolution, data_gradient, weight_gradient};
use gan_kernels::elementwise::{Binary, Unary, binary, broadcast, unary};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::normalization::{input_gradient, moments, normalize as normalize_with, scale_gradient};
use gan_kernels::polar::nuclear_norm;
use gan_kernels::pool::{average, replicate, window_sum};
use gan_kernels::reduce::{row_maximum, sum};
use gan_kernels::spectral::{SpectralUpdate, normalize, pull_back};
use gan_kernels::window::{pad, slice};
use gan_kernels::{Array, Shape};

use crate::target::{Target, reals};

/// A name and what it computes from scratch.
type Case = (&'static str, fn(&Target) -> Vec<Array>);

const CASES: [Case; 19] = [
    ("matmul", products),
    ("convolution", |on| {
        let [x, f, bias] = [
            array(on, 1, [33, 16, 17, 5]),
            array(on, 2, [4, 4, 5, 9]),
            array(on, 3, [9]),
        ];
        let epilogue = Epilogue {
            bias: Some(&bias),
            negative_slope: Some(0.1),
        };
        vec![
            convolution(&x, &f, Geometry::square(2, 1), epilogue),
            convolution(&x, &array(on, 4, [1, 1, 5, 9]), Geometry::square(1, 0), epilogue),
        ]
    }),
    ("convolutions by minimal filtering", |on| {
        let geometry = Geometry::square(1, 1);
        let [x, f] = [array(on, 1, [33, 16, 17, 16]), array(on, 2, [3, 3, 16, 23])];
        let y = convolution(&x, &f, geometry, Epilogue::default());
        let adjoints = [
            data_gradient(&y, &f, geometry, [16, 17]),
            weight_gradient(&x, &y, geometry, [3, 3]),
        ];
        let (strided, wide) = (Geometry::square(2, 1), array(on, 3, [4, 4, 16, 23]));
        let half = convolution(&x, &wide, strided, Epilogue::default());
        let strided = [
            data_gradient(&half, &wide, strided, [16, 17]),
            weight_gradient(&x, &half, strided, [4, 4]),
        ];
        [y, half].into_iter().chain(adjoints).chain(strided).collect()
    }),
    ("data_gradient", |on| {
        let [g, f] = [array(on, 1, [33, 8, 8, 9]), array(on, 2, [4, 4, 5, 9])];
        vec![data_gradient(&g, &f, Geometry::square(2, 1), [16, 17])]
    }),
    ("weight_gradient", |on| {
        let [x, g] = [array(on, 1, [33, 16, 17, 5]), array(on, 2, [33, 8, 8, 9])];
        vec![weight_gradient(&x, &g, Geometry::square(2, 1), [4, 4])]
    }),
    ("unary", |on| {
        let x = array(on, 1, [70_001]);
        [Unary::Tanh, Unary::Softplus, Unary::Sigmoid, Unary::Exponential]
            .map(|f| unary(f, &x))
            .into()
    }),
    ("binary", |on| {
        let [a, b] = [array(on, 1, [33, 31, 33, 7]), array(on, 2, [33, 1, 1, 7])];
        vec![binary(Binary::Divide, &a, &b), binary(Binary::Multiply, &a, &a)]
    }),
    ("concatenate", |on| {
        let [a, b] = [array(on, 1, [33, 31, 33, 7]), array(on, 2, [33, 31, 33, 3])];
        vec![concatenate(&[&a, &b, &a])]
    }),
    ("broadcast", |on| {
        vec![broadcast(&array(on, 1, [33, 1, 31, 1]), [33, 32, 31, 7])]
    }),
    ("sum", |on| {
        let x = array(on, 1, [33, 31, 33, 17]);
        let shapes = [
            [1, 1, 1, 1],
            [1, 1, 1, 17],
            [33, 1, 1, 17],
            [33, 31, 33, 1],
            [1, 31, 1, 17],
        ];
        shapes.map(|shape| sum(&x, shape)).into()
    }),
    ("row_maximum", |on| vec![row_maximum(&array(on, 1, [40_001, 3]))]),
    ("slice and pad", |on| {
        let x = array(on, 1, [33, 31, 33, 7]);
        let part = slice(&x, &[1, 2, 3, 4], [31, 29, 30, 3]);
        vec![pad(&part, &[1, 0, 1, 0], [32, 29, 31, 3])]
    }),
    ("normalization", |on| {
        let (x, g) = (array(on, 1, [33, 16, 17, 7]), array(on, 2, [33, 16, 17, 7]));
        let [gamma, beta] = [array(on, 3, [1, 1, 1, 7]), array(on, 4, [1, 1, 1, 7])];
        let moments = moments(&x, [1, 1, 1, 7], 1e-5);
        let y = normalize_with(&x, &moments, &gamma, &beta);
        vec![
            y,
            input_gradient(&x, &moments, &gamma, &g),
            scale_gradient(&x, &moments, &g),
        ]
    }),
    ("average", |on| {
        vec![average(
            &array(on, 1, [33, 32, 32, 7]),
            [3, 3],
            Geometry::square(1, 1),
        )]
    }),
    ("window_sum", |on| {
        vec![window_sum(&array(on, 1, [33, 32, 32, 7]), 2)]
    }),
    ("replicate", |on| {
        vec![replicate(&array(on, 1, [33, 16, 16, 7]), 2)]
    }),
    ("adam", |on| {
        let [value, first, gradient] = [1, 2, 3].map(|seed| array(on, seed, [70_001]));
        let second = unary(Unary::Square, &array(on, 4, [70_001]));
        let step = AdamStep {
            learning_rate: 1e-3,
            beta1: 0.5,
            beta2: 0.999,
            epsilon: 1e-8,
            step: 3,
        };
        let updated = adam(step, &[Moments { value, first, second }], &[gradient]);
        updated
            .into_iter()
            .flat_map(|new| [new.value, new.first, new.second])
            .collect()
    }),
    ("nuclear_norm", |on| {
        let norm = nuclear_norm(&array(on, 1, [310, 205]), 1e-6).unwrap();
        vec![Array::from_f64(
            [3],
            &[norm.value, norm.unconverged, norm.rounding],
        )]
    }),
    ("spectral normalization", |on| {
        let (matrix, kept) = (array(on, 1, [2304, 257]), array(on, 2, [257, 1]));
        let found = normalize(std::slice::from_ref(&matrix), &[kept], SpectralUpdate::Iterate);
        let pulled = pull_back(&found, &[matrix]);
        let vectors = found
            .vectors
            .into_iter()
            .flat_map(|found| [found.left, found.right]);
        found.weights.into_iter().chain(pulled).chain(vectors).collect()
    }),
];

fn products(on: &Target) -> Vec<Array> {
    let mut products = Vec::new();
    for [m, n, k] in [
        [257, 129, 1025],
        [65, 1025, 257],
        [1025, 1, 1025],
        [1, 1025, 1025],
    ] {
        let [a, b] = [array(on, 1, [m, k]), array(on, 2, [k, n])];
        products.push(matmul(&a, &b, Transpose::No, Transpose::No));
        products.push(matmul(&a.reshape([k, m]), &b, Transpose::Yes, Transpose::No));
        products.push(matmul(&a, &b.reshape([n, k]), Transpose::No, Transpose::Yes));
    }
    products
}

fn array(on: &Target, seed: u64, shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    on.array(shape, &reals(seed, shape.count()))
}

fn bits(threads: usize, compute: fn(&Target) -> Vec<Array>, on: &Target) -> Vec<Vec<u64>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let bits = |array: Array| array.to_f64().unwrap().into_iter().map(f64::to_bits).collect();
    pool.install(|| compute(on)).into_iter().map(bits).collect()
}

#[test]
fn every_operation_gives_the_same_bits_with_1_2_3_and_8_threads() {
    for on in [Target::CpuF32, Target::CpuF64] {
        for (name, compute) in CASES {
            let expected = bits(1, compute, &on);
            for threads in [2, 3, 8] {
                assert!(
                    bits(threads, compute, &on) == expected,
                    "{name} on {on:?} with {threads} threads"
                );
            }
        }
    }
}

#[test]
fn repeating_an_operation_gives_the_same_bits_although_memory_is_recycled() {
    for (name, compute) in CASES {
        let expected = bits(2, compute, &Target::CpuF32);
        assert!(bits(2, compute, &Target::CpuF32) == expected, "{name}");
    }
}

#[cfg(feature = "vulkan")]
#[test]
fn a_device_gives_the_same_bits_each_time() {
    let on = Target::software_vulkan();
    for (name, compute) in CASES {
        let expected = bits(1, compute, &on);
        assert!(bits(1, compute, &on) == expected, "{name}");
    }
}
