//! How many tokens the text of a type takes in a prompt, beside its JSON schema.

use std::collections::BTreeMap;
use std::fmt::Write;

use dspy::signature::TypeSpec;
use expect_test::expect;
use schemars::JsonSchema;

/// Where a ticket goes.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum Queue {
    /// Late, lost or misdirected parcels.
    Delivery,
    /// Money back.
    Refund,
    /// Broken or incomplete goods.
    Damage,
    /// Anything else.
    Other,
}

/// A postal address.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Address {
    street: String,
    postcode: String,
    city: String,
    /// Two letters.
    country: Option<String>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Item {
    sku: String,
    pieces: u16,
    unit_price: f64,
    gift_wrapped: bool,
}

/// An order as it was dictated on the phone.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Order {
    customer: String,
    deliver_to: Address,
    bill_to: Option<Address>,
    items: Vec<Item>,
    discount_percent: Option<u8>,
    queue: Queue,
}

/// What the agent does next.
#[derive(JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
#[allow(dead_code)]
enum Step {
    Search { query: String, limit: u8 },
    Refund { order: String, amount: f64 },
    Answer { text: String, sources: Vec<String> },
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Heading {
    title: String,
    page: u32,
    below: Vec<Heading>,
}

fn specs() -> Vec<(&'static str, TypeSpec)> {
    vec![
        ("String", TypeSpec::of::<String>()),
        ("Option<Vec<u8>>", TypeSpec::of::<Option<Vec<u8>>>()),
        ("BTreeMap<String, f64>", TypeSpec::of::<BTreeMap<String, f64>>()),
        ("enum of 4 labels", TypeSpec::of::<Queue>()),
        ("struct of 4 fields", TypeSpec::of::<Address>()),
        ("nested order", TypeSpec::of::<Order>()),
        ("tagged enum", TypeSpec::of::<Step>()),
        ("recursive struct", TypeSpec::of::<Heading>()),
    ]
}

#[test]
fn the_text_of_a_type_takes_a_third_of_the_tokens_of_its_schema() {
    let tokenizer = tiktoken_rs::o200k_base().expect("its tables are in the crate");
    let tokens = |text: &str| tokenizer.encode_ordinary(text).len();
    let mut table = String::from("| type | JSON schema | text | share |\n|---|---|---|---|\n");
    let (mut schemas, mut texts) = (0, 0);
    let mut row = |name: &str, schema: usize, text: usize| {
        let _ = writeln!(table, "| {name} | {schema} | {text} | {} % |", text * 100 / schema);
    };
    for (name, spec) in specs() {
        // Without white space, as cheap as a schema can be.
        let schema = tokens(&spec.schema().to_string());
        let text =
            tokens(spec.text()) + spec.labels().iter().map(|label| tokens(&label.description)).sum::<usize>();
        row(name, schema, text);
        assert!(text * 10 <= schema * 6, "{name}: {text} of {schema}");
        (schemas, texts) = (schemas + schema, texts + text);
    }
    row("all", schemas, texts);
    assert!(texts * 100 <= schemas * 40, "{texts} of {schemas}");
    expect![[r#"
        | type | JSON schema | text | share |
        |---|---|---|---|
        | String | 26 | 1 | 3 % |
        | Option<Vec<u8>> | 52 | 11 | 21 % |
        | BTreeMap<String, f64> | 40 | 5 | 12 % |
        | enum of 4 labels | 98 | 34 | 34 % |
        | struct of 4 fields | 80 | 24 | 30 % |
        | nested order | 361 | 134 | 37 % |
        | tagged enum | 178 | 61 | 34 % |
        | recursive struct | 73 | 23 | 31 % |
        | all | 908 | 293 | 32 % |
    "#]]
    .assert_eq(&table);
}
