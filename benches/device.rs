//! Every kernel on a device that is chosen: its rate, and the share of what the same device reaches in a plain product
//! of matrices or a plain copy. A line of JSON each; `benches/device.py` makes the tables of docs/benchmarks.md of them.
//!
//! `cargo bench --workspace --profile dev --bench device -- --device vulkan:software --batch 1 convolution sum` measures
//! these alone; without names every kernel, on `cpu`.

mod device {
    pub(crate) mod convolution;
    pub(crate) mod memory;
}

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use clap::Parser;
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::survey::{self, Rates};
use gan_kernels::{Array, Device, Shape};
use serde_json::{Value, json};

#[derive(Parser)]
pub(crate) struct Arguments {
    /// Which kernels; all of them where none is named.
    kernels: Vec<String>,
    /// The device, by its name; else the one that GAN_PIPE_BENCH_DEVICE names, else cpu.
    #[arg(long)]
    device: Option<String>,
    /// Images in a convolution's batch.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Values of the arrays that elementwise operations and sums work on, in units of 2^20.
    #[arg(long, default_value_t = 16)]
    values: usize,
    /// Seconds for each figure, at least; three runs are made in any case.
    #[arg(long, default_value_t = 0.3)]
    seconds: f64,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a kernel is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Floating-point operations, beside the device's product of matrices.
    Operations,
    /// Bytes read and written, beside the device's copy.
    Bytes,
}

/// A kernel on operands that are on the device.
pub(crate) struct Case<'a> {
    pub(crate) kernel: &'static str,
    pub(crate) case: String,
    pub(crate) unit: Unit,
    /// Operations or bytes of one run.
    pub(crate) amount: f64,
    pub(crate) run: Box<dyn Fn() -> Vec<Array> + 'a>,
    /// A product of matrices with as many operations, `[m, n, k]`.
    pub(crate) product: Option<[usize; 3]>,
}

const KERNELS: [&str; 8] = [
    "matmul",
    "convolution",
    "data_gradient",
    "weight_gradient",
    "elementwise",
    "sum",
    "adam",
    "spectral",
];

fn main() {
    let arguments = Arguments::parse();
    for name in &arguments.kernels {
        assert!(
            KERNELS.contains(&&**name),
            "no kernel {name:?}; there are {KERNELS:?}"
        );
    }
    let named = arguments
        .device
        .or_else(|| std::env::var("GAN_PIPE_BENCH_DEVICE").ok());
    let device = Device::open(named.as_deref().unwrap_or("cpu")).unwrap_or_else(|error| panic!("{error}"));
    let rates = survey::rates(&device, Duration::from_secs(1)).unwrap_or_else(|error| panic!("{error}"));
    let told = survey::describe(&device);
    print(&json!({
        "device": device.name(),
        "adapter": told.as_ref().map(|told| told.adapter.clone()),
        "driver": told.and_then(|told| told.driver),
        "batch": arguments.batch,
        "matmul_gflops_per_second": rates.matmul / 1e9,
        "copy_gb_per_second": rates.copy / 1e9,
    }));
    let wanted =
        |name: &&str| arguments.kernels.is_empty() || arguments.kernels.iter().any(|kernel| kernel == name);
    for kernel in KERNELS.into_iter().filter(wanted) {
        let cases: Vec<Case<'_>> = match kernel {
            "matmul" => products(&device),
            "elementwise" => device::memory::elementwise(&device, arguments.values << 20),
            "sum" => device::memory::sums(&device, arguments.values << 20),
            "adam" => device::memory::adam(&device),
            "spectral" => device::memory::spectral(&device),
            _ => device::convolution::cases(&device, kernel, arguments.batch),
        };
        for case in cases {
            print(&measured(&device, &case, rates, arguments.seconds));
        }
    }
}

/// A line on one case; an operation without a kernel on the device is a line with its refusal.
fn measured(device: &Device, case: &Case<'_>, rates: Rates, seconds: f64) -> Value {
    let measure =
        |run: &dyn Fn() -> Vec<Array>| catch_unwind(AssertUnwindSafe(|| fastest(device, run, seconds)));
    let Ok(took) = measure(&case.run) else {
        return json!({ "kernel": case.kernel, "case": case.case, "refused": true });
    };
    let rate = case.amount / took;
    let (unit, best) = match case.unit {
        Unit::Operations => ("GFLOP/s", rates.matmul),
        Unit::Bytes => ("GB/s", rates.copy),
    };
    let of_product = case.product.map(|[m, n, k]| {
        let (a, b) = (array(device, [m, k]), array(device, [k, n]));
        let product = || vec![matmul(&a, &b, Transpose::No, Transpose::No)];
        fastest(device, &product, seconds) / took
    });
    json!({
        "kernel": case.kernel,
        "case": case.case,
        "unit": unit,
        "milliseconds": took * 1e3,
        "rate": rate / 1e9,
        "share": rate / best,
        "share_of_equal_product": of_product,
    })
}

/// Seconds of the fastest run, after one whose values are read: that one compiles, and tells what failed.
fn fastest(device: &Device, run: &dyn Fn() -> Vec<Array>, seconds: f64) -> f64 {
    for array in run() {
        let read = array.to_f32();
        assert!(read.is_ok(), "{}", read.expect_err("just tested"));
    }
    let wait = || device.wait().unwrap_or_else(|error| panic!("{error}"));
    let (start, mut runs, mut fastest) = (Instant::now(), 0, f64::INFINITY);
    while runs < 3 || start.elapsed().as_secs_f64() < seconds {
        let begun = Instant::now();
        drop(run());
        wait();
        fastest = fastest.min(begun.elapsed().as_secs_f64());
        runs += 1;
    }
    fastest
}

fn products(device: &Device) -> Vec<Case<'_>> {
    let case = |extent: usize| {
        let values = array(device, [extent, extent]);
        Case {
            kernel: "matmul",
            case: format!("{extent} x {extent} x {extent}"),
            unit: Unit::Operations,
            amount: 2.0 * (extent as f64).powi(3),
            run: Box::new(move || vec![matmul(&values, &values, Transpose::No, Transpose::Yes)]),
            product: None,
        }
    };
    [256, 512, 1024].into_iter().map(case).collect()
}

/// An array of small numbers.
pub(crate) fn array(device: &Device, shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    let values: Vec<f32> = (0..shape.count())
        .map(|index| (index % 1013) as f32 / 506.5 - 1.0)
        .collect();
    Array::from_f32(device, shape, &values)
}

fn print(line: &Value) {
    #[expect(clippy::print_stdout, reason = "the result of a benchmark")]
    {
        println!("{line}");
    }
}
