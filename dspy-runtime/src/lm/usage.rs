//! The usage of calls.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use crate::figure::{count, counted};

/// The usage of calls.
///
/// # Example
///
/// ```
/// use dspy::lm::Usage;
///
/// let mut usage = Usage::default();
/// (usage.calls, usage.input_tokens, usage.output_tokens) = (1, 1_200, 40);
/// usage.cached_input_tokens = 1_000;
/// assert_eq!(usage.total_tokens(), 1_240);
/// assert_eq!(usage.to_string(), "1 LM call, 1,200 tokens in (1,000 from cache), 40 out");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Calls of a model, with those that a cache answered.
    pub calls: u64,
    /// The calls among them that a cache answered, which cost nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hits: u64,
    /// Times that a call was made again because the provider or the network failed.
    pub retries: u64,
    /// Calls that were cancelled in the middle; their tokens are not known and not in the counts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stopped: u64,
    /// Calls for several replies of which the server has counted one, as llama.cpp's does: the output tokens are
    /// at least so many, and a cost as well.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub partly_counted: u64,
    /// Tokens of the prompts, as the provider counts them; 0 where it does not say, or says what is no count.
    pub input_tokens: u64,
    /// Tokens of the replies, with what the model thought.
    pub output_tokens: u64,
    /// The input tokens that came out of the provider's prompt cache, which are cheaper.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_input_tokens: u64,
    /// The input tokens that went into the provider's prompt cache, which some charge more for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// The written tokens that the cache keeps for an hour, which Anthropic and Bedrock charge more for than
    /// those that it keeps for five minutes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hour_cache_write_tokens: u64,
    /// The output tokens that the model thought and did not say.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
    /// The input tokens that were not sent, since a cache answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub saved_input_tokens: u64,
    /// The output tokens that came out of a cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub saved_output_tokens: u64,
}

impl Usage {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        calls: 0,
        hits: 0,
        retries: 0,
        stopped: 0,
        partly_counted: 0,
        input_tokens: 0,
        output_tokens: 0,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        hour_cache_write_tokens: 0,
        reasoning_tokens: 0,
        saved_input_tokens: 0,
        saved_output_tokens: 0,
    };

    /// Tokens of prompts and replies together. Cached and reasoning tokens are among them already.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens + self.output_tokens
    }

    /// Returns the usage without the calls that a cache answered: what a provider charges for.
    #[must_use]
    pub fn paid(&self) -> Self {
        Self {
            calls: self.calls.saturating_sub(self.hits),
            hits: 0,
            input_tokens: self.input_tokens.saturating_sub(self.saved_input_tokens),
            output_tokens: self.output_tokens.saturating_sub(self.saved_output_tokens),
            saved_input_tokens: 0,
            saved_output_tokens: 0,
            ..*self
        }
    }

    /// Marks the counts as those of one reply among several.
    pub(crate) fn of_one_reply(self) -> Self {
        Self { partly_counted: 1, ..self }
    }

    /// Returns the usage of a call answered by a cache.
    pub(crate) fn as_hit(&self) -> Self {
        Self {
            calls: 1,
            hits: 1,
            partly_counted: self.partly_counted,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            saved_input_tokens: self.input_tokens,
            saved_output_tokens: self.output_tokens,
            ..Self::default()
        }
    }
}

/// Files from before there were such counts stay as they are.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.hits += other.hits;
        self.retries += other.retries;
        self.stopped += other.stopped;
        self.partly_counted += other.partly_counted;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cached_input_tokens += other.cached_input_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.hour_cache_write_tokens += other.hour_cache_write_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
        self.saved_input_tokens += other.saved_input_tokens;
        self.saved_output_tokens += other.saved_output_tokens;
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
        f.write_str(&counted(self.calls, "LM call"))?;
        if self.hits > 0 {
            write!(f, " ({} from cache)", count(self.hits))?;
        }
        if self.retries > 0 {
            write!(f, " and {} retr{}", count(self.retries), if self.retries == 1 { "y" } else { "ies" })?;
        }
        if self.stopped > 0 {
            write!(f, " ({} stopped early, of unknown tokens)", count(self.stopped))?;
        }
        if self.total_tokens() > 0 {
            write!(f, ", {} tokens in", count(self.input_tokens))?;
            if self.cached_input_tokens > 0 {
                write!(f, " ({} from cache)", count(self.cached_input_tokens))?;
            }
            let at_least = if self.partly_counted > 0 { "at least " } else { "" };
            write!(f, ", {at_least}{} out", count(self.output_tokens))?;
            if self.reasoning_tokens > 0 {
                write!(f, " ({} of reasoning)", count(self.reasoning_tokens))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_files_hold_is_read_and_written_the_same() {
        let old = r#"{"calls":2,"retries":0,"input_tokens":7,"output_tokens":3}"#;
        let usage: Usage = serde_json::from_str(old).expect("an old file");
        assert_eq!(serde_json::to_string(&usage).expect("JSON"), old);
    }

    #[test]
    fn what_a_cache_answered_is_not_paid() {
        let paid =
            Usage { calls: 1, input_tokens: 100, output_tokens: 10, reasoning_tokens: 4, ..Usage::default() };
        assert_eq!((paid + paid.as_hit() + paid.as_hit()).paid(), paid);
        assert_eq!(
            (paid + paid.as_hit()).to_string(),
            "2 LM calls (1 from cache), 200 tokens in, 20 out (4 of reasoning)"
        );
    }

    #[test]
    fn sums_keep_every_count() {
        let one = Usage {
            calls: 1,
            retries: 2,
            stopped: 3,
            input_tokens: 4,
            output_tokens: 5,
            cached_input_tokens: 6,
            cache_write_tokens: 7,
            reasoning_tokens: 8,
            hits: 9,
            saved_input_tokens: 10,
            saved_output_tokens: 11,
            partly_counted: 12,
            hour_cache_write_tokens: 13,
        };
        let numbers = |usage: Usage| -> Vec<u64> {
            let json = serde_json::to_value(usage).expect("JSON");
            json.as_object().expect("an object").values().filter_map(serde_json::Value::as_u64).collect()
        };
        assert_eq!(numbers(one + one), [2, 18, 4, 6, 24, 8, 10, 12, 14, 26, 16, 20, 22]);
    }
}
