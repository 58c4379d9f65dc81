//! Optimizers: how weights move by their gradients. Knows no network, player or loss.

mod adam;
mod clip;
mod plain;

pub use adam::{Adam, AdamSettings};
pub use clip::{clip_norm, clip_weights};
pub use plain::{Kept, RmsPropSettings, SgdSettings};

use crate::nn::Weights;

/// The rule of one player's updates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OptimizerSettings {
    /// Adam.
    Adam(AdamSettings),
    /// RMSProp.
    RmsProp(RmsPropSettings),
    /// Gradient descent.
    Sgd(SgdSettings),
}

/// What an optimizer remembers of one player's updates.
#[derive(Clone, Debug)]
pub enum Optimizer {
    /// Adam's moments.
    Adam(Adam),
    /// RMSProp's mean squares.
    RmsProp(Kept),
    /// Gradient descent's velocities.
    Sgd(Kept),
}

impl Optimizer {
    /// One that has not moved these weights yet.
    #[must_use]
    pub fn new(settings: OptimizerSettings, weights: &Weights) -> Self {
        match settings {
            OptimizerSettings::Adam(_) => Self::Adam(Adam::new(weights)),
            OptimizerSettings::RmsProp(_) => Self::RmsProp(Kept::new(weights)),
            OptimizerSettings::Sgd(_) => Self::Sgd(Kept::new(weights)),
        }
    }

    /// How many updates there were.
    #[must_use]
    pub fn updates(&self) -> u64 {
        match self {
            Self::Adam(adam) => adam.updates(),
            Self::RmsProp(kept) | Self::Sgd(kept) => kept.updates,
        }
    }

    /// Weights after one update with their gradients, which have the same names.
    ///
    /// # Panics
    /// When the settings are of another rule.
    #[must_use]
    pub fn update(
        &mut self,
        settings: OptimizerSettings,
        learning_rate: f64,
        weights: &Weights,
        gradients: &Weights,
    ) -> Weights {
        match (self, settings) {
            (Self::Adam(adam), OptimizerSettings::Adam(settings)) => {
                adam.update(settings, learning_rate, weights, gradients)
            }
            (Self::RmsProp(kept), OptimizerSettings::RmsProp(settings)) => {
                kept.rms_prop(settings, learning_rate, weights, gradients)
            }
            (Self::Sgd(kept), OptimizerSettings::Sgd(settings)) => {
                kept.descend(settings, learning_rate, weights, gradients)
            }
            (own, settings) => panic!("{own:?} cannot update by {settings:?}"),
        }
    }

    /// Writes what it remembers under `<rule>.<player>.`; the number of updates is the caller's to keep.
    pub fn store(&self, player: &str, into: &mut Weights) {
        match self {
            Self::Adam(adam) => adam.store(&format!("adam.{player}."), into),
            Self::RmsProp(kept) => into.extend_under(&format!("rmsprop.{player}."), &kept.values),
            Self::Sgd(kept) => into.extend_under(&format!("sgd.{player}."), &kept.values),
        }
    }

    /// The optimizer whose memory was stored for a player after this many updates.
    #[must_use]
    pub fn restore(settings: OptimizerSettings, player: &str, from: &Weights, updates: u64) -> Self {
        let kept = |rule: &str| Kept {
            values: from.under(&format!("{rule}.{player}.")),
            updates,
        };
        match settings {
            OptimizerSettings::Adam(_) => {
                Self::Adam(Adam::restore(&format!("adam.{player}."), from, updates))
            }
            OptimizerSettings::RmsProp(_) => Self::RmsProp(kept("rmsprop")),
            OptimizerSettings::Sgd(_) => Self::Sgd(kept("sgd")),
        }
    }
}
