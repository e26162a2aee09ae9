//! What a model said in its provider's way of calling tools.

use serde_json::{Value, json};

use crate::lm::{Message, ToolCall, ToolSpec};
use crate::parse::calls;
use crate::repair::Repair;
use crate::signature::{Field, Schema};
use crate::value::Record;

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
