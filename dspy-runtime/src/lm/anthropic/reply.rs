//! A message of the model, whole.

use serde::Deserialize;
use serde_json::Value;

use crate::lm::aside::{count, or_default, or_none, tier};
use crate::lm::failure::Failure;
use crate::lm::finish::ANTHROPIC;
use crate::lm::provider::{Unread, json};
use crate::lm::turn::{self, Said};
use crate::lm::{Reasoning, Response, ServiceTier, ToolCall, Usage, WithheldReason};

#[derive(Deserialize)]
struct Whole {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    id: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    model: Option<String>,
    content: Option<Vec<Value>>,
    stop_reason: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    stop_details: Option<WithheldReason>,
    #[serde(default, deserialize_with = "or_default")]
    usage: Tokens,
}

/// A block of a message.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    Text {
        text: String,
    },
    Thinking {
        thinking: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    #[serde(other)]
    Other,
}

/// The counts of a call; in a stream they come in two parts.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_creation_input_tokens: Option<u64>,
    #[serde(deserialize_with = "or_none")]
    cache_creation: Option<Written>,
    #[serde(deserialize_with = "or_none")]
    output_tokens_details: Option<Details>,
    #[serde(deserialize_with = "tier")]
    pub(super) service_tier: Option<ServiceTier>,
}

/// The tokens written to the cache, by the time it keeps them.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(deserialize_with = "count")]
    ephemeral_5m_input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "count")]
    thinking_tokens: Option<u64>,
}

/// Reads a whole message.
pub(in crate::lm) fn read(body: &[u8]) -> Result<Response, Unread> {
    let whole: Whole = json(body)?;
    if whole.kind.as_deref() == Some("error") {
        return Err(Unread::Failed(Failure::read(body)));
    }
    let content = whole.content.ok_or_else(|| Unread::Broken("it has no content".to_owned()))?;
    let mut response = Response::new("");
    let mut thoughts = String::new();
    for value in &content {
        match Block::deserialize(value)? {
            Block::Text { text } => response.text.push_str(&text),
            Block::Thinking { thinking } => thoughts.push_str(&thinking),
            Block::ToolUse { id, name, input } => response.tool_calls.push(ToolCall::new(id, name, input)),
            Block::Other => {}
        }
    }
    response.reasoning = reasoning(thoughts, content);
    response.usage = whole.usage.usage();
    response.service_tier = whole.usage.service_tier;
    response.withheld = whole.stop_details;
    response.finish = ANTHROPIC.read(whole.stop_reason.as_deref())?;
    (response.model, response.id) = (whole.model, whole.id);
    Ok(response)
}

/// The name under which what goes back is kept.
pub(super) const PROVIDER: &str = "anthropic";

/// Thoughts, with the blocks that go back as they came.
pub(super) fn reasoning(text: String, blocks: Vec<Value>) -> Option<Reasoning> {
    let state = turn::state(PROVIDER, blocks, part_of_turn);
    (!text.is_empty() || state.is_some()).then(|| Reasoning { state, ..Reasoning::new(text) })
}

/// Returns the kind of a block.
pub(super) fn part_of_turn(block: &Value) -> Said<'_> {
    let word = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_cited = block.get("citations").is_some_and(|citations| !citations.is_null());
    match word("type") {
        "thinking" | "redacted_thinking" => Said::Thought,
        "text" if is_cited => Said::Marked(word("text").into()),
        "text" => Said::Text(word("text")),
        "tool_use" => Said::Call(word("name")),
        _ => Said::Opaque,
    }
}

impl Tokens {
    /// Merges two, of which the later counts.
    pub(super) fn or(self, earlier: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.or(earlier.input_tokens),
            output_tokens: self.output_tokens.or(earlier.output_tokens),
            cache_read_input_tokens: self.cache_read_input_tokens.or(earlier.cache_read_input_tokens),
            cache_creation_input_tokens: self
                .cache_creation_input_tokens
                .or(earlier.cache_creation_input_tokens),
            cache_creation: self.cache_creation.or(earlier.cache_creation),
            output_tokens_details: self.output_tokens_details.or(earlier.output_tokens_details),
            service_tier: self.service_tier.or(earlier.service_tier),
        }
    }

    /// Anthropic counts what the cache reads and writes besides the input.
    pub(super) fn usage(self) -> Usage {
        let (read, write) = (self.cache_read_input_tokens, self.cache_creation_input_tokens);
        let written = self.cache_creation.unwrap_or_default();
        let hour = written.ephemeral_1h_input_tokens.unwrap_or_default();
        let sum = written.ephemeral_5m_input_tokens.unwrap_or_default() + hour;
        // Some servers report the parts alone.
        let (read, write) = (read.unwrap_or_default(), write.unwrap_or(sum));
        let output = self.output_tokens.unwrap_or_default();
        let thoughts = self.output_tokens_details.and_then(|details| details.thinking_tokens);
        Usage {
            calls: 1,
            input_tokens: self.input_tokens.unwrap_or_default() + read + write,
            output_tokens: output,
            reasoning_tokens: thoughts.unwrap_or_default().min(output),
            cached_input_tokens: read,
            cache_write_tokens: write,
            hour_cache_write_tokens: hour.min(write),
            ..Usage::default()
        }
    }
}
