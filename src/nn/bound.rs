//! Weights made ready for one forward pass: as leaves, when gradients are wanted, or as constants.

use std::collections::BTreeMap;

use crate::autograd::{Variable, gradients};
use crate::nn::Weights;

/// A network's weights as variables, by name.
#[derive(Clone, Debug)]
pub struct Bound(BTreeMap<String, Variable>);

impl Bound {
    /// Weights that gradients will be asked for.
    #[must_use]
    pub fn leaves(weights: &Weights) -> Self {
        Self(
            weights
                .iter()
                .map(|(name, array)| (name.to_owned(), Variable::leaf(array.clone())))
                .collect(),
        )
    }

    /// Weights that stay as they are: those of the other player, or of a network that is only run.
    #[must_use]
    pub fn constants(weights: &Weights) -> Self {
        Self(
            weights
                .iter()
                .map(|(name, array)| (name.to_owned(), Variable::constant(array.clone())))
                .collect(),
        )
    }

    /// The weight of that name.
    ///
    /// # Panics
    /// When there is none: names come from the network's own specification.
    #[must_use]
    pub fn get(&self, name: &str) -> &Variable {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no weight named {name:?} among {:?}", self.0.keys()))
    }

    /// The weight of that name, if there is one: not every layer has a bias.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// The weights of layers, without biases and what normalizations have.
    pub fn weights_of_layers(&self) -> impl Iterator<Item = &Variable> {
        let of_layers = self.0.iter().filter(|(name, _)| name.ends_with(".weight"));
        of_layers.map(|(_, weight)| weight)
    }

    /// The gradient of `loss` by every weight; consumes the loss and lets go of its graph.
    #[must_use]
    pub fn gradients(&self, loss: Variable) -> Weights {
        Self::gradients_of_all(&[self], loss).remove(0)
    }

    /// The gradient of `loss` by every weight of each of several; consumes the loss and lets go of its graph.
    #[must_use]
    pub fn gradients_of_all(all: &[&Self], loss: Variable) -> Vec<Weights> {
        let leaves: Vec<Variable> = all.iter().flat_map(|bound| bound.0.values().cloned()).collect();
        let mut gradients = gradients(loss, &leaves).into_iter();
        let of_one = |bound: &&Self| bound.0.keys().cloned().zip(gradients.by_ref()).collect();
        all.iter().map(of_one).collect()
    }
}
