//! The convention of a study: which set of choices, and the switches that are set otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::word::Distribution;
use crate::gan::SwitchValue;

/// The reading of the papers where they and their code differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// The papers' choices.
    Standard(Switches),
    /// The choices of Kurach et al.'s code.
    CompareGan(Switches),
    /// The choices of Miyato et al.'s code.
    Miyato(Switches),
}

/// Single choices that are made otherwise, by name; none where the convention's holds.
pub type Switches = BTreeMap<String, Option<Switch>>;

/// What a switch is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Switch {
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
}

impl Convention {
    /// Returns every convention, as it is without a switch set.
    pub fn all() -> [Self; 3] {
        [Self::Standard, Self::CompareGan, Self::Miyato].map(|convention| convention(Switches::new()))
    }

    /// Returns the name in a study file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Standard(_) => "standard",
            Self::CompareGan(_) => "compare-gan",
            Self::Miyato(_) => "miyato",
        }
    }

    /// Returns what is chosen.
    ///
    /// # Panics
    ///
    /// Where a switch has no such value, which the study's checks exclude.
    pub fn choices(&self) -> crate::gan::Convention {
        let (mut choices, switches) = match self {
            Self::Standard(switches) => (crate::gan::Convention::STANDARD, switches),
            Self::CompareGan(switches) => (crate::gan::Convention::COMPARE_GAN, switches),
            Self::Miyato(switches) => (crate::gan::Convention::MIYATO, switches),
        };
        for (name, value) in switches {
            let value = match value {
                None => continue,
                Some(Switch::Number(number)) => SwitchValue::Number(*number),
                Some(Switch::Word(word)) => SwitchValue::Word(word),
            };
            assert!(
                choices.set(name, value),
                "convention.{name} has no value {value:?}"
            );
        }
        choices
    }

    /// Returns what a latent number is drawn from where a study does not say.
    pub fn latent_distribution(&self) -> Distribution {
        match self {
            Self::Standard(_) | Self::CompareGan(_) => Distribution::Uniform,
            Self::Miyato(_) => Distribution::Normal,
        }
    }
}
