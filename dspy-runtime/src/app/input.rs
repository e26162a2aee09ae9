//! The reading of typed text as the program's typed input.

use std::io::{IsTerminal, Read};

use serde_json::Value;

use super::args::Input;
use crate::error::{Error, Result};
use crate::signature::{Described, Fields};
use crate::value::Record;

/// The fields that were typed, piped or read from a file, not yet typed.
pub(super) fn record(input: &Input, described: Option<&Described>) -> Result<Record> {
    match (&input.file, input.fields.as_slice()) {
        (Some(path), _) if path.as_os_str() != "-" => {
            let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
            object(&text).map_err(|error| error.context(path.display()))
        }
        (None, [json]) if json.trim_start().starts_with('{') => {
            object(json).map_err(|error| error.context("the input"))
        }
        (None, fields) if !fields.is_empty() => pairs(fields, described),
        _ => standard_input(described),
    }
}

fn standard_input(described: Option<&Described>) -> Result<Record> {
    if std::io::stdin().is_terminal() {
        let names: Vec<_> = described.iter().flat_map(|described| described.fields()).collect();
        let fields: Vec<_> = names.iter().map(|field| format!("{}=…", field.name())).collect();
        let message =
            format!("there is no input: give `{}`, one JSON object, or `--file PATH`", fields.join(" "));
        return Err(Error::data(message));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Error::from(error).context("standard input"))?;
    object(&text).map_err(|error| error.context("standard input"))
}

fn object(text: &str) -> Result<Record> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields.into_iter().collect()),
        Ok(_) => Err(Error::data("the input must be one JSON object")),
        Err(error) => Err(Error::data(format!("not JSON: {error}"))),
    }
}

/// `FIELD=VALUE`: text as it stands where the field is a text, else JSON.
fn pairs(fields: &[String], described: Option<&Described>) -> Result<Record> {
    let mut record = Record::new();
    for pair in fields {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(Error::data(format!(
                "`{pair}` is not FIELD=VALUE, and the input is not one JSON object"
            )));
        };
        let is_text = described.and_then(|all| all.field(name)).is_none_or(|field| field.spec().is_text());
        let value = match is_text {
            true => Value::from(text),
            // What is no JSON may still be a text, such as that of an `Option<String>`; its type will tell.
            false => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        };
        if record.contains(name) {
            return Err(Error::data(format!("field `{name}` is given twice")));
        }
        record.insert(name, value);
    }
    Ok(record)
}

/// The typed input.
pub(super) fn typed<I: Fields>(record: Record) -> Result<I> {
    Described::read(record).map_err(|error| error.context("the input"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::TypeSpec;

    fn described() -> Described {
        Described::default()
            .with(TypeSpec::of::<String>(), "text")
            .with(TypeSpec::of::<u8>(), "limit")
            .with(TypeSpec::of::<Option<String>>(), "note")
    }

    fn read(fields: &[&str]) -> Result<Record> {
        pairs(&fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>(), Some(&described()))
    }

    #[test]
    fn texts_stand_as_they_are_and_the_rest_is_json() {
        let record = read(&["text=3", "limit=3", "note=a=b"]).expect("fine");
        assert_eq!(record.get("text"), Some(&"3".into()));
        assert_eq!(record.get("limit"), Some(&3.into()));
        assert_eq!(record.get("note"), Some(&"a=b".into()));
    }

    #[test]
    fn what_is_no_pair_and_what_is_given_twice_is_told() {
        assert!(read(&["text"]).expect_err("refused").to_string().contains("`text` is not FIELD=VALUE"));
        assert!(read(&["text=a", "text=b"]).expect_err("refused").to_string().contains("given twice"));
    }
}
