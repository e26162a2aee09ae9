//! Turns of a model that go back as they came.
//!
//! A message has a text and calls, and what its provider wants back is in the state of its reasoning. Where the parts of
//! a turn came in the order in which they are made of that (thoughts, one text, calls), the thoughts alone are kept.
//! Where they did not, or parts came that are none of these, all of them are, and go back to the letter as long as
//! nobody has changed the message.

use std::borrow::Cow;

use serde_json::Value;

use super::Message;

/// The kind of a part of a turn.
#[derive(Debug, PartialEq)]
pub(super) enum Said<'a> {
    /// The model's thought.
    Thought,
    /// Text, and nothing with it.
    Text(&'a str),
    /// Text with more that is wanted back, such as a signature or a phase.
    Marked(Cow<'a, str>),
    /// A call of the tool of this name.
    Call(&'a str),
    /// Something that only the provider understands.
    Opaque,
}

/// The parts of a turn that go back.
pub(super) enum Back {
    /// All of it.
    Turn(Vec<Value>),
    /// The parts before its text and calls.
    Thoughts(Vec<Value>),
}

/// Returns the state of a turn that is kept for its provider, under the provider's name.
pub(super) fn state(provider: &str, parts: Vec<Value>, read: impl Fn(&Value) -> Said<'_>) -> Option<Value> {
    let thoughts = match is_plain(&parts, &read) {
        true => parts.into_iter().filter(|part| read(part) == Said::Thought).collect(),
        false => parts,
    };
    (!thoughts.is_empty()).then(|| Value::from_iter([(provider, Value::Array(thoughts))]))
}

/// Returns the parts of a message that go back.
pub(super) fn back(message: &Message, provider: &str, read: impl Fn(&Value) -> Said<'_>) -> Back {
    let state = message.reasoning().and_then(|reasoning| reasoning.state.as_ref()?.get(provider)?.as_array());
    let parts = state.map(Vec::as_slice).unwrap_or_default();
    match !is_plain(parts, &read) && is_of(message, parts, &read) {
        true => Back::Turn(parts.to_vec()),
        false => Back::Thoughts(parts.iter().filter(|part| read(part) == Said::Thought).cloned().collect()),
    }
}

/// Returns whether the turn can be made again of its thoughts, text and calls.
fn is_plain(parts: &[Value], read: &impl Fn(&Value) -> Said<'_>) -> bool {
    let place = |part| match read(part) {
        Said::Thought => Some(0),
        Said::Text(_) => Some(1),
        Said::Call(_) => Some(2),
        Said::Marked(_) | Said::Opaque => None,
    };
    let places: Option<Vec<u8>> = parts.iter().map(place).collect();
    places.is_some_and(|places| places.is_sorted() && places.iter().filter(|place| **place == 1).count() <= 1)
}

/// Returns whether a message still says what the parts say.
fn is_of(message: &Message, parts: &[Value], read: &impl Fn(&Value) -> Said<'_>) -> bool {
    let (mut text, mut calls) = (String::new(), Vec::new());
    for part in parts {
        match read(part) {
            Said::Text(more) => text.push_str(more),
            Said::Marked(more) => text.push_str(&more),
            Said::Call(name) => calls.push(name),
            Said::Thought | Said::Opaque => {}
        }
    }
    let names = message.tool_calls().iter().map(|call| call.name.as_str());
    message.media().len() == 0 && message.text() == text && names.eq(calls)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lm::{Reasoning, ToolCall};

    fn read(part: &Value) -> Said<'_> {
        match part.as_str().unwrap_or_default().split_once(' ') {
            Some(("think", _)) => Said::Thought,
            Some(("say", text)) => Said::Text(text),
            Some(("sing", text)) => Said::Marked(text.into()),
            Some(("call", name)) => Said::Call(name),
            _ => Said::Opaque,
        }
    }

    fn sent(parts: &[&str], change: impl FnOnce(Message) -> Message) -> (bool, Vec<Value>) {
        let parts: Vec<Value> = parts.iter().copied().map(Value::from).collect();
        let (mut text, mut calls) = (String::new(), Vec::new());
        for part in &parts {
            match read(part) {
                Said::Text(more) => text.push_str(more),
                Said::Marked(more) => text.push_str(&more),
                Said::Call(name) => calls.push(ToolCall::new("1", name, json!({}))),
                _ => {}
            }
        }
        let message = Message::assistant(text).with_tool_calls(calls);
        let message = match state("acme", parts, read) {
            Some(state) => message.with_reasoning(Reasoning { state: Some(state), ..Reasoning::new("") }),
            None => message,
        };
        match back(&change(message), "acme", read) {
            Back::Turn(parts) => (true, parts),
            Back::Thoughts(parts) => (false, parts),
        }
    }

    #[test]
    fn a_turn_that_can_be_made_again_is_kept_by_its_thoughts() {
        let same = |message| message;
        assert_eq!(sent(&["say a", "call x", "call y"], same), (false, vec![]));
        assert_eq!(
            sent(&["think a", "think b", "say c", "call x"], same),
            (false, vec!["think a".into(), "think b".into()])
        );
        for parts in [
            &["think a", "call x", "think b", "call y"][..],
            &["say a", "say b"],
            &["call x", "say a"],
            &["sing a", "call x"],
            &["search", "say a"],
        ] {
            let all: Vec<Value> = parts.iter().copied().map(Value::from).collect();
            assert_eq!(sent(parts, same), (true, all));
        }
    }

    #[test]
    fn a_message_that_was_changed_is_made_again() {
        let parts = ["think a", "call x", "think b", "call y"];
        let thoughts = vec![Value::from("think a"), "think b".into()];
        let fewer = |message: Message| {
            let calls = message.tool_calls()[..1].to_vec();
            message.with_tool_calls(calls)
        };
        assert_eq!(sent(&parts, fewer), (false, thoughts.clone()));
        let other = |message: Message| {
            Message::assistant("b")
                .with_tool_calls(message.tool_calls().to_vec())
                .with_reasoning(message.reasoning().expect("kept").clone())
        };
        assert_eq!(sent(&parts, other), (false, thoughts));
    }
}
