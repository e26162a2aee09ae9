//! The body of a message.

use serde_json::{Map, Value, json};

use super::content::{Turns, mark, turns};
use super::{Asked, Options, ThinkingDisplay};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::provider::Core;
use crate::lm::schema::without_bounds;
use crate::lm::{Effort, Request, ResponseFormat, Thinking, ToolChoice, ToolSpec};

/// The longest reply of a model where it is unknown.
const LONGEST: u32 = 64_000;

/// A request: what the user set, and the limit that must be there.
///
/// # Errors
///
/// When the model cannot be asked to think so, or it is set up in the middle, for which there is no place.
pub(super) fn body(core: &Core, request: &Request, options: Options, streamed: bool) -> Result<Value> {
    let thinking = thinking(core, request, options)?;
    let Turns { system, turns } = turns(request, options.cache_prompts)?;
    let sampling = &request.sampling;
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        body.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("model", Some(core.id.name().into()));
    let longest = core.rules.longest_reply.unwrap_or(LONGEST);
    set("max_tokens", Some(sampling.max_tokens.unwrap_or(longest).into()));
    set("system", (!system.is_empty()).then(|| plain(system)));
    let turn = |(role, blocks)| json!({"role": role, "content": plain(blocks)});
    set("messages", Some(turns.into_iter().map(turn).collect()));
    set("temperature", sampling.temperature.map(Value::from));
    set("top_p", sampling.top_p.map(Value::from));
    set("stop_sequences", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into()));
    set("thinking", thinking);
    set("output_config", output(request));
    set("tools", (!request.tools.is_empty()).then(|| request.tools.iter().map(tool).collect()));
    set("tool_choice", choice(request));
    set("cache_control", options.cache_turns.then(|| mark(request)));
    set("service_tier", sampling.service_tier.clone().map(Value::from));
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

/// Returns the thinking setting of the model. An effort of none turns it off.
fn thinking(core: &Core, request: &Request, options: Options) -> Result<Option<Value>> {
    if request.sampling.reasoning_effort == Some(Effort::None) {
        return Ok(Some(json!({"type": "disabled"})));
    }
    let is_always_on = !core.rules.efforts.is_empty() && !core.rules.efforts.contains(Effort::None);
    let told = |mut thinking: Value| {
        if let Some(display) = options.display {
            thinking["display"] = match display {
                ThinkingDisplay::Summarized => "summarized".into(),
                ThinkingDisplay::Omitted => "omitted".into(),
            };
        }
        Ok(Some(thinking))
    };
    let (thinking, other) = match (options.thinking, core.rules.thinking) {
        (None, _) if options.display.is_none() => return Ok(None),
        (None, _) => ("a display of thoughts without being asked for any", "; add `adaptive_thinking`"),
        (Some(Asked::Off | Asked::BetweenTools), _) if is_always_on => {
            ("that thinking is off", ", as it always thinks")
        }
        (Some(Asked::Off), _) => return Ok(Some(json!({"type": "disabled"}))),
        (Some(Asked::BetweenTools), _) => return Ok(Some(json!({"type": "between_tools"}))),
        (Some(Asked::Adaptive), Thinking::Adaptive | Thinking::Either) => {
            return told(json!({"type": "adaptive"}));
        }
        (Some(Asked::Budget(tokens)), Thinking::Budget | Thinking::Either) => {
            return told(json!({"type": "enabled", "budget_tokens": tokens}));
        }
        (Some(Asked::Adaptive), Thinking::Budget) => ("adaptive thinking", "; use `thinking_budget`"),
        (Some(Asked::Budget(_)), Thinking::Adaptive) => ("a budget of thoughts", "; use `adaptive_thinking`"),
        (Some(_), Thinking::None) => ("thinking", ""),
    };
    Err(Error::new(ErrorKind::Unsupported, format!("{} does not take {thinking}{other}", core.id)))
}

fn output(request: &Request) -> Option<Value> {
    let mut output = Map::new();
    if let Some(effort) = request.sampling.reasoning_effort.filter(|effort| *effort != Effort::None) {
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

fn choice(request: &Request) -> Option<Value> {
    let one = request.sampling.parallel_tool_calls == Some(false) && !request.tools.is_empty();
    let mut choice = match &request.tool_choice {
        None if one => json!({"type": "auto"}),
        None => return None,
        Some(ToolChoice::Auto) => json!({"type": "auto"}),
        Some(ToolChoice::None) => return Some(json!({"type": "none"})),
        Some(ToolChoice::Required) => json!({"type": "any"}),
        Some(ToolChoice::Named(name)) => json!({"type": "tool", "name": name}),
    };
    if one {
        choice["disable_parallel_tool_use"] = true.into();
    }
    Some(choice)
}
