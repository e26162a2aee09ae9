//! The result of a run of code.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Limits;
use crate::error::snippet;

/// The printed output of a run of code, and its end.
///
/// # Example
///
/// ```
/// use dspy::code::Execution;
///
/// let ran = Execution::value("5");
/// assert_eq!(ran.to_string(), "5");
/// let ran = Execution::failed("ZeroDivisionError", "division by zero");
/// assert_eq!(ran.to_string(), "ZeroDivisionError: division by zero");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Execution {
    /// The printed text, up to the end or the error.
    pub printed: String,
    /// The value of the last expression as the language writes it, if the code ends with one that has a value.
    pub value: Option<String>,
    /// The answer, if a function of the host took one.
    pub submitted: Option<Value>,
    /// The error, if there was one.
    pub error: Option<CodeError>,
}

impl Execution {
    /// A run that ended with a value.
    pub fn value(value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// A run that failed: the kind of the error, in one word, and what is wrong.
    pub fn failed(kind: &str, message: &str) -> Self {
        Self { error: Some(CodeError::new(kind, message, None)), ..Self::default() }
    }

    /// Returns the result with this printed before.
    #[must_use]
    pub fn with_printed(mut self, printed: impl Into<String>) -> Self {
        self.printed = printed.into();
        self
    }
}

impl fmt::Display for Execution {
    /// Writes the view for a model: what was printed, then the error, the answer or the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.printed.trim_end_matches('\n'))?;
        let end = match (&self.error, &self.submitted, &self.value) {
            (Some(error), ..) => error.to_string(),
            (None, Some(answer), _) => format!("submitted {answer}"),
            (None, None, Some(value)) => value.clone(),
            (None, None, None) => return Ok(()),
        };
        if !self.printed.is_empty() {
            f.write_str("\n")?;
        }
        f.write_str(&end)
    }
}

/// An error in code; see [`Execution`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeError {
    kind: String,
    message: String,
    line: Option<u32>,
    limit: Option<Limit>,
}

/// A limit of [`Limits`] that a run has met.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// [`Limits::time`].
    Time,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::recursion`].
    Recursion,
    /// [`Limits::output`].
    Output,
    /// [`Limits::calls`].
    Calls,
}

impl CodeError {
    /// An error of a kind, in one word, with a message, which is shortened to one line, and the line of the code, from 1.
    pub fn new(kind: &str, message: &str, line: Option<u32>) -> Self {
        Self { kind: kind.to_owned(), message: snippet(message, 500).into_owned(), line, limit: None }
    }

    /// Reports that a run has met a limit, in this line of the code.
    pub fn of_limit(limit: Limit, limits: &Limits, line: Option<u32>) -> Self {
        let (kind, message) = match limit {
            Limit::Time => ("TimeoutError", format!("the code ran longer than {:?}", limits.time)),
            Limit::Memory => ("MemoryError", format!("the values take more than {} bytes", limits.memory)),
            Limit::Recursion => (
                "RecursionError",
                format!(
                    "more than {} calls are in each other, or values or expressions that are as deep",
                    limits.recursion
                ),
            ),
            Limit::Output => ("OutputError", format!("more than {} bytes are printed", limits.output)),
            Limit::Calls => {
                ("CallsError", format!("more than {} calls of given functions are made", limits.calls))
            }
        };
        Self { limit: Some(limit), ..Self::new(kind, &message, line) }
    }

    /// Returns the error with more at the end of its message.
    #[cfg(feature = "monty")]
    pub(super) fn with_note(mut self, note: &str) -> Self {
        self.message.push_str(note);
        self
    }

    /// The kind of the error, as the language calls it: `ZeroDivisionError`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the error in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line of the code, from 1, if it is in this code.
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The limit that was met, if it was one.
    pub fn limit(&self) -> Option<Limit> {
        self.limit
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if let Some(line) = self.line {
            write!(f, " in line {line}")?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}
