//! Reading replies, as ratios within one run: `cargo bench --bench parse`.
//!
//! JSON is measured beside `serde_json` reading the same text to a `Value`; every other form of a
//! reply beside our reading of clean JSON of the same values.

#[allow(dead_code)]
mod task;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dspy::Signature;
use dspy::adapter::split::{ChatSplitter, JsonSplitter, Splitter};
use dspy::parse::{self, Mode, Parsed, Problem};
use dspy::signature::{Schema, SchemaBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use task::{EIGHT_REPLY, Eight};

fn main() {
    chat();
    println!("\nJSON of typed records, best of several:");
    for (name, size) in [("10 KB", 10_000), ("1 MB", 1_000_000)] {
        json(name, size);
    }
    println!("\nstreaming in chunks of 20 bytes, time for each 256 KB:");
    for (name, splitter, reply) in streams() {
        streaming(name, splitter, reply);
    }
}

/// A chat reply of 1 KB with eight typed fields.
fn chat() {
    let schema = Eight::schema();
    let clean =
        EIGHT_REPLY.replace("\nnull\n", &format!("\n{}\n", "She wrote this herself. ".repeat(31).trim()));
    let repaired = clean
        .replace("[[ ## age ## ]]\n36", "**[[ ## age ## ]]**\nShe is 36.")
        .replace("\nglad\n", "\n**Glad**\n")
        .replace("\ntrue\n", "\nYes.\n")
        .replace("[\"a\", \"b\", \"c\"]", "- a\n- b\n- c")
        .replace("{\"city\"", "{city");
    for (name, reply) in [("clean", &clean), ("repaired", &repaired)] {
        let read = || parse::sections(schema, black_box(reply), Mode::Tolerant);
        assert_eq!(read().expect("it is read").repairs.is_empty(), name == "clean");
        let time = best(read);
        println!("chat reply of {} bytes, eight typed fields, {name}: {}", reply.len(), shown(time));
    }
}

/// What a program may ask for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    id: u64,
    customer: String,
    status: Status,
    paid: bool,
    total: f64,
    tags: Vec<String>,
    address: Address,
    note: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Shipped,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Address {
    street: String,
    city: String,
    code: u32,
}

fn order(id: u64) -> Order {
    Order {
        id,
        customer: format!("Customer number {id}"),
        status: if id.is_multiple_of(3) { Status::Open } else { Status::Shipped },
        paid: id.is_multiple_of(2),
        total: 12.5 * id as f64,
        tags: vec!["new".to_owned(), "by \"hand\"".to_owned(), "für später".to_owned()],
        address: Address {
            street: format!("{id} Main Street"),
            city: "Springfield".to_owned(),
            code: 10_000,
        },
        note: id.is_multiple_of(4).then(|| "Leave it at the door.\nRing twice.".to_owned()),
    }
}

fn orders() -> Arc<Schema> {
    SchemaBuilder::new("Orders", "List the orders.").output::<Vec<Order>>("orders", "").build()
}

/// A reply of about as many bytes.
fn reply(size: usize) -> String {
    let each = serde_json::to_string(&order(1_000)).expect("JSON").len();
    let orders: Vec<Order> = (0..size / each).map(|index| order(1_000 + index as u64)).collect();
    serde_json::json!({"orders": orders}).to_string()
}

fn json(name: &str, size: usize) {
    let schema = orders();
    let clean = reply(size);
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&clean).expect("JSON")).expect("JSON");
    let among_words = format!("Here it is:\n```json\n{clean}\n```\nHope it helps.");
    let repaired =
        clean.replace("{\"id\"", "{id").replace("\"paid\":true", "\"paid\":True").replace("]}", "],}");
    println!("  {name}:");
    for (form, text) in
        [("clean", &clean), ("indented", &pretty), ("among words", &among_words), ("repaired", &repaired)]
    {
        let read = || parse::json(&schema, black_box(text), Mode::Tolerant);
        let beside = if matches!(form, "clean" | "indented") { text } else { &clean };
        let serde = || serde_json::from_str::<Value>(black_box(beside));
        assert!(read().is_ok() && serde().is_ok(), "{form}");
        let (ours, theirs) = together(read, serde);
        println!(
            "    {form:<12} {:>9}, {:>4.0} MB/s; serde_json to Value {:>9}; {:.2} of its speed",
            shown(ours),
            text.len() as f64 / ours.as_secs_f64() / 1e6,
            shown(theirs),
            theirs.as_secs_f64() / ours.as_secs_f64()
        );
    }
}

type Make = fn() -> Box<dyn Splitter>;
type OfSize = fn(usize) -> String;

/// What is streamed: one long text, and many items.
fn streams() -> Vec<(&'static str, Make, OfSize)> {
    vec![
        (
            "chat, one text",
            || Box::new(ChatSplitter::new()),
            |size| {
                format!(
                    "[[ ## note ## ]]\n{}\n\n[[ ## completed ## ]]",
                    "some words of a line\n".repeat(size / 21)
                )
            },
        ),
        (
            "chat, a list",
            || Box::new(ChatSplitter::new()),
            |size| format!("[[ ## orders ## ]]\n{}\n\n[[ ## completed ## ]]", list(size)),
        ),
        (
            "JSON, one text",
            || Box::new(JsonSplitter::new()),
            |size| serde_json::json!({"note": "some \"words\" of a line\n".repeat(size / 26)}).to_string(),
        ),
        ("JSON, a list", || Box::new(JsonSplitter::new()), reply),
    ]
}

fn list(size: usize) -> String {
    let reply = reply(size);
    reply.trim_start_matches("{\"orders\":").trim_end_matches('}').to_owned()
}

fn streaming(name: &str, splitter: Make, reply: OfSize) {
    const UNIT: usize = 256 << 10;
    let each: Vec<String> = [1, 2, 4]
        .iter()
        .map(|units| {
            let reply = reply(UNIT * units);
            let chunks = chunks(&reply);
            let time = best(|| {
                let mut splitter = splitter();
                let pieces: usize = chunks.iter().map(|chunk| splitter.push(black_box(chunk)).len()).sum();
                pieces + splitter.end().len()
            });
            shown(time / u32::try_from(*units).expect("few"))
        })
        .collect();
    println!("  {name:<15} {} of 256 KB, {} of 512 KB, {} of 1 MB", each[0], each[1], each[2]);
}

/// The text in chunks of 20 bytes, as far as characters allow.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = (20..=rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(end);
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// The best time of a call, over half a second and at least five calls.
fn best<T>(mut call: impl FnMut() -> T) -> Duration {
    let begun = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || begun.elapsed() < Duration::from_millis(500) {
        let start = Instant::now();
        black_box(call());
        times.push(start.elapsed());
    }
    times.into_iter().min().unwrap_or_default()
}

/// The best times of two calls that take turns, so that other work on the machine meets both.
fn together(
    mut ours: impl FnMut() -> Result<Parsed, Vec<Problem>>,
    mut theirs: impl FnMut() -> serde_json::Result<Value>,
) -> (Duration, Duration) {
    let begun = Instant::now();
    let (mut first, mut second) = (Duration::MAX, Duration::MAX);
    let mut turns = 0;
    while turns < 5 || begun.elapsed() < Duration::from_secs(1) {
        let start = Instant::now();
        black_box(ours()).ok();
        first = first.min(start.elapsed());
        let start = Instant::now();
        black_box(theirs()).ok();
        second = second.min(start.elapsed());
        turns += 1;
    }
    (first, second)
}

fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1000.0 { format!("{micros:.1} µs") } else { format!("{:.2} ms", micros / 1e3) }
}
