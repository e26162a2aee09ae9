//! Settled calls, as a search and its journal keep them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{
    Choice, Embeddings, FinishReason, Reasoning, Response, TokenLogprob, ToolCall, Usage, WithheldReason,
};

/// A reply or a final failure, as it can be kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settled {
    #[serde(flatten)]
    outcome: Outcome,
    usage: Usage,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Reply {
        text: String,
        finish: FinishReason,
        #[serde(flatten)]
        rest: Box<Rest>,
    },
    Embedded {
        /// The bytes of their numbers, in base 64: they are many.
        vectors: Vec<String>,
    },
    Failed {
        kind: ErrorKind,
        message: String,
        retries: u32,
    },
}

/// The rare parts of a reply, which are written only where they are there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rest {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logprobs: Vec<TokenLogprob>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<WithheldReason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<String>,
}

impl Settled {
    pub(super) fn of<T: Kept>(usage: Usage, outcome: Result<T>) -> Result<Self> {
        let outcome = match outcome {
            Ok(made) => made.keep(),
            Err(error) if matches!(error.kind(), ErrorKind::Budget | ErrorKind::NotConfigured) => {
                return Err(error);
            }
            Err(error) => Outcome::Failed {
                kind: error.kind(),
                message: format!("{error:#}"),
                retries: error.retries(),
            },
        };
        Ok(Self { outcome, usage })
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// As it came.
    pub(super) fn outcome<T: Kept>(&self) -> Result<T> {
        match &self.outcome {
            Outcome::Failed { kind, message, retries } => {
                Err(Error::new(*kind, message.clone()).with_retries(*retries))
            }
            kept => {
                T::kept(kept, self.usage).ok_or_else(|| Error::data("a recorded call is of another kind"))
            }
        }
    }
}

/// A value that can be kept.
pub(super) trait Kept: Sized {
    fn keep(self) -> Outcome;

    /// Returns it as it was, if it is of this kind.
    fn kept(outcome: &Outcome, usage: Usage) -> Option<Self>;
}

impl Kept for Response {
    fn keep(self) -> Outcome {
        let Self { text, finish, reasoning, tool_calls, logprobs, others, withheld, dropped, .. } = self;
        let rest = Box::new(Rest { reasoning, tool_calls, logprobs, others, withheld, dropped });
        Outcome::Reply { text, finish, rest }
    }

    fn kept(outcome: &Outcome, usage: Usage) -> Option<Self> {
        let Outcome::Reply { text, finish, rest } = outcome else { return None };
        let Rest { reasoning, tool_calls, logprobs, others, withheld, dropped } = Rest::clone(rest);
        let mut response = Self::new(text.clone());
        (response.finish, response.usage) = (finish.clone(), usage);
        (response.reasoning, response.tool_calls) = (reasoning, tool_calls);
        (response.logprobs, response.others) = (logprobs, others);
        (response.withheld, response.dropped) = (withheld, dropped);
        Some(response)
    }
}

impl Kept for Embeddings {
    fn keep(self) -> Outcome {
        let bytes = |vector: Vec<f32>| vector.into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
        let vectors = self.vectors.into_iter().map(|vector| STANDARD.encode(bytes(vector)));
        Outcome::Embedded { vectors: vectors.collect() }
    }

    fn kept(outcome: &Outcome, usage: Usage) -> Option<Self> {
        let Outcome::Embedded { vectors } = outcome else { return None };
        let vector = |text: &String| {
            let bytes = STANDARD.decode(text).ok()?;
            let numbers = bytes.chunks_exact(4).map(|four| four.try_into().map(f32::from_le_bytes).ok());
            numbers.collect::<Option<Vec<f32>>>()
        };
        let mut embeddings = Self::new(vectors.iter().map(vector).collect::<Option<_>>()?);
        embeddings.usage = usage;
        Some(embeddings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_reply_is_kept_as_it_always_was_and_a_rich_one_whole() {
        let usage = Usage { calls: 1, ..Usage::default() };
        let kept = |response: &Response| {
            let settled = Settled::of(usage, Ok(response.clone())).expect("a reply");
            serde_json::to_string(&settled).expect("JSON")
        };
        let mut response = Response::new("hello");
        let plain = "{\"reply\":{\"text\":\"hello\",\"finish\":\"stop\"},\
            \"usage\":{\"calls\":1,\"retries\":0,\"input_tokens\":0,\"output_tokens\":0}}";
        assert_eq!(kept(&response), plain);
        response.reasoning = Some(Reasoning::new("hm"));
        response.tool_calls = vec![ToolCall::new("1", "look", serde_json::json!({}))];
        response.logprobs = vec![TokenLogprob::new("hello", -0.5)];
        response.others = vec![Choice::new("hi", FinishReason::Length)];
        response.dropped = vec!["seed".to_owned()];
        response.withheld = Some(WithheldReason { category: Some("cyber".to_owned()), explanation: None });
        let back: Settled = serde_json::from_str(&kept(&response)).expect("its own form");
        assert_eq!(back.outcome::<Response>().expect("a reply"), response);
    }

    #[test]
    fn failures_are_kept_and_refusals_are_not() {
        let usage = Usage { calls: 1, ..Usage::default() };
        let failed =
            Settled::of::<Response>(usage, Err(Error::new(ErrorKind::Server, "down").with_retries(3)));
        let text = serde_json::to_string(&failed.expect("a failure is an outcome")).expect("it is JSON");
        let back: Settled = serde_json::from_str(&text).expect("it was written so");
        let error = back.outcome::<Response>().expect_err("it failed");
        assert_eq!((error.kind(), error.retries(), error.to_string()), (ErrorKind::Server, 3, "down".into()));
        assert!(Settled::of::<Response>(usage, Err(Error::new(ErrorKind::Budget, "spent"))).is_err());
    }

    #[test]
    fn vectors_are_kept_to_the_bit() {
        let mut embeddings =
            Embeddings::new(vec![vec![0.1, -3.5e-7, f32::MIN_POSITIVE], vec![1.0, 0.0, -0.0]]);
        embeddings.usage = Usage { calls: 1, input_tokens: 9, ..Usage::default() };
        let settled = Settled::of(embeddings.usage, Ok(embeddings.clone())).expect("vectors");
        let text = serde_json::to_string(&settled).expect("JSON");
        let back: Settled = serde_json::from_str(&text).expect("its own form");
        assert_eq!(back.outcome::<Embeddings>().expect("vectors"), embeddings);
        assert!(back.outcome::<Response>().is_err(), "it is no reply");
    }
}
