//! Rows from CSV with a header.

use serde_json::Value;

use super::row;
use crate::error::{Error, Result};
use crate::signature::{Row, Schema};
use crate::value::Record;

/// Reads one row from each record under the header. A cell of a text field is the text; any other
/// cell is JSON, and an empty one is null.
pub(super) fn read<R: Row>(text: &str, name: &str) -> Result<Vec<R>> {
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes());
    let header = reader.headers().map_err(|error| broken(name, error))?.clone();
    let mut rows = Vec::new();
    for cells in reader.records() {
        let cells = cells.map_err(|error| broken(name, error))?;
        let line = cells.position().map_or(0, csv::Position::line);
        let fields = header.iter().zip(&cells).map(|(field, cell)| (field, value(R::schema(), field, cell)));
        rows.push(row(fields.collect::<Record>(), || format!("{name}, line {line}"))?);
    }
    Ok(rows)
}

fn value(schema: &Schema, field: &str, cell: &str) -> Value {
    match schema.field(field) {
        Some(field) if field.spec().is_text() => Value::from(cell),
        _ if cell.trim().is_empty() => Value::Null,
        _ => serde_json::from_str(cell).unwrap_or_else(|_| Value::from(cell)),
    }
}

fn broken(name: &str, error: csv::Error) -> Error {
    let place = match error.position() {
        Some(position) => format!("{name}, line {}", position.line()),
        None => name.to_owned(),
    };
    Error::data(format!("{place}: not CSV")).with_source(error)
}
