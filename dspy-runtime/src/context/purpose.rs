//! What an LM call is for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an LM call is for, as ledgers tell them apart.
///
/// # Example
///
/// ```
/// assert_eq!(dspy::Purpose::Proposer.to_string(), "proposer");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Running the program.
    #[default]
    Task,
    /// Running the program to learn from its runs.
    Teacher,
    /// Proposing instructions from data and descriptions.
    Proposer,
    /// Proposing instructions from what went wrong.
    Reflection,
    /// Judging outputs.
    Judge,
}

impl Purpose {
    /// Every purpose, in order.
    pub(crate) const ALL: [Self; 5] =
        [Self::Task, Self::Teacher, Self::Proposer, Self::Reflection, Self::Judge];
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::Teacher => "teacher",
            Self::Proposer => "proposer",
            Self::Reflection => "reflection",
            Self::Judge => "judge",
        })
    }
}
