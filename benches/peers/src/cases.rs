//! Cases picked by hand, side by side.

use serde_json::{Value, json};

use crate::{READERS, Reader, ours, repaired, same, theirs};

/// A text, its type, and the value that it means, if it means one.
struct Case {
    what: &'static str,
    schema: Value,
    text: &'static str,
    want: Option<Value>,
}

fn case(what: &'static str, schema: &Value, text: &'static str, want: impl Into<Option<Value>>) -> Case {
    Case { what, schema: schema.clone(), text, want: want.into() }
}

fn cases() -> Vec<Case> {
    let person = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]});
    let ada = json!({"name": "Ada", "age": 36});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let integers = json!({"type": "array", "items": {"type": "integer"}});
    let integer = json!({"type": "integer"});
    let byte = json!({"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255});
    let number = json!({"type": "number"});
    let boolean = json!({"type": "boolean"});
    let label = json!({"type": "string", "enum": ["Positive", "Negative", "Neutral"]});
    vec![
        case("single quotes", &person, "{'name': 'Ada', 'age': 36}", ada.clone()),
        case("keys without quotes, a comma too many", &person, "{name: \"Ada\", age: 36,}", ada.clone()),
        case(
            "a fence among words",
            &person,
            "Here:\n```json\n{\"name\": \"Ada\", \"age\": 36}\n```\nDone.",
            ada.clone(),
        ),
        case("words without a fence", &person, "It is {\"name\": \"Ada\", \"age\": 36}.", ada.clone()),
        case("curly quotes", &person, "{“name”: “Ada”, “age”: 36}", ada.clone()),
        case("a missing comma", &person, "{\"name\": \"Ada\"\n\"age\": 36}", ada.clone()),
        case("a comment", &person, "{\"name\": \"Ada\", // who\n\"age\": 36}", ada.clone()),
        case("quotes inside a string", &texts, "[\"the \"great\" one\"]", json!(["the \"great\" one"])),
        case("escapes", &texts, "['\\u00e9', 'it\\'s']", json!(["é", "it's"])),
        case(
            "a draft in a reasoning block",
            &person,
            "<think>{\"name\": \"Bob\", \"age\": 0}</think>{\"name\": \"Ada\", \"age\": 36}",
            ada.clone(),
        ),
        case(
            "JSON inside a string",
            &person,
            "\"{\\\"name\\\": \\\"Ada\\\", \\\"age\\\": 36}\"",
            ada.clone(),
        ),
        case("a list around the object", &person, "[{\"name\": \"Ada\", \"age\": 36}]", ada.clone()),
        case("keys in another case", &person, "{\"Name\": \"Ada\", \"AGE\": 36}", ada.clone()),
        case("a number in quotes", &person, "{\"name\": \"Ada\", \"age\": \"36\"}", ada.clone()),
        case("a bracket missing at the end", &person, "{\"name\": \"Ada\", \"age\": 36", ada),
        case("a string cut off", &texts, "[\"a\", \"b", None),
        case("a value left out", &person, "{\"name\": \"Ada\", \"age\": }", None),
        case("an ellipsis for items", &integers, "[1, 2, ...]", None),
        case("an item missing between commas", &integers, "[1,,3]", None),
        case("one key with two values", &person, "{\"name\": \"Ada\", \"age\": 36, \"age\": 63}", None),
        case("a number with a part of text", &integers, "[1, 2, 3 or 4]", None),
        case("bullets", &texts, "- one\n- two", json!(["one", "two"])),
        case("integers between commas", &integers, "1, 2, 3", json!([1, 2, 3])),
        case("a thousands separator", &integer, "1,234", json!(1234)),
        case("a decimal comma", &number, "3,14", json!(3.14)),
        case("a number in a sentence", &integer, "The answer is 42.", json!(42)),
        case("two numbers", &integer, "3 or 4", None),
        case("not a number", &number, "NaN", None),
        case("out of range", &byte, "300", None),
        case("a label in a sentence", &label, "The sentiment is **positive**.", json!("Positive")),
        case("a label negated", &label, "It is not Negative", None),
        case("yes", &boolean, "Yes.", json!(true)),
    ]
}

pub fn show() {
    println!("| case | text | dspy | jsonrepair | llm_json |\n|---|---|---|---|---|");
    for case in cases() {
        let cells = READERS.map(|reader| {
            let found = match reader {
                Reader::Dspy => ours(&case.schema, case.text),
                reader => repaired(reader, case.text).and_then(|found| theirs(&case.schema, found)),
            };
            match (found, &case.want) {
                (Some(found), Some(want)) if same(&found, want) => "right".to_owned(),
                (Some(found), _) => format!("**wrong**: `{found}`"),
                (None, None) => "right: error".to_owned(),
                (None, Some(_)) => "error".to_owned(),
            }
        });
        let text = case.text.replace('\n', "⏎").replace('|', "\\|");
        let text = if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") };
        println!("| {} | {text} | {} |", case.what, cells[..3].join(" | "));
    }
}
