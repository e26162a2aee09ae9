//! The words that all adapters share. They are ours; models know the markers, not the sentences.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use crate::media::Media;
use crate::parse::{self, Mode};
use crate::problem::Problem;
use crate::prompt::{Content, Message};
use crate::signature::{self, Entry, Field, Label, Role, Schema, Shape};
use crate::value::Record;

/// The task: instructions, then what is given and what is wanted.
pub(super) fn task(schema: &Schema, instructions: &str) -> String {
    let mut text = given(instructions, schema.inputs());
    text.push_str("\nYou produce:\n");
    schema.outputs().for_each(|field| wanted(&mut text, field));
    text
}

/// Instructions, then what is given.
pub(super) fn given<'a>(instructions: &str, inputs: impl Iterator<Item = &'a Field>) -> String {
    let mut text = format!("{}\n\nYou are given:\n", instructions.trim());
    // Earlier turns are messages of their own.
    for field in inputs.filter(|field| !field.spec().is_history()) {
        // That a text is one needs no words.
        let spec = field.spec();
        let shown = (spec.text() != "string").then(|| spec.text());
        line(&mut text, field, shown, field.description());
        labels(&mut text, spec.fixed().iter().filter(|label| !label.description.is_empty()));
        conditions(&mut text, field);
    }
    text
}

/// Writes the demand on an output. A type with properties of its own stands in the form of the reply, and
/// labels that are described stand below.
fn wanted(text: &mut String, field: &Field) {
    let spec = field.spec();
    let described = spec.fixed().iter().any(|label| !label.description.is_empty());
    if described {
        let description = field.description().trim_end();
        let apart = if description.is_empty() { "" } else { " " };
        line(text, field, None, &format!("{description}{apart}One of:"));
        labels(text, spec.fixed().iter());
    } else {
        line(text, field, (!spec.is_composite()).then(|| spec.text()), field.description());
    }
    conditions(text, field);
}

fn line(text: &mut String, field: &Field, shown: Option<&str>, description: &str) {
    let _ = write!(text, "- `{}`", field.name());
    if let Some(shown) = shown {
        let _ = write!(text, " ({shown})");
    }
    if !description.is_empty() {
        let _ = write!(text, ": {}", description.replace('\n', "\n  "));
    }
    text.push('\n');
}

fn labels<'a>(text: &mut String, labels: impl Iterator<Item = &'a Label>) {
    for Label { name, description } in labels {
        let _ = write!(text, "  - {name}");
        if !description.is_empty() {
            let _ = write!(text, ": {}", description.replace('\n', " "));
        }
        text.push('\n');
    }
}

fn conditions(text: &mut String, field: &Field) {
    for condition in field.conditions() {
        let _ = writeln!(text, "  - it must hold: {condition}");
    }
}

/// The placeholder in a form for a value whose type the list of outputs gives.
const VALUE: &str = "…";

/// The value of an output as a form shows it.
pub(super) fn value_form(field: &Field) -> String {
    match field.spec().is_composite() {
        true => field.spec().skeleton(0),
        false => VALUE.to_owned(),
    }
}

/// All outputs as one JSON object. Where one has properties of its own, every type is shown.
pub(super) fn object_form(schema: &Schema) -> String {
    let name = |field: &Field| format!("{:?}", field.name());
    if !schema.outputs().any(|field| field.spec().is_composite()) {
        let entries: Vec<_> = schema.outputs().map(|field| format!("{}: {VALUE}", name(field))).collect();
        return format!("{{{}}}", entries.join(", "));
    }
    // Their docs stand in the list of outputs.
    let entry =
        |field: &Field| Entry { name: name(field), value: field.spec().skeleton(1), comment: String::new() };
    signature::object(&schema.outputs().map(entry).collect::<Vec<_>>(), 0)
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
        (Value::String(text), None) => content.push(&standing(field, text)),
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

/// A text as it stands in the place of an output: bare, unless it would be read as another value there, as `1` is where
/// numbers may stand as well. Then it stands in quotes.
fn standing<'v>(field: &Field, text: &'v str) -> Cow<'v, str> {
    let bare = text.trim();
    let shapes = field.spec().shapes();
    let loose = matches!(shapes.get(shapes.root()), Shape::Union(_) | Shape::Any);
    if field.role() != Role::Output || !loose {
        return Cow::Borrowed(bare);
    }
    let reads = |shown: &str| {
        parse::field(field.spec(), shown, Mode::Tolerant).is_ok_and(|(value, _)| value.as_str() == Some(bare))
    };
    if reads(bare) {
        return Cow::Borrowed(bare);
    }
    let quoted = Value::from(bare).to_string();
    if reads(&quoted) { Cow::Owned(quoted) } else { Cow::Borrowed(bare) }
}

pub(super) fn marker(text: &mut impl Write, name: &str) {
    let _ = writeln!(text, "[[ ## {name} ## ]]");
}

/// Asks again, with what was wrong and the exact form.
pub(super) fn again(schema: &Schema, problems: &[Problem], form: &str) -> Message {
    let mut text = String::from("That reply cannot be used:\n");
    for problem in problems {
        let _ = writeln!(text, "- {problem:#}");
    }
    let _ = write!(text, "\nReply again with {}, complete and corrected{form}", output_names(schema));
    Message::user(text)
}
