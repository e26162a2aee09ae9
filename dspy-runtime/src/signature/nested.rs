//! Conditions that a type states of the values inside it, and that reading by type does not look at.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::Constraint;
use super::types::{is_of, resolve, types};
use crate::problem::Problem;

/// The number of references that may follow each other without a value in between.
const MOST_REFERENCES: usize = 64;

/// The formats that are looked at here.
const FORMATS: [&str; 8] = ["email", "uri", "uuid", "ipv4", "ipv6", "date", "date-time", "time"];

/// Returns whether a schema states anything that [`unmet`] looks at.
pub(super) fn has_conditions(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let said = |key: &str| map.get(key).and_then(Value::as_str);
            let here = said("pattern").is_some()
                || said("format").is_some_and(|format| FORMATS.contains(&format))
                || map.get("multipleOf").is_some_and(Value::is_number);
            here || map.values().any(has_conditions)
        }
        Value::Array(items) => items.iter().any(has_conditions),
        _ => false,
    }
}

/// The conditions of a type that a value of it does not meet.
pub(super) fn unmet(schema: &Value, value: &Value) -> Vec<Problem> {
    Check { root: schema }.unmet(schema, value, 0)
}

struct Check<'a> {
    root: &'a Value,
}

impl<'a> Check<'a> {
    fn unmet(&self, schema: &'a Value, value: &Value, followed: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        if followed > MOST_REFERENCES {
            return problems;
        }
        let target = resolve(self.root, schema);
        if !std::ptr::eq(target, schema) {
            problems.extend(self.unmet(target, value, followed + 1));
        }
        for part in list(schema, "allOf") {
            problems.extend(self.unmet(part, value, followed + 1));
        }
        for key in ["anyOf", "oneOf"] {
            let fitting = list(schema, key).filter(|option| self.fits(option, value, followed + 1));
            let fewest = fitting.map(|option| self.unmet(option, value, followed + 1)).min_by_key(Vec::len);
            problems.extend(fewest.unwrap_or_default());
        }
        match value {
            Value::String(text) => problems.extend(of_text(schema, text)),
            Value::Number(number) => problems.extend(of_number(schema, number)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let inner = self.item(schema, index).map(|inner| self.unmet(inner, item, 0));
                    problems.extend(inner.into_iter().flatten().map(|problem| problem.within_index(index)));
                }
            }
            Value::Object(entries) => {
                for (key, entry) in entries {
                    let inner = self.entry(schema, key).map(|inner| self.unmet(inner, entry, 0));
                    problems.extend(inner.into_iter().flatten().map(|problem| problem.within(key)));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
        problems
    }

    /// Returns whether a value is of a schema, conditions aside: which of several alternatives it is.
    fn fits(&self, schema: &'a Value, value: &Value, followed: usize) -> bool {
        if followed > MOST_REFERENCES {
            return false;
        }
        let Some(map) = schema.as_object() else { return *schema != Value::Bool(false) };
        let target = resolve(self.root, schema);
        let options = |key| {
            let mut options = list(schema, key).peekable();
            options.peek().is_none() || options.any(|option| self.fits(option, value, followed + 1))
        };
        let names = types(schema);
        let of_type = names.is_empty() || names.iter().any(|name| is_of(value, name));
        let fixed = map.get("const").is_none_or(|fixed| fixed == value)
            && map.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(value));
        let inside = || match value {
            Value::Object(entries) => {
                let required = list(schema, "required").filter_map(Value::as_str);
                let has_all = required.into_iter().all(|key| entries.contains_key(key));
                let inner =
                    |key: &str, entry| self.entry(schema, key).is_none_or(|of| self.fits(of, entry, 0));
                has_all && entries.iter().all(|(key, entry)| inner(key, entry))
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .all(|(index, item)| self.item(schema, index).is_none_or(|of| self.fits(of, item, 0))),
            _ => true,
        };
        of_type
            && fixed
            && (std::ptr::eq(target, schema) || self.fits(target, value, followed + 1))
            && list(schema, "allOf").all(|part| self.fits(part, value, followed + 1))
            && options("anyOf")
            && options("oneOf")
            && inside()
    }

    fn item(&self, schema: &'a Value, index: usize) -> Option<&'a Value> {
        schema.get("prefixItems").and_then(|items| items.get(index)).or_else(|| schema.get("items"))
    }

    fn entry(&self, schema: &'a Value, key: &str) -> Option<&'a Value> {
        let named = schema.get("properties").and_then(|named| named.get(key));
        let patterns = || schema.get("patternProperties")?.as_object()?.values().next();
        named.or_else(patterns).or_else(|| schema.get("additionalProperties"))
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn of_text(schema: &Value, text: &str) -> Vec<Problem> {
    let said = |key: &str| schema.get(key).and_then(Value::as_str);
    let mut problems = Vec::new();
    if let Some(pattern) = said("pattern") {
        match regex_lite::Regex::new(pattern) {
            Ok(expression) if expression.is_match(text) => {}
            Ok(_) => {
                let condition = Constraint::Pattern(pattern.to_owned());
                problems.push(Problem::violated("", text, &condition.to_string()));
            }
            Err(error) => {
                let reason = format!("the type's regular expression {pattern} cannot be checked: {error}");
                problems.push(Problem::new("", text, &reason));
            }
        }
    }
    if let Some(format) = said("format").filter(|format| !has_format(format, text)) {
        problems.push(Problem::violated("", text, &format!("is of the format `{format}`")));
    }
    problems
}

/// Returns whether a text has a format of JSON Schema. Those that are not known here are left to the type
/// that states them.
fn has_format(format: &str, text: &str) -> bool {
    let matches = |pattern: &str| regex_lite::Regex::new(pattern).is_ok_and(|known| known.is_match(text));
    match format {
        "email" => matches(r"^[^\s@]+@[^\s@]+$"),
        "uri" => matches(r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$"),
        "uuid" => matches(r"^(urn:uuid:)?\{?[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}\}?$"),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "date" => is_date(text),
        "date-time" => text.get(..10).is_some_and(is_date) && matches(r"^.{10}[Tt ][0-9]{2}:[0-9]{2}"),
        "time" => matches(r"^([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]+)?)?"),
        _ => true,
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| (part.len(), part.parse::<u16>().ok()));
    let (Some((4, Some(year))), Some((2, Some(month))), Some((2, Some(day))), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 => 28 + u16::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn of_number(schema: &Value, number: &serde_json::Number) -> Option<Problem> {
    let step = schema.get("multipleOf").filter(|step| step.as_f64().is_some_and(|step| step > 0.0))?;
    let is_multiple = match (number.as_i128(), step.as_number().and_then(serde_json::Number::as_i128)) {
        (Some(number), Some(step)) => number % step == 0,
        _ => {
            let times = number.as_f64()? / step.as_f64()?;
            (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
        }
    };
    (!is_multiple).then(|| Problem::violated("", &number.to_string(), &format!("a multiple of {step}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(schema: &Value, value: &Value) -> Vec<String> {
        unmet(schema, value).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn patterns_hold_at_every_depth() {
        let code = json!({"type": "string", "pattern": r"^\d{4}$"});
        let schema = json!({
            "type": "object",
            "properties": {
                "code": {"$ref": "#/$defs/Code"},
                "more": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Code"}, {"type": "null"}]}},
                "named": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Code"}},
                "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"allOf": [{"$ref": "#/$defs/Code"}]}]},
            },
            "$defs": {"Code": code},
        });
        assert!(has_conditions(&schema));
        let right =
            json!({"code": "1234", "more": ["0000", null], "named": {"a": "9999"}, "pair": [1, "1111"]});
        assert_eq!(paths(&schema, &right), [""; 0]);
        let wrong = json!({"code": "abcd", "more": ["0000", "x"], "named": {"a": "99999"}, "pair": [1, ""]});
        assert_eq!(paths(&schema, &wrong), ["code", "more[1]", "named.a", "pair[1]"]);
    }

    #[test]
    fn of_alternatives_the_one_that_fits_counts() {
        let option = |kind: &str, pattern: &str| {
            json!({
                "type": "object",
                "properties": {"kind": {"const": kind}, "id": {"type": "string", "pattern": pattern}},
                "required": ["kind", "id"],
            })
        };
        let schema = json!({"oneOf": [option("a", "^a"), option("b", "^b")]});
        assert_eq!(paths(&schema, &json!({"kind": "b", "id": "b1"})), [""; 0]);
        assert_eq!(paths(&schema, &json!({"kind": "b", "id": "a1"})), ["id"]);
        let either =
            json!({"anyOf": [{"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}]});
        assert_eq!(paths(&either, &json!("b")), [""; 0]);
        assert_eq!(paths(&either, &json!("c")).len(), 1);
    }

    #[test]
    fn formats_and_steps_hold() {
        let holds = |format: &str, text: &str| {
            unmet(&json!({"type": "string", "format": format}), &json!(text)).is_empty()
        };
        assert!(holds("email", "ann@example.com") && !holds("email", "ann at example.com"));
        assert!(holds("uri", "https://example.com/a?b") && !holds("uri", "example"));
        assert!(holds("date", "2024-02-29") && !holds("date", "2023-02-29") && !holds("date", "1.2.2024"));
        assert!(holds("date-time", "2026-11-30T10:00:00Z") && !holds("date-time", "tomorrow at ten"));
        assert!(holds("time", "23:59:60") && !holds("time", "24:00:00"));
        assert!(holds("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8") && !holds("uuid", "67e55044"));
        assert!(holds("ipv4", "127.0.0.1") && !holds("ipv4", "127.0.0.256") && holds("ipv6", "::1"));
        assert!(holds("made-up", "anything"));
        let step = |value: Value| unmet(&json!({"type": "number", "multipleOf": 0.1}), &value).is_empty();
        assert!(step(json!(0.3)) && step(json!(2)) && !step(json!(0.25)));
        assert_eq!(unmet(&json!({"multipleOf": 5}), &json!(7)).len(), 1);
    }

    #[test]
    fn a_pattern_that_cannot_be_checked_is_said_and_an_endless_reference_ends() {
        let problems = unmet(&json!({"pattern": "(?=a)"}), &json!("a"));
        assert!(problems[0].reason.contains("cannot be checked"), "{problems:?}");
        assert!(unmet(&json!({"$ref": "#"}), &json!("a")).is_empty());
        let plain = json!({"properties": {"pattern": {"type": "string"}, "size": {"type": "integer", "format": "uint8"}}});
        assert!(!has_conditions(&plain));
    }
}
