//! A chat completion that comes bit by bit.

use serde::Deserialize;
use serde_json::Value;

use super::reply::{Call, Logprobs, Reply, Tokens, finish};
use crate::lm::failure::Failure;
use crate::lm::provider::{Piece, Reader, Unread};
use crate::lm::{Choice, Response, ToolCall};

#[derive(Deserialize)]
struct Event {
    id: Option<String>,
    model: Option<String>,
    choices: Option<Vec<EventChoice>>,
    usage: Option<Tokens>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct EventChoice {
    #[serde(default)]
    index: usize,
    delta: Option<Reply>,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
}

/// What has come so far besides the text.
#[derive(Default)]
pub(super) struct Stream {
    finish: Option<String>,
    calls: Vec<Parts>,
    /// Further replies and why they ended, by their number less one.
    others: Vec<(String, Option<String>)>,
}

/// A call whose arguments come in parts.
#[derive(Default)]
struct Parts {
    index: usize,
    id: String,
    name: String,
    arguments: String,
}

/// More replies than anybody asks for.
const MOST_REPLIES: usize = 1_024;

impl Reader for Stream {
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread> {
        if data == "[DONE]" {
            return Ok(vec![Piece::End]);
        }
        let event: Event = serde_json::from_str(data)?;
        if let Some(error) = event.error.filter(|error| !error.is_null()) {
            return Err(Unread::Failed(Failure::of(&error)));
        }
        reply.model = event.model.or(reply.model.take());
        if reply.request_id.is_none() {
            reply.request_id = event.id;
        }
        if let Some(tokens) = event.usage {
            reply.usage = tokens.usage();
        }
        let mut pieces = Vec::new();
        for choice in event.choices.unwrap_or_default() {
            match choice.index {
                0 => self.first(choice, reply, &mut pieces)?,
                index => self.other(index - 1, choice)?,
            }
        }
        Ok(pieces)
    }

    // Some servers close without a word, which is fine once the reply has its reason to end.
    fn is_whole(&self) -> bool {
        self.finish.is_some()
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        reply.finish = finish(self.finish.as_deref());
        let whole = |call: Parts| ToolCall::read(call.id, call.name, &call.arguments);
        reply.tool_calls = std::mem::take(&mut self.calls).into_iter().map(whole).collect();
        let other = |(text, reason): (String, Option<String>)| Choice::new(text, finish(reason.as_deref()));
        reply.others = std::mem::take(&mut self.others).into_iter().map(other).collect();
        Ok(())
    }
}

impl Stream {
    fn first(
        &mut self,
        choice: EventChoice,
        reply: &mut Response,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Unread> {
        let mut delta = choice.delta.unwrap_or_default();
        if let Some(refusal) = delta.refusal.take().filter(|refusal| !refusal.is_empty()) {
            return Err(Unread::Withheld(refusal));
        }
        self.finish = choice.finish_reason.or(self.finish.take());
        reply.logprobs.extend(choice.logprobs.into_iter().flat_map(Logprobs::tokens));
        delta.tool_calls.take().into_iter().flatten().for_each(|call| self.call(call));
        let (text, thoughts) = delta.texts();
        pieces.extend(Some(thoughts).filter(|text| !text.is_empty()).map(Piece::Reasoning));
        pieces.extend(Some(text).filter(|text| !text.is_empty()).map(Piece::Text));
        Ok(())
    }

    fn other(&mut self, place: usize, choice: EventChoice) -> Result<(), Unread> {
        if place >= MOST_REPLIES {
            return Err(Unread::Broken(format!("it numbers a reply {}", place + 1)));
        }
        if self.others.len() <= place {
            self.others.resize_with(place + 1, Default::default);
        }
        if let Some((text, finish)) = self.others.get_mut(place) {
            text.push_str(&choice.delta.unwrap_or_default().texts().0);
            *finish = choice.finish_reason.or(finish.take());
        }
        Ok(())
    }

    /// A part of a call: its name comes first, its arguments bit by bit. Some servers give whole calls and
    /// no number.
    fn call(&mut self, call: Call) {
        let index = call.index.unwrap_or(self.calls.len());
        if !self.calls.iter().any(|known| known.index == index) {
            self.calls.push(Parts { index, ..Parts::default() });
        }
        let Some(known) = self.calls.iter_mut().find(|known| known.index == index) else { return };
        known.id = call.id.filter(|id| !id.is_empty()).unwrap_or(std::mem::take(&mut known.id));
        known.name.extend(call.function.name);
        match call.function.arguments {
            Some(Value::String(text)) => known.arguments.push_str(&text),
            Some(Value::Null) | None => {}
            Some(object) => known.arguments.push_str(&object.to_string()),
        }
    }
}
