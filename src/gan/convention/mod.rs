//! The choices on which papers and their code disagree, by name, so that a result says which it was made under.

mod switch;

pub use switch::SwitchValue;

use crate::gan::architecture::ArchitectureKind;
use crate::nn::{BatchNorm, GlobalPooling, RunningVariance, SpectralVector, Upsampling};

/// One set of choices; `docs/conventions.md` has the table with the reason of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convention {
    /// The range of images as networks see them.
    pub image_range: ImageRange,
    /// How blocks of residual generators double the extents.
    pub unpooling: Upsampling,
    /// What the second branch of a residual block is.
    pub shortcut: Shortcut,
    /// The first block of a residual discriminator.
    pub first_block: FirstBlock,
    /// Channels between the two convolutions of a residual discriminator's block.
    pub hidden_width: HiddenWidth,
    /// What becomes of the pixels at the end of a residual discriminator.
    pub global_pooling: GlobalPooling,
    /// Whether the last layer of a residual discriminator has a bias.
    pub last_bias: bool,
    /// How weights start.
    pub initial_weights: InitialWeights,
    /// What the least-squares loss acts on.
    pub least_squares: LeastSquares,
    /// The side of the matrix that spectral normalization's kept vector is on.
    pub spectral_vector_side: SpectralVector,
    /// When that vector moves.
    pub spectral_vector_moves: SpectralMove,
    /// Added to the variance in batch normalization; `None` where it depends on the architecture.
    pub batch_norm_epsilon: Option<f64>,
    /// What running averages keep of themselves at each update; `None` where it depends on the architecture.
    pub batch_norm_decay: Option<f64>,
    /// When running averages move.
    pub batch_norm_moves: BatchNormMoves,
    /// Which variance the running averages are of.
    pub batch_norm_variance: RunningVariance,
    /// Added to the variance in layer normalization.
    pub layer_norm_epsilon: f64,
    /// Where Adam's epsilon is added.
    pub adam_epsilon_place: AdamEpsilon,
    /// Added under the root of a gradient's squared length.
    pub gradient_penalty_epsilon: f64,
    /// At which of the discriminator's steps the generator moves.
    pub generator_moves: GeneratorMoves,
    /// Which latents the generator's update uses.
    pub generator_latent: GeneratorLatent,
}

/// The range of images as networks see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageRange {
    /// [-1, 1].
    Symmetric,
    /// [0, 1].
    Unit,
}

/// What the second branch of a residual block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortcut {
    /// A 3x3 convolution.
    Always,
    /// A 1x1 convolution where extents or channels change, else the input itself.
    WhenNeeded,
}

/// The first block of a residual discriminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FirstBlock {
    /// As all others: the image is normalized and rectified first, which loses what is below 0.
    Preactivated,
    /// As all others, but the image itself is convolved.
    Bare,
    /// The image itself is convolved, and the shortcut halves before its 1x1 convolution (Gulrajani et al. 2017,
    /// appendix F).
    Optimized,
}

/// Channels between the two convolutions of a residual discriminator's block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HiddenWidth {
    /// As many as come out.
    Output,
    /// As many as go in.
    Input,
}

/// How weights start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InitialWeights {
    /// Normal with standard deviation 0.02.
    Normal,
    /// The same, with convolutions drawn again until within two standard deviations; not in SNDCGAN's discriminator.
    Truncated,
    /// Uniform of Glorot and Bengio (2010, equation 16), with gain sqrt 2 within blocks.
    Glorot,
}

/// What the least-squares loss acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeastSquares {
    /// The logit (Mao et al. 2017, equation 9).
    Logit,
    /// Its sigmoid.
    Probability,
}

/// When spectral normalization's kept vector moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpectralMove {
    /// Once in each update of the network's own player; all passes of a step share the normalized weights.
    Once,
    /// In every pass of a training step, and each pass has its own normalized weights.
    EveryPass,
}

/// When the running averages of the generator's batch normalization move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchNormMoves {
    /// In its own updates.
    GeneratorUpdates,
    /// In every pass of a training step, that for the discriminator's update too.
    EveryPass,
}

/// Where Adam's epsilon is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdamEpsilon {
    /// To the root of the corrected second moment (Kingma and Ba 2015, algorithm 1).
    Corrected,
    /// To the root of the second moment itself (the same, end of section 2: "epsilon hat"; TensorFlow 1).
    Uncorrected,
}

/// At which of the discriminator's steps the generator moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorMoves {
    /// At `n`, `2 n`, and so on.
    Last,
    /// At 1, `1 + n`, and so on.
    First,
}

/// Which latents the generator's update uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorLatent {
    /// Its own.
    Fresh,
    /// Those of the discriminator's step.
    Shared,
}

impl Convention {
    /// Added to the root of Adam's second moment, and outside of that of RMSProp.
    pub const OPTIMIZER_EPSILON: f64 = 1e-8;

    /// Length that penalties pull gradients to.
    pub const GRADIENT_TARGET: f64 = 1.0;

    /// The papers' choices: images in [-1, 1]; spectral normalization's vector on the side of output channels, moved
    /// once in each update of the discriminator; running averages moved only by the generator's own updates; a step is
    /// one update of the discriminator, and the generator moves on every `discriminator steps`-th, with a fresh latent.
    pub const STANDARD: Self = Self {
        image_range: ImageRange::Symmetric,
        unpooling: Upsampling::Replicate,
        shortcut: Shortcut::Always,
        first_block: FirstBlock::Bare,
        hidden_width: HiddenWidth::Output,
        global_pooling: GlobalPooling::Mean,
        last_bias: true,
        initial_weights: InitialWeights::Normal,
        least_squares: LeastSquares::Logit,
        spectral_vector_side: SpectralVector::Outputs,
        spectral_vector_moves: SpectralMove::Once,
        batch_norm_epsilon: Some(2e-5),
        batch_norm_decay: Some(0.9),
        batch_norm_moves: BatchNormMoves::GeneratorUpdates,
        batch_norm_variance: RunningVariance::Unbiased,
        layer_norm_epsilon: 1e-5,
        adam_epsilon_place: AdamEpsilon::Corrected,
        gradient_penalty_epsilon: 1e-12,
        generator_moves: GeneratorMoves::Last,
        generator_latent: GeneratorLatent::Fresh,
    };

    /// The choices of Kurach et al.'s code (compare_gan, version 2).
    pub const COMPARE_GAN: Self = Self {
        image_range: ImageRange::Unit,
        unpooling: Upsampling::Zeros,
        first_block: FirstBlock::Preactivated,
        initial_weights: InitialWeights::Truncated,
        least_squares: LeastSquares::Probability,
        spectral_vector_side: SpectralVector::Inputs,
        spectral_vector_moves: SpectralMove::EveryPass,
        batch_norm_epsilon: None,
        batch_norm_decay: None,
        batch_norm_moves: BatchNormMoves::EveryPass,
        batch_norm_variance: RunningVariance::Biased,
        layer_norm_epsilon: 1e-12,
        adam_epsilon_place: AdamEpsilon::Uncorrected,
        gradient_penalty_epsilon: 1e-4,
        generator_moves: GeneratorMoves::First,
        generator_latent: GeneratorLatent::Shared,
        ..Self::STANDARD
    };

    /// The choices of Miyato et al.'s code (sngan_projection, without classes).
    pub const MIYATO: Self = Self {
        shortcut: Shortcut::WhenNeeded,
        first_block: FirstBlock::Optimized,
        hidden_width: HiddenWidth::Input,
        global_pooling: GlobalPooling::Sum,
        last_bias: false,
        initial_weights: InitialWeights::Glorot,
        ..Self::STANDARD
    };

    /// Constants of batch normalization in networks of this kind.
    #[must_use]
    pub fn batch_norm(&self, kind: ArchitectureKind) -> BatchNorm {
        let (epsilon, decay) = match kind {
            ArchitectureKind::Infogan => (1e-3, 0.999),
            ArchitectureKind::Sndcgan => (2e-5, 0.9),
            _ => (1e-5, 0.9),
        };
        BatchNorm {
            epsilon: self.batch_norm_epsilon.unwrap_or(epsilon),
            decay: self.batch_norm_decay.unwrap_or(decay),
            running_variance: self.batch_norm_variance,
        }
    }
}
