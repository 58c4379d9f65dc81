//! The closed sets of words that stand in text columns, each a type so that no other word can be written.
//!
//! Knows no table. A file with any other word is refused when it is read.

use std::fmt;

use super::cell::{Cell, Kind, Value, value};

/// Declares an enum each of whose variants is one word of a text column.
macro_rules! words {
    ($(
        $(#[doc = $about:literal])+
        pub enum $name:ident {
            $( #[doc = $definition:literal] $variant:ident = $word:literal, )+
        }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( #[doc = $definition] $variant, )+
        }

        impl $name {
            /// Every word, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word as it stands in the tables.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }

            /// Returns what `text` means, or `None` if it is not one of the words.
            pub fn from_word(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        value!($name, Text, word => Cell::Text(word.as_str()), text => Self::from_word(text));
    )+};
}

words! {
    /// How far a run has come.
    pub enum RunStatus {
        /// It reached its last step.
        Completed = "completed",
        /// A loss was not finite; this is a result.
        Diverged = "diverged",
        /// A stage of it failed for a reason outside the study.
        Failed = "failed",
        /// Something that it needs failed or diverged.
        Skipped = "skipped",
        /// It has not ended yet.
        Incomplete = "incomplete",
    }

    /// What one build did with one stage.
    pub enum StageStatus {
        /// The result was in the cache.
        Hit = "hit",
        /// It ran and its result was stored.
        Ran = "ran",
        /// It failed for a reason outside the study; nothing was stored.
        Failed = "failed",
        /// It ran until a loss was not finite; that outcome was stored.
        Diverged = "diverged",
        /// It did not run because a stage that it needs failed or diverged.
        Skipped = "skipped",
    }

    /// Whose loss a row holds.
    pub enum Player {
        /// The discriminator's loss, its weighted penalty included.
        Discriminator = "discriminator",
        /// The generator's loss.
        Generator = "generator",
        /// The discriminator's penalty alone, before its weight.
        Penalty = "penalty",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_no_other_does() {
        for &status in RunStatus::ALL {
            assert_eq!(RunStatus::from_word(status.as_str()), Some(status));
        }
        assert_eq!(Player::from_word("critic"), None);
        assert_eq!(StageStatus::from_cell(Cell::Text("HIT")), None);
    }
}
