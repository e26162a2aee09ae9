//! Brings a text or a JSON value to a field's type.

use serde_json::Value;

use crate::problem::{Problem, Repair};
use crate::signature::{Label, TypeSpec};

/// Reads the text of a section as the field's type.
pub(super) fn text(spec: &TypeSpec, text: &str, repairs: &mut Vec<Repair>) -> Result<Value, Problem> {
    if !spec.labels().is_empty() {
        return label(spec.labels(), text, repairs).map(Value::from);
    }
    if spec.is_text() {
        return Ok(Value::from(text));
    }
    let inner = unfenced(text);
    if inner.len() != text.len() {
        repairs.push(Repair::Surroundings);
    }
    let takes = Takes::of(spec);
    if takes.null && (inner.is_empty() || inner == "null") {
        return Ok(Value::Null);
    }
    if let Ok(value) = serde_json::from_str::<Value>(inner) {
        return fit(spec, &takes, &value, repairs);
    }
    if takes.string {
        return Ok(Value::from(text));
    }
    if let Some(value) = boolean(inner).filter(|_| takes.boolean) {
        repairs.push(Repair::LabelSpelling);
        return Ok(Value::from(value));
    }
    Err(Problem::new("", text, if inner.is_empty() { "it is empty" } else { "it is not of the type" }))
}

/// Brings a JSON value to the field's type.
pub(super) fn value(spec: &TypeSpec, value: &Value, repairs: &mut Vec<Repair>) -> Result<Value, Problem> {
    match value {
        Value::String(name) if !spec.labels().is_empty() => {
            label(spec.labels(), name, repairs).map(Value::from)
        }
        other => fit(spec, &Takes::of(spec), other, repairs),
    }
}

/// Whether a missing value is a null.
pub(super) fn takes_null(spec: &TypeSpec) -> bool {
    Takes::of(spec).null
}

/// Which JSON types a schema takes at its top; what lies deeper is left to serde.
struct Takes {
    null: bool,
    boolean: bool,
    integer: bool,
    number: bool,
    string: bool,
    /// A list, an object or something that the schema does not name.
    other: bool,
}

impl Takes {
    fn of(spec: &TypeSpec) -> Self {
        let mut takes =
            Self { null: false, boolean: false, integer: false, number: false, string: false, other: false };
        takes.add(spec.schema(), spec.schema(), 8);
        takes
    }

    fn add(&mut self, root: &Value, schema: &Value, depth: usize) {
        let schema = crate::signature::resolve(root, schema);
        let options = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
        if let (Some(options), true) = (options, depth > 0) {
            options.iter().for_each(|option| self.add(root, option, depth - 1));
            return;
        }
        let types = crate::signature::types(schema);
        if types.is_empty() {
            let labelled = schema.get("enum").is_some() || schema.get("const").is_some();
            self.string |= labelled;
            self.other |= !labelled;
        }
        for name in types {
            match name {
                "null" => self.null = true,
                "boolean" => self.boolean = true,
                "integer" => self.integer = true,
                "number" => self.number = true,
                "string" => self.string = true,
                _ => self.other = true,
            }
        }
    }
}

/// Takes a JSON value as it is, or a scalar out of its quotes.
fn fit(spec: &TypeSpec, takes: &Takes, value: &Value, repairs: &mut Vec<Repair>) -> Result<Value, Problem> {
    let fits = match value {
        Value::Null => takes.null,
        Value::Bool(_) => takes.boolean,
        Value::Number(number) => takes.number || (takes.integer && !number.is_f64()),
        Value::String(_) => takes.string,
        Value::Array(_) | Value::Object(_) => takes.other,
    };
    if fits || takes.other {
        return Ok(value.clone());
    }
    match value {
        Value::Number(number) => integral(number, takes).ok_or_else(|| not_of(spec, value)),
        Value::String(quoted) => {
            let inner = serde_json::from_str::<Value>(quoted.trim()).ok().filter(|inner| !inner.is_string());
            let inner = inner.or_else(|| takes.boolean.then(|| boolean(quoted)).flatten().map(Value::from));
            repairs.push(Repair::Quoted);
            fit(spec, takes, &inner.ok_or_else(|| not_of(spec, value))?, repairs)
        }
        _ => Err(not_of(spec, value)),
    }
}

fn not_of(spec: &TypeSpec, value: &Value) -> Problem {
    let reason = match (value, spec.schema().get("type").and_then(Value::as_str)) {
        (Value::Number(number), Some("integer")) if number.is_f64() => "it would lose its fraction",
        _ => "it is not of the type",
    };
    Problem::new("", &value.to_string(), reason)
}

/// `42.0` is 42 where an integer is wanted; `42.5` is nothing.
fn integral(number: &serde_json::Number, takes: &Takes) -> Option<Value> {
    let float = number.as_f64()?;
    let exact = takes.integer && float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation)]
    exact.then(|| Value::from(float as i64))
}

fn boolean(text: &str) -> Option<bool> {
    match plain(text).as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// The one label that a text is, spelling aside.
fn label(labels: &[Label], text: &str, repairs: &mut Vec<Repair>) -> Result<String, Problem> {
    let inner = unfenced(text);
    if let Some(label) = labels.iter().find(|label| label.name == inner) {
        return Ok(label.name.clone());
    }
    let wanted = plain(inner);
    let mut matching = labels.iter().filter(|label| plain(&label.name) == wanted);
    match (matching.next(), matching.next()) {
        (Some(label), None) => {
            repairs.push(Repair::LabelSpelling);
            Ok(label.name.clone())
        }
        _ if wanted.is_empty() => Err(Problem::new("", text, "it is empty")),
        _ => Err(Problem::new("", text, "it is none of the labels")),
    }
}

/// Lower case, without what may stand around or inside a label: quotes, stars, spaces, `_`, `-`, a final dot.
fn plain(text: &str) -> String {
    let text =
        text.trim().trim_end_matches('.').trim_matches(['"', '\'', '`', '*', ' ']).trim_end_matches('.');
    text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// The text inside a code fence that spans all of it.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    match inner.split_once('\n') {
        Some((info, body)) if !info.contains(' ') => body.trim(),
        _ => inner.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde_json::json;

    fn read<T: JsonSchema>(input: &str) -> Result<Value, String> {
        text(&TypeSpec::of::<T>(), input, &mut Vec::new()).map_err(|problem| problem.reason)
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    enum Kind {
        BugReport,
        Question,
    }

    #[test]
    fn scalars_are_read_where_one_reading_is_right() {
        assert_eq!(read::<bool>("**Yes**."), Ok(json!(true)));
        assert_eq!(read::<i64>("42"), Ok(json!(42)));
        assert_eq!(read::<i64>("42.0"), Ok(json!(42)));
        assert_eq!(read::<f64>("1e-3"), Ok(json!(0.001)));
        assert_eq!(read::<Option<i64>>("null"), Ok(json!(null)));
        assert_eq!(read::<u64>("18446744073709551615"), Ok(json!(18_446_744_073_709_551_615_u64)));
        assert_eq!(read::<String>("{\"a\": 1}"), Ok(json!("{\"a\": 1}")), "text is kept as it is");
    }

    #[test]
    fn what_has_no_single_reading_is_refused() {
        for wrong in ["42.5", "about 3 or 4", "8/10", "NaN", "", "three"] {
            assert!(read::<i64>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["maybe", "not true", ""] {
            assert!(read::<bool>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["Bug", "not a question", "", "Question or BugReport"] {
            assert!(read::<Kind>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_are_found_in_other_spellings() {
        for spelling in ["BugReport", "bug_report", "Bug Report.", "`bugreport`", "```\nBUG-REPORT\n```"] {
            assert_eq!(read::<Kind>(spelling), Ok(json!("BugReport")), "{spelling}");
        }
    }

    #[test]
    fn quoted_scalars_of_an_object_are_taken_out_and_nulls_are_not_text() {
        let mut repairs = Vec::new();
        assert_eq!(value(&TypeSpec::of::<i64>(), &json!("36"), &mut repairs), Ok(json!(36)));
        assert_eq!(repairs, [Repair::Quoted]);
        assert!(value(&TypeSpec::of::<String>(), &json!(null), &mut repairs).is_err());
        assert!(value(&TypeSpec::of::<i64>(), &json!("many"), &mut repairs).is_err());
    }
}
