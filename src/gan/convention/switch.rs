//! The switches of a convention by name: what a study sets, a key holds and a table shows.

use super::{
    AdamEpsilon, BatchNormMoves, Convention, FirstBlock, GeneratorLatent, GeneratorMoves, HiddenWidth,
    ImageRange, InitialWeights, LeastSquares, Shortcut, SpectralMove,
};
use crate::nn::{GlobalPooling, RunningVariance, SpectralVector, Upsampling};

/// What a switch is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SwitchValue<'a> {
    /// A word.
    Word(&'a str),
    /// A number.
    Number(f64),
}

/// Names of constants that depend on the architecture.
const BY_ARCHITECTURE: &str = "by-architecture";

impl Convention {
    /// Every switch and what it is set to, in the order of the documentation.
    #[must_use]
    pub fn switches(&self) -> Vec<(&'static str, SwitchValue<'static>)> {
        let mut copy = *self;
        let value = |(name, switch): (&'static str, &mut dyn Switch)| (name, switch.value());
        copy.table().into_iter().map(value).collect()
    }

    /// Sets one switch; `false`, and nothing changed, where there is none of that name or it has no such value.
    #[must_use]
    pub fn set(&mut self, name: &str, value: SwitchValue<'_>) -> bool {
        let table = self.table();
        let found = table.into_iter().find(|(own, _)| *own == name);
        found.is_some_and(|(_, switch)| switch.set(value))
    }

    /// The words that a switch can be set to; empty where it is a number or there is none of that name.
    #[must_use]
    pub fn words(name: &str) -> Vec<&'static str> {
        let mut standard = Self::STANDARD;
        let table = standard.table();
        let found = table.into_iter().find(|(own, _)| *own == name);
        found.map(|(_, switch)| switch.words()).unwrap_or_default()
    }

    fn table(&mut self) -> [(&'static str, &mut dyn Switch); 20] {
        [
            ("image_range", &mut self.image_range),
            ("unpooling", &mut self.unpooling),
            ("shortcut", &mut self.shortcut),
            ("first_block", &mut self.first_block),
            ("hidden_width", &mut self.hidden_width),
            ("global_pooling", &mut self.global_pooling),
            ("last_bias", &mut self.last_bias),
            ("initial_weights", &mut self.initial_weights),
            ("least_squares", &mut self.least_squares),
            ("spectral_vector_side", &mut self.spectral_vector_side),
            ("spectral_vector_moves", &mut self.spectral_vector_moves),
            ("batch_norm_epsilon", &mut self.batch_norm_epsilon),
            ("batch_norm_decay", &mut self.batch_norm_decay),
            ("batch_norm_moves", &mut self.batch_norm_moves),
            ("batch_norm_variance", &mut self.batch_norm_variance),
            ("layer_norm_epsilon", &mut self.layer_norm_epsilon),
            ("adam_epsilon_place", &mut self.adam_epsilon_place),
            ("gradient_penalty_epsilon", &mut self.gradient_penalty_epsilon),
            ("generator_moves", &mut self.generator_moves),
            ("generator_latent", &mut self.generator_latent),
        ]
    }
}

/// One switch, whatever its type.
trait Switch {
    fn value(&self) -> SwitchValue<'static>;
    fn set(&mut self, value: SwitchValue<'_>) -> bool;
    fn words(&self) -> Vec<&'static str>;
}

/// A choice of words.
trait Words: Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

impl<T: Words> Switch for T {
    fn value(&self) -> SwitchValue<'static> {
        let found = T::WORDS.iter().find(|(_, value)| value == self);
        SwitchValue::Word(found.expect("every value of a switch has a word").0)
    }

    fn set(&mut self, value: SwitchValue<'_>) -> bool {
        let found = T::WORDS.iter().find(|(word, _)| value == SwitchValue::Word(word));
        found.map(|(_, value)| *self = *value).is_some()
    }

    fn words(&self) -> Vec<&'static str> {
        T::WORDS.iter().map(|(word, _)| *word).collect()
    }
}

impl Switch for f64 {
    fn value(&self) -> SwitchValue<'static> {
        SwitchValue::Number(*self)
    }

    fn set(&mut self, value: SwitchValue<'_>) -> bool {
        let SwitchValue::Number(number) = value else {
            return false;
        };
        *self = number;
        true
    }

    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

impl Switch for Option<f64> {
    fn value(&self) -> SwitchValue<'static> {
        self.map_or(SwitchValue::Word(BY_ARCHITECTURE), SwitchValue::Number)
    }

    fn set(&mut self, value: SwitchValue<'_>) -> bool {
        *self = match value {
            SwitchValue::Number(number) => Some(number),
            SwitchValue::Word(BY_ARCHITECTURE) => None,
            SwitchValue::Word(_) => return false,
        };
        true
    }

    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

macro_rules! words {
    ($($type:ty { $($word:literal = $value:expr,)+ })+) => {
        $(impl Words for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $value)),+];
        })+
    };
}

words! {
    ImageRange { "symmetric" = Self::Symmetric, "unit" = Self::Unit, }
    Upsampling { "replicate" = Self::Replicate, "zeros" = Self::Zeros, }
    Shortcut { "always" = Self::Always, "when-needed" = Self::WhenNeeded, }
    FirstBlock { "bare" = Self::Bare, "preactivated" = Self::Preactivated, "optimized" = Self::Optimized, }
    HiddenWidth { "output" = Self::Output, "input" = Self::Input, }
    GlobalPooling { "mean" = Self::Mean, "sum" = Self::Sum, }
    bool { "with" = true, "without" = false, }
    InitialWeights { "normal" = Self::Normal, "truncated" = Self::Truncated, "glorot" = Self::Glorot, }
    LeastSquares { "logit" = Self::Logit, "probability" = Self::Probability, }
    SpectralVector { "outputs" = Self::Outputs, "inputs" = Self::Inputs, }
    SpectralMove { "once" = Self::Once, "every-pass" = Self::EveryPass, }
    BatchNormMoves { "generator-updates" = Self::GeneratorUpdates, "every-pass" = Self::EveryPass, }
    RunningVariance { "unbiased" = Self::Unbiased, "biased" = Self::Biased, }
    AdamEpsilon { "corrected" = Self::Corrected, "uncorrected" = Self::Uncorrected, }
    GeneratorMoves { "last" = Self::Last, "first" = Self::First, }
    GeneratorLatent { "fresh" = Self::Fresh, "shared" = Self::Shared, }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_can_be_set_to_what_it_is_and_to_nothing_else() {
        for source in [Convention::STANDARD, Convention::COMPARE_GAN, Convention::MIYATO] {
            let mut target = Convention::STANDARD;
            for (name, value) in source.switches() {
                assert!(target.set(name, value), "{name}");
                assert!(!target.set(name, SwitchValue::Word("nonsense")), "{name}");
            }
            assert_eq!(target, source);
        }
        let mut convention = Convention::STANDARD;
        assert!(!convention.set("nonsense", SwitchValue::Number(1.0)));
        assert!(!convention.set("unpooling", SwitchValue::Number(1.0)));
        assert_eq!(convention, Convention::STANDARD);
    }

    #[test]
    fn every_word_of_a_switch_sets_it() {
        for (name, _) in Convention::STANDARD.switches() {
            for word in Convention::words(name) {
                let mut convention = Convention::STANDARD;
                assert!(convention.set(name, SwitchValue::Word(word)));
                assert!(convention.switches().contains(&(name, SwitchValue::Word(word))));
            }
        }
    }
}
