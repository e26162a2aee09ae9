//! A response, whole.

use serde::Deserialize;
use serde_json::Value;

use crate::error::ErrorKind;
use crate::lm::aside::{count, or_default, or_none, tier};
use crate::lm::finish::{INCOMPLETE, said};
use crate::lm::openai::tokens::{Counted, InputDetails, OutputDetails, Token, failed};
use crate::lm::provider::{Unread, json};
use crate::lm::turn::{self, Said};
use crate::lm::{FinishReason, Reasoning, Response, ServiceTier, TokenLogprob, ToolCall, Usage};

#[derive(Deserialize)]
pub(super) struct Whole {
    #[serde(default, deserialize_with = "or_none")]
    id: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    model: Option<String>,
    status: Option<String>,
    error: Option<Value>,
    incomplete_details: Option<Incomplete>,
    output: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "or_default")]
    usage: Tokens,
    #[serde(default, deserialize_with = "tier")]
    service_tier: Option<ServiceTier>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

/// An item that a model gives: what it thinks, what it says, what it calls.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    Message {
        #[serde(default)]
        content: Vec<Part>,
        status: Option<String>,
        #[serde(default, deserialize_with = "or_none")]
        phase: Option<String>,
    },
    Reasoning {
        #[serde(default)]
        summary: Vec<Thought>,
        content: Option<Vec<Thought>>,
    },
    FunctionCall {
        call_id: String,
        name: String,
        #[serde(default)]
        arguments: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    OutputText {
        text: String,
        #[serde(default, deserialize_with = "or_none")]
        logprobs: Option<Vec<Token>>,
    },
    Refusal {
        refusal: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Thought {
    #[serde(default)]
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    input_tokens_details: InputDetails,
    #[serde(deserialize_with = "or_default")]
    output_tokens_details: OutputDetails,
}

/// The name under which what goes back is kept.
pub(super) const PROVIDER: &str = "openai";

/// The phase of a message that is said on the way to the answer.
pub(super) const COMMENTARY: &str = "commentary";

/// Returns the kind of an item.
pub(super) fn part_of_turn(item: &Value) -> Said<'_> {
    let word = |name: &str| item.get(name).and_then(Value::as_str);
    match (word("type").unwrap_or_default(), word("phase")) {
        ("reasoning", _) => Said::Thought,
        ("message", Some(COMMENTARY)) => Said::Opaque,
        ("message", Some(_)) => Said::Marked(text(item).into()),
        ("message", None) => match item.get("content").and_then(Value::as_array).map(Vec::as_slice) {
            Some([part]) => Said::Text(part.get("text").and_then(Value::as_str).unwrap_or_default()),
            _ => Said::Marked(text(item).into()),
        },
        ("function_call", _) => Said::Call(word("name").unwrap_or_default()),
        _ => Said::Opaque,
    }
}

/// The text of an item.
fn text(item: &Value) -> String {
    let text = |part: &Value| part.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_message = item.get("type").is_some_and(|kind| kind == "message");
    let parts = item.get("content").and_then(Value::as_array).filter(|_| is_message);
    parts.into_iter().flatten().map(text).collect()
}

/// Reads a whole response.
pub(in crate::lm) fn read(body: &[u8]) -> Result<Response, Unread> {
    json::<Whole>(body)?.response()
}

impl Whole {
    /// With a status, where it has none of its own.
    pub(super) fn or_status(mut self, status: &str) -> Self {
        self.status.get_or_insert_with(|| status.to_owned());
        self
    }

    /// All that is said, on the way to the answer as well.
    pub(super) fn texts(&self) -> String {
        self.output.iter().flatten().map(text).collect()
    }

    pub(super) fn response(self) -> Result<Response, Unread> {
        failed(self.error)?;
        let status = self.status.unwrap_or_default();
        match status.as_str() {
            "failed" => return Err(Unread::Ended(status, ErrorKind::Server)),
            "cancelled" => return Err(Unread::Ended(status, ErrorKind::Cancelled)),
            // One that goes on without us is no reply.
            "queued" | "in_progress" => return Err(Unread::Misfit(format!("it is {status}"))),
            _ => {}
        }
        let output = self.output.ok_or_else(|| Unread::Broken("it has no output".to_owned()))?;
        let mut response = Response::new("");
        response.usage = self.usage.usage();
        response.service_tier = self.service_tier;
        (response.model, response.id) = (self.model, self.id);
        let (mut thoughts, mut cut) = (Vec::new(), None);
        for item in &output {
            match Item::deserialize(item)? {
                Item::Message { content, status, phase } => {
                    cut = cut.or(status.filter(|status| !matches!(status.as_str(), "" | "completed")));
                    if phase.as_deref() == Some(COMMENTARY) {
                        // Said on the way, and no part of the answer.
                        let mut aside = Response::new("");
                        content.into_iter().try_for_each(|part| part.put(&mut aside))?;
                        thoughts.push(aside.text);
                    } else {
                        content.into_iter().try_for_each(|part| part.put(&mut response))?;
                    }
                }
                Item::Reasoning { summary, content } => {
                    thoughts.extend(
                        summary.into_iter().chain(content.into_iter().flatten()).map(|part| part.text),
                    );
                }
                Item::FunctionCall { call_id, name, arguments } => {
                    response.tool_calls.push(ToolCall::read(call_id, name, &arguments));
                }
                Item::Other => {}
            }
        }
        let state = turn::state(PROVIDER, output, part_of_turn);
        if !thoughts.is_empty() || state.is_some() {
            response.reasoning = Some(Reasoning { state, ..Reasoning::new(thoughts.join("\n\n")) });
        }
        let reason = self.incomplete_details.and_then(|details| details.reason);
        response.finish = finish(&status, reason, !response.tool_calls.is_empty())?;
        if let (FinishReason::Stop | FinishReason::ToolCalls, Some(status)) = (&response.finish, cut) {
            response.finish = FinishReason::Other(status);
        }
        Ok(response)
    }
}

impl Part {
    fn put(self, response: &mut Response) -> Result<(), Unread> {
        match self {
            Self::OutputText { text, logprobs } => {
                response.text.push_str(&text);
                response.logprobs.extend(logprobs.into_iter().flatten().map(TokenLogprob::from));
                Ok(())
            }
            Self::Refusal { refusal } if refusal.trim().is_empty() => Ok(()),
            Self::Refusal { refusal } => Err(Unread::WithheldReason(refusal)),
            Self::Other => Ok(()),
        }
    }
}

impl Tokens {
    fn usage(&self) -> Usage {
        let (input, output) = (self.input_tokens.unwrap_or_default(), self.output_tokens.unwrap_or_default());
        let counted = Counted { input, output, cached: None };
        counted.usage(Some(&self.input_tokens_details), Some(&self.output_tokens_details))
    }
}

fn finish(status: &str, reason: Option<String>, calls: bool) -> Result<FinishReason, Unread> {
    match (status, said(reason)) {
        ("completed" | "", None) if calls => Ok(FinishReason::ToolCalls),
        ("completed" | "", None) => Ok(FinishReason::Stop),
        (_, Some(reason)) => INCOMPLETE.read(Some(&reason)),
        (other, None) => Ok(FinishReason::Other(other.to_owned())),
    }
}
