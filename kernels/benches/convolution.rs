//! Speed of the three convolutions on the layers of SNDCGAN's discriminator, and of a product as the yardstick.
//!
//! `cargo bench --workspace --profile dev --bench convolution` measures what the tests run; the numeric code is optimized there too.
//! An item is one floating-point operation, so `Gitem/s` reads GFLOP/s.

use divan::Bencher;
use divan::counter::ItemsCount;
use gan_kernels::convolution::{Epilogue, Geometry, convolution, data_gradient, weight_gradient};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::{Array, Device, Shape};

/// One layer: a square image, channels in and out, side of the filter and stride; padding keeps `side / stride`.
#[derive(Clone, Copy, Debug)]
struct Layer {
    side: usize,
    c: usize,
    k: usize,
    filter: usize,
    stride: usize,
}

impl std::fmt::Display for Layer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            side,
            c,
            k,
            filter,
            stride,
        } = self;
        write!(formatter, "{filter}x{filter} s{stride} {c:3} -> {k:3} @ {side:2}")
    }
}

const BATCH: usize = 64;

const LAYERS: [Layer; 7] = [
    Layer {
        side: 32,
        c: 3,
        k: 64,
        filter: 3,
        stride: 1,
    },
    Layer {
        side: 32,
        c: 64,
        k: 128,
        filter: 4,
        stride: 2,
    },
    Layer {
        side: 16,
        c: 128,
        k: 128,
        filter: 3,
        stride: 1,
    },
    Layer {
        side: 16,
        c: 128,
        k: 256,
        filter: 4,
        stride: 2,
    },
    Layer {
        side: 8,
        c: 256,
        k: 256,
        filter: 3,
        stride: 1,
    },
    Layer {
        side: 8,
        c: 256,
        k: 512,
        filter: 4,
        stride: 2,
    },
    Layer {
        side: 4,
        c: 512,
        k: 512,
        filter: 3,
        stride: 1,
    },
];

impl Layer {
    fn geometry(&self) -> Geometry {
        Geometry::square(self.stride, 1)
    }

    fn x(&self) -> Array {
        array([BATCH, self.side, self.side, self.c])
    }

    fn filter(&self) -> Array {
        array([self.filter, self.filter, self.c, self.k])
    }

    fn y(&self) -> Array {
        let side = self.side / self.stride;
        array([BATCH, side, side, self.k])
    }

    fn operations(&self) -> ItemsCount {
        let side = self.side / self.stride;
        ItemsCount::new(2 * BATCH * side * side * self.k * self.filter * self.filter * self.c)
    }
}

fn array(shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    let values: Vec<f32> = (0..shape.count())
        .map(|index| (index % 1013) as f32 / 506.5 - 1.0)
        .collect();
    Array::from_f32(&Device::Cpu, shape, &values)
}

#[divan::bench]
fn matmul_1024(bencher: Bencher<'_, '_>) {
    let a = array([1024, 1024]);
    bencher
        .counter(ItemsCount::new(2 * 1024usize.pow(3)))
        .bench_local(|| matmul(&a, &a, Transpose::No, Transpose::No));
}

#[divan::bench(args = LAYERS)]
fn forward(bencher: Bencher<'_, '_>, layer: &Layer) {
    let (x, filter) = (layer.x(), layer.filter());
    bencher
        .counter(layer.operations())
        .bench_local(|| convolution(&x, &filter, layer.geometry(), Epilogue::default()));
}

#[divan::bench(args = LAYERS)]
fn gradient_by_the_input(bencher: Bencher<'_, '_>, layer: &Layer) {
    let (gradient, filter) = (layer.y(), layer.filter());
    bencher
        .counter(layer.operations())
        .bench_local(|| data_gradient(&gradient, &filter, layer.geometry(), [layer.side; 2]));
}

#[divan::bench(args = LAYERS)]
fn gradient_by_the_filter(bencher: Bencher<'_, '_>, layer: &Layer) {
    let (x, gradient) = (layer.x(), layer.y());
    bencher
        .counter(layer.operations())
        .bench_local(|| weight_gradient(&x, &gradient, layer.geometry(), [layer.filter; 2]));
}

fn main() {
    divan::main();
}
