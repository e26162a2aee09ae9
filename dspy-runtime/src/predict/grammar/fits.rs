//! Whether a value is of a type, all the way down. No serde does it for types known only at run time.

use serde_json::Value;

use super::types::Kind;

/// Where a value is not of the type, as a path inside of it; empty for the value itself.
pub(in crate::predict) fn misfit<'v>(kind: &Kind, value: &'v Value) -> Option<(String, &'v Value)> {
    let fits = match (kind, value) {
        (Kind::List(item), Value::Array(values)) => {
            return values.iter().enumerate().find_map(|(index, value)| {
                misfit(item, value).map(|(path, value)| (format!("[{index}]{path}"), value))
            });
        }
        (Kind::Map(item), Value::Object(values)) => {
            return values.iter().find_map(|(name, value)| {
                misfit(item, value).map(|(path, value)| (format!(".{name}{path}"), value))
            });
        }
        (Kind::Either(kinds), value) => kinds.iter().any(|kind| misfit(kind, value).is_none()),
        (Kind::Labels(labels), Value::String(label)) => labels.contains(label),
        (Kind::Integer { unsigned: true }, Value::Number(number)) => number.is_u64(),
        (Kind::Integer { unsigned: false }, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Kind::Text, Value::String(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Null, Value::Null)
        | (Kind::Any, _) => true,
        _ => false,
    };
    if fits { None } else { Some((String::new(), value)) }
}
