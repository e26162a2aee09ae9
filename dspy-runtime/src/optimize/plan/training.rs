//! The estimate for training a model.

use std::fmt;
use std::ops::Add;

use serde::Serialize;

use crate::figure::{count, counted};

/// An estimate of what is sent to train a model, were every run accepted: tokens at four bytes each.
///
/// # Example
///
/// ```
/// use dspy::optimize::Plan;
///
/// fn dollars(plan: &Plan, million: f64) -> Option<f64> {
///     let training = plan.training()?;
///     Some(training.trained_tokens() as f64 * million / 1e6)
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TrainingEstimate {
    /// The number of examples: one for each call of a predictor.
    pub examples: u64,
    /// Their tokens.
    pub tokens: u64,
    /// The number of passes over them, where that is not left to the provider.
    pub epochs: Option<u32>,
}

impl TrainingEstimate {
    /// The tokens of all times that the examples are gone through; of one time where that is left to the provider.
    #[must_use]
    pub fn trained_tokens(&self) -> u64 {
        self.tokens.saturating_mul(self.epochs.unwrap_or(1).into())
    }
}

impl Add for TrainingEstimate {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let tokens = self.tokens.saturating_add(other.tokens);
        let epochs = self.epochs.filter(|epochs| other.epochs == Some(*epochs));
        Self { examples: self.examples.saturating_add(other.examples), tokens, epochs }
    }
}

impl fmt::Display for TrainingEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (examples, tokens) = (counted(self.examples, "example"), count(self.tokens));
        let times = match self.epochs {
            None => "as often as the provider chooses".to_owned(),
            Some(1) => "once".to_owned(),
            Some(epochs) => format!("{} times", count(epochs)),
        };
        write!(
            f,
            "sends {examples} of about {tokens} tokens to train a model, if every run is accepted; it goes through them \
             {times}, and the provider bills that apart, outside the budget"
        )
    }
}
