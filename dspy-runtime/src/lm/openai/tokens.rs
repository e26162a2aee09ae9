//! The values that both of OpenAI's protocols give in one form: log probabilities, parts of counts, and
//! errors inside of a reply.

use serde::Deserialize;
use serde_json::Value;

use crate::lm::aside::{count, or_default};
use crate::lm::failure::Failure;
use crate::lm::provider::Unread;
use crate::lm::{TokenLogprob, TopLogprob, Usage};

/// A token with its log probability and those that it was chosen among.
#[derive(Deserialize)]
pub(in crate::lm) struct Token {
    token: String,
    logprob: f64,
    #[serde(default, deserialize_with = "or_default")]
    top_logprobs: Vec<Top>,
}

#[derive(Deserialize)]
struct Top {
    token: String,
    logprob: f64,
}

impl From<Token> for TokenLogprob {
    fn from(token: Token) -> Self {
        let top = token.top_logprobs.into_iter().map(|top| TopLogprob::new(top.token, top.logprob)).collect();
        Self { top, ..Self::new(token.token, token.logprob) }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::lm) struct InputDetails {
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_write_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::lm) struct OutputDetails {
    #[serde(deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
}

/// The tokens of a call, as its protocol names them.
pub(in crate::lm) struct Counted {
    pub(in crate::lm) input: u64,
    pub(in crate::lm) output: u64,
    /// Cached tokens where they do not stand in the details.
    pub(in crate::lm) cached: Option<u64>,
}

impl Counted {
    pub(in crate::lm) fn usage(self, input: Option<&InputDetails>, output: Option<&OutputDetails>) -> Usage {
        let cached = input.and_then(|details| details.cached_tokens).or(self.cached);
        let written = input.and_then(|details| details.cache_write_tokens);
        let thoughts = output.and_then(|details| details.reasoning_tokens);
        Usage {
            calls: 1,
            input_tokens: self.input,
            output_tokens: self.output,
            // What is a part of a count that cannot be read is not known either.
            cached_input_tokens: cached.unwrap_or_default().min(self.input),
            cache_write_tokens: written.unwrap_or_default().min(self.input),
            reasoning_tokens: thoughts.unwrap_or_default().min(self.output),
            ..Usage::default()
        }
    }
}

/// An error that stands where there may be none.
pub(in crate::lm) fn failed(error: Option<Value>) -> Result<(), Unread> {
    match error.filter(|error| !error.is_null()) {
        Some(error) => Err(Unread::Failed(Failure::of(&error))),
        None => Ok(()),
    }
}
