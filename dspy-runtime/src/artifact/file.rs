//! Reading and writing artifacts.

use std::path::Path;

use serde_json::Value;
use serde_json::error::Category;

use super::{Artifact, VERSION, secrets};
use crate::error::{Error, ErrorKind, Result};
use crate::{file, fingerprint};

pub(super) fn read(path: &Path) -> Result<Artifact> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    parse(&text).map_err(|error| error.context(path.display()))
}

pub(super) fn parse(text: &str) -> Result<Artifact> {
    let value: Value = serde_json::from_str(text).map_err(broken)?;
    let version = value.get("version").and_then(Value::as_u64).unwrap_or_default();
    if version > u64::from(VERSION) {
        let message = format!(
            "the artifact has format {version}, this release reads up to {VERSION}; update the library"
        );
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    let artifact: Artifact = serde_json::from_value(value).map_err(broken)?;
    if artifact.content != content(&artifact)? {
        let message = "the file was changed after it was written, so its scores and verdict are of other prompts; \
                       restore it, or compile again";
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    Ok(artifact)
}

pub(super) fn to_json(artifact: &Artifact) -> Result<String> {
    let artifact = Artifact { content: content(artifact)?, ..artifact.clone() };
    let text = format!("{}\n", serde_json::to_string_pretty(&artifact)?);
    match secrets::find(&text) {
        Some(kind) => Err(secrets::refused(kind)),
        None => Ok(text),
    }
}

pub(super) fn write(artifact: &Artifact, path: &Path) -> Result<()> {
    file::write(path, &to_json(artifact)?)
}

fn content(artifact: &Artifact) -> Result<String> {
    let mut value = serde_json::to_value(artifact)?;
    if let Some(object) = value.as_object_mut() {
        object.remove("content");
    }
    Ok(fingerprint::of(&value))
}

fn broken(error: serde_json::Error) -> Error {
    let message = match error.classify() {
        Category::Eof => {
            format!("the file ends too early, at line {}: it is not whole; restore it", error.line())
        }
        Category::Syntax => format!("not JSON (line {}, column {})", error.line(), error.column()),
        _ => "not an artifact".to_owned(),
    };
    Error::new(ErrorKind::Artifact, message).with_source(error)
}
