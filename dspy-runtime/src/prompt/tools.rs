//! Tools as a model sees them, and the calls that it asks for.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::signature::without_true;

/// A tool as a model sees it.
///
/// Any [`Tool`](crate::tool::Tool) gives one: `ToolSpec::from(&tool)`.
///
/// # Example
///
/// ```
/// use dspy::lm::{Message, Request, ToolChoice, ToolSpec};
/// use serde_json::json;
///
/// let parameters = json!({"type": "object", "properties": {"number": {"type": "integer"}}});
/// let mut request = Request::from(vec![Message::user("Where is parcel 7?")]);
/// request.tools = vec![ToolSpec::new("find_parcel", "Says where a parcel is.", parameters)];
/// request.tool_choice = Some(ToolChoice::Required);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name that the model calls it by: letters, digits, `_` and `-`.
    pub name: String,
    /// The description, for the model to choose by.
    pub description: String,
    /// The JSON schema of its arguments, an object.
    pub parameters: Value,
}

/// The tools that a model is to call; where a request says nothing, it chooses.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// Any, or none.
    Auto,
    /// None.
    None,
    /// At least one, whichever it is.
    Required,
    /// The one of this name.
    Named(String),
}

/// A call that a model asks for.
///
/// # Example
///
/// ```
/// use dspy::lm::ToolCall;
/// use serde_json::json;
///
/// let call = ToolCall::new("call_1", "find_parcel", json!({"number": 7}));
/// assert_eq!(call.arguments["number"], 7);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's name for the call, which identifies the answer; of our own making where the
    /// provider has none.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments: an object, or a string with the text that came if that is not JSON.
    pub arguments: Value,
    /// The state that the provider wants back with the call when the answer is sent; it means nothing to
    /// others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Value>,
}

/// A model's thoughts before it replied, as far as its provider gives them.
///
/// # Example
///
/// ```
/// use dspy::lm::{Message, Reasoning};
///
/// let message = Message::assistant("42").with_reasoning(Reasoning::new("6 times 7 is 42."));
/// assert_eq!(message.reasoning().map(|reasoning| reasoning.text.as_str()), Some("6 times 7 is 42."));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoning {
    /// The words; empty where the provider keeps them to itself.
    pub text: String,
    /// The state that the provider wants back when the exchange goes on, such as signed or sealed
    /// thoughts; it means nothing to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Value>,
}

impl ToolSpec {
    /// Describes a tool.
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        Self { name: name.into(), description: description.into(), parameters }
    }

    /// The schema as every provider takes it: that of an object, which says its properties even where it has none.
    pub(crate) fn object(&self) -> Cow<'_, Value> {
        let empty = || Value::Object(Map::new());
        let Value::Object(schema) = &self.parameters else {
            return Cow::Owned(json!({"type": "object", "properties": {}}));
        };
        if schema.contains_key("type") && schema.get("properties").is_some_and(Value::is_object) {
            return without_true(&self.parameters).map_or(Cow::Borrowed(&self.parameters), Cow::Owned);
        }
        let mut schema = schema.clone();
        schema.entry("type").or_insert_with(|| "object".into());
        let properties = schema.entry("properties").or_insert_with(empty);
        if !properties.is_object() {
            *properties = empty();
        }
        Cow::Owned(Value::Object(schema))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.name.len() + self.description.len() + json_bytes(&self.parameters)
    }
}

impl ToolCall {
    /// A call of a tool with arguments.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: Value) -> Self {
        Self { id: id.into(), name: name.into(), arguments, state: None }
    }

    /// The call of these arguments as text, which a model may have got wrong.
    pub(crate) fn read(id: impl Into<String>, name: impl Into<String>, arguments: &str) -> Self {
        let arguments = match arguments.trim().is_empty() {
            // A tool without arguments.
            true => Value::Object(serde_json::Map::new()),
            false => serde_json::from_str(arguments).unwrap_or_else(|_| arguments.into()),
        };
        Self::new(id, name, arguments)
    }

    /// The arguments as the text that came.
    pub(crate) fn arguments_text(&self) -> String {
        self.arguments.as_str().map_or_else(|| self.arguments.to_string(), str::to_owned)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.id.len()
            + self.name.len()
            + json_bytes(&self.arguments)
            + self.state.as_ref().map_or(0, json_bytes)
    }
}

impl fmt::Display for ToolCall {
    /// Writes it as a person reads it: `find_parcel({"number":7})`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.arguments)
    }
}

impl Reasoning {
    /// Thoughts in words.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), state: None }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.state.as_ref().map_or(0, json_bytes)
    }
}

fn json_bytes(value: &Value) -> usize {
    value.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_sent_as_every_provider_takes_them() {
        let sent = |schema| ToolSpec::new("t", "", schema).object().into_owned();
        assert_eq!(sent(json!({"type": "object"})), json!({"type": "object", "properties": {}}));
        let any = json!({"type": "object", "properties": {"any": true}});
        assert_eq!(sent(any), json!({"type": "object", "properties": {"any": {}}}));
        let open = json!({"type": "object", "properties": {}, "additionalProperties": true});
        assert_eq!(sent(open.clone()), open);
    }
}
