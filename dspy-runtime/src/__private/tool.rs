//! The support for the code that `#[tool]` makes.

use serde_json::{Map, Value, json};

use crate::error::ErrorKind;
use crate::problem::Problem;
use crate::signature::{Reader, Schema};
use crate::tool::{failed, unknown};
use crate::value::Record;

pub use futures_util::future::BoxFuture;

/// The JSON schema of a tool's arguments.
///
/// Each type brings its own definitions; in one schema they stand together at the top.
pub fn parameters(schema: &Schema) -> Value {
    let (mut properties, mut definitions, mut required) = (Map::new(), Map::new(), Vec::new());
    for field in schema.inputs() {
        let mut property = field.spec().schema().clone();
        if !crate::signature::takes_null(&property) {
            required.push(field.name());
        }
        if let Some(object) = property.as_object_mut() {
            object.remove("$schema");
            if let Some(Value::Object(own)) = object.remove("$defs") {
                definitions.extend(own);
            }
            if !field.description().is_empty() {
                object.insert("description".to_owned(), field.description().into());
            }
        }
        properties.insert(field.name().to_owned(), property);
    }
    let mut parameters = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let (Some(object), false) = (parameters.as_object_mut(), definitions.is_empty()) {
        object.insert("$defs".to_owned(), definitions.into());
    }
    parameters
}

/// The arguments to read, or what to tell the model.
pub fn arguments(arguments: Value, names: &[&str]) -> Result<Reader, Value> {
    let map = match arguments {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        other => return Err(failed(format!("the arguments are no JSON object; found `{other}`"))),
    };
    match unknown(&map, names) {
        Some(unknown) => Err(failed(unknown)),
        None => Ok(Reader::new(Record::from(map))),
    }
}

/// Returns the message to the model about arguments that could not be read.
pub fn refused(from: Reader) -> Value {
    failed(Problem::error(ErrorKind::Data, from.into_problems()))
}
