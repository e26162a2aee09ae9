//! The speed at which a provider answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The speed at which a provider answers, which it has prices for.
///
/// # Example
///
/// ```
/// use dspy::context::{Price, Prices};
/// use dspy::lm::ServiceTier;
///
/// let usual = Price::per_million(1.0, 4.0);
/// let prices = Prices::none().with("acme/swift", usual).with_tier(
///     "acme/swift",
///     ServiceTier::Batch,
///     Price::per_million(0.5, 2.0),
/// );
/// let model = "acme/swift".parse()?;
/// assert_eq!(prices.of_tier(&model, ServiceTier::Batch).map(|price| price.of(1_000_000, 0)), Some(0.5));
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceTier {
    /// As usual.
    #[default]
    Standard,
    /// Within hours, as batches are.
    Batch,
    /// When there is room.
    Flex,
    /// Before others.
    Priority,
}

impl ServiceTier {
    /// The tier of a provider's word, in any case; none where it leaves it open or is not known.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        match &*word.to_ascii_lowercase() {
            "default" | "standard" | "standard_only" => Some(Self::Standard),
            "batch" => Some(Self::Batch),
            "flex" => Some(Self::Flex),
            "priority" | "fast" => Some(Self::Priority),
            _ => None,
        }
    }
}

impl fmt::Display for ServiceTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
        })
    }
}
