//! One line: what is read of it, and what is written for it.

use serde_json::{Value, json};

use super::Settings;
use crate::error::{Error, Result};
use crate::predictor::Prediction;
use crate::signature::{Described, Fields};
use crate::value::Record;

/// A row that can be run.
pub(super) struct Line<I> {
    pub(super) id: Value,
    /// True where the row has a name of its own.
    pub(super) named: bool,
    pub(super) input: I,
}

impl<I: Fields> Line<I> {
    /// Reads a line, and says under which name it is written in any case.
    pub(super) fn read(text: &str, number: u64, settings: &Settings) -> (Value, Result<Self>) {
        let mut record: Record = match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => fields.into_iter().collect(),
            Ok(_) => return (json!(number), Err(Error::data(format!("line {number} is no JSON object")))),
            Err(error) => {
                return (json!(number), Err(Error::data(format!("line {number} is no JSON: {error}"))));
            }
        };
        let (named, id) = match record.get(&settings.id) {
            Some(id) => (true, id.clone()),
            None => (false, json!(number)),
        };
        let inputs = I::described();
        let is_input = |name: &str| inputs.as_ref().is_none_or(|inputs| inputs.field(name).is_some());
        let unwanted = |name: &str| !is_input(name) && (settings.extra || name == settings.id);
        let kept: Vec<String> =
            record.names().filter(|name| !unwanted(name)).map(ToOwned::to_owned).collect();
        record = record.only(kept.iter().map(String::as_str));
        let prepared = settings.prepare.as_ref().map_or(Ok(()), |prepare| prepare(&mut record));
        let input = prepared.and_then(|()| Described::read(record));
        let line = input.map(|input| Self { id: id.clone(), named, input });
        (id, line.map_err(|error| error.context(format!("line {number}"))))
    }
}

/// The line of a row that was run.
pub(super) fn done<O: Fields>(id: &Value, prediction: &Prediction<O>) -> Result<String> {
    let repairs: Vec<String> = prediction.repairs().map(ToString::to_string).collect();
    let line = json!({
        "id": id,
        "output": prediction.to_record()?,
        "usage": prediction.usage(),
        "repairs": repairs,
    });
    Ok(format!("{line}\n"))
}

/// The line of a row that was not, or whose run failed.
pub(super) fn failed(id: &Value, error: &Error) -> String {
    format!("{}\n", json!({"id": id, "error": error.to_json()}))
}
