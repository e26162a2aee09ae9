//! The savings of batches.

use std::fmt;

use serde::Serialize;

use crate::context::{Context, Price};
use crate::lm::ServiceTier;

/// An estimate of what the runs of a program cost, asked as usual and in [batches](crate::batched::Batched), in the currency of
/// the [prices](crate::context::Prices), if all goes as expected.
///
/// # Example
///
/// ```
/// use dspy::optimize::Plan;
///
/// fn saved(plan: &Plan) -> f64 {
///     plan.batches().map_or(0.0, |cost| cost.usual - cost.batched)
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BatchEstimate {
    /// The cost of calls that are answered as usual.
    pub usual: f64,
    /// Their cost in batches.
    pub batched: f64,
    /// Tells whether the model of the context is asked in batches.
    pub is_batched: bool,
}

/// The prices of a model that can be asked in batches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct BatchPrices {
    usual: Price,
    batched: Price,
    is_batched: bool,
}

impl BatchPrices {
    /// Those of the model of a context, where both are known and differ.
    pub(super) fn of(cx: &Context) -> Option<Self> {
        let (lm, prices) = (cx.lm(), cx.prices());
        lm.model().batches()?;
        let usual = prices.of_tier(lm.id(), ServiceTier::Standard)?;
        let batched = prices.of_tier(lm.id(), ServiceTier::Batch).filter(|price| *price != usual)?;
        Some(Self { usual, batched, is_batched: lm.model().service_tier() == Some(ServiceTier::Batch) })
    }

    /// The cost of so many tokens.
    pub(super) fn estimate(self, input: u64, output: u64) -> BatchEstimate {
        let Self { usual, batched, is_batched } = self;
        BatchEstimate { usual: usual.of(input, output), batched: batched.of(input, output), is_batched }
    }
}

impl fmt::Display for BatchEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { usual, batched, is_batched } = self;
        match is_batched {
            true => {
                write!(f, "its runs are asked in batches and cost about {batched:.2} in place of {usual:.2}")
            }
            false => write!(f, "its runs cost about {usual:.2}, and in batches (`Batched`) {batched:.2}"),
        }
    }
}
