//! A metric's score of one row.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The quality of the outputs for a row, higher is better; 1 is fully right, 0 is wrong.
///
/// # Example
///
/// ```
/// use dspy::Score;
///
/// let score = Score::from(0.5).because("the queue is right, the policy is not cited");
/// assert_eq!(score.value, 0.5);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// The reason, in words that an optimizer may show to a model.
    pub feedback: Option<String>,
}

impl Score {
    /// Adds why.
    #[must_use]
    pub fn because(mut self, feedback: impl Into<String>) -> Self {
        self.feedback = Some(feedback.into());
        self
    }
}

impl From<f64> for Score {
    fn from(value: f64) -> Self {
        Self { value, feedback: None }
    }
}

impl From<bool> for Score {
    fn from(right: bool) -> Self {
        Self::from(if right { 1.0 } else { 0.0 })
    }
}

/// The types that a metric may return: `bool`, `f64`, [`Score`], or a `Result` of one of them.
#[diagnostic::on_unimplemented(
    message = "a metric cannot return `{Self}`",
    label = "not a score",
    note = "return `bool`, `f64`, `Score`, or a `Result` of one of them"
)]
pub trait IntoScore {
    /// The score, or why there is none.
    ///
    /// # Errors
    ///
    /// When the metric failed.
    fn into_score(self) -> Result<Score>;
}

impl IntoScore for Score {
    fn into_score(self) -> Result<Score> {
        Ok(self)
    }
}

impl IntoScore for bool {
    fn into_score(self) -> Result<Score> {
        Ok(Score::from(self))
    }
}

impl IntoScore for f64 {
    fn into_score(self) -> Result<Score> {
        Ok(Score::from(self))
    }
}

impl<S: IntoScore, E: Into<Error>> IntoScore for Result<S, E> {
    fn into_score(self) -> Result<Score> {
        self.map_err(Into::into)?.into_score()
    }
}
