//! The body of a message.

use serde_json::{Map, Value, json};

use super::content::{Turns, turns};
use super::{Options, Thinking, models};
use crate::error::Result;
use crate::lm::schema::without_bounds;
use crate::lm::{Request, ResponseFormat, ToolChoice, ToolSpec};

/// A request: what the user set, and the limit that must be there.
pub(super) fn body(model: &str, request: &Request, options: Options, streamed: bool) -> Result<Value> {
    let Turns { system, turns } = turns(&request.messages, options.cache_prompts)?;
    let sampling = &request.sampling;
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        body.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("model", Some(model.into()));
    set("max_tokens", Some(sampling.max_tokens.unwrap_or_else(|| models::longest_reply(model)).into()));
    set("system", (!system.is_empty()).then(|| plain(system)));
    let turn = |(role, blocks)| json!({"role": role, "content": plain(blocks)});
    set("messages", Some(turns.into_iter().map(turn).collect()));
    set("temperature", sampling.temperature.map(Value::from));
    set("top_p", sampling.top_p.map(Value::from));
    set("stop_sequences", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into()));
    set("thinking", options.thinking.map(thinking));
    set("output_config", output(request));
    set("tools", (!request.tools.is_empty()).then(|| request.tools.iter().map(tool).collect()));
    set("tool_choice", request.tool_choice.as_ref().map(choice));
    set("stream", streamed.then_some(Value::Bool(true)));
    Ok(Value::Object(body))
}

/// One text without a mark is a string.
fn plain(mut blocks: Vec<Value>) -> Value {
    if let [Value::Object(block)] = &mut *blocks {
        let is_text = block.len() == 2 && block.get("type").is_some_and(|kind| kind == "text");
        if let Some(text) = block.get_mut("text").filter(|_| is_text) {
            return text.take();
        }
    }
    blocks.into()
}

fn thinking(thinking: Thinking) -> Value {
    match thinking {
        Thinking::Adaptive => json!({"type": "adaptive"}),
        Thinking::Budget(tokens) => json!({"type": "enabled", "budget_tokens": tokens}),
    }
}

fn output(request: &Request) -> Option<Value> {
    let mut output = Map::new();
    if let Some(effort) = request.sampling.reasoning_effort {
        output.insert("effort".to_owned(), effort.to_string().into());
    }
    if let ResponseFormat::JsonSchema(format) = &request.format {
        // Only closed objects can be enforced.
        if format.strict {
            let schema = without_bounds(&format.schema);
            output.insert("format".to_owned(), json!({"type": "json_schema", "schema": schema}));
        }
    }
    (!output.is_empty()).then_some(Value::Object(output))
}

fn tool(tool: &ToolSpec) -> Value {
    let (ToolSpec { name, description, .. }, parameters) = (tool, tool.object());
    json!({"name": name, "description": description, "input_schema": parameters})
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({"type": "auto"}),
        ToolChoice::None => json!({"type": "none"}),
        ToolChoice::Required => json!({"type": "any"}),
        ToolChoice::Named(name) => json!({"type": "tool", "name": name}),
    }
}
