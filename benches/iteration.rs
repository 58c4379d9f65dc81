//! One training iteration of SNDCGAN at its published width: images per second, seconds and memory, as a line of JSON.
//!
//! `cargo bench --workspace --profile dev --bench iteration -- --penalty gradient --threads 2` measures this program alone
//! (`--help` has the rest); `benches/compare.py` measures it beside PyTorch doing the same work. An iteration is one
//! update of the discriminator and one of the generator on batches of 64, with spectral normalization.

use std::time::Instant;

use clap::Parser;
use gan_kernels::{Device, Precision};
use gan_pipe::data::Images;
use gan_pipe::gan::architecture::{Architecture, ArchitectureKind};
use gan_pipe::gan::{
    Batches, Convention, DiscriminatorNormalization, GeneratorNormalization, Latent, LatentDistribution,
    LearningRate, Loss, Penalty, PlayerOptimizer, Trainer, TrainingSettings,
};
use gan_pipe::nn::Weights;
use gan_pipe::optim::{AdamSettings, OptimizerSettings};

const BATCH: usize = 64;
const RESOLUTION: usize = 32;
/// Images that batches are drawn from.
const IMAGES: usize = 1024;

#[derive(Parser)]
struct Arguments {
    /// `none` or `gradient`.
    #[arg(long, default_value = "none")]
    penalty: String,
    /// Factor on the published number of channels.
    #[arg(long, default_value_t = 1.0)]
    width: f64,
    /// Channels of the images.
    #[arg(long, default_value_t = 3)]
    channels: usize,
    /// The device, by its name.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// What operands of products are rounded to: `f32`, `tf32` or `bf16`.
    #[arg(long, default_value = "f32")]
    precision: String,
    /// Threads of the CPU device; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Iterations that are timed.
    #[arg(long, default_value_t = 5)]
    iterations: usize,
    /// Iterations before these, in which a card's kernels are compiled.
    #[arg(long, default_value_t = 1)]
    warm_up: usize,
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
    let trained = pool.install(|| train(&arguments));
    let [seconds, drawing] = [trained.seconds, trained.drawing].map(median);
    let line = serde_json::json!({
        "device": arguments.device,
        "precision": arguments.precision,
        "penalty": arguments.penalty,
        "width": arguments.width,
        "channels": arguments.channels,
        "batch": BATCH,
        "threads": pool.current_num_threads(),
        "generator_weights": trained.generator,
        "discriminator_weights": trained.discriminator,
        "updates": 2 * (arguments.warm_up + arguments.iterations),
        "seconds": seconds,
        "drawing_seconds": drawing,
        "images_per_second": BATCH as f64 / seconds,
        "peak_mib": peak_mebibytes(),
    });
    #[expect(clippy::print_stdout, reason = "the result of a benchmark")]
    {
        println!("{line}");
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What was trained, and how fast.
struct Trained {
    /// The generator's weights.
    generator: usize,
    /// The discriminator's weights.
    discriminator: usize,
    /// Of each timed iteration.
    seconds: Vec<f64>,
    /// Of these, for drawing the batch.
    drawing: Vec<f64>,
}

fn train(arguments: &Arguments) -> Trained {
    let settings = settings(arguments);
    let count = IMAGES * RESOLUTION * RESOLUTION * arguments.channels;
    let pixels = (0..count as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8);
    let images = Images::new(
        [IMAGES, RESOLUTION, RESOLUTION, arguments.channels],
        pixels.collect(),
    )
    .expect("as many pixels as the extents say");
    let device = device(arguments);
    let mut trainer = Trainer::initial(&device, settings, 1, 1);
    let mut batches = Batches::new(&device, &images, settings, 1, 1);
    let mut iteration = |step: u64| {
        let start = Instant::now();
        let batch = batches.at(step);
        let drawing = start.elapsed().as_secs_f64();
        let losses = trainer.step(&batch).expect("the device does not fail");
        assert!(losses.is_finite() && losses.generator.is_some());
        (start.elapsed().as_secs_f64(), drawing)
    };
    let warm_up = arguments.warm_up as u64;
    for step in 1..=warm_up {
        iteration(step);
    }
    let timed = (1..=arguments.iterations as u64).map(|index| iteration(warm_up + index));
    let (seconds, drawing) = timed.unzip();
    Trained {
        generator: weights(&trainer.generator().weights),
        discriminator: weights(&trainer.state().discriminator),
        seconds,
        drawing,
    }
}

fn device(arguments: &Arguments) -> Device {
    let named = |precision: &Precision| precision.to_string() == arguments.precision;
    let precision = Precision::ALL.into_iter().find(named);
    let precision = precision.unwrap_or_else(|| panic!("no precision {:?}", arguments.precision));
    let device = Device::open(&arguments.device).unwrap_or_else(|error| panic!("{error}"));
    device
        .with_precision(precision)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn weights(weights: &Weights) -> usize {
    weights.iter().map(|(_, array)| array.shape().count()).sum()
}

fn settings(arguments: &Arguments) -> TrainingSettings {
    let player = PlayerOptimizer {
        rule: OptimizerSettings::Adam(AdamSettings {
            beta1: 0.5,
            beta2: 0.999,
            epsilon: Convention::OPTIMIZER_EPSILON,
            is_corrected: true,
        }),
        learning_rate: LearningRate {
            initial: 2e-4,
            decay_until: None,
        },
        clip_norm: None,
    };
    TrainingSettings {
        architecture: Architecture {
            generator: ArchitectureKind::Sndcgan,
            discriminator: ArchitectureKind::Sndcgan,
            width: arguments.width,
            resolution: RESOLUTION,
            channels: arguments.channels,
        },
        latent: Latent {
            dimension: 128,
            distribution: LatentDistribution::Normal,
        },
        loss: Loss::NonSaturating,
        normalization: DiscriminatorNormalization::Spectral,
        penalty: match arguments.penalty.as_str() {
            "none" => Penalty::None,
            "gradient" => Penalty::Gradient { lambda: 10.0 },
            other => panic!("no penalty {other:?}: expected none or gradient"),
        },
        weight_clip: None,
        discriminator_steps: 1,
        generator_normalization: GeneratorNormalization::Batch,
        moving_average: None,
        generator_optimizer: player,
        discriminator_optimizer: player,
        batch_size: BATCH,
        convention: Convention::STANDARD,
    }
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
