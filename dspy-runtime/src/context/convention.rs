//! The words that OpenTelemetry's conventions for generative AI have for things, as of their v0.1.0.

use std::borrow::Cow;

use reqwest::Url;
use serde_json::{Value, json};

use crate::lm::{FinishReason, Lm, Request, Response, ToolSpec};
use crate::media::MediaKind;
use crate::prompt::{Author, Message, Part};

/// The name or address of the server that a model is at, if it is at one.
pub(super) fn address(lm: &Lm) -> Option<String> {
    server(lm)?.host_str().map(str::to_owned)
}

/// Its port.
pub(super) fn port(lm: &Lm) -> Option<u16> {
    server(lm)?.port_or_known_default()
}

fn server(lm: &Lm) -> Option<Url> {
    Url::parse(&lm.model().endpoint()?).ok()
}

/// A provider's name. One that the conventions do not know keeps its own.
pub(super) fn provider(name: &str) -> &str {
    match name {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        "vertex" => "gcp.vertex_ai",
        "mistral" => "mistral_ai",
        "openai-responses" => "openai",
        "xai" => "x_ai",
        other => other,
    }
}

/// Returns the reason a reply ended.
fn finish(finish: &FinishReason) -> &str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_call",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Other(word) => word,
    }
}

/// Returns the reason each of the replies of a call ended, in their order, as a JSON list.
pub(super) fn finishes(response: &Response) -> String {
    let others = response.others.iter().map(|other| &other.finish);
    list(std::iter::once(&response.finish).chain(others).map(finish))
}

/// Texts as a JSON list: fields of `tracing` hold none.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    Value::from_iter(texts).to_string()
}

/// The tools that a model may ask for, with no more than their names unless all is wanted.
pub(super) fn definitions(tools: &[ToolSpec], whole: bool) -> String {
    let told = |tool: &ToolSpec| match whole {
        true => json!({
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }),
        false => json!({"type": "function", "name": tool.name}),
    };
    Value::from_iter(tools.iter().map(told)).to_string()
}

/// The messages that were sent.
pub(super) fn inputs(request: &Request) -> String {
    Value::from_iter(request.messages.iter().map(input)).to_string()
}

fn input(message: &Message) -> Value {
    let (role, parts) = match message.author() {
        Author::System => ("system", said(message)),
        Author::User => ("user", said(message)),
        Author::Assistant => ("assistant", turn(message)),
        Author::Tool => ("tool", vec![answer(message)]),
    };
    json!({"role": role, "parts": parts})
}

/// The texts of a message, and where its media are. Bytes are left out.
fn said(message: &Message) -> Vec<Value> {
    let part = |part: Part<'_>| match part {
        Part::Text(text) => Some(text_part(text)),
        Part::Media(media) => {
            let modality = match media.kind() {
                MediaKind::Image => "image",
                MediaKind::Audio => "audio",
                MediaKind::File => "document",
            };
            let uri = media.url()?;
            Some(json!({"type": "uri", "modality": modality, "mime_type": media.media_type(), "uri": uri}))
        }
    };
    message.parts().filter_map(part).collect()
}

/// Returns the parts of a model's turn: its thoughts, its text and its calls.
fn turn(message: &Message) -> Vec<Value> {
    let thoughts = message.reasoning().map(|reasoning| &reasoning.text).filter(|text| !text.is_empty());
    let thoughts = thoughts.map(|text| json!({"type": "reasoning", "content": text}));
    let calls = message.tool_calls().iter().map(
        |call| json!({"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}),
    );
    thoughts.into_iter().chain(said(message)).chain(calls).collect()
}

/// Returns the result of a tool, as a value where it is JSON.
fn answer(message: &Message) -> Value {
    let given = message.text();
    let response = serde_json::from_str(given).unwrap_or_else(|_| Value::from(given));
    json!({"type": "tool_call_response", "id": message.tool_call_id(), "response": response})
}

/// The replies that came, one message for each.
pub(super) fn outputs(response: &Response) -> String {
    let message =
        |parts: Vec<Value>, why| json!({"role": "assistant", "parts": parts, "finish_reason": finish(why)});
    let first = message(turn(&response.message()), &response.finish);
    let others = response.others.iter().map(|other| message(vec![text_part(&other.text)], &other.finish));
    Value::from_iter(std::iter::once(first).chain(others)).to_string()
}

fn text_part(text: &str) -> Value {
    json!({"type": "text", "content": text})
}

/// A value as a text: one that is a text already, or its JSON.
pub(super) fn told(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}
