//! Losses of the two players, over logits `[n, 1]` of real and generated images.
//!
//! With `D = sigmoid(logit)`: `softplus(-logit) = -log D` and `softplus(logit) = -log(1 - D)`.

use crate::autograd::Variable;
use crate::gan::convention::LeastSquares;

/// A loss by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The non-saturating loss (Goodfellow et al. 2014, section 3).
    NonSaturating,
    /// The minimax loss (Goodfellow et al. 2014, equation 1).
    Minimax,
    /// The least-squares loss (Mao et al. 2017, equation 9, with a = 0 and b = c = 1).
    LeastSquares(LeastSquares),
    /// The Wasserstein loss (Arjovsky et al. 2017, algorithm 1).
    Wasserstein,
    /// The hinge loss (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17).
    Hinge,
}

impl Loss {
    /// What the discriminator minimises, `[1, 1]`.
    ///
    /// Non-saturating and minimax: `mean softplus(-real) + mean softplus(fake)`; least squares:
    /// `(mean (real - 1)^2 + mean fake^2) / 2`; Wasserstein: `mean fake - mean real`; hinge:
    /// `mean relu(1 - real) + mean relu(1 + fake)`.
    #[must_use]
    pub fn discriminator(self, real: &Variable, fake: &Variable) -> Variable {
        let (real, fake) = match self {
            Self::NonSaturating | Self::Minimax => (real.scale(-1.0).softplus(), fake.softplus()),
            Self::LeastSquares(of) => {
                let (real, fake) = (of.output(real), of.output(fake));
                (
                    real.affine(1.0, -1.0).square().scale(0.5),
                    fake.square().scale(0.5),
                )
            }
            Self::Wasserstein => (real.scale(-1.0), fake.clone()),
            Self::Hinge => (real.affine(-1.0, 1.0).relu(), fake.affine(1.0, 1.0).relu()),
        };
        real.mean_of_all().plus(&fake.mean_of_all())
    }

    /// What the generator minimises, `[1, 1]`.
    ///
    /// Non-saturating: `mean softplus(-fake)`; minimax: `-mean softplus(fake)`; least squares: `mean (fake - 1)^2 / 2`;
    /// Wasserstein and hinge: `-mean fake`.
    #[must_use]
    pub fn generator(self, fake: &Variable) -> Variable {
        match self {
            Self::NonSaturating => fake.scale(-1.0).softplus(),
            Self::Minimax => fake.softplus().scale(-1.0),
            Self::LeastSquares(of) => of.output(fake).affine(1.0, -1.0).square().scale(0.5),
            Self::Wasserstein | Self::Hinge => fake.scale(-1.0),
        }
        .mean_of_all()
    }
}

impl LeastSquares {
    fn output(self, logit: &Variable) -> Variable {
        match self {
            Self::Logit => logit.clone(),
            Self::Probability => logit.sigmoid(),
        }
    }
}
