//! What holds for every type and every text.

use std::time::{Duration, Instant};

use dspy::TypeSpec;
use dspy::parse::{self, Mode, Repair};
use dspy::signature::SchemaBuilder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::same;
use super::types::{Ty, ty, typed, words};

fn json_reply(ty: &Ty, reply: &str, mode: Mode) -> Result<(Value, Vec<Repair>), String> {
    let schema = SchemaBuilder::new("Reply", "Reply.").output_schema("value", "", ty.schema()).build();
    let parsed = parse::json(&schema, reply, mode).map_err(|problems| format!("{problems:?}"))?;
    Ok((parsed.record.get("value").cloned().expect("every output is there"), parsed.repairs))
}

fn chat_reply(ty: &Ty, reply: &str) -> Result<(Value, Vec<Repair>), String> {
    let schema = SchemaBuilder::new("Reply", "Reply.").output_schema("value", "", ty.schema()).build();
    let parsed =
        parse::sections(&schema, reply, Mode::Tolerant).map_err(|problems| format!("{problems:?}"))?;
    Ok((parsed.record.get("value").cloned().expect("every output is there"), parsed.repairs))
}

fn read(ty: &Ty, text: &str) -> Result<Value, String> {
    let spec = TypeSpec::from_schema(ty.schema());
    parse::field(&spec, text, Mode::Tolerant).map(|(value, _)| value).map_err(|problem| problem.to_string())
}

/// A value in a section, as the chat adapter writes it.
fn section(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// Whether a text says what it says when it stands in a section: it must not be a marker, reasoning or
/// null, nor begin or end with what is trimmed.
fn stands_as_it_is(text: &str) -> bool {
    let edges = |c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '\u{200b}' | '\u{2060}');
    !text.starts_with(edges)
        && !text.ends_with(edges)
        && !text.contains("[[")
        && !text.contains("</")
        && !text.starts_with(['<', '['])
        && !["", "null", "None"].contains(&text)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parse_any_value_as_json_without_a_repair((ty, value) in typed()) {
        let reply = json!({"value": value});
        for reply in [reply.to_string(), serde_json::to_string_pretty(&reply).expect("JSON")] {
            let (found, repairs) = json_reply(&ty, &reply, Mode::Strict).map_err(TestCaseError::fail)?;
            prop_assert!(same(&found, &value), "{found} instead of {value}");
            prop_assert!(repairs.is_empty(), "{repairs:?}");
        }
    }

    #[test]
    fn parse_any_value_as_json_among_words((ty, value) in typed()) {
        let reply = json!({"value": value});
        for reply in [format!("Here it is: {reply}"), format!("Sure!\n```json\n{reply:#}\n```\nHope it helps.")] {
            let (found, repairs) = json_reply(&ty, &reply, Mode::Tolerant).map_err(TestCaseError::fail)?;
            prop_assert!(same(&found, &value), "{found} instead of {value}");
            prop_assert_eq!(repairs, vec![Repair::Surroundings]);
        }
    }

    #[test]
    fn parse_any_value_as_a_section((ty, value) in typed()) {
        let text = section(&value);
        prop_assume!(!value.is_string() || stands_as_it_is(&text));
        let reply = format!("[[ ## value ## ]]\n{text}\n\n[[ ## completed ## ]]\n");
        let (found, _) = chat_reply(&ty, &reply).map_err(TestCaseError::fail)?;
        prop_assert!(same(&found, &value), "{found} instead of {value}");
    }

    /// Quotes of another kind that do not occur in the value are as good as `"`.
    #[test]
    fn parse_other_quotes_as_quotes((ty, value) in typed(), quotes in 0..3_usize) {
        let text = json!({"value": value}).to_string();
        let (open, close) = [('\'', '\''), ('`', '`'), ('“', '”')][quotes];
        prop_assume!(!text.contains([open, close, '\\', '‘', '’', '„', '‟']));
        let mut outside = true;
        let swapped: String = text.chars().map(|c| match c {
            '"' => {
                outside = !outside;
                if outside { close } else { open }
            }
            c => c,
        }).collect();
        if let Ok((found, _)) = json_reply(&ty, &swapped, Mode::Tolerant) {
            prop_assert!(same(&found, &value), "{found} instead of {value} from {swapped}");
        } else {
            // Only a triple quote, an empty string next to a quote, is left unread.
            prop_assert!(swapped.contains("''") || swapped.contains("``"), "{swapped}");
        }
    }

    /// A reply cut anywhere is refused, or right, or says that brackets were closed; a strict reading
    /// refuses it.
    #[test]
    fn parse_no_cut_reply_unnoticed((ty, value) in typed(), cut in any::<proptest::sample::Index>()) {
        let whole = json!({"value": value}).to_string();
        let cut = whole.char_indices().map(|(at, _)| at).nth(cut.index(whole.chars().count())).unwrap_or(0);
        let reply = &whole[..cut];
        prop_assert!(json_reply(&ty, reply, Mode::Strict).is_err());
        if let Ok((found, repairs)) = json_reply(&ty, reply, Mode::Tolerant) {
            prop_assert!(same(&found, &value) || repairs.contains(&Repair::Unclosed), "{found} from {reply}");
        }
    }

    /// Without one of its quotes, commas, colons or brackets, a reply is refused, or its numbers, labels
    /// and booleans are what they were.
    #[test]
    fn parse_no_other_scalar_after_a_slip(
        label in proptest::sample::select(vec!["low", "normal", "high", "urgent"]),
        count in any::<i32>(),
        ok in any::<bool>(),
        text in words(),
        pretty in any::<bool>(),
        at in any::<proptest::sample::Index>(),
        put in proptest::sample::select(vec!["", "'", "\"", ",", "\n", "}", "]", "`", "“", "\\", ":", "{"]),
    ) {
        let schema = SchemaBuilder::new("Reply", "Reply.")
            .output_schema("text", "", json!({"type": "string"}))
            .output_schema("label", "", json!({"type": "string", "enum": ["low", "normal", "high", "urgent"]}))
            .output_schema("count", "", json!({"type": "integer", "format": "int32"}))
            .output_schema("ok", "", json!({"type": "boolean"}))
            .build();
        let value = json!({"text": text, "label": label, "count": count, "ok": ok});
        let reply = if pretty { format!("{value:#}") } else { value.to_string() };
        let signs: Vec<usize> =
            reply.char_indices().filter(|(_, c)| "\",:{}[]".contains(*c)).map(|(at, _)| at).collect();
        let at = signs[at.index(signs.len())];
        let broken = format!("{}{put}{}", &reply[..at], &reply[at + 1..]);
        if let Ok(parsed) = parse::json(&schema, &broken, Mode::Tolerant) {
            for field in ["label", "count", "ok"] {
                prop_assert_eq!(parsed.record.get(field), value.get(field), "{} from {}", field, broken);
            }
        }
    }

    #[test]
    fn parse_never_panics_and_gives_what_fits(ty in ty(), text in noise()) {
        let _ = read(&ty, &text);
        let _ = json_reply(&ty, &text, Mode::Tolerant);
        let _ = chat_reply(&ty, &format!("[[ ## value ## ]]\n{text}"));
    }

    #[test]
    fn parse_never_panics_on_any_schema(schema in anything(), text in noise()) {
        let spec = TypeSpec::from_schema(schema);
        let _ = parse::field(&spec, &text, Mode::Tolerant);
        let _ = parse::field(&spec, &text, Mode::Strict);
    }

    /// The reader reads JSON as serde_json does.
    #[test]
    fn parse_json_as_json(value in anything()) {
        let spec = TypeSpec::from_schema(json!({"type": "object", "additionalProperties": true}));
        let text = json!({"value": value}).to_string();
        let (found, repairs) = parse::field(&spec, &text, Mode::Strict)
            .map_err(|problem| TestCaseError::fail(problem.to_string()))?;
        prop_assert!(same(&found["value"], &value), "{found} instead of {value}");
        prop_assert!(repairs.is_empty());
    }
}

/// Text of the signs that the parser looks for.
fn noise() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "`",
        "```",
        "\"\"\"",
        "“",
        "”",
        "«",
        ",",
        ":",
        "=",
        "\n",
        " ",
        "\\",
        "\\u",
        "d800",
        "\\ud83d\\ude00",
        "//",
        "/*",
        "*/",
        "#",
        "- ",
        "1. ",
        "1",
        "0",
        ".5",
        "1,234",
        "1e999",
        "-",
        "+",
        "NaN",
        "true",
        "None",
        "null",
        "yes",
        "not ",
        "or",
        "high",
        "value",
        "\"value\"",
        "\"value\":",
        "a",
        "é",
        "中",
        "[[ ## value ## ]]\n",
        "[[ ## completed ## ]]",
        "<think>",
        "</think>",
        "\u{feff}",
        "\0",
        "\r\n",
        "...",
        "%",
        "$",
    ]);
    prop_oneof![
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
        any::<String>(),
        words(),
    ]
}

/// Any JSON, schemas among it.
fn anything() -> impl Strategy<Value = Value> {
    let key = proptest::sample::select(vec![
        "type",
        "properties",
        "items",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "required",
        "enum",
        "const",
        "minimum",
        "maximum",
        "minItems",
        "additionalProperties",
        "patternProperties",
        "$defs",
        "not",
        "a",
        "b",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Value::from),
        words().prop_map(Value::from),
        proptest::sample::select(vec![
            "object",
            "array",
            "string",
            "integer",
            "number",
            "boolean",
            "null",
            "#",
            "#/$defs/a",
            "#/properties/a"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| {
                Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Ten times the text takes about ten times as long: with slack for a busy machine, and never a hundred.
#[test]
fn parse_time_is_linear() {
    let person = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]});
    let people = json!({"type": "array", "items": person});
    let label = json!({"type": "string", "enum": ["low", "normal", "high", "urgent"]});
    let integers = json!({"type": "array", "items": {"type": "integer"}});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let union = json!({"anyOf": [texts, integers, person, {"type": "integer"}]});
    let whole = |unit: &str, size: usize| unit.repeat(size / unit.len());
    let list = |unit: &str, size: usize| format!("[{}]", whole(unit, size));
    let cases: Vec<(&Value, Box<dyn Fn(usize) -> String>)> = vec![
        (&people, Box::new(move |size| list("{\"name\": \"Ada\", \"age\": 36},", size))),
        (&people, Box::new(move |size| list("{name: 'Ada', age: '36'}\n", size))),
        (&people, Box::new(move |size| whole("{\"name\": \"Ada\", \"age\": 36}\n", size))),
        (&person, Box::new(move |size| whole("{\"name\": \"Ada\", \"age\": 36} or ", size))),
        (&person, Box::new(move |size| whole("{note} [see 1] words ", size))),
        (&person, Box::new(move |size| whole("{\"a\": \"", size))),
        (&person, Box::new(move |size| whole("{", size))),
        (&person, Box::new(move |size| whole("\"", size))),
        (&person, Box::new(move |size| whole("\" \n", size))),
        (&person, Box::new(move |size| whole("<think>", size))),
        (&person, Box::new(move |size| whole("</", size))),
        (&person, Box::new(move |size| format!("{{\"name\": \"{}\", \"age\": 1}}", whole("a\"b\" ", size)))),
        (&person, Box::new(move |size| format!("{{\"name\": \"a\"{}, \"age\": 1}}", whole(" ", size)))),
        (&person, Box::new(move |size| whole("[a, {b, ", size))),
        (&label, Box::new(move |size| whole("high words ", size))),
        (&label, Box::new(move |size| whole("a-b_c.", size))),
        (&label, Box::new(move |size| whole("no: \n", size))),
        (&integers, Box::new(move |size| whole("- 1\n", size))),
        (&integers, Box::new(move |size| whole("1, ", size))),
        (&integers, Box::new(move |size| whole("1", size))),
        (&texts, Box::new(move |size| whole("- a\n  b\n", size))),
        (&texts, Box::new(move |size| whole("- \n", size))),
        (&union, Box::new(move |size| list("\"a\",", size))),
        (&union, Box::new(move |size| whole("- a b c\n", size))),
        (&people, Box::new(move |size| whole("[[ ## value ## ]]\n", size))),
    ];
    for (schema, text) in &cases {
        let spec = TypeSpec::from_schema((*schema).clone());
        let time = |size| {
            let text = text(size);
            let once = || {
                let start = Instant::now();
                let _ = std::hint::black_box(parse::field(&spec, &text, Mode::Tolerant));
                start.elapsed()
            };
            (0..3).map(|_| once()).min().unwrap_or_default()
        };
        let (short, long) = (time(100_000), time(1_000_000));
        println!("{schema:.20} {short:?} {long:?}");
        let limit = short * 60 + Duration::from_millis(200);
        let sample: String = text(100).chars().take(40).collect();
        assert!(long < limit, "{sample:?}: {short:?} for 100 KB, {long:?} for 1 MB");
    }
}
