//! The choice of the candidate that a search returns.

use serde::Serialize;

use super::driver::{Candidate, Estimate, best};
use crate::context::Price;

/// The rule by which the result of a search is picked, among the candidates that were scored on every
/// validation row.
///
/// # Example
///
/// ```
/// use dspy::optimize::Pick;
///
/// assert_eq!(Pick::default(), Pick::Expected);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The highest score that is to be expected on other rows; of those that tie, the one that costs least. The highest of many noisy
    /// means is partly luck, so each is drawn towards those of the candidates that it was made from and that were made from
    /// it.
    #[default]
    Expected,
    /// The highest mean score; the earliest of those that tie.
    BestMean,
    /// The one that costs least (takes the fewest tokens where the context has no
    /// [price](crate::Context::with_prices) for the model) of those whose mean is within one standard error of the
    /// highest: a prompt that is hardly worse and often much shorter. After the rule of Breiman et al.,
    /// "Classification and Regression Trees" (1984).
    CheapestWithinOneError,
}

/// Estimates closer than this are the same.
const CLOSE: f64 = 1e-9;

impl Pick {
    /// The place of the candidate that the rule picks.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn of(
        self,
        candidates: &[Candidate],
        estimate: &Estimate,
        price: Option<&Price>,
    ) -> Option<usize> {
        let best = best(candidates)?;
        let cost = |place: usize| {
            let usage = candidates[place].scores.usage();
            let cost = price.map(|price| price.of_calls(&usage));
            cost.filter(|cost| *cost > 0.0).unwrap_or(usage.total_tokens() as f64)
        };
        let bar = match self {
            Self::Expected => {
                let whole = (0..candidates.len()).filter(|place| candidates[*place].scores.is_whole());
                return whole.reduce(|best, next| match estimate.score(next) - estimate.score(best) {
                    lead if lead > CLOSE => next,
                    lead if lead > -CLOSE && cost(next) < cost(best) => next,
                    _ => best,
                });
            }
            Self::BestMean => return Some(best),
            Self::CheapestWithinOneError => {
                candidates[best].score() - candidates[best].scores.standard_error()
            }
        };
        let near = |place: &usize| candidates[*place].scores.is_whole() && candidates[*place].score() >= bar;
        (0..candidates.len()).filter(near).min_by(|a, b| cost(*a).total_cmp(&cost(*b)))
    }
}
