//! The answer of a conversation.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::lm::provider::Unread;
use crate::lm::{FinishReason, Reasoning, Response, ToolCall, Usage};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    output: Output,
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Deserialize)]
struct Output {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    text: Option<String>,
    reasoning_content: Option<Thought>,
    tool_use: Option<Call>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thought {
    reasoning_text: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    tool_use_id: String,
    name: String,
    #[serde(default)]
    input: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
    cache_write_input_tokens: u64,
}

/// Reads the answer.
pub(super) fn read(body: &[u8]) -> Result<Response, Unread> {
    let whole: Whole = serde_json::from_slice(body)?;
    let mut response = Response::new("");
    let (mut thoughts, mut raw) = (String::new(), Vec::new());
    for value in whole.output.message.content {
        let block = Block::deserialize(&value)?;
        response.text.extend(block.text);
        if let Some(Call { tool_use_id, name, input }) = block.tool_use {
            response.tool_calls.push(ToolCall::new(tool_use_id, name, input));
        }
        if let Some(thought) = block.reasoning_content {
            thoughts.extend(thought.reasoning_text.map(|text| text.text));
            raw.push(value);
        }
    }
    if !raw.is_empty() {
        response.reasoning =
            Some(Reasoning { state: Some(json!({"bedrock": raw})), ..Reasoning::new(thoughts) });
    }
    response.finish = finish(whole.stop_reason.as_deref());
    response.usage = whole.usage.usage();
    Ok(response)
}

impl Tokens {
    /// Bedrock counts what the cache reads and writes beside the input.
    fn usage(&self) -> Usage {
        let (read, write) = (self.cache_read_input_tokens, self.cache_write_input_tokens);
        Usage {
            calls: 1,
            input_tokens: self.input_tokens + read + write,
            output_tokens: self.output_tokens,
            cached_input_tokens: read,
            cache_write_tokens: write,
            ..Usage::default()
        }
    }
}

fn finish(reason: Option<&str>) -> FinishReason {
    match reason {
        None | Some("end_turn" | "stop_sequence") => FinishReason::Stop,
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        Some("tool_use") => FinishReason::ToolCalls,
        Some("guardrail_intervened" | "content_filtered") => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.to_owned()),
    }
}
