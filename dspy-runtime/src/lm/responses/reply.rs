//! A response, whole.

use serde::Deserialize;
use serde_json::Value;

use crate::error::ErrorKind;
use crate::lm::aside::{count, or_default, or_none};
use crate::lm::finish::{INCOMPLETE, said};
use crate::lm::openai::tokens::{Counted, InputDetails, OutputDetails, Token, failed};
use crate::lm::provider::{Unread, json};
use crate::lm::{FinishReason, Reasoning, Response, TokenLogprob, ToolCall, Usage};

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
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

/// What a model gives: what it thinks, what it says, what it calls.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    Message {
        #[serde(default)]
        content: Vec<Part>,
        status: Option<String>,
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
        (response.model, response.request_id) = (self.model, self.id);
        let (mut thoughts, mut raw, mut cut) = (Vec::new(), Vec::new(), None);
        for item in output {
            match Item::deserialize(&item)? {
                Item::Message { content, status } => {
                    cut = cut.or(status.filter(|status| !matches!(status.as_str(), "" | "completed")));
                    content.into_iter().try_for_each(|part| part.put(&mut response))?
                }
                Item::Reasoning { summary, content } => {
                    thoughts.extend(
                        summary.into_iter().chain(content.into_iter().flatten()).map(|part| part.text),
                    );
                    raw.push(item);
                }
                Item::FunctionCall { call_id, name, arguments } => {
                    response.tool_calls.push(ToolCall::read(call_id, name, &arguments));
                }
                Item::Other => {}
            }
        }
        if !raw.is_empty() {
            let reasoning = Reasoning {
                state: Some(serde_json::json!({"openai": raw})),
                ..Reasoning::new(thoughts.join("\n\n"))
            };
            response.reasoning = Some(reasoning);
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
            Self::Refusal { refusal } => Err(Unread::Withheld(refusal)),
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
