//! The settings for making and keeping proposals.

use serde::Serialize;

use super::credit::most_promising;
use super::pool::{Frontier, Parents};
use dspy_numbers::statistics::{at_least, signs};

/// The most minibatches that are looked at before a child is kept or left.
const MOST_BATCHES: usize = 3;
/// The probability of being better at which a child is kept without more rows, and of not being so at which
/// it is left.
const SURELY: f64 = 0.9;
const HARDLY: f64 = 0.3;

/// The predictors that a proposal changes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Components {
    /// One, in turn.
    #[default]
    RoundRobin,
    /// The one that promises most: by what changes of each gained so far, and by its share in what went wrong on the minibatch.
    /// A step is at fault that has no answer, or another than the row has under that name. It pays where rows have labels for the
    /// steps in between; where they have none, a search of this length cannot tell more than the turn does.
    Credit,
    /// All of them.
    All,
}

/// When a child is kept after the minibatch.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    /// When it is more likely better than not. Where the minibatch does not tell, parent and child are run on up to two more:
    /// a child that is nine tenths likely to be better is kept at once, one that is three tenths or less is left.
    #[default]
    Evidence,
    /// When its sum is higher than its parent's on the same rows.
    Improvement,
    /// When it is not lower.
    ImprovementOrEqual,
}

/// The settings of the search, besides how much is run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Settings {
    pub(super) minibatch: usize,
    pub(super) reflections: usize,
    pub(super) labelled: usize,
    pub(super) wave: usize,
    pub(super) max_proposals: usize,
    pub(super) parents: Parents,
    pub(super) frontier: Frontier,
    pub(super) components: Components,
    pub(super) accept: Accept,
    pub(super) max_merges: usize,
    pub(super) patience: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            minibatch: 8,
            reflections: 3,
            labelled: 32,
            wave: 4,
            max_proposals: 24,
            parents: Parents::default(),
            frontier: Frontier::default(),
            components: Components::default(),
            accept: Accept::default(),
            max_merges: 5,
            patience: None,
        }
    }
}

/// The verdict of a gate after some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    Leave,
    /// More rows would tell.
    Open,
}

impl Accept {
    /// The most minibatches that a decision takes.
    pub(super) fn batches(self) -> usize {
        match self {
            Self::Evidence => MOST_BATCHES,
            Self::Improvement | Self::ImprovementOrEqual => 1,
        }
    }

    /// Returns the verdict of the scores of a child and of its parent on the same rows.
    pub(super) fn verdict(self, before: &[f64], after: &[f64]) -> Verdict {
        let differences: Vec<f64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        let gain: f64 = differences.iter().sum();
        let keep = match self {
            Self::Improvement => gain > 0.0,
            Self::ImprovementOrEqual => gain >= 0.0,
            Self::Evidence => {
                let (ahead, behind) = signs(&differences);
                // Of rows on which both differ, the chance that the child is ahead on more than half, every share being as
                // likely beforehand.
                let better = at_least(behind + 1, ahead + behind + 1);
                match better {
                    better if better >= SURELY => true,
                    better if better <= HARDLY => false,
                    _ => return Verdict::Open,
                }
            }
        };
        if keep { Verdict::Keep } else { Verdict::Leave }
    }
}

impl Components {
    /// Returns the number of predictors that one proposal changes.
    pub(super) fn count(self, predictors: usize) -> usize {
        match self {
            Self::Credit | Self::RoundRobin => predictors.min(1),
            Self::All => predictors,
        }
    }

    /// The places of those that are next, by the turn, or by a draw of what each may gain and its share in the faults.
    pub(super) fn of(self, turn: usize, draws: &[f64], faults: impl FnOnce() -> Vec<f64>) -> Vec<usize> {
        match self {
            _ if draws.is_empty() => Vec::new(),
            Self::Credit => vec![most_promising(draws, &faults())],
            Self::RoundRobin => vec![turn % draws.len()],
            Self::All => (0..draws.len()).collect(),
        }
    }
}
