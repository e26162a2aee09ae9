//! Numbers that a server may have cut.

use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Question;
use crate::lm::JsonSupport;
use crate::problem::Problem;
use crate::prompt::ResponseFormat;
use crate::value::Record;

/// Servers whose grammar ends a number after 16 digits and goes on as if it were whole: llama.cpp's as of October 2026,
/// and those that hold replies to a schema by its code. `findings/long-numbers-cut.sh` shows it; bounds in the schema do
/// not help.
const CUTTING: [&str; 3] = ["llamacpp", "lmstudio", "ollama"];
const DIGITS: usize = 16;

/// Reports the fault of a reply that was held to a schema by such a server: every whole number that is as
/// long as one that was cut, and does not stand in quotes, which are never cut.
pub(super) fn may_be_cut(question: &Question<'_>, reply: &str, record: &Record) -> Vec<Problem> {
    let lm = question.cx.lm();
    let held = || lm.model().json_support() == JsonSupport::Schema;
    let asked = || lm.refused_forms().strongest(question.adapter.format(question.schema));
    let schema = || matches!(asked(), ResponseFormat::JsonSchema(_));
    if !CUTTING.contains(&lm.id().provider()) || !held() || !schema() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, value) in record.iter() {
        let mut numbers = Vec::new();
        long(value, &mut numbers);
        numbers.retain(|number| !reply.contains(&format!("\"{number}\"")));
        found.extend(numbers.into_iter().map(|number| {
            let reason =
                "the server ends numbers after 16 digits, so this one may be cut; put its digits in quotes";
            Problem::new("", &number, reason).within(name)
        }));
    }
    found
}

/// The form in which whole numbers may also stand in quotes.
pub(super) fn quotable(form: ResponseFormat) -> ResponseFormat {
    let ResponseFormat::JsonSchema(mut format) = form else { return form };
    quote(&mut Arc::make_mut(&mut format).schema);
    ResponseFormat::JsonSchema(format)
}

fn quote(schema: &mut Value) {
    match schema {
        Value::Object(map) if map.get("type").is_some_and(|kind| kind == "integer") => {
            let digits = json!({"type": "string", "pattern": "^-?[0-9]{1,20}$"});
            let description = map.shift_remove("description");
            let number = Value::Object(std::mem::take(map));
            map.insert("anyOf".to_owned(), json!([digits, number]));
            map.extend(description.map(|description| ("description".to_owned(), description)));
        }
        Value::Object(map) => map.values_mut().for_each(quote),
        Value::Array(items) => items.iter_mut().for_each(quote),
        _ => {}
    }
}

fn long(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            let digits = text.trim_start_matches('-');
            if digits.len() >= DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit()) {
                found.push(text);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| long(item, found)),
        Value::Object(entries) => entries.values().for_each(|value| long(value, found)),
        _ => {}
    }
}
