//! Calls of tools whose arguments come in parts, as Vertex streams them.
//!
//! Wire: `FunctionCall.partial_args` of google-genai 3.6.1. Each part has the path of a value in JSON Path, such as
//! `$.route.stops[0].city`, and the value or more of its text.

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use crate::lm::ToolCall;
use crate::lm::provider::Unread;

/// A call or a part of one.
pub(super) struct Called {
    pub(super) call: ToolCall,
    pub(super) parts: Vec<Part>,
    /// Tells whether more of it comes.
    pub(super) continues: bool,
}

/// A value of the arguments.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    json_path: String,
    string_value: Option<String>,
    number_value: Option<f64>,
    bool_value: Option<bool>,
}

/// The calls so far, of which the last may go on.
#[derive(Default)]
pub(super) struct Calls {
    is_open: bool,
}

impl Calls {
    /// Takes a call or a part of one, and says whether the last one is whole now.
    pub(super) fn take(&mut self, called: Called, calls: &mut Vec<ToolCall>) -> Result<bool, Unread> {
        let Called { call, parts, continues } = called;
        match calls.last_mut().filter(|_| self.is_open) {
            Some(open) => open.state = call.state.or(open.state.take()),
            None => calls.push(call),
        }
        self.is_open = continues;
        if let Some(call) = calls.last_mut() {
            parts.into_iter().try_for_each(|part| part.put(&mut call.arguments))?;
        }
        Ok(!continues)
    }

    /// Returns whether a call was begun and not ended.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

impl Part {
    /// Puts the value to its place; text goes on with the text that is there.
    fn put(self, arguments: &mut Value) -> Result<(), Unread> {
        let broken = || Unread::Misfit(format!("it gives an argument at `{}`", self.json_path));
        let mut place = arguments;
        for step in steps(&self.json_path).ok_or_else(broken)? {
            place = match step {
                Step::Name(name) => {
                    if place.is_null() {
                        *place = Value::Object(Map::new());
                    }
                    place.as_object_mut().ok_or_else(broken)?.entry(name).or_insert(Value::Null)
                }
                Step::Index(at) => {
                    if place.is_null() {
                        *place = Value::Array(Vec::new());
                    }
                    let values = place.as_array_mut().ok_or_else(broken)?;
                    if at == values.len() {
                        values.push(Value::Null);
                    }
                    values.get_mut(at).ok_or_else(broken)?
                }
            };
        }
        match (place, self.string_value) {
            (Value::String(text), Some(more)) => text.push_str(&more),
            (place, Some(text)) => *place = text.into(),
            (place, None) => {
                let number = self.number_value.map(number);
                *place = number.or_else(|| self.bool_value.map(Value::from)).unwrap_or_default();
            }
        }
        Ok(())
    }
}

/// Numbers come with a point, whether they have a fraction or not.
fn number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation)]
    match value.fract() == 0.0 && value.abs() <= EXACT {
        true => Value::from(value as i64),
        false => Number::from_f64(value).map_or(Value::Null, Value::Number),
    }
}

enum Step {
    Name(String),
    Index(usize),
}

/// The steps of a path, if it is one.
fn steps(path: &str) -> Option<Vec<Step>> {
    let (mut rest, mut steps) = (path.strip_prefix('$')?, Vec::new());
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
            steps.push(Step::Name(name.to_owned()));
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('[')?;
        if let Some(quote) = inner.chars().next().filter(|first| matches!(first, '\'' | '"')) {
            let (name, after) = inner.strip_prefix(quote)?.split_once(&format!("{quote}]"))?;
            steps.push(Step::Name(name.to_owned()));
            rest = after;
        } else {
            let (at, after) = inner.split_once(']')?;
            steps.push(Step::Index(at.parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(parts: Value) -> Result<Value, Unread> {
        let mut arguments = json!({});
        let parts: Vec<Part> = serde_json::from_value(parts).expect("parts");
        parts.into_iter().try_for_each(|part| part.put(&mut arguments))?;
        Ok(arguments)
    }

    #[test]
    fn values_come_to_their_places() {
        let parts = json!([
            {"jsonPath": "$.city", "stringValue": "Ly", "willContinue": true},
            {"jsonPath": "$.city", "stringValue": "on"},
            {"jsonPath": "$.stops[0].number", "numberValue": 7.0},
            {"jsonPath": "$.stops[1]['at noon']", "boolValue": true},
            {"jsonPath": "$.ratio", "numberValue": 0.5},
            {"jsonPath": "$.none", "nullValue": "NULL_VALUE"},
        ]);
        let arguments = json!({
            "city": "Lyon", "stops": [{"number": 7}, {"at noon": true}], "ratio": 0.5, "none": null,
        });
        assert_eq!(put(parts).expect("they fit"), arguments);
    }

    #[test]
    fn a_place_that_cannot_be_is_an_error() {
        for path in ["city", "$.", "$.a[2]", "$.a[x]", "$[0]"] {
            assert!(put(json!([{"jsonPath": path, "stringValue": "x"}])).is_err(), "{path}");
        }
    }
}
