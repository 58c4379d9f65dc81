//! RMSProp and stochastic gradient descent over all weights of one player.

use gan_kernels::Array;

use crate::autograd::Variable;
use crate::nn::Weights;

/// RMSProp (Hinton 2012, lecture 6e), without momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsPropSettings {
    /// Decay of the mean square, in [0, 1).
    pub decay: f64,
    /// Added to the root of the mean square.
    pub epsilon: f64,
}

/// Gradient descent with momentum (Polyak 1964); without where it is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdSettings {
    /// What the velocity keeps of itself, in [0, 1).
    pub momentum: f64,
}

/// One number kept for each weight: a mean square, or a velocity.
#[derive(Clone, Debug)]
pub struct Kept {
    pub(super) values: Weights,
    pub(super) updates: u64,
}

impl Kept {
    pub(super) fn new(weights: &Weights) -> Self {
        let zeros = weights
            .iter()
            .map(|(name, array)| (name, Array::full_like(array, array.shape(), 0.0)));
        Self {
            values: zeros.collect(),
            updates: 0,
        }
    }

    /// `s = decay s + (1 - decay) g^2`, `w = w - rate g / (sqrt(s) + epsilon)`.
    pub(super) fn rms_prop(
        &mut self,
        settings: RmsPropSettings,
        rate: f64,
        weights: &Weights,
        gradients: &Weights,
    ) -> Weights {
        let RmsPropSettings { decay, epsilon } = settings;
        self.update(weights, gradients, |weight, kept, gradient| {
            let square = kept.scale(decay).plus(&gradient.square().scale(1.0 - decay));
            let step = gradient.over(&square.square_root().affine(1.0, epsilon));
            (weight.minus(&step.scale(rate)), square)
        })
    }

    /// `v = momentum v + g`, `w = w - rate v`.
    pub(super) fn descend(
        &mut self,
        settings: SgdSettings,
        rate: f64,
        weights: &Weights,
        gradients: &Weights,
    ) -> Weights {
        self.update(weights, gradients, |weight, kept, gradient| {
            let velocity = kept.scale(settings.momentum).plus(gradient);
            (weight.minus(&velocity.scale(rate)), velocity)
        })
    }

    /// Every weight and its kept number, from both and the gradient.
    fn update(
        &mut self,
        weights: &Weights,
        gradients: &Weights,
        rule: impl Fn(&Variable, &Variable, &Variable) -> (Variable, Variable),
    ) -> Weights {
        self.updates += 1;
        let mut updated = Weights::default();
        for (name, weight) in weights.iter() {
            let [weight, kept, gradient] = [weight, self.values.get(name), gradients.get(name)]
                .map(|array| Variable::constant(array.clone()));
            let (weight, kept) = rule(&weight, &kept, &gradient);
            updated.insert(name, weight.value().clone());
            self.values.insert(name, kept.value().clone());
        }
        updated
    }
}
