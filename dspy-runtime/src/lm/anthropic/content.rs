//! Messages in Anthropic's blocks.

use serde_json::{Value, json};

use super::media;
use super::reply::{PROVIDER, part_of_turn};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::turn::{Back, Said, back};
use crate::lm::{Author, Message, Part, Request};

/// The system prompt of the model, and the turns.
pub(super) struct Turns {
    pub(super) system: Vec<Value>,
    pub(super) turns: Vec<(&'static str, Vec<Value>)>,
}

/// The turns of messages; those of one side that follow each other are one turn.
///
/// # Errors
///
/// When the model is set up in the middle, for which there is no place.
pub(super) fn turns(request: &Request, marks_fixed: bool) -> Result<Turns> {
    let messages = &request.messages;
    let mark = mark(request);
    let fixed = if marks_fixed { messages.fixed().len() } else { 0 };
    let mut found = Turns { system: Vec::new(), turns: Vec::new() };
    for (place, message) in messages.iter().enumerate() {
        let mut blocks = blocks(message);
        let is_marked = message.is_cached() || place + 1 == fixed;
        // Thoughts take no mark.
        let last = blocks.iter_mut().rfind(|block| part_of_turn(block) != Said::Thought);
        if let Some(Value::Object(last)) = last.filter(|_| is_marked) {
            last.insert("cache_control".to_owned(), mark.clone());
        }
        let role = match message.author() {
            Author::System if found.turns.is_empty() => {
                found.system.append(&mut blocks);
                continue;
            }
            Author::System => {
                let message = "this provider takes system messages at the beginning alone; make it a user's";
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            Author::Assistant => "assistant",
            Author::User | Author::Tool => "user",
        };
        match found.turns.last_mut() {
            Some((last, so_far)) if *last == role => so_far.append(&mut blocks),
            _ => found.turns.push((role, blocks)),
        }
    }
    Ok(found)
}

/// The mark of what is worth keeping.
pub(super) fn mark(request: &Request) -> Value {
    match request.sampling.cache_ttl {
        None => json!({"type": "ephemeral"}),
        Some(ttl) => json!({"type": "ephemeral", "ttl": ttl}),
    }
}

/// The blocks of a message. An empty text is refused, so it is none.
fn blocks(message: &Message) -> Vec<Value> {
    let part = |part: Part<'_>| match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Media(media) => media::block(media),
    };
    let content = message.parts().map(part);
    if let Some(answered) = message.answered() {
        let content = match message.media().len() {
            0 => message.text().into(),
            _ => content.collect::<Value>(),
        };
        return vec![json!({"type": "tool_result", "tool_use_id": &answered.id, "content": content})];
    }
    let thoughts = match back(message, PROVIDER, part_of_turn) {
        Back::Turn(blocks) => return blocks,
        Back::Thoughts(blocks) => blocks,
    };
    let calls = message.tool_calls().iter().map(|call| {
        // What is not an object came from a model that got it wrong, and is refused as it is.
        let input =
            if call.arguments.is_object() { call.arguments.clone() } else { json!({"text": call.arguments}) };
        json!({"type": "tool_use", "id": &call.id, "name": &call.name, "input": input})
    });
    thoughts.into_iter().chain(content).chain(calls).collect()
}
