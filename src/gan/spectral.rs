//! Spectral normalization of a whole player, or none: which of its layers, and when their vectors move.

use crate::gan::convention::SpectralMove;
use crate::gan::{Convention, DiscriminatorNormalization, GeneratorNormalization, TrainingSettings};
use crate::nn::{
    Network, NormalizedWeights, Specification, SpectralUpdate, SpectralVector, Weighted, Weights,
    kept_vector, spectrally_normalized,
};

/// The layers of one network that are normalized; without any, weights stay as they are.
#[derive(Clone, Debug)]
pub(super) struct Spectral {
    layers: Vec<Weighted>,
    names: Vec<String>,
    side: SpectralVector,
    moves: SpectralMove,
}

impl Spectral {
    pub(super) fn of_generator(settings: &TrainingSettings, network: &Network) -> Self {
        let is_spectral = settings.generator_normalization == GeneratorNormalization::Spectral;
        Self::new(is_spectral, network, &settings.convention)
    }

    pub(super) fn of_discriminator(settings: &TrainingSettings, network: &Network) -> Self {
        let is_spectral = settings.normalization == DiscriminatorNormalization::Spectral;
        Self::new(is_spectral, network, &settings.convention)
    }

    fn new(is_spectral: bool, network: &Network, convention: &Convention) -> Self {
        let layers: Vec<Weighted> = if is_spectral {
            network.weighted().into_iter().cloned().collect()
        } else {
            Vec::new()
        };
        Self {
            names: layers.iter().map(|layer| layer.name.clone()).collect(),
            layers,
            side: convention.spectral_vector_side,
            moves: convention.spectral_vector_moves,
        }
    }

    /// The vectors that are kept, as they start.
    pub(super) fn kept_vectors(&self) -> Vec<Specification> {
        let vector = |layer| kept_vector(layer, self.side);
        self.layers.iter().map(vector).collect()
    }

    /// Whether every pass through the network moves the vectors and has weights of its own.
    pub(super) fn moves_in_every_pass(&self) -> bool {
        !self.layers.is_empty() && self.moves == SpectralMove::EveryPass
    }

    /// How the vectors move in a pass during the other player's update.
    pub(super) fn in_the_others_update(&self) -> SpectralUpdate {
        match self.moves {
            SpectralMove::Once => SpectralUpdate::Keep,
            SpectralMove::EveryPass => SpectralUpdate::Iterate,
        }
    }

    /// Weights as the network uses them, with vectors that may have moved.
    pub(super) fn normalized(
        &self,
        weights: &Weights,
        kept: &Weights,
        update: SpectralUpdate,
    ) -> NormalizedWeights {
        spectrally_normalized(weights, &self.names, kept, self.side, update)
    }
}
