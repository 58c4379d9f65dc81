//! Example rows of every table, with nulls and every word.

use std::sync::Arc;

use crate::table::{
    ConventionSwitches, Learning, LossRow, MetricRow, Player, Protocol, RunRow, RunStatus, StageRow,
    StageStatus, Timestamp,
};

pub(super) fn switches() -> ConventionSwitches {
    ConventionSwitches {
        image_range: "symmetric".into(),
        unpooling: "replicate".into(),
        shortcut: "always".into(),
        first_block: "bare".into(),
        hidden_width: "output".into(),
        global_pooling: "mean".into(),
        last_bias: "with".into(),
        initial_weights: "normal".into(),
        least_squares: "logit".into(),
        spectral_vector_side: "outputs".into(),
        spectral_vector_moves: "once".into(),
        batch_norm_epsilon: 1e-5,
        batch_norm_decay: 0.9,
        batch_norm_moves: "generator-updates".into(),
        batch_norm_variance: "unbiased".into(),
        layer_norm_epsilon: 1e-5,
        adam_epsilon: 1e-8,
        adam_epsilon_place: "corrected".into(),
        gradient_penalty_epsilon: 0.0,
        gradient_penalty_target: 1.0,
        generator_moves: "last".into(),
        generator_latent: "fresh".into(),
    }
}

/// Adam as Kurach et al. advise.
fn learning() -> Learning {
    Learning {
        optimizer: "adam".into(),
        learning_rate: 2e-4,
        beta1: Some(0.5),
        beta2: Some(0.999),
        rms_decay: None,
        momentum: None,
        clip_norm: None,
        decay_until: None,
    }
}

/// A run of setting `spectral` for each status, the seeds from 1.
pub(super) fn runs() -> Vec<RunRow> {
    let run = |(index, &status): (usize, &RunStatus)| {
        let seed = index as i64 + 1;
        let diverged = status == RunStatus::Diverged;
        let begun = matches!(status, RunStatus::Completed | RunStatus::Diverged);
        RunRow {
            study: "fashion".into(),
            run: format!("spectral/seed-{seed}"),
            setting: "spectral".into(),
            seed,
            study_seed: -7,
            dataset: "fashion-mnist".into(),
            resolution: 32,
            channels: 1,
            train_images: begun.then_some(60_000),
            corrupt_images: None,
            data_digest: begun.then(|| "d1".repeat(32)),
            convention: "standard".into(),
            switches: switches(),
            device: "cpu".into(),
            precision: "f32".into(),
            numerics: "cpu/2".into(),
            architecture: "sndcgan".into(),
            discriminator_architecture: "sndcgan".into(),
            width: 0.25,
            latent_dimension: 128,
            latent_distribution: "uniform".into(),
            loss: "non-saturating".into(),
            discriminator_normalization: "spectral".into(),
            discriminator_penalty: if diverged { "none" } else { "gradient" }.into(),
            penalty_lambda: (!diverged).then_some(10.0),
            penalty_form: None,
            weight_clip: None,
            discriminator_steps: 1,
            generator_normalization: "batch".into(),
            moving_average_decay: None,
            moving_average_from: None,
            discriminator_learning: learning(),
            generator_learning: learning().into(),
            batch_size: 64,
            steps: 2000,
            checkpoint_every: 500,
            status,
            diverged_at: diverged.then_some(731),
            generator_digest: begun.then(|| "ab".repeat(32)),
            last_step: begun.then_some(500),
        }
    };
    RunStatus::ALL.iter().enumerate().map(run).collect()
}

pub(super) fn protocol() -> Protocol {
    Protocol {
        n_samples: 10_000,
        n_reference: Some(10_000),
        n_training: None,
        reference_digest: Some("7e".repeat(32)),
        extractor: Some("classifier".into()),
        extractor_digest: Some("e0".repeat(32)),
        weights_digest: None,
        extractor_layer: None,
        resize: None,
        logit_bias: None,
        extractor_accuracy: Some(0.913),
        feature_dimension: Some(128),
        dataset: "fashion-mnist".into(),
        split: "test".into(),
        quantization: Some("rounded to bytes".into()),
        batch_norm: Some("running averages".into()),
        estimator: "gaussian".into(),
        splits: None,
        subset_size: None,
        neighbours: None,
        metric_seed: None,
        divisor: None,
        fallback: None,
    }
}

pub(super) fn metric(setting: &str, seed: i64, step: i64, name: &str, value: Option<f64>) -> MetricRow {
    MetricRow {
        study: "fashion".into(),
        run: format!("{setting}/seed-{seed}"),
        setting: setting.into(),
        seed,
        step,
        metric: name.into(),
        value,
        numeric_error: None,
        standard_error: None,
        standard_deviation: None,
        r_squared: None,
        interval_low: None,
        interval_high: None,
        interval_level: None,
        interval_resamples: None,
        protocol: protocol(),
        convention: "standard".into(),
    }
}

/// Two settings, two seeds, two steps, and two metrics of which one sees no reference and has no value once.
pub(super) fn metrics() -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for setting in ["none", "spectral"] {
        for (seed, step) in [(1, 500), (1, 1000), (2, 500), (2, 1000), (10, 500)] {
            rows.push(metric(
                setting,
                seed,
                step,
                "fid",
                Some(40.0 + seed as f64 / 8.0 - step as f64 / 500.0),
            ));
            let mut similarity = metric(setting, seed, step, "ms-ssim", (seed != 2).then_some(0.25));
            let pixels = Protocol {
                n_reference: None,
                reference_digest: None,
                extractor: None,
                extractor_digest: None,
                ..protocol()
            };
            similarity.protocol = Protocol {
                extractor_accuracy: None,
                feature_dimension: None,
                splits: Some(10),
                ..pixels
            };
            rows.push(similarity);
        }
    }
    rows
}

/// More rows than one batch holds, with a NaN at the end.
pub(super) fn losses() -> Vec<LossRow> {
    let names = ["fashion", "none/seed-1", "none"].map(Arc::<str>::from);
    let [study, run, setting] = names;
    let mut rows = Vec::new();
    for step in 1..=4000 {
        for &player in Player::ALL {
            let value = if step == 4000 {
                None
            } else {
                Some(step as f32 / 3.0)
            };
            let (study, run, setting) = (Arc::clone(&study), Arc::clone(&run), Arc::clone(&setting));
            rows.push(LossRow {
                study,
                run,
                setting,
                seed: 1,
                step,
                player,
                value,
            });
        }
    }
    rows
}

/// 2026-01-31, 12 o'clock UTC.
pub(super) const STARTED: Timestamp = Timestamp(1_769_860_800_000_000);

pub(super) fn stages(attempt: &str) -> Vec<StageRow> {
    let stage = |(index, &status): (usize, &StageStatus)| StageRow {
        attempt: attempt.into(),
        stage: format!("train none/seed-{index}"),
        kind: "train".into(),
        key: (status != StageStatus::Skipped).then(|| "0f".repeat(32)),
        status,
        started: Timestamp(STARTED.0 + index as i64),
        wall_seconds: 1.5 * index as f64,
        peak_memory_bytes: (index > 0).then_some(1 << 30),
        device: "cpu".into(),
        threads: 2,
        kernel_launches: (index > 0).then_some(12_345),
        host_operations: (index > 0).then_some(0),
        peak_device_memory_bytes: (index > 1).then_some(1 << 28),
    };
    StageStatus::ALL.iter().enumerate().map(stage).collect()
}
