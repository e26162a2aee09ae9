//! The body of a conversation.

use serde_json::{Map, Value, json};

use super::media;
use super::reply::{PROVIDER, part_of_turn};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::schema::{closed, without_bounds};
use crate::lm::turn::{Back, back};
use crate::lm::{
    Author, Effort, JsonSupport, Message, Part, Request, ResponseFormat, Sampling, ToolChoice, ToolSpec,
};

/// A request: what the user set, and nothing else.
///
/// # Errors
///
/// When the model is set up in the middle, for which there is no place.
pub(super) fn body(request: &Request, json: JsonSupport, strict_tools: bool) -> Result<Value> {
    let (mut system, mut turns) = (Vec::new(), Vec::<(&str, Vec<Value>)>::new());
    let mut shown = 0;
    for message in request.messages.iter() {
        let mut blocks = blocks(message, &mut shown);
        if message.is_cached() {
            blocks.push(match request.sampling.cache_ttl {
                None => json!({"cachePoint": {"type": "default"}}),
                Some(ttl) => json!({"cachePoint": {"type": "default", "ttl": ttl}}),
            });
        }
        let role = match message.author() {
            Author::System if turns.is_empty() => {
                system.append(&mut blocks);
                continue;
            }
            Author::System => {
                let message = "this provider takes system messages at the beginning alone; make it a user's";
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            Author::Assistant => "assistant",
            Author::User | Author::Tool => "user",
        };
        match turns.last_mut() {
            Some((last, so_far)) if *last == role => so_far.append(&mut blocks),
            _ => turns.push((role, blocks)),
        }
    }
    let turn = |(role, content): (&str, Vec<Value>)| json!({"role": role, "content": content});
    let mut body = Map::new();
    body.insert("messages".to_owned(), turns.into_iter().map(turn).collect());
    let config = config(&request.sampling);
    let parts = [
        ("system", (!system.is_empty()).then(|| system.into())),
        ("inferenceConfig", (!config.is_empty()).then(|| config.into())),
        ("toolConfig", tools(request, strict_tools)),
        ("outputConfig", output(request, json)),
        ("additionalModelRequestFields", unthinking(&request.sampling)),
        ("serviceTier", request.sampling.service_tier.as_ref().map(|tier| json!({"type": tier}))),
    ];
    body.extend(parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Ok(Value::Object(body))
}

/// The blocks of a message; `shown` counts what is shown in all.
fn blocks(message: &Message, shown: &mut usize) -> Vec<Value> {
    let mut part = |part: Part<'_>| match part {
        Part::Text(text) => json!({"text": text}),
        Part::Media(media) => {
            *shown += 1;
            media::block(media, *shown - 1)
        }
    };
    let content: Vec<Value> = message.parts().map(&mut part).collect();
    if let Some(answered) = message.answered() {
        // An empty text is refused, and so is no content.
        let content = if content.is_empty() { vec![json!({"text": " "})] } else { content };
        return vec![json!({"toolResult": {"toolUseId": &answered.id, "content": content}})];
    }
    let thoughts = match back(message, PROVIDER, part_of_turn) {
        Back::Turn(blocks) => return blocks,
        Back::Thoughts(blocks) => blocks,
    };
    let calls = message.tool_calls().iter().map(|call| {
        let input = match call.arguments.is_object() {
            true => call.arguments.clone(),
            false => json!({"text": call.arguments}),
        };
        json!({"toolUse": {"toolUseId": &call.id, "name": &call.name, "input": input}})
    });
    thoughts.into_iter().chain(content).chain(calls).collect()
}

/// Returns the form of the reply, and the amount of thought that goes into it.
fn output(request: &Request, json: JsonSupport) -> Option<Value> {
    let mut output = Map::new();
    if let Some(effort) = request.sampling.reasoning_effort.filter(|effort| *effort != Effort::None) {
        output.insert("effort".to_owned(), effort.to_string().into());
    }
    match &request.format {
        // Only closed objects can be enforced.
        ResponseFormat::JsonSchema(format) if format.strict && json == JsonSupport::Schema => {
            let schema = without_bounds(&format.schema).to_string();
            let structure = json!({"jsonSchema": {"name": &format.name, "schema": schema}});
            output.insert("textFormat".to_owned(), json!({"type": "json_schema", "structure": structure}));
        }
        _ => {}
    }
    (!output.is_empty()).then_some(Value::Object(output))
}

/// Anthropic's own word, as Amazon has none for it.
fn unthinking(sampling: &Sampling) -> Option<Value> {
    let off = sampling.reasoning_effort == Some(Effort::None);
    off.then(|| json!({"thinking": {"type": "disabled"}}))
}

fn config(sampling: &Sampling) -> Map<String, Value> {
    let parts = [
        ("maxTokens", sampling.max_tokens.map(Value::from)),
        ("temperature", sampling.temperature.map(Value::from)),
        ("topP", sampling.top_p.map(Value::from)),
        ("stopSequences", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into())),
    ];
    parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn tools(request: &Request, strict: bool) -> Option<Value> {
    if request.tools.is_empty() {
        return None;
    }
    let tool = |tool: &ToolSpec| {
        let (ToolSpec { name, description, .. }, parameters) = (tool, tool.object());
        let held = strict.then(|| closed(&without_bounds(&parameters))).flatten();
        let mut spec = json!({"name": name, "description": description});
        if held.is_some() {
            spec["strict"] = true.into();
        }
        spec["inputSchema"] = json!({"json": held.as_ref().unwrap_or(&parameters)});
        json!({"toolSpec": spec})
    };
    let mut tools = json!({"tools": request.tools.iter().map(tool).collect::<Vec<_>>()});
    if let Some(choice) = &request.tool_choice {
        tools["toolChoice"] = match choice {
            ToolChoice::Required => json!({"any": {}}),
            ToolChoice::Named(name) => json!({"tool": {"name": name}}),
            ToolChoice::Auto | ToolChoice::None => json!({"auto": {}}),
        };
    }
    Some(tools)
}
