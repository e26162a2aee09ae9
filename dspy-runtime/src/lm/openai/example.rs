//! Training examples as OpenAI's fine-tuning takes them, and most others after it.
//!
//! Form: <https://platform.openai.com/docs/guides/supervised-fine-tuning#formatting-your-data>.

use serde_json::{Value, json};

use super::body::tool;
use super::messages::wire;
use crate::lm::{Author, Message, ToolSpec};

/// A conversation as an example. The model learns what it says after the messages that are given; what it says in
/// those, such as in a demonstration, is shown to it and weighs nothing.
pub(crate) fn chat_example(messages: &[Message], given: usize, tools: &[ToolSpec]) -> Value {
    let messages = messages.iter().enumerate().map(|(place, message)| {
        let mut form = json!(wire(message, false));
        if let Some(form) = form.as_object_mut() {
            form.retain(|_, value| !value.is_null());
            if place < given && message.author() == Author::Assistant {
                form.insert("weight".to_owned(), json!(0));
            }
        }
        form
    });
    let mut example = json!({"messages": messages.collect::<Vec<_>>()});
    if !tools.is_empty() {
        // As calls of a program are made: a turn may hold several.
        example["parallel_tool_calls"] = json!(true);
        example["tools"] = tools.iter().map(tool).collect();
    }
    example
}
