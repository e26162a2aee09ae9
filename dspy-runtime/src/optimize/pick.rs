//! Which candidate a search gives back.

use serde::Serialize;

use super::driver::{Candidate, best};

/// The rule by which the result of a search is picked, among the candidates that were scored on every
/// validation row.
///
/// # Example
///
/// ```
/// use dspy::optimize::Pick;
///
/// assert_eq!(Pick::default(), Pick::BestMean);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The highest mean score; the earliest of those that tie.
    #[default]
    BestMean,
    /// The one that takes the fewest tokens of those whose mean is within one standard error of the
    /// highest: a prompt that is hardly worse and often much shorter. After the rule of Breiman et al.,
    /// "Classification and Regression Trees" (1984).
    CheapestWithinOneError,
}

impl Pick {
    /// The place of the candidate that the rule picks.
    pub(super) fn of(self, candidates: &[Candidate]) -> Option<usize> {
        let best = best(candidates)?;
        let bar = match self {
            Self::BestMean => return Some(best),
            Self::CheapestWithinOneError => {
                candidates[best].score() - candidates[best].scores.standard_error()
            }
        };
        let tokens = |place: usize| candidates[place].scores.usage().total_tokens();
        let near = |place: &usize| candidates[*place].scores.is_whole() && candidates[*place].score() >= bar;
        (0..candidates.len()).filter(near).min_by_key(|place| tokens(*place))
    }
}
