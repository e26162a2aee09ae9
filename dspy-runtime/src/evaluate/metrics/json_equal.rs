//! Equality of JSON values.

use serde::Serialize;
use serde_json::{Number, Value};

use super::comparing;
use super::texts::quoted;
use crate::evaluate::{AnyMetric, Score};

/// The number of differences that feedback names.
const NAMED: usize = 5;

/// 1 if both are the same JSON value, else 0: the order of an object's entries does not matter, that of a
/// list's items does, and numbers are compared by value, so 1 is 1.0.
///
/// Both are any values that serialize; a text that is a JSON object or list is read as one. The feedback
/// names the first five places that differ. No LM calls.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::metrics::json_equal;
/// # use dspy::signature;
/// # /// Name the capital of a country.
/// # #[signature]
/// # struct Capital {
/// #     #[input]
/// #     country: String,
/// #     /// Its name alone.
/// #     #[output]
/// #     capital: String,
/// # }
///
/// let metric = json_equal(|row: &Capital| &row.capital, |out: &CapitalOutput| &out.capital);
/// assert_eq!(metric.to_string(), "json_equal");
/// let evaluate = Evaluate::new(metric);
/// # let _ = evaluate;
/// ```
pub fn json_equal<R: 'static, O: 'static, A, B>(
    wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
) -> AnyMetric<R, O>
where
    A: Serialize + ?Sized + 'static,
    B: Serialize + ?Sized + 'static,
{
    comparing("json_equal", wanted, given, |wanted, given| {
        let mut found = Vec::new();
        differences("", &read(wanted), &read(given), &mut found);
        let score = Score::from(found.is_empty());
        if found.is_empty() {
            return Ok(score.because("the same value"));
        }
        let more = found.len().saturating_sub(NAMED);
        found.truncate(NAMED);
        if more > 0 {
            found.push(format!("{more} more differences"));
        }
        Ok(score.because(found.join("; ")))
    })
}

/// A text that holds an object or a list, as that.
fn read(value: Value) -> Value {
    let inside = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    inside.filter(|inside| inside.is_object() || inside.is_array()).unwrap_or(value)
}

/// Every place where two values differ, with what was wanted there and what came.
fn differences(place: &str, wanted: &Value, given: &Value, found: &mut Vec<String>) {
    match (wanted, given) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (name, value) in wanted {
                let inside = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                match given.get(name) {
                    Some(other) => differences(&inside, value, other, found),
                    None => found.push(format!("{inside} is missing, wanted {}", shown(value))),
                }
            }
            for (name, value) in given.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                let inside = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                found.push(format!("{inside} is not wanted, {} came", shown(value)));
            }
        }
        (Value::Array(wanted), Value::Array(given)) => {
            if wanted.len() != given.len() {
                let name = if place.is_empty() { "the list" } else { place };
                found.push(format!("{name}: wanted {} items, {} came", wanted.len(), given.len()));
            }
            for (index, (wanted, given)) in wanted.iter().zip(given).enumerate() {
                differences(&format!("{place}[{index}]"), wanted, given, found);
            }
        }
        (Value::Number(one), Value::Number(other)) if same(one, other) => {}
        _ if wanted == given => {}
        _ => {
            let prefix = if place.is_empty() { String::new() } else { format!("{place}: ") };
            found.push(format!("{prefix}wanted {}, {} came", shown(wanted), shown(given)));
        }
    }
}

/// Returns whether two numbers are the same. Whole numbers are compared whole, since a float cannot
/// hold them all.
fn same(one: &Number, other: &Number) -> bool {
    let whole = |number: &Number| number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}

fn shown(value: &Value) -> String {
    quoted(&value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(wanted: &Value, given: &Value) -> Vec<String> {
        let mut found = Vec::new();
        differences("", wanted, given, &mut found);
        found
    }

    #[test]
    fn order_of_entries_and_the_spelling_of_numbers_do_not_matter() {
        assert!(found(&json!({"a": 1, "b": [2.0]}), &json!({"b": [2], "a": 1.0})).is_empty());
        let big = 9_007_199_254_740_993_u64;
        assert_eq!(found(&json!(big), &json!(big - 1)).len(), 1, "floats would be the same");
        assert_eq!(read(json!("{\"a\": 1}")), json!({"a": 1}));
        assert_eq!(read(json!("12")), json!("12"), "a text stays one");
    }

    #[test]
    fn every_difference_has_its_place() {
        let found =
            found(&json!({"a": {"b": [1, 2]}, "c": true}), &json!({"a": {"b": [1, 3, 4]}, "d": null}));
        assert_eq!(
            found,
            [
                "a.b: wanted 2 items, 3 came",
                "a.b[1]: wanted `2`, `3` came",
                "c is missing, wanted `true`",
                "d is not wanted, `null` came"
            ]
        );
    }
}
