//! Rows from JSON lines.

use serde_json::{Map, Value};

use super::row;
use crate::error::{Error, Result};
use crate::signature::Row;
use crate::value::Record;

/// Reads one row from each line that is not blank.
pub(super) fn read<R: Row>(text: &str, name: &str) -> Result<Vec<R>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let place = || format!("{name}, line {}", index + 1);
            row(object(line).map_err(|error| error.context(place()))?, place)
        })
        .collect()
}

fn object(line: &str) -> Result<Record> {
    match serde_json::from_str::<Map<String, Value>>(line) {
        Ok(map) => Ok(Record::from(map)),
        Err(error) => {
            Err(Error::data(format!("not a JSON object (column {})", error.column())).with_source(error))
        }
    }
}
