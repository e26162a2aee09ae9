//! A message that comes bit by bit.

use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::{Tokens, reasoning};
use crate::lm::aside::{or_default, or_none};
use crate::lm::failure::Failure;
use crate::lm::finish::{ANTHROPIC, said};
use crate::lm::provider::{Piece, Reader, Unread};
use crate::lm::{CallPart, Response, ToolCall, WithheldReason};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: usize,
        content_block: Value,
    },
    ContentBlockDelta {
        index: usize,
        delta: Delta,
    },
    MessageDelta {
        delta: End,
        #[serde(default, deserialize_with = "or_default")]
        usage: Tokens,
    },
    MessageStop,
    Error {
        error: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default, deserialize_with = "or_none")]
    id: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    model: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    usage: Tokens,
}

#[derive(Deserialize)]
struct End {
    stop_reason: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    stop_details: Option<WithheldReason>,
}

/// The addition to a block.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: String },
    #[serde(rename = "citations_delta")]
    Citation { citation: Value },
    #[serde(other)]
    Other,
}

/// The state of a stream besides the text.
#[derive(Default)]
pub(super) struct Stream {
    /// Blocks by their number, in the order in which they began.
    blocks: Vec<(usize, Block)>,
    tokens: Tokens,
    reason: Option<String>,
    stopped: bool,
}

/// A block as it began, and what came to it.
#[derive(Default)]
struct Block {
    began: Value,
    text: String,
    signature: String,
    citations: Vec<Value>,
}

impl Reader for Stream {
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread> {
        match serde_json::from_str(data)? {
            Event::MessageStart { message } => {
                reply.model = message.model;
                reply.id = reply.id.take().or(message.id);
                self.tokens = message.usage;
            }
            Event::ContentBlockStart { index, content_block } => {
                return Ok(self.begin(index, content_block));
            }
            Event::ContentBlockDelta { index, delta } => return self.delta(index, delta),
            Event::MessageDelta { delta, usage } => {
                self.reason = said(delta.stop_reason).or(self.reason.take());
                reply.withheld = delta.stop_details.or(reply.withheld.take());
                self.tokens = usage.or(self.tokens);
            }
            Event::MessageStop => {
                self.stopped = self.reason.is_some();
                return if self.stopped { Ok(vec![Piece::End]) } else { Err(Unread::Cut) };
            }
            Event::Error { error } => return Err(Unread::Failed(Failure::of(&error))),
            Event::Other => {}
        }
        Ok(Vec::new())
    }

    fn is_whole(&self, _: usize) -> bool {
        self.stopped
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        let (mut thoughts, mut blocks) = (String::new(), Vec::new());
        for (_, block) in std::mem::take(&mut self.blocks) {
            match block.kind() {
                "thinking" => thoughts.push_str(&block.text),
                "tool_use" => reply.tool_calls.push(block.call()),
                _ => {}
            }
            blocks.push(block.whole());
        }
        reply.reasoning = reasoning(thoughts, blocks);
        reply.usage = self.tokens.usage();
        reply.service_tier = self.tokens.service_tier;
        reply.finish = ANTHROPIC.read(self.reason.as_deref())?;
        Ok(())
    }
}

impl Stream {
    /// A block may begin with a text already.
    fn begin(&mut self, index: usize, began: Value) -> Vec<Piece> {
        let begins = |name: &str| began[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (text, thoughts) = (begins("text"), begins("thinking"));
        let begun = text.clone().or_else(|| thoughts.clone()).unwrap_or_default();
        let mut block = Block { text: begun, ..Block::default() };
        block.signature = begins("signature").unwrap_or_default();
        block.began = began;
        let call = block.is_call().then(|| {
            let whole = block.began["input"].as_object().filter(|input| !input.is_empty());
            let arguments = whole.map(|_| block.began["input"].to_string()).unwrap_or_default();
            let name = block.began["name"].as_str().unwrap_or_default();
            Piece::Call(CallPart::new(self.calls(), name, arguments))
        });
        self.blocks.push((index, block));
        text.map(Piece::Text).into_iter().chain(thoughts.map(Piece::Reasoning)).chain(call).collect()
    }

    /// The number of calls so far.
    fn calls(&self) -> usize {
        self.blocks.iter().filter(|(_, block)| block.is_call()).count()
    }

    fn delta(&mut self, index: usize, delta: Delta) -> Result<Vec<Piece>, Unread> {
        let place = self.blocks.iter().rposition(|(known, _)| *known == index);
        let calls = self.blocks.iter().take(place.unwrap_or_default()).filter(|(_, block)| block.is_call());
        let calls = calls.count();
        let block = place.and_then(|place| self.blocks.get_mut(place));
        let (_, block) = block.ok_or_else(|| Unread::Broken(format!("block {index} never began")))?;
        Ok(match delta {
            Delta::Text { text } => {
                block.text.push_str(&text);
                vec![Piece::Text(text)]
            }
            Delta::Citation { citation } => {
                block.citations.push(citation);
                Vec::new()
            }
            Delta::Thinking { thinking } => {
                block.text.push_str(&thinking);
                vec![Piece::Reasoning(thinking)]
            }
            Delta::Signature { signature } => {
                block.signature.push_str(&signature);
                Vec::new()
            }
            Delta::Input { partial_json } => {
                block.text.push_str(&partial_json);
                let part = (block.is_call() && !partial_json.is_empty())
                    .then(|| Piece::Call(CallPart::new(calls, "", partial_json)));
                part.into_iter().collect()
            }
            Delta::Other => Vec::new(),
        })
    }
}

impl Block {
    fn is_call(&self) -> bool {
        self.kind() == "tool_use"
    }

    fn kind(&self) -> &str {
        self.began["type"].as_str().unwrap_or_default()
    }

    /// As it would have come whole.
    fn whole(self) -> Value {
        let kind = self.kind().to_owned();
        let call = self.began.get("input").is_some().then(|| self.call());
        let Self { mut began, text, signature, citations } = self;
        let Some(block) = began.as_object_mut() else { return began };
        if let Some(call) = call {
            // What is not an object came from a model that got it wrong, and is refused as it is.
            let is_object = call.arguments.is_object();
            let input = if is_object { call.arguments } else { json!({"text": call.arguments}) };
            block.insert("input".to_owned(), input);
        }
        match kind.as_str() {
            "text" => {
                block.insert("text".to_owned(), text.into());
                if !citations.is_empty() {
                    block.insert("citations".to_owned(), citations.into());
                }
            }
            "thinking" => {
                block.insert("thinking".to_owned(), text.into());
                block.insert("signature".to_owned(), signature.into());
            }
            _ => {}
        }
        began
    }

    fn call(&self) -> ToolCall {
        let word = |name: &str| self.began[name].as_str().unwrap_or_default().to_owned();
        let (id, name) = (word("id"), word("name"));
        // A call without parts began with all its arguments.
        match (self.text.is_empty(), self.began.get("input").filter(|input| input.is_object())) {
            (true, Some(input)) => ToolCall::new(id, name, input.clone()),
            _ => ToolCall::read(id, name, &self.text),
        }
    }
}
