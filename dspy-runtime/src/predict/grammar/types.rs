//! The types that a text can name, in Rust's spelling and in Python's.

use serde_json::{Value, json};

use super::text::Text;
use crate::error::Result;
use crate::signature::nearest;

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::predict) enum Kind {
    Text,
    Integer {
        unsigned: bool,
    },
    Number,
    Boolean,
    Null,
    Any,
    List(Box<Kind>),
    Map(Box<Kind>),
    Labels(Vec<String>),
    /// One of several, as `int | None`.
    Either(Vec<Kind>),
}

const NAMES: [&str; 22] = [
    "str", "String", "string", "int", "i32", "i64", "u8", "u32", "u64", "usize", "float", "f32", "f64",
    "bool", "list", "Vec", "dict", "HashMap", "Optional", "Option", "Literal", "Any",
];

impl Kind {
    /// The JSON schema.
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Integer { unsigned: false } => json!({"type": "integer"}),
            Self::Integer { unsigned: true } => json!({"type": "integer", "minimum": 0}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Null => json!({"type": "null"}),
            Self::Any => json!({}),
            Self::List(item) => json!({"type": "array", "items": item.schema()}),
            Self::Map(item) => json!({"type": "object", "additionalProperties": item.schema()}),
            Self::Labels(labels) => json!({"type": "string", "enum": labels}),
            Self::Either(kinds) => json!({"anyOf": kinds.iter().map(Self::schema).collect::<Vec<_>>()}),
        }
    }
}

/// Reads a type, and others after `|`.
pub(super) fn kind(text: &mut Text<'_>) -> Result<Kind> {
    let mut kinds = vec![one(text)?];
    while text.take("|") {
        kinds.push(one(text)?);
    }
    match kinds.len() {
        1 => Ok(kinds.remove(0)),
        _ => Ok(Kind::Either(kinds)),
    }
}

fn one(text: &mut Text<'_>) -> Result<Kind> {
    let place = text.place();
    // `typing.Optional[int]` is `Optional[int]`.
    let mut name = text.name();
    while name.is_some() && text.take(".") {
        name = text.name();
    }
    let Some(name) = name else {
        return Err(text.error(place, "expected a type"));
    };
    match name {
        "str" | "String" | "string" => Ok(Kind::Text),
        "int" | "i8" | "i16" | "i32" | "i64" | "isize" => Ok(Kind::Integer { unsigned: false }),
        "u8" | "u16" | "u32" | "u64" | "usize" => Ok(Kind::Integer { unsigned: true }),
        "float" | "f32" | "f64" => Ok(Kind::Number),
        "bool" => Ok(Kind::Boolean),
        "None" => Ok(Kind::Null),
        "Any" => Ok(Kind::Any),
        "list" | "List" | "Vec" => match inner(text, 1, false)?.pop() {
            Some(item) => Ok(Kind::List(Box::new(item))),
            None => Ok(Kind::List(Box::new(Kind::Any))),
        },
        "dict" | "Dict" | "HashMap" | "BTreeMap" => map(text),
        "Optional" | "Option" => {
            let mut kinds = inner(text, 1, true)?;
            kinds.push(Kind::Null);
            Ok(Kind::Either(kinds))
        }
        "Union" => Ok(Kind::Either(inner(text, usize::MAX, true)?)),
        "Literal" => labels(text),
        other => {
            let help = match nearest(other, NAMES.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "known are `str`, `int`, `float`, `bool`, `list[…]`, `dict[str, …]`, \
                         `Optional[…]`, `Literal['…']` and their Rust names"
                    .to_owned(),
            };
            Err(text.error(place, &format!("unknown type `{other}`; {help}")))
        }
    }
}

// The types in the brackets of another one.
fn inner(text: &mut Text<'_>, most: usize, needed: bool) -> Result<Vec<Kind>> {
    let Some(close) = open(text) else {
        return match needed {
            true => Err(text.error(text.place(), "expected `[` and a type")),
            false => Ok(Vec::new()),
        };
    };
    let mut kinds = vec![kind(text)?];
    while kinds.len() < most && text.take(",") {
        kinds.push(kind(text)?);
    }
    text.expect(close, &format!("expected `{close}`"))?;
    Ok(kinds)
}

// In JSON the keys are strings.
fn map(text: &mut Text<'_>) -> Result<Kind> {
    let Some(close) = open(text) else {
        return Ok(Kind::Map(Box::new(Kind::Any)));
    };
    let place = text.place();
    if kind(text)? != Kind::Text {
        return Err(text.error(place, "the keys of a map are strings; write `dict[str, …]`"));
    }
    text.expect(",", "expected `,` and the type of the values")?;
    let value = kind(text)?;
    text.expect(close, &format!("expected `{close}`"))?;
    Ok(Kind::Map(Box::new(value)))
}

fn labels(text: &mut Text<'_>) -> Result<Kind> {
    let Some(close) = open(text) else {
        return Err(text.error(text.place(), "expected `[` and the labels: `Literal['yes', 'no']`"));
    };
    let mut labels: Vec<String> = Vec::new();
    loop {
        let place = text.place();
        match text.string()? {
            Some((label, place)) if labels.contains(&label) => {
                return Err(text.error(place, "this label stands here twice"));
            }
            Some((label, place)) if label.trim().is_empty() => {
                return Err(text.error(place, "this label is blank"));
            }
            Some((label, _)) => labels.push(label),
            None => return Err(text.error(place, "expected a label in quotes")),
        }
        if !text.take(",") || text.is_at(close) {
            break;
        }
    }
    text.expect(close, &format!("expected `,` or `{close}`"))?;
    Ok(Kind::Labels(labels))
}

fn open(text: &mut Text<'_>) -> Option<&'static str> {
    if text.take("[") {
        Some("]")
    } else if text.take("<") {
        Some(">")
    } else {
        None
    }
}

/// Returns the place where a value is not of the type, as a path inside of it; empty for the value itself.
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
