//! A demonstration by the names and types of the program.

use serde_json::Value;

use crate::parse::{self, Mode};
use crate::signature::Field;
use crate::value::Record;

/// Renames the keys that are fields, and checks the values; the reason if one does not fit.
pub(super) fn typed(demo: &Record, fields: &[(&Field, Option<String>)]) -> Result<Record, String> {
    let mut typed = Record::new();
    for (key, value) in demo.iter() {
        let field = fields.iter().find(|(_, own)| own.as_deref() == Some(key)).map(|(field, _)| *field);
        match field {
            Some(field) => typed.insert(field.name(), fitting(field, value)?),
            // A label of the row that happens to be called like another field here.
            None if fields.iter().any(|(field, _)| field.name() == key) => {
                return Err(format!("`{key}` is no field of it in Python, but the name of one here"));
            }
            None => typed.insert(key, value.clone()),
        }
    }
    Ok(typed)
}

/// The value as its type has it: `"5"` for a number is 5, as it would be in a reply.
fn fitting(field: &Field, value: &Value) -> Result<Value, String> {
    let text = match value {
        Value::String(text) if field.spec().is_text() && field.spec().labels().is_empty() => {
            return held(field, Value::from(text.as_str()));
        }
        Value::String(text) => text.clone(),
        _ if field.spec().is_text() => return Err(misfit(field, "it is no text")),
        other => other.to_string(),
    };
    let read = parse::field(field.spec(), &text, Mode::Strict);
    let (read, _) =
        read.map_err(|_| misfit(field, &format!("it is not of the type {}", field.spec().text())))?;
    // A text stays as it stands, with its spaces.
    held(field, if read.is_string() && value.is_string() { value.clone() } else { read })
}

fn held(field: &Field, value: Value) -> Result<Value, String> {
    let unmet = field.violations(&value).next();
    match unmet {
        None => Ok(value),
        Some(problem) => Err(misfit(field, &problem.to_string())),
    }
}

fn misfit(field: &Field, why: &str) -> String {
    format!("the value of `{}` does not fit: {why}", field.name())
}
