//! What happened to the versions of a key.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::short;
use crate::gate::Decision;

/// One entry of a history. `Display` is one line.
///
/// See [`Store::history`](super::Store::history).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts the events of a key, from 1.
    pub sequence: u64,
    /// When, as RFC 3339 in UTC, by the clock of the machine that did it.
    pub time: String,
    /// What was done.
    #[serde(flatten)]
    pub change: Change,
    /// The version that it was done to: with a rollback, the one that is current again.
    pub version: u64,
    /// The content hash of the artifact.
    pub content: String,
    /// The version that was current before.
    pub previous: Option<u64>,
}

/// What was done to a version.
///
/// See [`Event`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// It came into the store.
    Added {
        /// What the gate had decided, if it was asked.
        decision: Option<Decision>,
        /// The mean score on the held-out rows.
        score: Option<f64>,
    },
    /// A gate decided on it; its states are the same.
    Judged {
        /// What it decided.
        decision: Option<Decision>,
        /// The mean score on the held-out rows.
        score: Option<f64>,
        /// Counts the verdicts on this version after it was added.
        revision: u64,
    },
    /// It became current, as its verdict says.
    Promoted,
    /// It became current whatever its verdict says.
    PromotedAnyway {
        /// Why, in the words of who did it.
        reason: String,
    },
    /// It became current again, because the one after it was taken back.
    RolledBack,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, time, change, version, content, previous } = self;
        write!(f, "{sequence:>4}  {time}  {change} version {version} ({})", short(content))?;
        match change {
            Change::Added { decision, score } | Change::Judged { decision, score, .. } => {
                decision.iter().try_for_each(|decision| write!(f, ", verdict: {decision}"))?;
                score.iter().try_for_each(|score| write!(f, ", score {score:.3}"))
            }
            Change::PromotedAnyway { reason } => {
                previous.iter().try_for_each(|previous| write!(f, " in place of version {previous}"))?;
                write!(f, ": {reason}")
            }
            Change::Promoted | Change::RolledBack => {
                previous.iter().try_for_each(|previous| write!(f, " in place of version {previous}"))
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added { .. } => "added",
            Self::Judged { .. } => "judged",
            Self::Promoted => "promoted",
            Self::PromotedAnyway { .. } => "promoted anyway",
            Self::RolledBack => "rolled back to",
        })
    }
}
