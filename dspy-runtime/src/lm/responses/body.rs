//! The body of a request for a response.

use serde_json::{Map, Value, json};

use super::reply::{PROVIDER, part_of_turn};
use super::{Options, media};
use crate::lm::provider::Core;
use crate::lm::turn::{Back, back};
use crate::lm::{Author, Message, Part, Request, ResponseFormat, ToolChoice, ToolSpec};

/// A request: what the user set, and nothing else.
pub(in crate::lm) fn body(core: &Core, request: &Request, options: Options, streamed: bool) -> Value {
    let sampling = &request.sampling;
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        body.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("model", Some(core.id.name().into()));
    let item = |message| items(message, core.rules.cache_ttl);
    set("input", Some(request.messages.iter().flat_map(item).collect()));
    set("temperature", sampling.temperature.map(Value::from));
    set("top_p", sampling.top_p.map(Value::from));
    set("max_output_tokens", sampling.max_tokens.map(Value::from));
    set("top_logprobs", sampling.logprobs.filter(|top| *top > 0).map(Value::from));
    set("include", include(request, options));
    set("reasoning", reasoning(request, options));
    set("text", text(request));
    set("service_tier", sampling.service_tier.clone().map(Value::from));
    // It is refused without tools.
    let parallel = sampling.parallel_tool_calls.filter(|_| !request.tools.is_empty());
    set("parallel_tool_calls", parallel.map(Value::from));
    set("prompt_cache_options", sampling.cache_ttl.map(|ttl| json!({"ttl": ttl})));
    set("tools", (!request.tools.is_empty()).then(|| request.tools.iter().map(tool).collect()));
    set("tool_choice", request.tool_choice.as_ref().map(choice));
    set("store", options.store.map(Value::from));
    set("stream", streamed.then_some(Value::Bool(true)));
    Value::Object(body)
}

/// The items of a message: what was thought before it, itself, and the calls after it.
fn items(message: &Message, marks: bool) -> Vec<Value> {
    if let Some(answered) = message.answered() {
        return vec![json!({
            "type": "function_call_output", "call_id": &answered.id, "output": message.text(),
        })];
    }
    let mut items = match back(message, PROVIDER, part_of_turn) {
        Back::Turn(items) => return items,
        Back::Thoughts(items) => items,
    };
    if !message.text().is_empty() || message.tool_calls().is_empty() {
        items.push(json!({"role": message.author(), "content": content(message, marks)}));
    }
    items.extend(message.tool_calls().iter().map(|call| {
        json!({
            "type": "function_call", "call_id": &call.id, "name": &call.name,
            "arguments": call.arguments_text(),
        })
    }));
    items
}

fn content(message: &Message, marks: bool) -> Value {
    let is_marked = marks && message.is_cached() && message.author() != Author::Assistant;
    if message.media().len() == 0 && !is_marked {
        return message.text().into();
    }
    let kind = if message.author() == Author::Assistant { "output_text" } else { "input_text" };
    let part = |part: Part<'_>| match part {
        Part::Text(text) => json!({"type": kind, "text": text}),
        Part::Media(media) => media::part(media),
    };
    let mut parts: Vec<Value> = message.parts().map(part).collect();
    if let Some(last) = parts.last_mut().filter(|_| is_marked) {
        last["prompt_cache_breakpoint"] = json!({"mode": "explicit"});
    }
    parts.into()
}

fn include(request: &Request, options: Options) -> Option<Value> {
    let logprobs = request.sampling.logprobs.map(|_| "message.output_text.logprobs");
    let sealed = (options.store == Some(false)).then_some("reasoning.encrypted_content");
    let wanted: Vec<&str> = logprobs.into_iter().chain(sealed).collect();
    (!wanted.is_empty()).then(|| wanted.into())
}

fn reasoning(request: &Request, options: Options) -> Option<Value> {
    let mut reasoning = Map::new();
    if let Some(effort) = request.sampling.reasoning_effort {
        reasoning.insert("effort".to_owned(), effort.to_string().into());
    }
    if options.summary {
        reasoning.insert("summary".to_owned(), "auto".into());
    }
    (!reasoning.is_empty()).then_some(Value::Object(reasoning))
}

fn text(request: &Request) -> Option<Value> {
    let parts = [
        ("format", format(&request.format)),
        ("verbosity", request.sampling.verbosity.map(|verbosity| json!(verbosity))),
    ];
    let text: Map<String, Value> =
        parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    (!text.is_empty()).then_some(Value::Object(text))
}

fn format(format: &ResponseFormat) -> Option<Value> {
    match format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
        ResponseFormat::JsonSchema(format) => Some(json!({
            "type": "json_schema", "name": &format.name, "schema": &format.schema, "strict": format.strict,
        })),
    }
}

// Left to itself, the protocol would hold the arguments to a stricter schema than a tool may have.
fn tool(tool: &ToolSpec) -> Value {
    let (ToolSpec { name, description, .. }, parameters) = (tool, tool.object());
    json!({
        "type": "function", "name": name, "description": description, "parameters": parameters,
        "strict": false,
    })
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "name": name}),
    }
}
