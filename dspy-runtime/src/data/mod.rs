//! Rows of data and their splits.

mod allot;
mod csv;
mod draw;
mod folder;
mod jsonl;
mod leak;
mod record;
mod rows;
mod slice;
mod splits;
mod text;

pub use draw::Draw;
pub use leak::{Leak, LeakKind, Place};
pub use record::DataRecord;
pub use rows::Rows;
pub(crate) use slice::{Slice, by};
pub use splits::{Splits, TuningRows};

pub use crate::value::Record;

use crate::error::{Error, Result};
use crate::problem::Problem;
use crate::signature::{Reader, Role, Row, Schema, nearest, typed};

/// Reads one row, or says what is wrong with it at its place.
fn row<R: Row>(record: Record, place: impl Fn() -> String) -> Result<R> {
    let schema = R::schema();
    let mut problems: Vec<Problem> = record
        .names()
        .filter(|name| schema.field(name).is_none())
        .map(|name| Problem::new("", "", &unknown(schema, name)))
        .collect();
    let mut reader = Reader::new(record);
    let row = R::read(&mut reader);
    problems
        .extend(reader.into_problems().into_iter().map(|problem| typed(problem, |name| schema.field(name))));
    match row {
        Some(row) if problems.is_empty() => Ok(row),
        _ => Err(Problem::error(crate::ErrorKind::Data, problems).context(place())),
    }
}

fn unknown(schema: &Schema, name: &str) -> String {
    let names = || schema.fields().iter().map(|field| field.name());
    match nearest(name, names()) {
        Some(near) => format!("unknown field `{name}`; did you mean `{near}`?"),
        None => format!("unknown field `{name}`; `{}` has {}", schema.name(), list(names())),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the name of a row in messages: its `id`, if it has a meta field of that name.
pub(crate) fn id(schema: &Schema, record: &Record) -> Option<String> {
    schema.field("id").filter(|field| field.role() == Role::Meta)?;
    match record.get("id")? {
        serde_json::Value::String(id) => Some(id.clone()),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    }
}

fn file_error(path: &std::path::Path, source: std::io::Error) -> Error {
    Error::io("read", path, source)
}
