//! The tables of replies: each row is a type, a text, and the value or the error that is right.

mod adapters;
mod models;
mod noise;
mod properties;
mod time;
mod types;

use std::path::{Path, PathBuf};

use dspy::adapter::{Adapter, ChatAdapter, JsonAdapter};
use dspy::parse::{self, Mode};
use dspy::signature::{Schema, SchemaBuilder, TypeSpec};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::file::given;

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: Kind,
    schema: Value,
    text: String,
    /// Repeats the text, for rows that are too long to stand in a table.
    #[serde(default)]
    repeat: Option<usize>,
    #[serde(default)]
    finish: Option<String>,
    #[serde(default, deserialize_with = "present")]
    want: Option<Value>,
    #[serde(default)]
    want_error: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Field,
    Chat,
    Json,
}

/// Tells a null that is wanted from no value at all.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

#[derive(Default)]
struct Count {
    right: usize,
    wrong: usize,
    refused: usize,
}

#[test]
fn the_parse_tables_are_read_right() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/parse");
    let mut files = vec![
        own.join("parse.jsonl"),
        own.join("more.jsonl"),
        own.join("forms.jsonl"),
        own.join("kinds.jsonl"),
    ];
    if let Some(list) = std::env::var_os("PARSE_CASES") {
        files.extend(std::env::split_paths(&list).filter(|path| *path != PathBuf::new()).map(given));
    }
    let mut count = Count::default();
    for file in files {
        let rows =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for row in rows.lines().filter(|row| !row.trim().is_empty()) {
            let case: Case = serde_json::from_str(row).unwrap_or_else(|error| panic!("{row}: {error}"));
            judge(&case, &mut count);
        }
    }
    let Count { right, wrong, refused } = count;
    let all = right + wrong + refused;
    println!("parse table: {right} right, {wrong} wrong, {refused} refused of {all}");
    assert_eq!(right, all, "{wrong} wrong, {refused} refused");
}

fn judge(case: &Case, count: &mut Count) {
    assert_ne!(case.want.is_some(), case.want_error, "{}: a row wants a value or an error", case.id);
    match (read(case), &case.want) {
        (Ok(found), Some(want)) if same(&found, want) => count.right += 1,
        (Err(_), None) => count.right += 1,
        (Ok(found), want) => {
            let want = want.as_ref().map_or("an error".to_owned(), Value::to_string);
            println!("wrong {}: {found} instead of {want}", case.id);
            count.wrong += 1;
        }
        (Err(error), Some(_)) => {
            println!("refused {}: {error}", case.id);
            count.refused += 1;
        }
    }
}

fn read(case: &Case) -> Result<Value, String> {
    // As a predictor does: what the token limit cut off is not read at all.
    if case.finish.as_deref() == Some("length") {
        return Err("the token limit cut the reply off".to_owned());
    }
    let text = case.repeat.map_or(case.text.clone(), |times| case.text.repeat(times));
    match case.kind {
        Kind::Field => {
            let spec = TypeSpec::from_schema(case.schema.clone());
            let read = parse::field(&spec, &text, Mode::Tolerant);
            read.map(|(value, _)| value).map_err(|problem| problem.to_string())
        }
        Kind::Chat => outputs(&ChatAdapter, &case.schema, &text),
        Kind::Json => outputs(&JsonAdapter, &case.schema, &text),
    }
}

/// Reads a reply as it was asked for and then in the other formats, as a predictor does.
fn outputs(adapter: &dyn Adapter, schema: &Value, text: &str) -> Result<Value, String> {
    let schema = outputs_of(schema);
    let first = match adapter.parse(&schema, text, Mode::Tolerant) {
        Ok(parsed) => return Ok(object(parsed)),
        Err(problems) => problems,
    };
    let others = adapter.others();
    let other = others.iter().find_map(|other| other.parse(&schema, text, Mode::Tolerant).ok());
    let problems: Vec<_> = first.iter().map(ToString::to_string).collect();
    other.map(object).ok_or_else(|| problems.join("; "))
}

fn outputs_of(schema: &Value) -> std::sync::Arc<Schema> {
    let mut builder = SchemaBuilder::new("Reply", "Reply.");
    for (name, property) in schema["properties"].as_object().expect("a schema of outputs") {
        let mut property = property.clone();
        if let (Some(defs), Value::Object(map)) = (schema.get("$defs"), &mut property) {
            map.insert("$defs".to_owned(), defs.clone());
        }
        builder = builder.output_schema(name, "", property);
    }
    builder.build()
}

fn object(parsed: parse::Parsed) -> Value {
    let entries = parsed.record.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// Whether two values are the same; 3 and 3.0 are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => one == other,
    }
}
