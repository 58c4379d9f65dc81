//! Features of Inception-v3 as published in 2015, 2048 numbers an image: images per second and memory, as a line of JSON.
//!
//! `cargo bench --workspace --profile dev --bench inception -- --threads 2` measures this program alone (`--help` has the
//! rest); `benches/inception.py` measures it beside torch-fidelity's network doing the same work. Images are 32 x 32 and
//! colored; bringing them to 299 x 299 counts. Weights are drawn: they cost what published ones do.

use std::time::Instant;

use clap::Parser;
use gan_kernels::{Array, Device};
use gan_pipe::data::Images;
use gan_pipe::extractor::{Extractor, ExtractorKind, published_arrays};
use gan_pipe::nn::Weights;

const SIDE: usize = 32;

#[derive(Parser)]
struct Arguments {
    /// The network, as studies name it.
    #[arg(long, default_value = "inception-v3-2015")]
    extractor: String,
    /// Images that are timed, after one batch that is not.
    #[arg(long, default_value_t = 64)]
    images: usize,
    /// Threads of the CPU device; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// The device.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads)
        .build()
        .expect("threads can be started");
    let (seconds, dimension) = pool.install(|| extract(&arguments));
    let line = serde_json::json!({
        "extractor": arguments.extractor,
        "device": arguments.device,
        "threads": pool.current_num_threads(),
        "images": arguments.images,
        "dimension": dimension,
        "seconds": seconds,
        "images_per_second": arguments.images as f64 / seconds,
        "peak_mib": peak_mebibytes(),
    });
    #[expect(clippy::print_stdout, reason = "the result of a benchmark")]
    {
        println!("{line}");
    }
}

/// Seconds of an extraction, and numbers in a feature vector.
fn extract(arguments: &Arguments) -> (f64, usize) {
    let device = Device::open(&arguments.device).expect("the device can be opened");
    let kind = ExtractorKind::named(&arguments.extractor).expect("there is such an extractor");
    let extractor = Extractor::new(&kind, weights(&device, &kind)).expect("the weights are the network's");
    let images = images(arguments.images);
    let first = images.one(0).expect("there is an image");
    let found = |images: &Images| {
        let found = extractor
            .extract(images, |_, _| true)
            .expect("images of bytes are there");
        found.expect("nothing ends the work")
    };
    found(&first);
    let began = Instant::now();
    let all = found(&images);
    let seconds = began.elapsed().as_secs_f64();
    assert!(all.features.iter().all(|feature| feature.is_finite()));
    (seconds, all.dimension)
}

fn images(count: usize) -> Images {
    let pixels = (0..(count * SIDE * SIDE * 3) as u32).map(noise);
    let pixels = pixels.map(|value| (value >> 24) as u8).collect();
    Images::new([count, SIDE, SIDE, 3], pixels).expect("as many pixels as the extents say")
}

/// Filters that keep the scale of what they see, and batch normalization that changes nothing.
fn weights(device: &Device, kind: &ExtractorKind) -> Weights {
    let array = |(name, shape): (String, Vec<usize>)| {
        let count: usize = shape.iter().product();
        let inputs: usize = shape[..shape.len() - 1].iter().product();
        let scale = (6.0 / inputs as f32).sqrt() / (1u32 << 31) as f32;
        let values: Vec<f32> = match &name {
            name if name.ends_with("running_var") || name.ends_with("bn.weight") => vec![1.0; count],
            _ if shape.len() == 1 => vec![0.0; count],
            _ => (0..count as u32)
                .map(|index| noise(index) as i32 as f32 * scale)
                .collect(),
        };
        (name, Array::from_f32(device, &shape[..], &values))
    };
    published_arrays(kind).into_iter().map(array).collect()
}

fn noise(index: u32) -> u32 {
    let mixed = index.wrapping_mul(2_654_435_761);
    (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519)
}

/// The largest resident set of this process so far.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1024
}
