//! The parts that the targets share: the types of the tables, and how an input names one of them.
//!
//! An input is the place of a type in the tables, as two bytes, and then a text. So the fuzzer
//! tries texts against types that matter and against types that they were not written for.

use std::sync::{Arc, LazyLock};

use dspy::signature::{Schema, SchemaBuilder, TypeSpec};
use serde::Deserialize;
use serde_json::Value;

const TABLES: [&str; 3] = [
    include_str!("../../tests/fixtures/parse/parse.jsonl"),
    include_str!("../../tests/fixtures/parse/more.jsonl"),
    include_str!("../../tests/fixtures/parse/forms.jsonl"),
];

macro_rules! recording {
    ($wire:literal, $name:literal) => {
        ($name, $wire, include_bytes!(concat!("../../tests/fixtures/wire/", $name)))
    };
}

/// Recordings of wires, each with the place of its wire among all of them.
pub const RECORDINGS: [(&str, u8, &[u8]); 11] = [
    recording!(0, "chat.sse"),
    recording!(0, "chat-tools.sse"),
    recording!(0, "chat.json"),
    recording!(1, "responses.sse"),
    recording!(1, "responses.json"),
    recording!(2, "anthropic.sse"),
    recording!(2, "anthropic.json"),
    recording!(3, "gemini.sse"),
    recording!(3, "gemini.json"),
    recording!(4, "bedrock.json"),
    recording!(4, "bedrock.eventstream"),
];

/// A row of a table.
#[derive(Deserialize)]
pub struct Row {
    pub id: String,
    pub kind: String,
    pub schema: Value,
    pub text: String,
}

/// All rows of the tables.
pub fn rows() -> Vec<Row> {
    TABLES.iter().flat_map(|table| table.lines()).filter_map(|row| serde_json::from_str(row).ok()).collect()
}

/// The different types of the tables, in order.
pub static TYPES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut types = Vec::new();
    for row in rows() {
        if !types.contains(&row.schema) {
            types.push(row.schema);
        }
    }
    types
});

/// The types as types of fields.
pub static SPECS: LazyLock<Vec<TypeSpec>> =
    LazyLock::new(|| TYPES.iter().map(|schema| TypeSpec::from_schema(schema.clone())).collect());

/// The types as outputs: those of an object, or one of the type itself.
pub static SCHEMAS: LazyLock<Vec<Arc<Schema>>> = LazyLock::new(|| TYPES.iter().map(outputs).collect());

fn outputs(schema: &Value) -> Arc<Schema> {
    let mut builder = SchemaBuilder::new("Reply", "Reply.");
    match schema.get("properties").and_then(Value::as_object) {
        Some(properties) if !properties.is_empty() => {
            for (name, property) in properties {
                let mut property = property.clone();
                if let (Some(defs), Value::Object(map)) = (schema.get("$defs"), &mut property) {
                    map.insert("$defs".to_owned(), defs.clone());
                }
                builder = builder.output_schema(name, "", property);
            }
        }
        _ => builder = builder.output_schema("value", "", schema.clone()),
    }
    builder.build()
}

/// The type and the text of an input.
pub fn split<'d, T>(data: &'d [u8], types: &'static [T]) -> Option<(&'static T, &'d str)> {
    let (place, text) = data.split_first_chunk::<2>()?;
    let place = usize::from(u16::from_le_bytes(*place)) % types.len();
    Some((types.get(place)?, std::str::from_utf8(text).ok()?))
}
