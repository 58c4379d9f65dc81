//! Fréchet distances of the features in a safetensors file to the tensor `reference` there, by products on the CPU device
//! and by the default method: a line of JSON each. With `--each-line` one set is measured by the default method each time
//! that a line comes in, so that another program can be measured in between: from statistics alone, and from features.
//! `benches/root.py` makes the features and the comparisons.

use std::time::Instant;

use clap::Parser;
use gan_kernels::Device;
use gan_pipe::metrics::{
    CovarianceBy, DeviceFidError, DeviceSettings, Statistics, frechet_distance,
    frechet_distance_of_statistics, frechet_distance_on,
};
use safetensors::SafeTensors;

#[derive(Parser)]
struct Arguments {
    /// Tensors [n, d] of f32, one of them `reference`.
    features: std::path::PathBuf,
    /// The tensor to compare; all of them if none is named.
    #[arg(long)]
    set: Option<String>,
    /// Largest error that is no failure, in units of the distance.
    #[arg(long, default_value_t = 1e-4)]
    accuracy: f64,
    /// Measure one set by the default method at each line of the standard input.
    #[arg(long, requires = "set")]
    each_line: bool,
    /// Device of the products.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let device = Device::open(&arguments.device).expect("the device can be opened");
    let file = std::fs::read(&arguments.features).expect("the file of features can be read");
    let tensors = SafeTensors::deserialize(&file).expect("the file holds tensors");
    let features = |name: &str| -> (Vec<f32>, usize) {
        let tensor = tensors.tensor(name).expect("the tensor is there");
        let values = tensor.data().chunks_exact(4);
        let values = values
            .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("4 bytes")))
            .collect();
        (values, tensor.shape()[1])
    };
    let (reference, d) = features("reference");
    if let (true, Some(set)) = (arguments.each_line, &arguments.set) {
        return measure_each_line(&reference, &features(set).0, d);
    }
    let wanted = |name: &str| {
        arguments
            .set
            .as_deref()
            .map_or(name != "reference", |set| name == set)
    };
    for name in tensors.names().into_iter().filter(|name| wanted(name)) {
        let (set, _) = features(name);
        let began = Instant::now();
        let default = frechet_distance(&reference, &set, d).expect("the sets have a distance");
        let default_seconds = began.elapsed().as_secs_f64();
        for (by, covariance) in [("host", CovarianceBy::Host), ("device", CovarianceBy::Device)] {
            let settings = DeviceSettings {
                covariance,
                ..DeviceSettings::with_accuracy(arguments.accuracy)
            };
            let began = Instant::now();
            let (distance, estimate) = match frechet_distance_on(&device, &reference, &set, d, &settings) {
                Ok(found) => found,
                Err(DeviceFidError::NotAccurate {
                    distance, estimate, ..
                }) => (*distance, *estimate),
                Err(error) => panic!("{name}: {error}"),
            };
            let line = serde_json::json!({
                "set": name,
                "device": device.name(),
                "covariance": by,
                "distance": distance.value,
                "estimate": estimate.total(),
                "causes": format!("{estimate:?}"),
                "steps": estimate.steps,
                "seconds": began.elapsed().as_secs_f64(),
                "default": default.value,
                "default_seconds": default_seconds,
            });
            #[expect(clippy::print_stdout, reason = "the result of a benchmark")]
            {
                println!("{line}");
            }
        }
    }
}

/// Seconds of a distance from statistics, and of one from features, for each line that comes in.
fn measure_each_line(reference: &[f32], set: &[f32], d: usize) {
    let [a, b] =
        [reference, set].map(|set| Statistics::from_features(set, d).expect("the set has statistics"));
    for _ in std::io::stdin().lines() {
        let began = Instant::now();
        let found = frechet_distance_of_statistics(&a, &b).expect("the sets have a distance");
        let root = began.elapsed().as_secs_f64();
        let began = Instant::now();
        frechet_distance(reference, set, d).expect("the sets have a distance");
        let whole = began.elapsed().as_secs_f64();
        let line = serde_json::json!({ "root": root, "whole": whole, "trace_root": found.trace_root });
        #[expect(clippy::print_stdout, reason = "the result of a benchmark")]
        {
            println!("{line}");
        }
    }
}
