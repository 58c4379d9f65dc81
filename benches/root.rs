//! Fréchet distances of the features in a safetensors file to the tensor `reference` there, by products on the CPU device
//! and by the default method: a line of JSON each. `benches/root.py` makes the features and the comparison.

use std::time::Instant;

use clap::Parser;
use gan_kernels::Device;
use gan_pipe::metrics::{
    CovarianceBy, DeviceFidError, DeviceSettings, frechet_distance, frechet_distance_on,
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
