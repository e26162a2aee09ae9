//! The values beside a reply, such as counts of tokens: where it cannot be read it counts as not said, since
//! the reply is none the worse for it and asking again would bring the same.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ServiceTier;

/// More tokens than any call has; a count beyond it is a mistake, and sums of counts below it never overflow.
const MOST: u64 = 1 << 40;

/// A value if it is of the type, and nothing otherwise.
pub(super) fn or_none<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

/// Reads as [`or_none`] does, where there is a value for nothing.
pub(super) fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(or_none(from)?.unwrap_or_default())
}

/// The tier at which a call was answered, by the provider's word.
pub(super) fn tier<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ServiceTier>, D::Error> {
    Ok(Value::deserialize(from)?.as_str().and_then(ServiceTier::of_word))
}

/// A count of tokens: a whole number, with or without a point.
pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(from)?;
    // Beyond `MOST` an f64 may not be exact, and is not taken.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let pointed = |number: f64| (number >= 0.0 && number.fract() == 0.0).then_some(number as u64);
    let count = value.as_u64().or_else(|| value.as_f64().and_then(pointed));
    Ok(count.filter(|count| *count <= MOST))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_count_is_whole_or_not_said() {
        for (value, read) in [
            (json!(7), Some(7)),
            (json!(7.0), Some(7)),
            (json!(0), Some(0)),
            (json!(-1), None),
            (json!(7.5), None),
            (json!(null), None),
            (json!("7"), None),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!([7]), None),
        ] {
            assert_eq!(count(&value).expect("never an error"), read, "{value}");
        }
    }
}
