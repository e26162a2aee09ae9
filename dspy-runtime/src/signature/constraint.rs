//! Conditions on a field that a prompt can state, a JSON schema can express, and a reply is held to.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

/// A condition on the value of a field. Null, where the type allows it, meets every condition.
///
/// # Example
///
/// ```
/// use dspy::signature::Constraint;
///
/// let length = Constraint::Length { least: 1, most: Some(3) };
/// assert!(length.holds(&"été".into()) && !length.holds(&"".into()));
/// assert_eq!(length.to_string(), "a length of 1 to 3");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// The least number.
    Min(Number),
    /// The greatest number.
    Max(Number),
    /// The length of a text, in characters, or of a list, in items.
    Length {
        /// The shortest.
        least: usize,
        /// The longest, if there is one.
        most: Option<usize>,
    },
    /// A regular expression that is found in a text.
    Pattern(String),
    /// The only values.
    OneOf(Vec<Value>),
}

impl Constraint {
    /// Returns whether a value meets the condition. What the condition does not speak of, it does not meet.
    pub fn holds(&self, value: &Value) -> bool {
        if value.is_null() {
            return true;
        }
        match self {
            Self::Min(least) => compare(value, least).is_some_and(std::cmp::Ordering::is_ge),
            Self::Max(most) => compare(value, most).is_some_and(std::cmp::Ordering::is_le),
            Self::Length { least, most } => {
                let length = match value {
                    Value::String(text) => text.chars().count(),
                    Value::Array(items) => items.len(),
                    Value::Object(entries) => entries.len(),
                    _ => return false,
                };
                length >= *least && most.is_none_or(|most| length <= most)
            }
            Self::Pattern(pattern) => {
                let found =
                    |text: &str| regex_lite::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
                value.as_str().is_some_and(found)
            }
            Self::OneOf(values) => values.contains(value),
        }
    }

    /// The condition as keywords of a JSON schema.
    pub(super) fn keywords(&self, is_list: bool) -> Vec<(&'static str, Value)> {
        match self {
            Self::Min(least) => vec![("minimum", Value::Number(least.clone()))],
            Self::Max(most) => vec![("maximum", Value::Number(most.clone()))],
            Self::Length { least, most } => {
                let (shortest, longest) =
                    if is_list { ("minItems", "maxItems") } else { ("minLength", "maxLength") };
                let longest = most.map(|most| (longest, json!(most)));
                std::iter::once((shortest, json!(least))).chain(longest).collect()
            }
            Self::Pattern(pattern) => vec![("pattern", pattern.as_str().into())],
            Self::OneOf(values) => vec![("enum", values.clone().into())],
        }
    }
}

/// Integers compare exactly, whatever their size.
fn compare(value: &Value, bound: &Number) -> Option<std::cmp::Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    let Value::Number(number) = value else { return None };
    match (whole(number), whole(bound)) {
        (Some(number), Some(bound)) => Some(number.cmp(&bound)),
        _ => number.as_f64()?.partial_cmp(&bound.as_f64()?),
    }
}

impl std::fmt::Display for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Min(least) => write!(f, "at least {least}"),
            Self::Max(most) => write!(f, "at most {most}"),
            Self::Length { least, most: Some(most) } if least == most => write!(f, "a length of {least}"),
            Self::Length { least, most: Some(most) } => write!(f, "a length of {least} to {most}"),
            Self::Length { least, most: None } => write!(f, "a length of at least {least}"),
            Self::Pattern(pattern) => write!(f, "matches the regular expression {pattern}"),
            Self::OneOf(values) => {
                let values: Vec<_> = values.iter().map(ToString::to_string).collect();
                write!(f, "one of {}", values.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_exactly_and_across_kinds() {
        let max = Constraint::Max(Number::from(u64::MAX - 1));
        assert!(max.holds(&json!(u64::MAX - 1)) && !max.holds(&json!(u64::MAX)) && max.holds(&json!(-1)));
        let min = Constraint::Min(Number::from_f64(0.5).expect("it is finite"));
        assert!(
            min.holds(&json!(1))
                && min.holds(&json!(0.5))
                && !min.holds(&json!(0))
                && !min.holds(&json!("1"))
        );
    }

    #[test]
    fn null_meets_everything_and_other_types_nothing() {
        for constraint in [
            Constraint::Min(1.into()),
            Constraint::Length { least: 1, most: None },
            Constraint::Pattern("^a".into()),
            Constraint::OneOf(vec![json!("a")]),
        ] {
            assert!(constraint.holds(&Value::Null), "{constraint}");
            assert!(!constraint.holds(&json!(false)), "{constraint}");
        }
        assert!(Constraint::Pattern("^[A-Z]{2}$".into()).holds(&json!("AB")));
        assert!(!Constraint::Pattern("^[A-Z]{2}$".into()).holds(&json!("ABC")));
    }
}
