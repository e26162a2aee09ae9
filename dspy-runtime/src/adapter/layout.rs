//! The layout of structs, lists and maps in the inputs of a prompt.

use std::fmt::Write;

use serde_json::Value;

/// The layout of inputs that are no text: structs, lists and maps.
///
/// # Example
///
/// ```
/// use dspy::adapter::Layout;
/// use serde_json::json;
///
/// let order = json!({"customer": "Ann", "items": [{"name": "lamp", "pieces": 2}], "note": "a\nb"});
/// assert_eq!(
///     Layout::Yaml.write(&order),
///     "customer: Ann\nitems:\n  - name: lamp\n    pieces: 2\nnote: |-\n  a\n  b",
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One line of JSON.
    #[default]
    Json,
    /// Lines of `name: value`, indented as in YAML: easier to read, and texts of several lines stay
    /// that.
    Yaml,
}

impl Layout {
    /// A value in this layout.
    pub fn write(self, value: &Value) -> String {
        let mut text = String::new();
        match self {
            Self::Json => text = value.to_string(),
            Self::Yaml => yaml(&mut text, value, 0),
        }
        text
    }
}

/// Writes a value whose first line is already indented.
fn yaml(text: &mut String, value: &Value, depth: usize) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().map(|(name, value)| (format!("{}:", scalar(name)), value)).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|value| ("-".to_owned(), value)).collect()
        }
        Value::String(line) if line.contains('\n') => return block(text, line, depth),
        Value::String(line) => return text.push_str(&scalar(line)),
        other => return text.push_str(&other.to_string()),
    };
    let item = value.is_array();
    for (index, (name, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            let _ = write!(text, "\n{:1$}", "", depth * 2);
        }
        text.push_str(&name);
        let nested = matches!(value, Value::Object(map) if !map.is_empty())
            || matches!(value, Value::Array(items) if !items.is_empty());
        if nested && !item {
            let _ = write!(text, "\n{:1$}", "", depth * 2 + 2);
        } else {
            text.push(' ');
        }
        yaml(text, value, depth + 1);
    }
}

/// A text of several lines, each indented.
fn block(text: &mut String, lines: &str, depth: usize) {
    text.push_str(if lines.ends_with('\n') { "|" } else { "|-" });
    for line in lines.lines() {
        let _ = write!(text, "\n{:1$}{line}", "", depth * 2);
    }
}

/// A text of one line, in quotes where it would be read as something else.
fn scalar(text: &str) -> String {
    let plain =
        text.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '(' | '$' | '.' | '_'))
            && !text.ends_with([' ', ':'])
            && !text.contains(": ")
            && !text.contains(" #")
            && !text.chars().any(char::is_control)
            && text.parse::<f64>().is_err()
            && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_keep_apart_from_texts_that_look_like_them() {
        let value = json!({
            "a": ["1", 1, "true", true, null, "null", "", "- x", "x: y", "x:", "a: #b", "c #d", "é"],
            "b": {}, "c": [], "d": [[1, 2], [{"e": "f\n"}]], "x: y": "\u{7}",
        });
        let expected = "a:\n  - \"1\"\n  - 1\n  - \"true\"\n  - true\n  - null\n  - \"null\"\n  - \"\"\n  - \"- x\"\n  \
                        - \"x: y\"\n  - \"x:\"\n  - \"a: #b\"\n  - \"c #d\"\n  - é\nb: {}\nc: []\nd:\n  - - 1\n    - 2\n  \
                        - - e: |\n        f\n\"x: y\": \"\\u0007\"";
        assert_eq!(Layout::Yaml.write(&value), expected);
        assert_eq!(Layout::Json.write(&json!([1, "a"])), "[1,\"a\"]");
    }
}
