//! The words that all adapters share. They are ours; models know the markers, not the sentences.

use std::fmt::Write;

use serde_json::Value;

use crate::media::Media;
use crate::problem::Problem;
use crate::prompt::{Content, Message};
use crate::signature::{Field, Schema};
use crate::value::Record;

/// The task: instructions, then what is given and what is wanted.
pub(super) fn task(schema: &Schema, instructions: &str) -> String {
    let mut text = given(instructions, schema.inputs());
    text.push_str("\nYou produce:\n");
    schema.outputs().for_each(|field| describe(&mut text, field));
    text
}

/// Instructions, then what is given.
pub(super) fn given<'a>(instructions: &str, inputs: impl Iterator<Item = &'a Field>) -> String {
    let mut text = format!("{}\n\nYou are given:\n", instructions.trim());
    // Earlier turns are messages of their own.
    inputs.filter(|field| !field.spec().is_history()).for_each(|field| describe(&mut text, field));
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
pub(super) fn sections<'a>(fields: impl Iterator<Item = &'a Field>, record: &Record) -> Content {
    let mut content = Content::default();
    for (field, value) in fields.filter_map(|field| Some((field, record.get(field.name())?))) {
        marker(&mut content, field.name());
        self::value(&mut content, field, value);
        content.push("\n\n");
    }
    content
}

/// A value as a prompt shows it: text as it is, other values as JSON, what is shown in between.
pub(super) fn value(content: &mut Content, field: &Field, value: &Value) {
    match (value, field.spec().media_kind()) {
        (Value::String(text), Some(kind)) => content.push_media(Media::parse(kind, text)),
        (Value::String(text), None) => content.push(text.trim()),
        (other, _) if field.spec().holds_media() => {
            let mut named = other.clone();
            let shown = field.spec().take_media(&mut named);
            let _ = write!(content, "{named}");
            for (index, media) in shown.into_iter().enumerate() {
                let _ = write!(content, "\n({} {}): ", media.kind(), index + 1);
                content.push_media(media);
            }
        }
        (other, _) => {
            let _ = write!(content, "{other}");
        }
    }
}

pub(super) fn marker(text: &mut impl Write, name: &str) {
    let _ = writeln!(text, "[[ ## {name} ## ]]");
}

/// Asks again, with what was wrong.
pub(super) fn again(schema: &Schema, problems: &[Problem], form: &str) -> Message {
    let mut text = String::from("That reply cannot be used:\n");
    for problem in problems {
        let _ = writeln!(text, "- {problem:#}");
    }
    let _ = write!(text, "\nReply again with {}, complete and corrected{form}.", output_names(schema));
    Message::user(text)
}
