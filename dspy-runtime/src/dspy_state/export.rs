//! The export of a program to a file that Python loads.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::predictor::{DspyField, DspyPredictor};
use super::{ALONE, DspyState, SELF, lm, prefix};
use crate::artifact::secrets;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::predictor::Predictor;
use crate::signature::Field;

/// The release of Python DSPy whose files these are like.
pub(super) fn versions() -> Map<String, Value> {
    let versions = [("python", "3.11"), ("dspy", "3.4.1"), ("cloudpickle", "3.1")];
    versions.into_iter().map(|(name, version)| (name.to_owned(), version.into())).collect()
}

pub(super) fn predictor(path: &str, predictor: &Predictor) -> DspyPredictor {
    let (schema, state) = (predictor.schema(), predictor.state());
    let field = |field: &Field| DspyField {
        prefix: Some(format!("{}:", prefix::of(field.name()))),
        description: Some(match field.description() {
            "" => format!("${{{}}}", field.name()),
            description => description.to_owned(),
        }),
    };
    let fields: Vec<&Field> = schema.inputs().chain(schema.outputs()).collect();
    DspyPredictor {
        path: if path == SELF { ALONE.to_owned() } else { path.to_owned() },
        instructions: state.instructions.clone(),
        names: Some(fields.iter().map(|field| field.name().to_owned()).collect()),
        fields: fields.into_iter().map(field).collect(),
        demos: state.demos.clone(),
        model: None,
        settings: Map::new(),
    }
}

pub(super) fn text(state: &DspyState) -> Result<String> {
    let mut file = Map::new();
    for predictor in &state.predictors {
        let entry = entry(predictor);
        if predictor.path != ALONE {
            file.insert(predictor.path.clone(), entry.into());
        } else if state.predictors.len() == 1 {
            file = entry;
        } else {
            let message =
                "a predictor without a path is the whole program, and there are others: `rename` it";
            return Err(Error::new(ErrorKind::Artifact, message));
        }
    }
    file.insert("metadata".into(), json!({"dependency_versions": state.versions}));
    let text = format!("{}\n", serde_json::to_string_pretty(&file)?);
    match secrets::find(&text) {
        None => Ok(text),
        Some(kind) => {
            let message = format!(
                "{kind} would be in the file, in an instruction or a demonstration; take it out of the data"
            );
            Err(Error::new(ErrorKind::Artifact, message))
        }
    }
}

fn entry(predictor: &DspyPredictor) -> Map<String, Value> {
    let fields: Vec<Value> = predictor
        .fields
        .iter()
        .map(|field| json!({"prefix": field.prefix, "description": field.description}))
        .collect();
    let mut entry = Map::new();
    entry.insert("traces".into(), json!([]));
    entry.insert("train".into(), json!([]));
    entry.insert("demos".into(), json!(predictor.demos));
    entry.insert("signature".into(), json!({"instructions": predictor.instructions, "fields": fields}));
    entry.insert("lm".into(), lm::written(predictor.model.as_ref(), &predictor.settings));
    entry
}

/// Writes to a file next to its place and renames it, so that a reader sees the old file or the new one.
pub(super) fn write(state: &DspyState, path: &Path) -> Result<()> {
    if path.extension().is_none_or(|ending| ending != "json") {
        let message =
            format!("`{}` does not end in `.json`, and Python loads no other states", path.display());
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    file::write(path, &text(state)?)
}
