//! The reading of a file into the state.

use std::path::Path;

use serde_json::{Map, Value};

use super::dropped_item::{DropReason, DroppedItem};
use super::predictor::{DspyField, DspyPredictor};
use super::{ALONE, DspyState, lm};
use crate::artifact::secrets;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Record;

/// The version keys that Python asks for in a file's metadata; it fails at any other.
pub(super) const VERSIONS: [&str; 3] = ["python", "dspy", "cloudpickle"];

const METADATA: &str = "metadata";

pub(super) fn file(path: &Path) -> Result<DspyState> {
    let pickle = || {
        let message = format!(
            "`{}` is a pickle, which can run any code when it is read; in Python, save the state alone: \
             `program.save(\"state.json\")`",
            path.display()
        );
        Error::new(ErrorKind::Artifact, message)
    };
    let named =
        path.extension().is_some_and(|ending| ["pkl", "pickle"].iter().any(|pickle| ending == *pickle));
    if named || path.join("program.pkl").exists() {
        return Err(pickle());
    }
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    // What begins every pickle since 2003.
    if bytes.first() == Some(&0x80) {
        return Err(pickle());
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("not JSON: it is not UTF-8"));
    text.and_then(|text| self::text(&text)).map_err(|error| error.context(path.display()))
}

pub(super) fn text(text: &str) -> Result<DspyState> {
    let value: Value = serde_json::from_str(text).map_err(|error| refused(&format!("not JSON: {error}")))?;
    let Value::Object(entries) = value else {
        return Err(refused("not a state of a DSPy program: it is no object"));
    };
    let mut dropped = Vec::new();
    let versions = versions(entries.get(METADATA), &mut dropped);
    let mut predictors = Vec::new();
    if is_predictor(&entries) {
        // Of a bare `Predict` all is at the top, beside the metadata.
        predictors.push(predictor(ALONE, &entries, &mut dropped)?);
    } else {
        for (path, entry) in entries.iter().filter(|(path, _)| *path != METADATA) {
            match entry {
                Value::Object(entry) if is_predictor(entry) => {
                    predictors.push(predictor(path, entry, &mut dropped)?)
                }
                Value::Object(entry) if entry.contains_key("signature_instructions") => {
                    return Err(too_old(path));
                }
                // A retriever, or the source of a module.
                _ => dropped.push(DroppedItem::new("", path.as_str(), DropReason::Unknown)),
            }
        }
    }
    if predictors.is_empty() && versions.is_empty() {
        return Err(refused("not a state of a DSPy program: there is no predictor in it"));
    }
    Ok(DspyState { predictors, versions, dropped })
}

fn is_predictor(entry: &Map<String, Value>) -> bool {
    entry.get("signature").and_then(|signature| signature.get("fields")).is_some_and(Value::is_array)
}

fn predictor(
    path: &str,
    entry: &Map<String, Value>,
    dropped: &mut Vec<DroppedItem>,
) -> Result<DspyPredictor> {
    let at =
        |error: Error| if path.is_empty() { error } else { error.context(format!("predictor `{path}`")) };
    let mut read = DspyPredictor {
        path: path.to_owned(),
        instructions: String::new(),
        fields: Vec::new(),
        demos: Vec::new(),
        model: None,
        settings: Map::new(),
        names: None,
    };
    for (name, value) in entry {
        match name.as_str() {
            "signature" => (read.instructions, read.fields) = signature(value).map_err(at)?,
            "demos" => read.demos = demos(path, value, dropped).map_err(at)?,
            "lm" => (read.model, read.settings) = lm::read(path, value, dropped),
            "fields" => read.names = names(value),
            "extended_signature" => return Err(too_old(path)),
            METADATA if path.is_empty() => {}
            // What the search has seen; Python writes none of it after a search any more.
            "traces" | "train" if value.as_array().is_some_and(Vec::is_empty) => {}
            other => dropped.push(DroppedItem::new(path, other, DropReason::Unknown)),
        }
    }
    if read.names.as_ref().is_some_and(|names| names.len() != read.fields.len()) {
        read.names = None;
    }
    Ok(read)
}

fn signature(value: &Value) -> Result<(String, Vec<DspyField>)> {
    let instructions = match value.get("instructions") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(refused("its instructions are no text")),
    };
    if let Some(kind) = secrets::find(instructions) {
        return Err(refused(&format!("{kind} is in the instructions; take it out")));
    }
    let text = |field: &Value, name: &str| match field.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(refused(&format!("the {name} of a field is no text"))),
    };
    let fields = value.get("fields").and_then(Value::as_array).into_iter().flatten();
    let fields = fields.map(|field| {
        Ok(DspyField { prefix: text(field, "prefix")?, description: text(field, "description")? })
    });
    Ok((instructions.to_owned(), fields.collect::<Result<Vec<_>>>()?))
}

fn demos(path: &str, value: &Value, dropped: &mut Vec<DroppedItem>) -> Result<Vec<Record>> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(refused("its demonstrations are no list")),
    };
    let mut demos = Vec::new();
    for (place, item) in items.iter().enumerate() {
        match item {
            Value::Object(_) if secrets::find(&item.to_string()).is_some() => {
                dropped.push(DroppedItem::new(path, format!("demos[{place}]"), DropReason::Secret));
            }
            Value::Object(entries) => demos.push(Record::from(entries.clone())),
            _ => return Err(refused(&format!("demonstration {place} is no object"))),
        }
    }
    Ok(demos)
}

/// The names of fields, in the files that have them.
fn names(value: &Value) -> Option<Vec<String>> {
    let name = |field: &Value| Some(field.get("name").unwrap_or(field).as_str()?.to_owned());
    value.as_array()?.iter().map(name).collect()
}

fn versions(metadata: Option<&Value>, dropped: &mut Vec<DroppedItem>) -> Map<String, Value> {
    let mut versions = Map::new();
    for (name, value) in metadata.and_then(Value::as_object).into_iter().flatten() {
        let Some(known) = value.as_object().filter(|_| name == "dependency_versions") else {
            dropped.push(DroppedItem::new("", format!("{METADATA}.{name}"), DropReason::Unknown));
            continue;
        };
        for (name, version) in known {
            match VERSIONS.contains(&name.as_str()) && version.is_string() {
                true => drop(versions.insert(name.clone(), version.clone())),
                false => dropped.push(DroppedItem::new(
                    "",
                    format!("{METADATA}.dependency_versions.{name}"),
                    DropReason::Unknown,
                )),
            }
        }
    }
    versions
}

fn too_old(path: &str) -> Error {
    let message = format!(
        "predictor `{path}` was saved by DSPy 2.5 or before; load it with a later DSPy, 2.6 to 3, and save it again"
    );
    Error::new(ErrorKind::Artifact, message)
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Artifact, message)
}
