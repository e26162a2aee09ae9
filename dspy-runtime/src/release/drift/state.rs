//! The state of a watch.

use std::fmt;

use dspy_numbers::statistics::drift::Evidence;

use super::Measured;
use crate::figure::counted;

/// The verdict of a watch on a released program.
///
/// See [`Drift`](super::Drift).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum DriftState {
    /// Nothing speaks against it.
    Steady,
    /// Something does, but it may be chance: a tenth of what it takes is there.
    Watch {
        /// The place, with the numbers.
        why: String,
    },
    /// The score is surely below what the gate measured: compile again, with rows of today.
    Recompile {
        /// The place, with the numbers.
        why: String,
    },
}

/// The numbers of a watch, of all rows or of one slice.
///
/// See [`Drift::watched`](super::Drift::watched).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedMean {
    /// The slice; nothing for all rows.
    pub slice: Option<String>,
    /// The mean score that the gate measured.
    pub expected: f64,
    /// The least that the gate's rows leave possible for it: what the traffic is compared with.
    pub floor: f64,
    /// The number of rows of traffic.
    pub rows: u64,
    /// The mean score of the last of them, about 4,000; nothing if there were none.
    pub score: Option<f64>,
    /// The evidence of the traffic for a score below the floor: the gain of the bet. 1 is nothing.
    pub evidence: f64,
    /// The evidence that is needed.
    pub needed: f64,
    /// The row with which it did for the first time.
    pub called_at: Option<u64>,
}

/// Returns the findings of a watch of a mean.
pub(super) fn watched(evidence: &Evidence, slice: Option<String>, measured: Measured) -> WatchedMean {
    WatchedMean {
        slice,
        expected: measured.mean,
        floor: evidence.floor(),
        rows: evidence.rows(),
        score: evidence.score(),
        evidence: evidence.gain(),
        needed: evidence.needed(),
        called_at: evidence.called_at(),
    }
}

/// The most serious of them.
pub(super) fn of(watched: &[WatchedMean]) -> DriftState {
    if let Some(called) = watched.iter().find(|watched| watched.called_at.is_some()) {
        return DriftState::Recompile { why: called.to_string() };
    }
    match watched.iter().find(|watched| watched.evidence * 10.0 >= watched.needed) {
        Some(close) => DriftState::Watch { why: close.to_string() },
        None => DriftState::Steady,
    }
}

impl fmt::Display for DriftState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steady => f.write_str("steady"),
            Self::Watch { why } => write!(f, "watch: {why}"),
            Self::Recompile { why } => write!(f, "recompile: {why}"),
        }
    }
}

impl fmt::Display for WatchedMean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slice, expected, floor, rows, score, evidence, needed, called_at } = self;
        match slice {
            Some(slice) => write!(f, "slice `{slice}`")?,
            None => f.write_str("all rows")?,
        }
        match score {
            Some(score) => write!(f, ": {score:.3} lately, {} in all", counted(*rows, "row"))?,
            None => f.write_str(": no rows yet")?,
        }
        write!(
            f,
            "; the gate measured {expected:.3}, which is at least {floor:.3}; evidence {evidence:.1} of {needed:.0}"
        )?;
        called_at.iter().try_for_each(|row| write!(f, ", reached with row {row}"))
    }
}
