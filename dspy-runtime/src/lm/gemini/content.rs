//! Messages as Gemini's turns.

use serde_json::{Map, Value, json};

use super::media;
use super::reply::{PROVIDER, part_of_turn};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::turn::{Back, back};
use crate::lm::{Author, Message, Messages, Part, ToolCall};

/// Begins the names of calls that Gemini gave none; it gets none back.
pub(super) const OWN_ID: &str = "unnamed-";

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
pub(super) fn turns(messages: &Messages) -> Result<Turns> {
    let mut found = Turns { system: Vec::new(), turns: Vec::new() };
    for message in messages.iter() {
        let mut parts = parts(message);
        let role = match message.author() {
            Author::System if found.turns.is_empty() => {
                found.system.append(&mut parts);
                continue;
            }
            Author::System => {
                let message = "this provider takes system messages at the beginning alone; make it a user's";
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            Author::Assistant => "model",
            Author::User | Author::Tool => "user",
        };
        match found.turns.last_mut() {
            Some((last, so_far)) if *last == role => so_far.append(&mut parts),
            _ => found.turns.push((role, parts)),
        }
    }
    Ok(found)
}

fn parts(message: &Message) -> Vec<Value> {
    if let Some(answered) = message.answered() {
        // Only an object is taken.
        let answer = serde_json::from_str(message.text()).ok().filter(Value::is_object);
        let answer = answer.unwrap_or_else(|| json!({"result": message.text()}));
        let mut response = Map::new();
        response.extend(named(&answered.id).map(|id| ("id".to_owned(), id.into())));
        response.insert("name".to_owned(), answered.name.clone().into());
        response.insert("response".to_owned(), answer);
        return vec![json!({"functionResponse": response})];
    }
    if let Back::Turn(parts) = back(message, PROVIDER, part_of_turn) {
        return parts;
    }
    let part = |part: Part<'_>| match part {
        Part::Text(text) => json!({"text": text}),
        Part::Media(media) => media::part(media),
    };
    message.parts().map(part).chain(message.tool_calls().iter().map(call)).collect()
}

pub(super) fn call(call: &ToolCall) -> Value {
    let arguments = match call.arguments.is_object() {
        true => call.arguments.clone(),
        false => json!({"text": call.arguments}),
    };
    let mut function = Map::new();
    function.extend(named(&call.id).map(|id| ("id".to_owned(), id.into())));
    function.insert("name".to_owned(), call.name.clone().into());
    function.insert("args".to_owned(), arguments);
    let signature = call.state.as_ref().and_then(|state| state.get("gemini"));
    match signature {
        Some(signature) => json!({"functionCall": function, "thoughtSignature": signature}),
        None => json!({"functionCall": function}),
    }
}

fn named(id: &str) -> Option<&str> {
    (!id.starts_with(OWN_ID) && !id.is_empty()).then_some(id)
}
