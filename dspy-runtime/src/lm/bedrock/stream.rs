//! The answer of a conversation, bit by bit.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::reply::{Tokens, finish};
use crate::lm::aside::or_default;
use crate::lm::provider::{Ending, Frames, Piece, Reader, Unread};
use crate::lm::{Response, ToolCall};

/// An event; one of these is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    content_block_start: Option<Start>,
    content_block_delta: Option<Delta>,
    message_stop: Option<Stop>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    #[serde(default)]
    content_block_index: u64,
    #[serde(default)]
    start: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delta {
    #[serde(default)]
    content_block_index: u64,
    delta: Change,
}

/// The addition to a block.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    text: Option<String>,
    reasoning_content: Option<Thought>,
    tool_use: Option<Input>,
    citation: Option<Value>,
    tool_result: Option<Vec<Value>>,
    image: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thought {
    text: Option<String>,
    signature: Option<String>,
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    input: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stop {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "or_default")]
    usage: Tokens,
}

/// The state of a stream besides the text.
#[derive(Default)]
pub(super) struct Stream {
    /// Blocks by their number.
    blocks: BTreeMap<u64, Block>,
    ending: Ending,
    /// The last that comes: what the reply took.
    tokens: Option<Tokens>,
}

/// A block as it began, and what came to it.
#[derive(Default)]
struct Block {
    began: Map<String, Value>,
    text: Option<String>,
    thought: Option<(String, String)>,
    sealed: String,
    input: String,
    citations: Vec<Value>,
    results: Vec<Value>,
    image: Map<String, Value>,
}

impl Reader for Stream {
    fn frames(&self) -> Frames {
        Frames::Amazon(crate::lm::eventstream::Frames::default())
    }

    fn event(&mut self, data: &str, _: &mut Response) -> Result<Vec<Piece>, Unread> {
        let event: Event = serde_json::from_str(data)?;
        if let Some(start) = event.content_block_start {
            self.ending.take(None, true)?;
            // That of a text has no beginning of its own.
            self.blocks.entry(start.content_block_index).or_default().began = start.start;
        }
        if let Some(Delta { content_block_index, delta }) = event.content_block_delta {
            self.ending.take(None, true)?;
            return Ok(self.blocks.entry(content_block_index).or_default().add(delta));
        }
        if let Some(stop) = event.message_stop {
            let word = stop.stop_reason.unwrap_or_default();
            if word.is_empty() {
                return Err(Unread::Misfit("it ends without a reason".to_owned()));
            }
            self.ending.take(Some(word), false)?;
        }
        match event.metadata {
            Some(metadata) if self.ending.has_come() => {
                self.tokens = Some(metadata.usage);
                Ok(vec![Piece::End])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn is_whole(&self, _: usize) -> bool {
        self.ending.has_come() && self.tokens.is_some()
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        let blocks = std::mem::take(&mut self.blocks).into_values().map(Block::whole);
        let usage = self.tokens.take().unwrap_or_default();
        finish(blocks.collect(), self.ending.word(), &usage, reply)
    }
}

impl Block {
    fn add(&mut self, change: Change) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if let Some(text) = change.text {
            self.text.get_or_insert_default().push_str(&text);
            pieces.push(Piece::Text(text));
        }
        if let Some(Thought { text, signature, redacted_content }) = change.reasoning_content {
            self.sealed.extend(redacted_content);
            if text.is_some() || signature.is_some() {
                let (thought, sign) = self.thought.get_or_insert_default();
                thought.extend(text.clone());
                sign.extend(signature);
                pieces.extend(text.map(Piece::Reasoning));
            }
        }
        self.input.extend(change.tool_use.map(|more| more.input));
        self.citations.extend(change.citation);
        self.results.extend(change.tool_result.into_iter().flatten());
        self.image.extend(change.image.into_iter().flatten());
        pieces
    }

    /// As it would have come whole.
    fn whole(self) -> Value {
        let Self { mut began, text, thought, sealed, input, citations, results, image } = self;
        if let Some(Value::Object(call)) = began.get_mut("toolUse") {
            let arguments = if input.is_empty() { "{}" } else { &input };
            let read = ToolCall::read("", "", arguments).arguments;
            call.insert("input".to_owned(), read);
            return began.into();
        }
        for (name, content) in [("toolResult", json!({"content": results})), ("image", image.into())] {
            if let (Some(Value::Object(block)), Value::Object(content)) = (began.get_mut(name), content) {
                block.extend(content);
                return began.into();
            }
        }
        if let Some((text, signature)) = thought {
            let mut thought = json!({"text": text});
            if !signature.is_empty() {
                thought["signature"] = signature.into();
            }
            return json!({"reasoningContent": {"reasoningText": thought}});
        }
        if !sealed.is_empty() {
            return json!({"reasoningContent": {"redactedContent": sealed}});
        }
        let text = text.unwrap_or_default();
        match citations.is_empty() {
            true => json!({"text": text}),
            false => json!({"citationsContent": {"content": [{"text": text}], "citations": citations}}),
        }
    }
}
