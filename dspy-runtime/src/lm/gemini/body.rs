//! The body of a call.

use serde_json::{Map, Value, json};

use super::content::{Turns, turns};
use super::models;
use crate::error::Result;
use crate::lm::{Request, ResponseFormat, Rules, ToolChoice, ToolSpec};

/// A request: what the user set, and nothing else.
pub(super) fn body(rules: &Rules, request: &Request, thoughts: bool) -> Result<Value> {
    let Turns { system, turns } = turns(&request.messages)?;
    let turn = |(role, parts): (&str, Vec<Value>)| json!({"role": role, "parts": parts});
    let mut body = Map::new();
    if !system.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({"parts": system}));
    }
    body.insert("contents".to_owned(), turns.into_iter().map(turn).collect());
    let config = config(rules, request, thoughts);
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), config.into());
    }
    if let Some(tier) = &request.sampling.service_tier {
        body.insert("serviceTier".to_owned(), tier.as_str().into());
    }
    if !request.tools.is_empty() {
        let tools: Vec<Value> = request.tools.iter().map(tool).collect();
        body.insert("tools".to_owned(), json!([{"functionDeclarations": tools}]));
    }
    if let Some(choice) = &request.tool_choice {
        body.insert("toolConfig".to_owned(), json!({"functionCallingConfig": self::choice(choice)}));
    }
    Ok(Value::Object(body))
}

fn config(rules: &Rules, request: &Request, thoughts: bool) -> Map<String, Value> {
    let sampling = &request.sampling;
    let mut config = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        config.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("temperature", sampling.temperature.map(Value::from));
    set("topP", sampling.top_p.map(Value::from));
    set("maxOutputTokens", sampling.max_tokens.map(Value::from));
    set("seed", sampling.seed.map(Value::from));
    set("stopSequences", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into()));
    set("candidateCount", sampling.n.map(Value::from));
    set("responseLogprobs", sampling.logprobs.map(|_| Value::Bool(true)));
    set("logprobs", sampling.logprobs.filter(|top| *top > 0).map(Value::from));
    set("frequencyPenalty", sampling.frequency_penalty.map(Value::from));
    set("presencePenalty", sampling.presence_penalty.map(Value::from));
    set("responseMimeType", (request.format != ResponseFormat::Text).then(|| "application/json".into()));
    if let ResponseFormat::JsonSchema(format) = &request.format {
        set("responseJsonSchema", Some(format.schema.clone()));
    }
    set("thinkingConfig", thinking(rules, request, thoughts));
    config
}

fn thinking(rules: &Rules, request: &Request, thoughts: bool) -> Option<Value> {
    let effort = request.sampling.reasoning_effort.and_then(|effort| models::thinking(rules, effort));
    let shown = thoughts.then(|| ("includeThoughts", Value::Bool(true)));
    let thinking: Map<String, Value> =
        effort.into_iter().chain(shown).map(|(name, value)| (name.to_owned(), value)).collect();
    (!thinking.is_empty()).then_some(Value::Object(thinking))
}

fn tool(tool: &ToolSpec) -> Value {
    let (ToolSpec { name, description, .. }, parameters) = (tool, tool.object());
    json!({"name": name, "description": description, "parametersJsonSchema": parameters})
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({"mode": "AUTO"}),
        ToolChoice::None => json!({"mode": "NONE"}),
        ToolChoice::Required => json!({"mode": "ANY"}),
        ToolChoice::Named(name) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
    }
}
