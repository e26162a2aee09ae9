//! Inputs as a model is shown them that does not see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::signature::Schema;
use crate::value::Record;

/// The number of characters of an input that are shown.
const PREVIEW: usize = 1_000;

/// An input that is a variable.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Variable {
    /// Its name.
    name: String,
    /// Its type.
    r#type: String,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    /// The number of characters, as a text or as JSON.
    characters: usize,
    /// The number of items or entries, if it is a list or an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<usize>,
    /// Its beginning.
    beginning: String,
}

/// All inputs in order.
pub(super) fn all(given: &Schema, inputs: &Record) -> Vec<Variable> {
    let variables = given.inputs().filter_map(|field| {
        let value = inputs.get(field.name())?;
        let json;
        let text = match value {
            Value::String(text) => text,
            other => {
                json = other.to_string();
                &json
            }
        };
        let items = match value {
            Value::Array(items) => Some(items.len()),
            Value::Object(entries) => Some(entries.len()),
            _ => None,
        };
        Some(Variable {
            name: field.name().to_owned(),
            r#type: field.spec().text().to_owned(),
            description: field.description().to_owned(),
            characters: text.chars().count(),
            items,
            beginning: text.chars().take(PREVIEW).collect(),
        })
    });
    variables.collect()
}
