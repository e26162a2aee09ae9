//! One reply, and what it cost.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// What a model replied.
///
/// # Example
///
/// ```
/// use dspy::lm::{FinishReason, Response};
///
/// let response = Response::new("hello").with_tokens(12, 1);
/// assert_eq!(response.finish, FinishReason::Stop);
/// assert_eq!(response.usage.total_tokens(), 13);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Response {
    /// The text of the reply.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
    /// What it cost: one call, its retries and its tokens.
    pub usage: Usage,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// The provider's name for the call.
    pub request_id: Option<String>,
}

/// Why a reply ended.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit cut it off.
    Length,
    /// The provider withheld the rest.
    ContentFilter,
    /// Something else, in the provider's word.
    Other(String),
}

/// What was spent.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Calls of a model.
    pub calls: u64,
    /// Times that a call was made again because the provider or the network failed.
    pub retries: u64,
    /// Calls that were given up in the middle; their tokens are not known and not in the counts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stopped: u64,
    /// Tokens of the prompts, as the provider counts them; 0 where it does not say.
    pub input_tokens: u64,
    /// Tokens of the replies.
    pub output_tokens: u64,
}

impl Response {
    /// A reply that ended by itself and cost one call.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            finish: FinishReason::Stop,
            usage: Usage { calls: 1, ..Usage::default() },
            model: None,
            request_id: None,
        }
    }

    pub(crate) fn with_retries(mut self, retries: u32) -> Self {
        self.usage.retries += u64::from(retries);
        self
    }

    /// Sets how many tokens the prompt and the reply had.
    #[must_use]
    pub fn with_tokens(mut self, input: u64, output: u64) -> Self {
        self.usage.input_tokens = input;
        self.usage.output_tokens = output;
        self
    }
}

impl Usage {
    /// Tokens of prompts and replies together.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens + self.output_tokens
    }
}

/// Files from before there were such calls stay as they are.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.retries += other.retries;
        self.stopped += other.stopped;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} LM calls", self.calls)?;
        if self.retries > 0 {
            write!(f, " and {} retries", self.retries)?;
        }
        if self.stopped > 0 {
            write!(f, " ({} stopped early, of unknown tokens)", self.stopped)?;
        }
        if self.total_tokens() > 0 {
            write!(f, ", {} tokens in, {} out", self.input_tokens, self.output_tokens)?;
        }
        Ok(())
    }
}
