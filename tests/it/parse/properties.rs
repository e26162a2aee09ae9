//! What holds for every type and every text.

use dspy::parse::{self, Mode, Repair};
use dspy::signature::{SchemaBuilder, TypeSpec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::noise::{anything, noise};
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

/// The places of the signs of JSON, outside of strings.
fn signs(json: &str) -> Vec<usize> {
    let (mut quoted, mut escaped) = (false, false);
    let sign = |(at, c): (usize, char)| {
        let sign = c == '"' && !escaped || !quoted && "{}[]:,".contains(c);
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        sign.then_some(at)
    };
    json.char_indices().filter_map(sign).collect()
}

fn read(ty: &Ty, text: &str) -> Result<Value, String> {
    let spec = TypeSpec::from_schema(ty.schema());
    parse::field(&spec, text, Mode::Tolerant).map(|(value, _)| value).map_err(|problem| problem.to_string())
}

/// A value in a section, as the chat adapter writes it.
fn section(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value that a section gives back. Text stands there without quotes, and nothing tells its own
/// blanks from those around it; so the blanks around a text are no part of it.
pub fn without_edges(value: &Value) -> Value {
    let edge =
        |c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '\u{200b}' | '\u{2060}' | '\u{180e}');
    match value {
        Value::String(text) => Value::from(text.trim_matches(edge)),
        other => other.clone(),
    }
}

/// Whether a text says what it says when it stands in a section: it must not be null, begin as
/// reasoning does, or hold a marker.
fn stands_as_it_is(text: &str) -> bool {
    let text = text.trim_start();
    !text.contains("[[")
        && !text.contains("</")
        && !text.starts_with(['<', '['])
        && !["", "null", "None"].contains(&text.trim_end())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() })]

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
        let wanted = without_edges(&value);
        if !wanted.as_str().is_none_or(stands_as_it_is) {
            return Ok(());
        }
        let reply = format!("[[ ## value ## ]]\n{text}\n\n[[ ## completed ## ]]\n");
        let (found, _) = chat_reply(&ty, &reply).map_err(TestCaseError::fail)?;
        prop_assert!(same(&found, &wanted), "{found} instead of {wanted}");
        let found = read(&ty, &text).map_err(TestCaseError::fail)?;
        prop_assert!(same(&found, &wanted), "{found} instead of {wanted}");
    }

    /// With any one sign of its JSON missing, doubled or replaced, a reply is refused, or right, or says
    /// that brackets were closed.
    #[test]
    fn parse_no_other_value_after_a_slip(
        (ty, value) in typed(),
        pretty in any::<bool>(),
        at in any::<proptest::sample::Index>(),
        put in proptest::sample::select(vec!["", " ", "\n", "=", "'", "\"", ",", ",,", "}", "]", "))", "`", "“", "\\", ":", "{"]),
    ) {
        let value = json!({"value": value});
        let reply = if pretty { format!("{value:#}") } else { value.to_string() };
        let signs = signs(&reply);
        let at = signs[at.index(signs.len())];
        let broken = format!("{}{put}{}", &reply[..at], &reply[at + 1..]);
        if let Ok((found, repairs)) = json_reply(&ty, &broken, Mode::Tolerant) {
            let right = same(&found, &value["value"]) || repairs.contains(&Repair::Unclosed);
            prop_assert!(right, "{found} from {broken}: {repairs:?}");
        }
    }

    /// Quotes of another kind that do not occur in the value are as good as `"`.
    #[test]
    fn parse_other_quotes_as_quotes((ty, value) in typed(), quotes in 0..3_usize) {
        let text = json!({"value": value}).to_string();
        let (open, close) = [('\'', '\''), ('`', '`'), ('“', '”')][quotes];
        if text.contains([open, close, '\\', '‘', '’', '„', '‟']) {
            return Ok(());
        }
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

    /// With any one character missing or replaced by a sign of JSON, a reply is refused, or its labels,
    /// numbers and booleans are what they were. Only the digits of a number are left alone: one that
    /// lacks a digit is another number, and nothing tells.
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
        let digits = reply.find(&format!("{count},")).or_else(|| reply.rfind(&count.to_string()));
        let digits = digits.expect("the number is written");
        let outside: Vec<(usize, char)> = reply
            .char_indices()
            .filter(|(at, _)| !(digits..digits + count.to_string().len()).contains(at))
            .collect();
        let (at, c) = outside[at.index(outside.len())];
        let broken = format!("{}{put}{}", &reply[..at], &reply[at + c.len_utf8()..]);
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
