//! Every table and every column, defined once: name, type, unit and definition.
//!
//! The structs below are the rows that callers fill in; the documentation of a field is the definition of its column,
//! which goes into the files and into `docs/tables.md`. Text columns that hold one of few words have a type of `words`.
//! Knows neither where the rows come from nor how they are stored.

use std::sync::Arc;

use super::cell::Timestamp;
use super::columns::{Columns, FileRow, Layout, Row, Table, columns};
use super::words::{Player, RunStatus, StageStatus};

/// Version of all tables; it rises when a column is renamed, removed, or changes its meaning.
pub const SCHEMA_VERSION: i64 = 1;

columns! {
    /// One run: a setting and a seed, with everything that was chosen for it and how it ended.
    pub struct RunRow {
        /// Name of the study.
        pub study: String,
        /// Name of the run: its setting and its seed.
        pub run: String,
        /// Name of the setting: what the matrix varies, without the seed.
        pub setting: String,
        /// Seed of the run within the study.
        pub seed: i64,
        /// Seed of the study.
        pub study_seed: i64,
        /// Data set that the run was trained on.
        pub dataset: String,
        /// Height and width of the images.
        pub resolution: i64 as "pixels",
        /// Channels of the images: 1 for gray, 3 for RGB.
        pub channels: i64 as "1",
        /// Images that the run was trained on; null until they are prepared.
        pub train_images: Option<i64> as "images",
        /// Images of an image folder, of both splits, that were left out because they cannot be decoded; null for other data sets.
        pub corrupt_images: Option<i64> as "images",
        /// Digest of the prepared training images; null until they are prepared.
        pub data_digest: Option<String>,
        /// Name of the convention that the switches start from.
        pub convention: String,
        /// Choices on which published implementations differ.
        pub switches: ConventionSwitches,
        /// Device that the study names, or the one found for auto; what was in the cache may be from another one of its class.
        pub device: String,
        /// What operands of matrix products and convolutions were rounded to in training; all else is in f32.
        pub precision: String,
        /// Device class and version of the algorithms; equal values promise equal results on the processor, interchangeable ones on GPUs.
        pub numerics: String,
        /// Architecture of the generator.
        pub architecture: String,
        /// Architecture of the discriminator.
        pub discriminator_architecture: String,
        /// Multiplier of the architecture's channel counts.
        pub width: f64 as "1",
        /// Length of a latent vector.
        pub latent_dimension: i64 as "numbers",
        /// Distribution of a latent vector's numbers.
        pub latent_distribution: String,
        /// Loss of both players.
        pub loss: String,
        /// Normalization of the discriminator's layers.
        pub discriminator_normalization: String,
        /// Penalty that is added to the discriminator's loss.
        pub discriminator_penalty: String,
        /// Weight of the penalty; null without a penalty.
        pub penalty_lambda: Option<f64> as "1",
        /// Where DRAGAN's penalty takes the gradient; null for other penalties.
        pub penalty_form: Option<String>,
        /// Largest magnitude of the discriminator's weights; null without weight clipping.
        pub weight_clip: Option<f64> as "1",
        /// Discriminator updates for each generator update.
        pub discriminator_steps: i64 as "updates",
        /// Normalization of the generator's layers.
        pub generator_normalization: String,
        /// Decay of the moving average of the generator's weights; null without one.
        pub moving_average_decay: Option<f64> as "1",
        /// Step at which that average begins to move; null without one.
        pub moving_average_from: Option<i64> as "steps",
        /// How the discriminator learns.
        pub discriminator_learning: Learning,
        /// How the generator learns.
        pub generator_learning: GeneratorLearning,
        /// Images in one batch.
        pub batch_size: i64 as "images",
        /// Steps that the study asks for; a step is an update of the discriminator.
        pub steps: i64 as "steps",
        /// Steps between two checkpoints.
        pub checkpoint_every: i64 as "steps",
        /// How far the run has come: completed, diverged, failed, skipped or incomplete.
        pub status: RunStatus,
        /// First step with a loss that was not finite; null unless the run diverged.
        pub diverged_at: Option<i64> as "steps",
        /// Digest of the generator at the last checkpoint; null before the first.
        pub generator_digest: Option<String>,
        /// Step of the last checkpoint; null before the first.
        pub last_step: Option<i64> as "steps",
    }

    /// How the discriminator learns, as columns of `runs`.
    pub struct Learning {
        /// Optimizer of the discriminator.
        pub optimizer: String,
        /// Learning rate of the discriminator.
        pub learning_rate: f64 as "1",
        /// Decay of the discriminator's first moment; null where its optimizer has none.
        pub beta1: Option<f64> as "1",
        /// Decay of the discriminator's second moment; null where its optimizer has none.
        pub beta2: Option<f64> as "1",
        /// Decay of the discriminator's mean square; null where its optimizer is not RMSProp.
        pub rms_decay: Option<f64> as "1",
        /// Momentum of the discriminator; null where its optimizer is not gradient descent.
        pub momentum: Option<f64> as "1",
        /// Length that the discriminator's gradients are shortened to; null where they are not.
        pub clip_norm: Option<f64> as "1",
        /// Step at which the discriminator's learning rate has fallen to 0; null where it is constant.
        pub decay_until: Option<i64> as "steps",
    }

    /// How the generator learns, as columns of `runs`.
    pub struct GeneratorLearning {
        /// Optimizer of the generator.
        pub generator_optimizer: String,
        /// Learning rate of the generator.
        pub generator_learning_rate: f64 as "1",
        /// Decay of the generator's first moment; null where its optimizer has none.
        pub generator_beta1: Option<f64> as "1",
        /// Decay of the generator's second moment; null where its optimizer has none.
        pub generator_beta2: Option<f64> as "1",
        /// Decay of the generator's mean square; null where its optimizer is not RMSProp.
        pub generator_rms_decay: Option<f64> as "1",
        /// Momentum of the generator; null where its optimizer is not gradient descent.
        pub generator_momentum: Option<f64> as "1",
        /// Length that the generator's gradients are shortened to; null where they are not.
        pub generator_clip_norm: Option<f64> as "1",
        /// Step at which the generator's learning rate has fallen to 0; null where it is constant.
        pub generator_decay_until: Option<i64> as "steps",
    }

    /// Choices on which published implementations differ, each a column of `runs`.
    pub struct ConventionSwitches {
        /// Range of the pixel values that both players see.
        pub image_range: String,
        /// How residual generators double the extents.
        pub unpooling: String,
        /// When the second branch of a residual block has a convolution.
        pub shortcut: String,
        /// First block of a residual discriminator.
        pub first_block: String,
        /// Channels between the two convolutions of a residual discriminator's block: as many as come out, or as go in.
        pub hidden_width: String,
        /// What becomes of the pixels at the end of a residual discriminator.
        pub global_pooling: String,
        /// Whether the last layer of a residual discriminator is with or without a bias.
        pub last_bias: String,
        /// How weights start.
        pub initial_weights: String,
        /// What the least-squares loss acts on.
        pub least_squares: String,
        /// Side of the weight matrix on which spectral normalization keeps its vector.
        pub spectral_vector_side: String,
        /// When spectral normalization's vector moves.
        pub spectral_vector_moves: String,
        /// Number that the generator's batch normalization adds to the variance.
        pub batch_norm_epsilon: f64 as "1",
        /// Decay of the running averages of the generator's batch normalization.
        pub batch_norm_decay: f64 as "1",
        /// When the running averages of batch normalization move.
        pub batch_norm_moves: String,
        /// Variance that the running averages of batch normalization are of.
        pub batch_norm_variance: String,
        /// Number that layer normalization adds to the variance.
        pub layer_norm_epsilon: f64 as "1",
        /// Number that Adam adds to the root of the second moment.
        pub adam_epsilon: f64 as "1",
        /// Whether Adam adds its epsilon to the root of the corrected or of the uncorrected moment.
        pub adam_epsilon_place: String,
        /// Number that penalties add to the squared norm under the root.
        pub gradient_penalty_epsilon: f64 as "1",
        /// Norm that penalties pull the gradient to.
        pub gradient_penalty_target: f64 as "1",
        /// Which of the discriminator's steps between two generator updates the generator moves at.
        pub generator_moves: String,
        /// Latent vectors of the generator's update: fresh ones, or those shared with the discriminator's.
        pub generator_latent: String,
    }

    /// One metric of one run at one checkpoint, with the protocol that it was measured by.
    pub struct MetricRow {
        /// Name of the study.
        pub study: String,
        /// Name of the run: its setting and its seed.
        pub run: String,
        /// Name of the setting: what the matrix varies, without the seed.
        pub setting: String,
        /// Seed of the run within the study.
        pub seed: i64,
        /// Step of the checkpoint that was measured.
        pub step: i64 as "steps",
        /// Name of the metric.
        pub metric: String,
        /// Value of the metric; null where it has no value, never NaN.
        pub value: Option<f64> as "of the metric",
        /// Estimate of how far the value is off because it was computed in f32; null where it was computed in f64.
        pub numeric_error: Option<f64> as "of the metric",
        /// Estimate of the value's standard error, from the same images; null where the metric gives none.
        pub standard_error: Option<f64> as "of the metric",
        /// Standard deviation over the parts, subsets, pairs or latent vectors that the value is a mean over; null where it is no such mean.
        pub standard_deviation: Option<f64> as "of the metric",
        /// Share of the variance that the fitted line explains; null for a metric that fits none.
        pub r_squared: Option<f64> as "1",
        /// Lower end of the interval from images drawn again; null where none was asked for.
        pub interval_low: Option<f64> as "of the metric",
        /// Upper end of that interval; null where none was asked for.
        pub interval_high: Option<f64> as "of the metric",
        /// Share of the values of images drawn again that lie within that interval; null where none was asked for.
        pub interval_level: Option<f64> as "1",
        /// How often images were drawn again for that interval; null where none was asked for.
        pub interval_resamples: Option<i64> as "resamples",
        /// How the value was measured.
        pub protocol: Protocol,
        /// Name of the convention that the run was trained by.
        pub convention: String,
    }

    /// How a metric was measured; values of one metric compare only where all of this is equal.
    pub struct Protocol {
        /// Generated images that the metric saw.
        pub n_samples: i64 as "images",
        /// Reference images that the metric saw; null for a metric that sees none.
        pub n_reference: Option<i64> as "images",
        /// Training images that the metric saw; null for a metric that sees none.
        pub n_training: Option<i64> as "images",
        /// Digest of the prepared reference images; null for a metric that sees none.
        pub reference_digest: Option<String>,
        /// Network that extracted the features, with its version if it is not trained; null for a metric on pixels.
        pub extractor: Option<String>,
        /// Digest of the extractor's weights; null without an extractor.
        pub extractor_digest: Option<String>,
        /// Digest of the published file that the extractor's weights are from; null for other extractors.
        pub weights_digest: Option<String>,
        /// Place in the extractor that features are from; null where it has one place.
        pub extractor_layer: Option<String>,
        /// How images were brought to the extents that the extractor was trained with; null where they are seen as they are.
        pub resize: Option<String>,
        /// Whether the extractor's class scores are with or without their bias; null where it has no choice.
        pub logit_bias: Option<String>,
        /// Share of the test images that the extractor classifies correctly; null where unknown.
        pub extractor_accuracy: Option<f64> as "1",
        /// Length of a feature vector; null without an extractor.
        pub feature_dimension: Option<i64> as "numbers",
        /// Data set that the reference images come from.
        pub dataset: String,
        /// Split that the reference images come from: test, or validation (images held out of training); none without a reference.
        pub split: String,
        /// What became of the generated numbers before they were measured: rounded to bytes; null for a metric that sees no images.
        pub quantization: Option<String>,
        /// Averages that the generator's batch normalization used: running ones; null where no generator was run.
        pub batch_norm: Option<String>,
        /// Estimator or method by which the value was computed, with its constants.
        pub estimator: String,
        /// Parts, subsets, pairs, clusterings or latent vectors that the estimator averages over, or points that it fits; null where it has none.
        pub splits: Option<i64> as "parts",
        /// Images in each subset, or in the smallest; null for an estimator without subsets.
        pub subset_size: Option<i64> as "images",
        /// Which neighbour's distance is the radius of a neighbourhood; null for an estimator without neighbourhoods.
        pub neighbours: Option<i64> as "1",
        /// Seed of the estimator's random choices; null for one without.
        pub metric_seed: Option<i64>,
        /// What the variance behind the standard deviation was divided by: population (the count) or sample (one less); null without.
        pub divisor: Option<String>,
        /// What the estimator did instead where its own way had no result; null where it took its own way.
        pub fallback: Option<String>,
    }

    /// One player's loss at one step of one run.
    ///
    /// There can be millions of these, so their names are shared, not copied.
    pub struct LossRow {
        /// Name of the study.
        pub study: Arc<str>,
        /// Name of the run: its setting and its seed.
        pub run: Arc<str>,
        /// Name of the setting: what the matrix varies, without the seed.
        pub setting: Arc<str>,
        /// Seed of the run within the study.
        pub seed: i64,
        /// Step that the loss was computed in.
        pub step: i64 as "steps",
        /// Whose loss it is: discriminator (with its weighted penalty), generator, or penalty (alone, before its weight).
        pub player: Player,
        /// Mean loss over the batch; null where it was NaN.
        pub value: Option<f32> as "1",
    }

    /// What one build did with one stage, and what that cost.
    pub struct StageRow {
        /// Name of the build that the row is from.
        pub attempt: String,
        /// Name of the stage.
        pub stage: String,
        /// Kind of the stage.
        pub kind: String,
        /// Key of the stage; null where an input never became known.
        pub key: Option<String>,
        /// What happened: hit, ran, failed, diverged or skipped.
        pub status: StageStatus,
        /// When the build came to the stage, UTC.
        pub started: Timestamp as "microseconds since 1970-01-01",
        /// Time that the stage took.
        pub wall_seconds: f64 as "seconds",
        /// Largest resident memory of the process until the stage ended; null where unknown.
        pub peak_memory_bytes: Option<i64> as "bytes",
        /// Device that the stage ran on.
        pub device: String,
        /// Threads that the stage was given; on a GPU one of them makes all calls.
        pub threads: i64 as "threads",
        /// Kernels that the stage launched on a GPU; null where it did not run, or trains, samples, extracts and compares nothing.
        pub kernel_launches: Option<i64> as "launches",
        /// Operations on arrays that the processor computed for the stage; null as the launches are.
        pub host_operations: Option<i64> as "operations",
        /// Most memory of the GPU that the stage's arrays held at a time, without reserves of the driver; null where it did not run on a GPU.
        pub peak_device_memory_bytes: Option<i64> as "bytes",
    }
}

impl Row for RunRow {
    fn table() -> Table {
        Table {
            name: "runs",
            definition: "A row is a run: a setting and a seed, with everything that was chosen for it and how it ended.",
            layout: Layout::File,
            sorted_by: &["study", "setting", "seed"],
            columns: Self::columns(),
        }
    }
}

impl Row for MetricRow {
    fn table() -> Table {
        Table {
            name: "metrics",
            definition: "A row is one metric of one run at one checkpoint, with the protocol that it was measured by.",
            layout: Layout::File,
            sorted_by: &["study", "setting", "seed", "step", "metric"],
            columns: Self::columns(),
        }
    }
}

impl Row for LossRow {
    fn table() -> Table {
        Table {
            name: "losses",
            definition: "A row is one player's loss at one step of one run.",
            layout: Layout::File,
            sorted_by: &["study", "setting", "seed", "step", "player"],
            columns: Self::columns(),
        }
    }
}

impl Row for StageRow {
    fn table() -> Table {
        Table {
            name: "stages",
            definition: "A row is what one build did with one stage, and what that cost.",
            layout: Layout::Folder,
            sorted_by: &["started", "stage"],
            columns: Self::columns(),
        }
    }
}

impl FileRow for RunRow {}
impl FileRow for MetricRow {}
impl FileRow for LossRow {}

/// Returns every table, in the order of the documentation.
pub fn tables() -> Vec<Table> {
    vec![
        RunRow::table(),
        MetricRow::table(),
        LossRow::table(),
        StageRow::table(),
    ]
}

impl From<Learning> for GeneratorLearning {
    fn from(learning: Learning) -> Self {
        let Learning {
            optimizer,
            learning_rate,
            beta1,
            beta2,
            rms_decay,
            momentum,
            clip_norm,
            decay_until,
        } = learning;
        Self {
            generator_optimizer: optimizer,
            generator_learning_rate: learning_rate,
            generator_beta1: beta1,
            generator_beta2: beta2,
            generator_rms_decay: rms_decay,
            generator_momentum: momentum,
            generator_clip_norm: clip_norm,
            generator_decay_until: decay_until,
        }
    }
}
