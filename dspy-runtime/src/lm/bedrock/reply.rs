//! The answer of a conversation.

use serde::Deserialize;
use serde_json::Value;

use crate::lm::aside::{count, or_default};
use crate::lm::finish::BEDROCK;
use crate::lm::provider::{Unread, json};
use crate::lm::{Reasoning, Response, ToolCall, Usage};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    output: Output,
    stop_reason: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
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
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_write_input_tokens: Option<u64>,
}

/// Reads the answer.
pub(in crate::lm) fn read(body: &[u8]) -> Result<Response, Unread> {
    let whole: Whole = json(body)?;
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
            Some(Reasoning { state: Some(serde_json::json!({"bedrock": raw})), ..Reasoning::new(thoughts) });
    }
    response.finish = BEDROCK.read(whole.stop_reason.as_deref())?;
    response.usage = whole.usage.usage();
    Ok(response)
}

impl Tokens {
    /// Bedrock counts what the cache reads and writes beside the input.
    fn usage(&self) -> Usage {
        let (read, write) = (self.cache_read_input_tokens, self.cache_write_input_tokens);
        let (read, write) = (read.unwrap_or_default(), write.unwrap_or_default());
        Usage {
            calls: 1,
            input_tokens: self.input_tokens.unwrap_or_default() + read + write,
            output_tokens: self.output_tokens.unwrap_or_default(),
            cached_input_tokens: read,
            cache_write_tokens: write,
            ..Usage::default()
        }
    }
}
