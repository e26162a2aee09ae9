//! The answer of a conversation.

use serde::Deserialize;
use serde_json::Value;

use crate::lm::aside::{count, or_default};
use crate::lm::finish::BEDROCK;
use crate::lm::provider::{Unread, json};
use crate::lm::turn::{self, Said};
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
    citations_content: Option<Cited>,
}

/// Text with what it is from.
#[derive(Deserialize)]
struct Cited {
    #[serde(default)]
    content: Vec<Text>,
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
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Tokens {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_write_input_tokens: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    cache_details: Vec<Written>,
}

/// The tokens written to the cache with that lifetime.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    ttl: String,
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
}

/// The name under which what goes back is kept.
pub(super) const PROVIDER: &str = "bedrock";

/// Returns the kind of a block.
pub(super) fn part_of_turn(block: &Value) -> Said<'_> {
    let text = |value: &'_ Value| value.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let cited = || {
        Some(block.get("citationsContent")?.get("content")?.as_array()?.iter().map(text).collect::<String>())
    };
    let call = || block.get("toolUse").filter(|call| call.get("type").is_none_or(Value::is_null));
    if block.get("reasoningContent").is_some() {
        Said::Thought
    } else if let Some(text) = block.get("text").and_then(Value::as_str) {
        Said::Text(text)
    } else if let Some(text) = cited() {
        Said::Marked(text.into())
    } else if let Some(name) = call().and_then(|call| call.get("name")?.as_str()) {
        Said::Call(name)
    } else {
        Said::Opaque
    }
}

/// Reads the answer.
pub(in crate::lm) fn read(body: &[u8]) -> Result<Response, Unread> {
    let whole: Whole = json(body)?;
    let mut response = Response::new("");
    for value in &whole.output.message.content {
        let block = Block::deserialize(value)?;
        response.text.extend(block.text);
        response.text.extend(
            block.citations_content.into_iter().flat_map(|cited| cited.content).map(|text| text.text),
        );
    }
    finish(whole.output.message.content, whole.stop_reason.as_deref(), &whole.usage, &mut response)?;
    Ok(response)
}

/// Puts to a reply what there is besides its text.
pub(super) fn finish(
    mut blocks: Vec<Value>,
    reason: Option<&str>,
    usage: &Tokens,
    response: &mut Response,
) -> Result<(), Unread> {
    let mut thoughts = String::new();
    for value in &mut blocks {
        let block = Block::deserialize(&*value)?;
        // What is not an object came from a model that got it wrong, and is refused as it is.
        if let Some(input) = value.pointer_mut("/toolUse/input").filter(|input| !input.is_object()) {
            *input = serde_json::json!({"text": input.take()});
        }
        // What has a kind is called by the server, not by us.
        if let Some(Call { tool_use_id, name, input, kind: None }) = block.tool_use {
            response.tool_calls.push(ToolCall::new(tool_use_id, name, input));
        }
        if let Some(thought) = block.reasoning_content {
            thoughts.extend(thought.reasoning_text.map(|text| text.text));
        }
    }
    let state = turn::state(PROVIDER, blocks, part_of_turn);
    if !thoughts.is_empty() || state.is_some() {
        response.reasoning = Some(Reasoning { state, ..Reasoning::new(thoughts) });
    }
    response.finish = BEDROCK.read(reason)?;
    response.usage = usage.usage();
    Ok(())
}

impl Tokens {
    /// Bedrock counts what the cache reads and writes besides the input.
    fn usage(&self) -> Usage {
        let (read, write) = (self.cache_read_input_tokens, self.cache_write_input_tokens);
        let (read, write) = (read.unwrap_or_default(), write.unwrap_or_default());
        let kept = self.cache_details.iter().filter(|written| written.ttl == "1h");
        let hour: u64 = kept.filter_map(|written| written.input_tokens).sum();
        Usage {
            calls: 1,
            input_tokens: self.input_tokens.unwrap_or_default() + read + write,
            output_tokens: self.output_tokens.unwrap_or_default(),
            cached_input_tokens: read,
            cache_write_tokens: write,
            hour_cache_write_tokens: hour.min(write),
            ..Usage::default()
        }
    }
}
