//! The JSON of chat completions.

use serde::{Deserialize, Serialize};

use super::parts::Messages;
use crate::lm::{FinishReason, JsonFormat, Sampling, Usage};

#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) messages: Messages<'a>,
    #[serde(flatten)]
    pub(super) sampling: &'a Sampling,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Format<'a> {
    JsonObject,
    JsonSchema { json_schema: &'a JsonFormat },
}

#[derive(Deserialize)]
pub(super) struct Completion {
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Option<Tokens>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) message: Reply,
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Reply {
    pub(super) content: Option<String>,
    pub(super) refusal: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Tokens {
    #[serde(default)]
    pub(super) prompt_tokens: u64,
    #[serde(default)]
    pub(super) completion_tokens: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FailureBody {
    pub(super) message: String,
}

/// One event of a stream.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) choices: Vec<EventChoice>,
    pub(super) usage: Option<Tokens>,
    pub(super) error: Option<FailureBody>,
}

#[derive(Deserialize)]
pub(super) struct EventChoice {
    #[serde(default)]
    pub(super) delta: Delta,
    pub(super) finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Delta {
    pub(super) content: Option<String>,
    pub(super) refusal: Option<String>,
}

impl Tokens {
    pub(super) fn usage(&self) -> Usage {
        Usage {
            calls: 1,
            input_tokens: self.prompt_tokens,
            output_tokens: self.completion_tokens,
            ..Usage::default()
        }
    }
}

/// Why a reply ended, from the provider's word.
pub(super) fn finish(reason: Option<&str>) -> FinishReason {
    match reason {
        None | Some("stop") => FinishReason::Stop,
        Some("length") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some("tool_calls") => FinishReason::ToolCalls,
        Some(other) => FinishReason::Other(other.to_owned()),
    }
}
