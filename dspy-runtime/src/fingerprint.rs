//! Content hashes, the same on every machine.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The SHA-256 of a JSON value, keys sorted, as `sha256:` and 64 hexadecimal digits.
pub(crate) fn of(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    of_text(&text)
}

/// The SHA-256 of a text, as `sha256:` and 64 hexadecimal digits.
pub(crate) fn of_text(text: &str) -> String {
    use std::fmt::Write;
    let mut hex = String::from("sha256:");
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (index, (name, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter_and_values_do() {
        assert_eq!(
            of(&json!({"a": 1, "b": [2, {"c": 3, "d": 4}]})),
            of(&json!({"b": [2, {"d": 4, "c": 3}], "a": 1}))
        );
        assert_ne!(of(&json!({"a": 1})), of(&json!({"a": 2})));
        assert_ne!(of(&json!([1, 2])), of(&json!([2, 1])));
    }

    #[test]
    fn text_hash_is_the_published_one() {
        let of_abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_text("abc"), of_abc);
    }
}
