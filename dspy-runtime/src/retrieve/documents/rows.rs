//! JSON lines with a text and metadata.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Kind;
use super::chunk::Chunks;
use super::walk::{File, text};
use crate::error::{Error, Result};
use crate::retrieve::Passage;

pub(super) fn passages<M: DeserializeOwned>(
    chunks: &Chunks,
    file: &File,
    field: &str,
) -> Result<Vec<Passage<M>>> {
    let mut passages = Vec::new();
    let read = text(&file.path)?;
    let lines = (1..).zip(read.text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines {
        let wrong = |what: String| Error::data(format!("{}, line {number}: {what}", file.path.display()));
        let mut row: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| wrong(format!("not a JSON object (column {}): {error}", error.column())))?;
        let text = match row.shift_remove(field) {
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            Some(Value::String(_)) => return Err(wrong(format!("the field `{field}` has no text"))),
            Some(_) => return Err(wrong(format!("the field `{field}` is no text"))),
            None => return Err(wrong(missing(field, &row))),
        };
        let pieces = chunks.of(Kind::Text, &text);
        let several = pieces.len() > 1;
        for (part, (_, piece)) in (1..).zip(pieces) {
            let meta = serde_path_to_error::deserialize(Value::Object(row.clone())).map_err(|error| {
                let reason = error.inner();
                wrong(match error.path().to_string().as_str() {
                    "." => format!("the metadata is not of the type asked for: {reason}"),
                    path => format!("field `{path}`: {reason}"),
                })
            })?;
            let id = match several {
                true => format!("{}#{number}.{part}", file.name),
                false => format!("{}#{number}", file.name),
            };
            passages.push(Passage::new(id, piece).with_meta(meta));
        }
    }
    Ok(passages)
}

fn missing(field: &str, row: &Map<String, Value>) -> String {
    let names = || row.keys().map(String::as_str);
    match crate::signature::nearest(field, names()) {
        Some(near) => format!("there is no field `{field}`; did you mean `{near}`?"),
        None => format!("there is no field `{field}`, which is to be the text"),
    }
}
