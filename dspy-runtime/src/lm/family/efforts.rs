//! Sets of efforts.

use std::fmt;

use crate::lm::Effort;

/// The words of effort that a model takes.
///
/// # Example
///
/// ```
/// use dspy::lm::{Effort, Efforts};
///
/// let efforts = Efforts::NONE.with(Effort::High).with(Effort::Low);
/// assert!(efforts.contains(Effort::Low) && !efforts.contains(Effort::Max));
/// assert_eq!(efforts.to_string(), "low, high");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Efforts(u8);

const WORDS: [Effort; 7] =
    [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::XHigh, Effort::Max];

impl Efforts {
    /// No word at all.
    pub const NONE: Self = Self(0);

    /// Every word.
    pub const ALL: Self = Self::of(&WORDS);

    pub(super) const fn of(efforts: &[Effort]) -> Self {
        let (mut set, mut left) = (Self::NONE, efforts);
        while let [effort, rest @ ..] = left {
            (set, left) = (set.with(*effort), rest);
        }
        set
    }

    /// Returns the set with this effort.
    #[must_use]
    pub const fn with(self, effort: Effort) -> Self {
        Self(self.0 | bit(effort))
    }

    /// Returns the set without this effort.
    #[must_use]
    pub const fn without(self, effort: Effort) -> Self {
        Self(self.0 & !bit(effort))
    }

    /// Returns whether a word is among them.
    pub const fn contains(self, effort: Effort) -> bool {
        self.0 & bit(effort) != 0
    }

    /// Returns whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

const fn bit(effort: Effort) -> u8 {
    1 << effort as u8
}

impl fmt::Display for Efforts {
    /// The words, from the least to the most.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = WORDS.into_iter().filter(|effort| self.contains(*effort));
        f.write_str(&words.map(|effort| effort.to_string()).collect::<Vec<_>>().join(", "))
    }
}
