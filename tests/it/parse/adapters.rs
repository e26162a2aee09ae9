//! Every type through every form and back: the value, or an error, and never another value.

use std::sync::Arc;

use dspy::adapter::{Adapter, ChatAdapter, JsonAdapter, XmlAdapter};
use dspy::data::Record;
use dspy::parse::Mode;
use dspy::signature::{Schema, SchemaBuilder};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::noise::anything;
use super::properties::without_edges;
use super::same;
use super::types::{typed, words};

/// A schema and a value of it: the types of programs, and those that take text beside other values.
fn shaped() -> BoxedStrategy<(Value, Value)> {
    let integer = || json!({"type": "integer"});
    let text = || json!({"type": "string"});
    let union = |options: Vec<Value>| json!({"anyOf": options});
    let labels = json!({"type": "string", "enum": ["low", "high"]});
    let list = json!({"type": "array", "items": integer()});
    let object = json!({"type": "object", "properties": {"a": integer()}, "required": ["a"]});
    let loose = |others: Vec<Value>, value: BoxedStrategy<Value>| {
        let schema = union(others.into_iter().chain([text()]).collect());
        let value = prop_oneof![value, said().prop_map(Value::from)];
        (Just(schema), value).boxed()
    };
    let null = || json!({"type": "null"});
    prop_oneof![
        3 => typed().prop_map(|(ty, value)| (ty.schema(), value)),
        1 => (Just(json!({})), prop_oneof![anything(), said().prop_map(Value::from)]),
        1 => loose(vec![integer()], any::<i32>().prop_map(Value::from).boxed()),
        1 => loose(vec![json!({"type": "number"})], any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)).boxed()),
        1 => loose(vec![json!({"type": "boolean"}), null()], any::<Option<bool>>().prop_map(Value::from).boxed()),
        1 => loose(vec![null()], Just(Value::Null).boxed()),
        1 => loose(vec![labels], proptest::sample::select(vec!["low", "high"]).prop_map(Value::from).boxed()),
        1 => loose(vec![list, null()], any::<Vec<i8>>().prop_map(Value::from).boxed()),
        1 => loose(vec![object], any::<i32>().prop_map(|a| json!({"a": a})).boxed()),
    ]
    .boxed()
}

/// Text, much of it like other values.
fn said() -> impl Strategy<Value = String> {
    let like = vec![
        "1",
        "-2.5",
        "1e3",
        "true",
        "True",
        "no",
        "null",
        "None",
        "none",
        "",
        "low",
        "Low",
        "[1, 2]",
        "{\"a\": 1}",
        "{'a': 1}",
        "\"1\"",
        "'1'",
        "\"null\"",
        "\"\\\"1\\\"\"",
        "```json\n[1]\n```",
        "1,234",
        "[see]",
        "{",
        "[1",
        "(1, 2)",
        "<b>1</b>",
        "\"a\" or \"b\"",
    ];
    prop_oneof![proptest::sample::select(like).prop_map(str::to_owned), words()]
}

fn schema_of(value: Value) -> Arc<Schema> {
    let text = json!({"type": "string", "enum": ["first", "last"]});
    SchemaBuilder::new("Reply", "Reply.")
        .output_schema("before", "", text.clone())
        .output_schema("value", "", value)
        .output_schema("after", "", text)
        .build()
}

/// Tells whether a text is free of what the forms themselves are made of: markers, tags and reasoning.
fn is_plain(text: &str) -> bool {
    !text.contains("[[")
        && !text.contains("</")
        && !text.contains("<value")
        && !text.trim_start().starts_with(['<', '['])
}

fn round(adapter: &dyn Adapter, schema: &Schema, value: &Value) -> Result<Value, String> {
    let record =
        Record::from_iter([("before", json!("first")), ("value", value.clone()), ("after", json!("last"))]);
    let reply = adapter.output(schema, &record);
    let parsed =
        adapter.parse(schema, reply.text(), Mode::Tolerant).map_err(|problems| format!("{problems:?}"))?;
    assert_eq!(parsed.record.get("before"), Some(&json!("first")));
    assert_eq!(parsed.record.get("after"), Some(&json!("last")));
    Ok(parsed.record.get("value").cloned().expect("every output is there"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn parse_what_every_form_wrote((schema, value) in shaped()) {
        let schema = schema_of(schema);
        let exact = round(&JsonAdapter, &schema, &value).map_err(TestCaseError::fail)?;
        prop_assert!(same(&exact, &value), "{exact} instead of {value}");
        // Blanks around a text that stands without quotes are no part of it.
        let wanted = without_edges(&value);
        if !wanted.as_str().is_none_or(is_plain) {
            return Ok(());
        }
        for adapter in [&ChatAdapter as &dyn Adapter, &XmlAdapter] {
            if let Ok(found) = round(adapter, &schema, &value) {
                let right = same(&found, &value) || same(&found, &wanted);
                prop_assert!(right, "{}: {found} instead of {value}", adapter.name());
            }
        }
    }
}

/// Where text and other values may stand, each comes back as what it was.
#[test]
fn parse_text_that_looks_like_another_value() {
    let union = |other: &str| json!({"anyOf": [{"type": other}, {"type": "string"}]});
    for (schema, values) in [
        (union("integer"), vec![json!(1), json!("1"), json!("\"1\""), json!("one"), json!("-3")]),
        (union("boolean"), vec![json!(true), json!("true"), json!("yes")]),
        (union("null"), vec![json!(null), json!("null"), json!("None"), json!(""), json!("none of them")]),
        (
            json!({}),
            vec![json!(1), json!("1"), json!("True"), json!("{'a': 1}"), json!({"a": "1"}), json!("plain")],
        ),
    ] {
        let schema = schema_of(schema);
        for value in values {
            for adapter in [&ChatAdapter as &dyn Adapter, &XmlAdapter, &JsonAdapter] {
                assert_eq!(round(adapter, &schema, &value), Ok(value.clone()), "{}", adapter.name());
            }
        }
    }
}
