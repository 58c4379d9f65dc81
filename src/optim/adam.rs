//! Adam (Kingma and Ba 2015) over all weights of one player.

use gan_kernels::Array;
use gan_kernels::adam::{AdamStep, Moments, adam};

use crate::nn::Weights;

/// The settings of Adam, but for the step size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    /// Decay of the first moment, in [0, 1).
    pub beta1: f64,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Whether that is the corrected second moment, as in the paper's algorithm 1. If not, the moment itself: "epsilon
    /// hat" at the end of its section 2.
    pub is_corrected: bool,
}

impl AdamSettings {
    /// What has to be added to the root of the corrected second moment at an update, counted from 1.
    fn corrected_epsilon(self, update: u64) -> f64 {
        if self.is_corrected {
            return self.epsilon;
        }
        // lr sqrt(1 - b^t) / (1 - a^t) m / (sqrt(v) + e) is lr m' / (sqrt(v') + e / sqrt(1 - b^t)) of corrected moments.
        let update = i32::try_from(update).unwrap_or(i32::MAX);
        self.epsilon / (1.0 - self.beta2.powi(update)).sqrt()
    }
}

/// One player's moments and the number of its updates.
#[derive(Clone, Debug)]
pub struct Adam {
    first: Weights,
    second: Weights,
    updates: u64,
}

impl Adam {
    /// Zero moments for these weights.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        let zeros: Weights = weights
            .iter()
            .map(|(name, array)| (name, Array::full_like(array, array.shape(), 0.0)))
            .collect();
        Self {
            first: zeros.clone(),
            second: zeros,
            updates: 0,
        }
    }

    /// How many updates there were.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Weights after one update with their gradients, which have the same names.
    #[must_use]
    pub fn update(
        &mut self,
        settings: AdamSettings,
        learning_rate: f64,
        weights: &Weights,
        gradients: &Weights,
    ) -> Weights {
        self.updates += 1;
        let epsilon = settings.corrected_epsilon(self.updates);
        let AdamSettings { beta1, beta2, .. } = settings;
        let step = AdamStep {
            learning_rate,
            beta1,
            beta2,
            epsilon,
            step: self.updates,
        };
        let parameters: Vec<Moments> = weights
            .iter()
            .map(|(name, value)| Moments {
                value: value.clone(),
                first: self.first.get(name).clone(),
                second: self.second.get(name).clone(),
            })
            .collect();
        let gradients: Vec<Array> = weights
            .iter()
            .map(|(name, _)| gradients.get(name).clone())
            .collect();
        let mut updated = Weights::default();
        for ((name, _), moments) in weights.iter().zip(adam(step, &parameters, &gradients)) {
            updated.insert(name, moments.value);
            self.first.insert(name, moments.first);
            self.second.insert(name, moments.second);
        }
        updated
    }

    /// Writes the moments under `<prefix>first.` and `<prefix>second.`; the number of updates is the caller's to keep.
    pub fn store(&self, prefix: &str, into: &mut Weights) {
        into.extend_under(&format!("{prefix}first."), &self.first);
        into.extend_under(&format!("{prefix}second."), &self.second);
    }

    /// The optimizer whose moments were stored under `prefix` after this many updates.
    #[must_use]
    pub fn restore(prefix: &str, from: &Weights, updates: u64) -> Self {
        let part = |name: &str| from.under(&format!("{prefix}{name}."));
        Self {
            first: part("first"),
            second: part("second"),
            updates,
        }
    }
}
