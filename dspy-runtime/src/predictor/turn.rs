//! A call that is one turn of an exchange between a model and tools, in its provider's way.

use serde_json::{Value, json};

use crate::lm::{Message, ToolCall, ToolSpec};
use crate::parse::calls;
use crate::repair::Repair;
use crate::signature::{Field, Schema};
use crate::value::Record;

/// A call that is one turn of an exchange between a model and tools.
///
/// The outputs are what the model said, in the first, and the tools that it asks for, in the second: a list of
/// `{"tool": …, "arguments": …}`.
pub(crate) struct Native<'a> {
    /// The tools.
    pub(crate) tools: &'a [ToolSpec],
    /// The turns after the input: the model's turns, and what the tools gave.
    pub(crate) turns: &'a [Message],
    /// The slot for the model's turn, with the state that its provider wants back.
    pub(crate) said: &'a mut Option<Message>,
}

/// The model's turn with the calls that stand in its text where calls belong, if it has no others.
///
/// `before` is how many messages there were after the input, so that no name of a call is given twice. Their form is
/// what the strictest provider takes, nine letters and digits.
pub(super) fn with_calls(said: Message, tools: &[ToolSpec], before: usize) -> (Message, Option<Repair>) {
    let is_tool = |name: &str| tools.iter().any(|tool| tool.name == name);
    let found = if said.tool_calls().is_empty() { calls::find(said.text(), is_tool) } else { None };
    let Some(found) = found else { return (said, None) };
    let named = (before..).zip(found.calls);
    let asked = named.map(|(at, (name, arguments))| ToolCall::new(format!("call{at:05}"), name, arguments));
    let mut message = Message::assistant(found.rest).with_tool_calls(asked.collect());
    if let Some(reasoning) = said.reasoning() {
        message = message.with_reasoning(reasoning.clone());
    }
    (message, Some(Repair::CallInText))
}

/// A model's turn as the outputs that stand for it.
pub(super) fn turn(schema: &Schema, said: &Message) -> Record {
    let calls = said.tool_calls().iter();
    let calls = calls.map(|call| json!({"tool": call.name, "arguments": call.arguments})).collect();
    let values = [said.text().trim().into(), Value::Array(calls)];
    schema.outputs().map(Field::name).zip(values).collect()
}
