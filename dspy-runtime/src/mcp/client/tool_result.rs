//! A tool's answer, in the form for its model.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

/// The longest error that a model is shown, in characters.
const LONGEST: usize = 2_000;

/// Structured content where there is some, else the text; both where they do not say the same.
pub(super) fn value(result: CallToolResult) -> Value {
    let texts: Option<Vec<&str>> = result.content.iter().map(text).collect();
    if result.is_error == Some(true) {
        let said = match (texts, &result.structured_content) {
            (Some(texts), _) if !texts.is_empty() => texts.join("\n"),
            (_, Some(structured)) => structured.to_string(),
            _ => "the tool failed and does not say why".to_owned(),
        };
        // Errors in JSON stay JSON.
        let parsed = serde_json::from_str(&said).ok().filter(|value: &Value| value.is_object());
        return match parsed.filter(|_| said.len() <= LONGEST) {
            Some(parsed) => json!({"error": parsed}),
            None => json!({"error": crate::error::snippet(&said, LONGEST)}),
        };
    }
    let Some(structured) = result.structured_content else { return plain(&result.content) };
    let Some(texts) = texts else {
        return json!({"structured": structured, "content": plain(&result.content)});
    };
    if !texts.is_empty() && says(&structured, &texts) {
        return structured;
    }
    // A value that is no object comes wrapped in one, and beside it as it is; nothing has nothing beside it.
    match structured.as_object().and_then(|object| object.get("result").filter(|_| object.len() == 1)) {
        Some(wrapped) if says(wrapped, &texts) || (wrapped.is_null() && texts.is_empty()) => wrapped.clone(),
        _ if texts.is_empty() => structured,
        _ => json!({"structured": structured, "content": plain(&result.content)}),
    }
}

fn text(block: &ContentBlock) -> Option<&str> {
    match block {
        ContentBlock::Text(text) => Some(&text.text),
        _ => None,
    }
}

/// The content as it is: a text as a text, the rest as MCP writes it.
fn plain(content: &[ContentBlock]) -> Value {
    let one = |block: &ContentBlock| match text(block) {
        Some(text) => text.into(),
        None => serde_json::to_value(block).unwrap_or_default(),
    };
    match content {
        [] => Value::Null,
        [block] => one(block),
        blocks => blocks.iter().map(one).collect(),
    }
}

/// Returns whether the texts are a value written out, whole or item by item.
fn says(value: &Value, texts: &[&str]) -> bool {
    let same = |value: &Value, text: &str| {
        value.as_str() == Some(text)
            || serde_json::from_str::<Value>(text).is_ok_and(|parsed| parsed == *value)
    };
    match (value, texts) {
        (value, [text]) if same(value, text) => true,
        (Value::Array(items), texts) if items.len() == texts.len() => {
            items.iter().zip(texts).all(|(item, text)| same(item, text))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(result: Value) -> Value {
        value(serde_json::from_value(result).expect("a result"))
    }

    fn said(texts: &[&str]) -> Value {
        texts.iter().map(|text| json!({"type": "text", "text": text})).collect()
    }

    #[test]
    fn texts_and_what_is_none_are_told() {
        assert_eq!(told(json!({"content": said(&["hello"])})), "hello");
        assert_eq!(told(json!({"content": said(&["a", "b"])})), json!(["a", "b"]));
        assert_eq!(told(json!({"content": []})), Value::Null);
        let image = json!({"type": "image", "data": "aGk=", "mimeType": "image/png"});
        assert_eq!(told(json!({"content": [image]})), image);
    }

    #[test]
    fn structured_content_comes_first_and_nothing_is_lost() {
        let whole = json!({"a": 1});
        assert_eq!(told(json!({"content": said(&["{\"a\": 1}"]), "structuredContent": whole})), whole);
        assert_eq!(told(json!({"content": said(&["3"]), "structuredContent": {"result": 3}})), 3);
        let list = json!({"content": said(&["a", "b"]), "structuredContent": {"result": ["a", "b"]}});
        assert_eq!(told(list), json!(["a", "b"]));
        let both = told(json!({"content": said(&["one row"]), "structuredContent": whole}));
        assert_eq!(both, json!({"structured": whole, "content": "one row"}));
    }

    #[test]
    fn nothing_is_null_however_it_comes() {
        for nothing in [
            json!({"content": []}),
            json!({"content": [], "structuredContent": null}),
            json!({"content": [], "structuredContent": {"result": null}}),
            json!({"content": said(&["null"]), "structuredContent": {"result": null}}),
        ] {
            assert_eq!(told(nothing.clone()), Value::Null, "{nothing}");
        }
        assert_eq!(told(json!({"content": [], "structuredContent": {"result": []}})), json!([]));
        assert_eq!(told(json!({"content": [], "structuredContent": {"result": 3}})), json!({"result": 3}));
    }

    #[test]
    fn errors_are_values_and_short() {
        assert_eq!(
            told(json!({"content": said(&["no such file"]), "isError": true})),
            json!({"error": "no such file"})
        );
        let problem = json!({"content": said(&["{\"kind\":\"input\"}"]), "isError": true});
        assert_eq!(told(problem), json!({"error": {"kind": "input"}}));
        let long = told(json!({"content": said(&["x".repeat(9_000).as_str()]), "isError": true}));
        assert!(long["error"].as_str().is_some_and(|text| text.chars().count() <= LONGEST + 1));
    }
}
