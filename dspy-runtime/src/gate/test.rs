//! How a chance was found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the chance of a difference was found; a part of [`Verdict`](crate::Verdict).
///
/// # Example
///
/// ```
/// use dspy::gate::Test;
///
/// assert_eq!(Test::McNemar.to_string(), "exact McNemar test");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// McNemar's test of right or wrong, exact.
    #[serde(rename = "mcnemar")]
    McNemar,
    /// The sign test of differences of one size, exact.
    Sign,
    /// The permutation test of graded scores, exact.
    Permutation,
    /// The permutation test of graded scores, from drawn sign flips.
    SampledPermutation,
    /// The verdict is of a release that did not record it.
    #[default]
    Unrecorded,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::McNemar => "exact McNemar test",
            Self::Sign => "exact sign test",
            Self::Permutation => "exact permutation test",
            Self::SampledPermutation => "permutation test by drawn sign flips",
            Self::Unrecorded => "paired test",
        })
    }
}
