//! Our parser beside two JSON repairers, on the tables of replies and on cases picked by hand.
//!
//! A repairer gives a JSON value and knows nothing of types, so its value is then read as its type,
//! as a program would with serde: keys that the type does not have are left out, an optional key that
//! is missing is null, and everything else has to fit as it is.

mod cases;
mod child;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dspy::adapter::{Adapter, JsonAdapter};
use dspy::parse::{self, Mode, Repair};
use dspy::signature::{Schema, SchemaBuilder, TypeSpec};
use serde::Deserialize;
use serde_json::{Value, json};

fn main() {
    match std::env::args().nth(1) {
        Some(name) => child::run(&name),
        None => {
            tables();
            println!();
            cases::show();
        }
    }
}

/// One way to read a reply.
#[derive(Clone, Copy, Debug)]
pub enum Reader {
    Dspy,
    JsonRepair,
    LlmJson,
    SerdeJson,
}

pub const READERS: [Reader; 4] = [Reader::Dspy, Reader::JsonRepair, Reader::LlmJson, Reader::SerdeJson];

#[derive(Deserialize)]
struct Row {
    kind: String,
    schema: Value,
    text: String,
    #[serde(default)]
    repeat: Option<usize>,
    #[serde(default)]
    finish: Option<String>,
    #[serde(default, deserialize_with = "present")]
    want: Option<Value>,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Right, silently wrong, refused.
type Counts = [usize; 3];

fn tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/parse");
    let mut counts: BTreeMap<&str, [Counts; 4]> = BTreeMap::new();
    for file in ["parse.jsonl", "more.jsonl", "forms.jsonl"] {
        let rows = std::fs::read_to_string(folder.join(file)).expect("a table");
        for row in rows.lines().filter(|row| !row.is_empty()) {
            let row: Row = serde_json::from_str(row).expect("a row");
            let Some(topic) = topic(&row) else { continue };
            for (index, reader) in READERS.into_iter().enumerate() {
                let verdict = match (read(reader, &row), &row.want) {
                    (Some(found), Some(want)) if same(&found, want) => 0,
                    (None, None) => 0,
                    (Some(_), _) => 1,
                    (None, Some(_)) => 2,
                };
                for topic in [topic, "all of them"] {
                    counts.entry(topic).or_default()[index][verdict] += 1;
                }
            }
        }
    }
    println!(
        "| replies that are | rows | dspy | jsonrepair | llm_json | serde_json |\n|---|---|---|---|---|---|"
    );
    let all = counts.remove("all of them").expect("rows");
    for (topic, counts) in counts.into_iter().chain([("all of them", all)]) {
        let rows: usize = counts[0].iter().sum();
        let cells = counts.map(|[right, wrong, refused]| format!("{right} / {wrong} / {refused}"));
        println!("| {topic} | {rows} | {} |", cells.join(" | "));
    }
}

/// What a row is about; nothing for what has nothing to do with JSON or its repair: sections, plain
/// text, what the token limit cut off, and texts of megabytes.
fn topic(row: &Row) -> Option<&'static str> {
    if row.kind == "chat" || row.repeat.is_some() || row.finish.as_deref() == Some("length") {
        return None;
    }
    if row.kind == "json" {
        return Some("objects of several outputs");
    }
    let schema = &row.schema;
    if ["anyOf", "oneOf", "allOf", "$ref"].iter().any(|key| schema.get(key).is_some()) {
        return Some("options and enums with data");
    }
    if schema.get("enum").or_else(|| schema.get("const")).is_some() {
        return Some("labels");
    }
    match schema.get("type")?.as_str() {
        Some("object") if schema.get("properties").is_some() => Some("objects"),
        Some("object") => Some("maps"),
        Some("array") => Some("lists and tuples"),
        Some("integer" | "number") => Some("numbers"),
        Some("boolean") => Some("yes or no"),
        Some(_) => None,
        None => Some("options and enums with data"),
    }
}

fn read(reader: Reader, row: &Row) -> Option<Value> {
    let schema = if row.kind == "json" { outputs(&row.schema) } else { value(&row.schema) };
    if let Reader::Dspy = reader {
        if row.kind == "field" {
            return ours(&row.schema, &row.text);
        }
        let others = JsonAdapter.others();
        let own = JsonAdapter.parse(&schema, &row.text, Mode::Tolerant).ok();
        let parsed = own
            .or_else(|| others.iter().find_map(|other| other.parse(&schema, &row.text, Mode::Tolerant).ok()));
        return parsed.map(object);
    }
    let found = repaired(reader, &row.text)?;
    if row.kind == "json" { typed(&schema, &found) } else { theirs(&row.schema, found) }
}

/// A text as we read it.
pub fn ours(schema: &Value, text: &str) -> Option<Value> {
    parse::field(&TypeSpec::from_schema(schema.clone()), text, Mode::Tolerant).ok().map(|(value, _)| value)
}

/// A repairer's value, read as the type.
pub fn theirs(schema: &Value, found: Value) -> Option<Value> {
    typed(&value(schema), &json!({"value": found})).map(|read| read["value"].clone())
}

/// What a repairer makes of a text.
pub fn repaired(reader: Reader, text: &str) -> Option<Value> {
    match reader {
        Reader::Dspy => None,
        Reader::JsonRepair => child::call("jsonrepair", text),
        Reader::LlmJson => child::call("llm_json", text),
        Reader::SerdeJson => serde_json::from_str(text).ok(),
    }
}

fn typed(schema: &Schema, found: &Value) -> Option<Value> {
    let parsed = parse::json(schema, &found.to_string(), Mode::Tolerant).ok()?;
    let left_out = |repair: &Repair| matches!(repair, Repair::UnknownKey(_));
    parsed.repairs.iter().all(left_out).then(|| object(parsed))
}

fn outputs(schema: &Value) -> Arc<Schema> {
    let mut builder = SchemaBuilder::new("Reply", "Reply.");
    for (name, property) in schema["properties"].as_object().expect("outputs") {
        let mut property = property.clone();
        if let (Some(defs), Value::Object(map)) = (schema.get("$defs"), &mut property) {
            map.insert("$defs".to_owned(), defs.clone());
        }
        builder = builder.output_schema(name, "", property);
    }
    builder.build()
}

fn value(schema: &Value) -> Arc<Schema> {
    SchemaBuilder::new("Reply", "Reply.").output_schema("value", "", schema.clone()).build()
}

fn object(parsed: parse::Parsed) -> Value {
    Value::Object(parsed.record.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
}

/// Whether two values are the same; 3 and 3.0 are one number.
pub fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => one == other,
    }
}
