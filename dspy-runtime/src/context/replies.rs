//! One reply for each distinct request of a search.
//!
//! Candidates share prompts: of two that differ in their second predictor, the first asks the same. So
//! within a search an equal request (model, messages, sampling, format, tools, rollout) is paid for once, those
//! that come while it is under way wait for it, and a recorded one is not asked again at all. Whoever
//! wants another reply to the same request asks with another rollout.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::Purpose;
use crate::cache::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Choice, FinishReason, Reasoning, Response, TokenLogprob, ToolCall, Usage};

/// The replies that a search has had.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    slots: Mutex<HashMap<Key, Slot>>,
    record: Option<Arc<dyn Record>>,
}

/// A settled call, and how long it took the one that paid; whoever shares it is told the same.
type Slot = Arc<OnceCell<(Settled, Duration)>>;

/// Where settled calls are kept from one process to the next.
pub(crate) trait Record: fmt::Debug + Send + Sync {
    /// What an earlier process has had for this request.
    fn recorded(&self, key: &Key) -> Option<Settled>;

    /// Keeps what was had.
    fn record(&self, call: &Call<'_>, settled: &Settled);
}

/// A settled call, for the record.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) key: Key,
    pub(crate) path: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) model: String,
}

/// A reply or a final failure, as it can be kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settled {
    #[serde(flatten)]
    outcome: Outcome,
    usage: Usage,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Reply {
        text: String,
        finish: FinishReason,
        #[serde(flatten)]
        rest: Box<Rest>,
    },
    Failed {
        kind: ErrorKind,
        message: String,
        retries: u32,
    },
}

/// What few replies have, which is written only where it is there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logprobs: Vec<TokenLogprob>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Choice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<String>,
}

impl Replies {
    /// Replies that are also kept elsewhere.
    pub(crate) fn recorded(record: Arc<dyn Record>) -> Self {
        Self { slots: Mutex::default(), record: Some(record) }
    }

    /// The reply to a request, paid for at most once. `pay` is given what was recorded, if anything was.
    ///
    /// A call that the budget refuses is no reply, and may be tried again.
    pub(super) async fn once<F>(
        &self,
        call: Call<'_>,
        pay: impl FnOnce(Option<Settled>) -> F,
    ) -> (Usage, Result<Response>, Duration)
    where
        F: Future<Output = (Usage, Result<Response>)>,
    {
        let slot = self.slot(call.key);
        let settled = slot.get_or_try_init(|| async {
            let recorded = self.record.as_ref().and_then(|record| record.recorded(&call.key));
            let known = recorded.is_some();
            let begun = Instant::now();
            let (usage, outcome) = pay(recorded).await;
            // What was recorded took its time in another process.
            let took = if known { Duration::ZERO } else { begun.elapsed() };
            let settled = Settled::of(usage, outcome)?;
            if let Some(record) = self.record.as_ref().filter(|_| !known) {
                record.record(&call, &settled);
            }
            Ok::<_, Error>((settled, took))
        });
        match settled.await {
            Ok((settled, took)) => (settled.usage, settled.outcome(), *took),
            Err(error) => (Usage::default(), Err(error), Duration::ZERO),
        }
    }

    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(key).or_default().clone()
    }
}

impl Settled {
    fn of(usage: Usage, outcome: Result<Response>) -> Result<Self> {
        let outcome = match outcome {
            Ok(Response { text, finish, reasoning, tool_calls, logprobs, others, dropped, .. }) => {
                let rest = Box::new(Rest { reasoning, tool_calls, logprobs, others, dropped });
                Outcome::Reply { text, finish, rest }
            }
            Err(error) if matches!(error.kind(), ErrorKind::Budget | ErrorKind::NotConfigured) => {
                return Err(error);
            }
            Err(error) => {
                Outcome::Failed { kind: error.kind(), message: error.to_string(), retries: error.retries() }
            }
        };
        Ok(Self { outcome, usage })
    }

    /// As it came.
    pub(super) fn outcome(&self) -> Result<Response> {
        match &self.outcome {
            Outcome::Reply { text, finish, rest } => {
                let Rest { reasoning, tool_calls, logprobs, others, dropped } = Rest::clone(rest);
                let mut response = Response::new(text.clone());
                (response.finish, response.usage) = (finish.clone(), self.usage);
                (response.reasoning, response.tool_calls) = (reasoning, tool_calls);
                (response.logprobs, response.others, response.dropped) = (logprobs, others, dropped);
                Ok(response)
            }
            Outcome::Failed { kind, message, retries } => {
                Err(Error::new(*kind, message.clone()).with_retries(*retries))
            }
        }
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
        let back: Settled = serde_json::from_str(&kept(&response)).expect("its own form");
        assert_eq!(back.outcome().expect("a reply"), response);
    }

    #[test]
    fn failures_are_kept_and_refusals_are_not() {
        let usage = Usage { calls: 1, ..Usage::default() };
        let failed = Settled::of(usage, Err(Error::new(ErrorKind::Server, "down").with_retries(3)));
        let text = serde_json::to_string(&failed.expect("a failure is an outcome")).expect("it is JSON");
        let back: Settled = serde_json::from_str(&text).expect("it was written so");
        let error = back.outcome().expect_err("it failed");
        assert_eq!((error.kind(), error.retries(), error.to_string()), (ErrorKind::Server, 3, "down".into()));
        assert!(Settled::of(usage, Err(Error::new(ErrorKind::Budget, "spent"))).is_err());
    }
}
