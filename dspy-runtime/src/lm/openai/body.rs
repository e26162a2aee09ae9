//! The body of a chat completion.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::Dialect;
use super::messages::Messages;
use crate::lm::provider::Core;
use crate::lm::{Effort, Request, ResponseFormat, ToolChoice, ToolSpec};

/// A request as a server takes it: what the user set, under the names that the server has for it.
pub(super) struct Body<'a> {
    pub(super) core: &'a Core,
    pub(super) request: &'a Request,
    pub(super) dialect: &'a Dialect,
    pub(super) streamed: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("model", self.core.id.name())?;
        let messages = Messages {
            messages: &self.request.messages,
            thoughts: self.core.rules.thoughts_back,
            details: self.dialect.details,
            marks: self.dialect.marks && self.core.rules.cache_ttl,
        };
        body.serialize_entry("messages", &messages)?;
        self.sampling(&mut body)?;
        if !self.request.tools.is_empty() {
            let tools: Vec<Value> = self.request.tools.iter().map(tool).collect();
            body.serialize_entry("tools", &tools)?;
        }
        // Left to the model it is by itself, and some refuse to be told so.
        let told = |choice: &&ToolChoice| self.dialect.choice || **choice != ToolChoice::Auto;
        let choice = self.request.tool_choice.as_ref().filter(told).map(choice);
        set(&mut body, "tool_choice", choice.as_ref())?;
        match &self.request.format {
            ResponseFormat::Text => {}
            ResponseFormat::JsonObject => {
                body.serialize_entry("response_format", &json!({"type": "json_object"}))?;
            }
            ResponseFormat::JsonSchema(format) => {
                let format = json!({"type": "json_schema", "json_schema": &**format});
                body.serialize_entry("response_format", &format)?;
            }
        }
        if self.streamed {
            body.serialize_entry("stream", &true)?;
            if self.dialect.stream_options {
                body.serialize_entry("stream_options", &json!({"include_usage": true}))?;
            }
        }
        body.end()
    }
}

impl Body<'_> {
    fn sampling<M: SerializeMap>(&self, body: &mut M) -> Result<(), M::Error> {
        let sampling = &self.request.sampling;
        let max_tokens = match self.core.rules.max_completion_tokens {
            Some(true) => "max_completion_tokens",
            Some(false) => "max_tokens",
            None => self.dialect.max_tokens,
        };
        set(body, "temperature", sampling.temperature.as_ref())?;
        set(body, "top_p", sampling.top_p.as_ref())?;
        set(body, max_tokens, sampling.max_tokens.as_ref())?;
        set(body, self.dialect.seed, sampling.seed.as_ref())?;
        set(body, "stop", Some(&sampling.stop).filter(|stop| !stop.is_empty()))?;
        set(body, "n", sampling.n.as_ref())?;
        set(body, "logprobs", sampling.logprobs.map(|_| true).as_ref())?;
        set(body, "top_logprobs", sampling.logprobs.filter(|top| *top > 0).as_ref())?;
        match sampling.reasoning_effort {
            Some(Effort::None) if self.dialect.switch => {
                body.serialize_entry("thinking", &json!({"type": "disabled"}))?;
            }
            effort => set(body, "reasoning_effort", effort.as_ref())?,
        }
        set(body, "verbosity", sampling.verbosity.as_ref())?;
        set(body, "service_tier", sampling.service_tier.as_ref())?;
        // It is refused without tools.
        let parallel = sampling.parallel_tool_calls.filter(|_| !self.request.tools.is_empty());
        set(body, "parallel_tool_calls", parallel.as_ref())?;
        set(body, "prompt_cache_options", sampling.cache_ttl.map(|ttl| json!({"ttl": ttl})).as_ref())?;
        let kwargs = &sampling.chat_template_kwargs;
        set(body, "chat_template_kwargs", Some(kwargs).filter(|kwargs| !kwargs.is_empty()))?;
        set(body, "frequency_penalty", sampling.frequency_penalty.as_ref())?;
        set(body, "presence_penalty", sampling.presence_penalty.as_ref())
    }
}

fn set<M: SerializeMap>(body: &mut M, name: &str, value: Option<&impl Serialize>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| body.serialize_entry(name, value))
}

pub(super) fn tool(tool: &ToolSpec) -> Value {
    let (ToolSpec { name, description, .. }, parameters) = (tool, tool.object());
    json!({"type": "function", "function": {"name": name, "description": description, "parameters": parameters}})
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    }
}
