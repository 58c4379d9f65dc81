//! Losses of the two players, over logits `[n, 1]` of real and generated images.

use crate::autograd::Variable;

/// A loss by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The non-saturating loss (Goodfellow et al. 2014, section 3).
    NonSaturating,
}

impl Loss {
    /// What the discriminator minimises, `[1, 1]`.
    ///
    /// Non-saturating: `mean softplus(-real) + mean softplus(fake)`, which is
    /// `-E log D(x) - E log(1 - D(G(z)))` with `D = sigmoid(logit)`.
    #[must_use]
    pub fn discriminator(self, real: &Variable, fake: &Variable) -> Variable {
        match self {
            Self::NonSaturating => real
                .scale(-1.0)
                .softplus()
                .mean_of_all()
                .plus(&fake.softplus().mean_of_all()),
        }
    }

    /// What the generator minimises, `[1, 1]`.
    ///
    /// Non-saturating: `mean softplus(-fake)`, which is `-E log D(G(z))`.
    #[must_use]
    pub fn generator(self, fake: &Variable) -> Variable {
        match self {
            Self::NonSaturating => fake.scale(-1.0).softplus().mean_of_all(),
        }
    }
}
