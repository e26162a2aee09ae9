//! Values on their way into a worker and out of it.

use monty_types::{ExcType, MontyObject};
use serde_json::{Map, Number, Value};

/// The exception for a value that has no place in JSON, and its message.
pub(super) type Wrong = (ExcType, String);

/// Makes a value of Python of one of JSON.
pub(super) fn of_json(value: &Value) -> MontyObject {
    match value {
        Value::Null => MontyObject::None,
        Value::Bool(bool) => MontyObject::Bool(*bool),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => MontyObject::Int(whole),
            (None, Some(whole)) => MontyObject::BigInt(whole.into()),
            (None, None) => MontyObject::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => MontyObject::String(text.clone()),
        Value::Array(values) => MontyObject::List(values.iter().map(of_json).collect()),
        Value::Object(pairs) => {
            let pairs = pairs.iter().map(|(name, value)| (MontyObject::String(name.clone()), of_json(value)));
            MontyObject::dict(pairs.collect::<Vec<_>>())
        }
    }
}

/// Makes a value of JSON of one of Python.
pub(super) fn to_json(value: &MontyObject) -> Result<Value, Wrong> {
    let all = |values: &[MontyObject]| values.iter().map(to_json).collect::<Result<Vec<_>, _>>();
    Ok(match value {
        MontyObject::None => Value::Null,
        MontyObject::Bool(bool) => Value::Bool(*bool),
        MontyObject::Int(whole) => Value::from(*whole),
        MontyObject::BigInt(whole) => {
            let number = whole.to_string().parse::<u64>().map_err(|_| {
                (
                    ExcType::ValueError,
                    "a whole number of more than 64 bits has no place in JSON here".to_owned(),
                )
            })?;
            Value::from(number)
        }
        MontyObject::Float(number) => match Number::from_f64(*number) {
            Some(number) => Value::Number(number),
            None => return Err((ExcType::ValueError, format!("{} has no place in JSON", value.py_repr()))),
        },
        MontyObject::String(text) | MontyObject::Path(text) => Value::String(text.clone()),
        MontyObject::List(values) | MontyObject::Tuple(values) | MontyObject::NamedTuple { values, .. } => {
            Value::Array(all(values)?)
        }
        MontyObject::Dict(pairs) => Value::Object(object(pairs.iter())?),
        // What a class holds: an object of a dataclass is given as its fields.
        MontyObject::ClassInstance(instance) => Value::Object(object(instance.attrs.iter())?),
        other => {
            let shown: String = other.py_repr().chars().take(60).collect();
            let message = format!("{shown} has no place in JSON; use a list, dict, str, number or bool");
            return Err((ExcType::TypeError, message));
        }
    })
}

fn object<'a>(
    pairs: impl Iterator<Item = &'a (MontyObject, MontyObject)>,
) -> Result<Map<String, Value>, Wrong> {
    pairs.map(|(name, value)| Ok((key(name)?, to_json(value)?))).collect()
}

/// A key as `json.dumps` writes it.
fn key(name: &MontyObject) -> Result<String, Wrong> {
    match name {
        MontyObject::String(text) => Ok(text.clone()),
        MontyObject::Int(_) | MontyObject::BigInt(_) | MontyObject::Float(_) => Ok(name.py_repr()),
        MontyObject::Bool(bool) => Ok(bool.to_string()),
        MontyObject::None => Ok("null".to_owned()),
        _ => Err((ExcType::TypeError, format!("{} is no key of JSON; use a str", name.py_repr()))),
    }
}

/// The arguments of a call as the host takes them.
pub(super) fn arguments(
    args: &[MontyObject],
    named: &[(MontyObject, MontyObject)],
) -> Result<(Vec<Value>, Map<String, Value>), Wrong> {
    Ok((args.iter().map(to_json).collect::<Result<_, _>>()?, object(named.iter())?))
}

/// Shows the value of a last expression, if it has one.
pub(super) fn shown(value: &MontyObject) -> Option<String> {
    match value {
        MontyObject::None => None,
        // A function or a class, of which nothing but its text is known here.
        MontyObject::Repr(text) => Some(text.clone()),
        other => Some(other.py_repr()),
    }
}
