//! The words that all adapters share. They are ours; models know the markers, not the sentences.

use std::fmt::Write;

use serde_json::Value;

use crate::problem::Problem;
use crate::prompt::Message;
use crate::signature::{Field, Schema};
use crate::value::Record;

/// The task: instructions, then what is given and what is wanted.
pub(super) fn task(schema: &Schema, instructions: &str) -> String {
    let mut text = format!("{}\n\nYou are given:\n", instructions.trim());
    schema.inputs().for_each(|field| describe(&mut text, field));
    text.push_str("\nYou produce:\n");
    schema.outputs().for_each(|field| describe(&mut text, field));
    text
}

fn describe(text: &mut String, field: &Field) {
    let _ = write!(text, "- `{}` ({})", field.name(), field.spec().text());
    if !field.description().is_empty() {
        let _ = write!(text, ": {}", field.description().replace('\n', "\n  "));
    }
    text.push('\n');
    for label in field.spec().labels().iter().filter(|label| !label.description.is_empty()) {
        let _ = writeln!(text, "  - {:?}: {}", label.name, label.description.replace('\n', " "));
    }
    for condition in field.conditions() {
        let _ = writeln!(text, "  - it must hold: {condition}");
    }
}

/// The names of the outputs, as a list in prose.
pub(super) fn output_names(schema: &Schema) -> String {
    let names: Vec<_> = schema.outputs().map(|field| format!("`{}`", field.name())).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Fields as sections, each under its marker.
pub(super) fn sections<'a>(fields: impl Iterator<Item = &'a Field>, record: &Record) -> String {
    let mut text = String::new();
    for (field, value) in fields.filter_map(|field| Some((field, record.get(field.name())?))) {
        marker(&mut text, field.name());
        match value {
            Value::String(value) => text.push_str(value.trim()),
            other => {
                let _ = write!(text, "{other}");
            }
        }
        text.push_str("\n\n");
    }
    text
}

pub(super) fn marker(text: &mut String, name: &str) {
    text.push_str("[[ ## ");
    text.push_str(name);
    text.push_str(" ## ]]\n");
}

/// Asks again, with what was wrong.
pub(super) fn again(schema: &Schema, problems: &[Problem], form: &str) -> Message {
    let mut text = String::from("That reply cannot be used:\n");
    for problem in problems {
        let _ = writeln!(text, "- {problem}");
    }
    let _ = write!(text, "\nReply again with {}, complete and corrected{form}.", output_names(schema));
    Message::user(text)
}
