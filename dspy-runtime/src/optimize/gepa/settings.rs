//! How proposals are made and kept.

use serde::Serialize;

use super::pool::{Frontier, Parents};

/// Which predictors a proposal changes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Components {
    /// One, in turn.
    #[default]
    RoundRobin,
    /// All of them.
    All,
}

/// When a child is kept after the minibatch.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    /// When its sum is higher than its parent's on the same rows.
    #[default]
    Improvement,
    /// When it is not lower.
    ImprovementOrEqual,
}

/// The settings of the search, besides how much is run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Settings {
    pub(super) minibatch: usize,
    pub(super) reflections: usize,
    pub(super) shown: usize,
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
            minibatch: env("G_MB", 10),
            reflections: env("G_REF", 5),
            shown: env("G_SHOWN", 20),
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

impl Components {
    /// How many predictors one proposal changes.
    pub(super) fn count(self, predictors: usize) -> usize {
        match self {
            Self::RoundRobin => predictors.min(1),
            Self::All => predictors,
        }
    }

    /// The places of those that are next.
    pub(super) fn of(self, turn: usize, predictors: usize) -> Vec<usize> {
        match self {
            _ if predictors == 0 => Vec::new(),
            Self::RoundRobin => vec![turn % predictors],
            Self::All => (0..predictors).collect(),
        }
    }
}

fn env(name: &str, or: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(or)
}
