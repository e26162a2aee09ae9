//! The forms of replies that a server has refused to hold a model to.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use super::ResponseFormat;
use crate::error::{Error, ErrorKind};

/// The forms that were refused, so that a server is asked for each of them once and not in every call.
#[derive(Debug, Default)]
pub(crate) struct RefusedForms(RwLock<HashSet<String>>);

/// Words by which servers name the form of a reply in an error. Among others, by their documentation and public reports
/// as of late 2026: OpenAI, DeepSeek and LM Studio `response_format`, Anthropic `output_config.format` and
/// `output_format`, Gemini `response_schema` and `responseSchema`, vLLM and SGLang `structured outputs` and `grammar`,
/// Mistral and Groq `json mode`.
const WORDS: [&str; 9] = [
    "response_format",
    "text.format",
    "output_config",
    "output_format",
    "schema",
    "structured output",
    "json mode",
    "json_object",
    "grammar",
];

impl RefusedForms {
    /// The form itself, or the strongest of those that ask for less and were not refused.
    pub(crate) fn strongest(&self, wanted: ResponseFormat) -> ResponseFormat {
        let refused = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut form = wanted;
        while !refused.is_empty() && refused.contains(&key(&form)) {
            form = weaker(&form);
        }
        form
    }

    /// Takes note of a refusal.
    pub(crate) fn add(&self, form: &ResponseFormat) {
        if *form != ResponseFormat::Text {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key(form));
        }
    }
}

/// Returns whether an error is about the form that a reply was to be held to, and so a call without it
/// can succeed.
pub(crate) fn is_refusal(error: &Error, form: &ResponseFormat) -> bool {
    let refused = matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::Unsupported);
    let words = || error.to_string().to_lowercase();
    refused && *form != ResponseFormat::Text && WORDS.iter().any(|word| words().contains(word))
}

fn weaker(form: &ResponseFormat) -> ResponseFormat {
    match form {
        ResponseFormat::JsonSchema(_) => ResponseFormat::JsonObject,
        ResponseFormat::JsonObject | ResponseFormat::Text => ResponseFormat::Text,
    }
}

/// A server may refuse one schema and take another.
fn key(form: &ResponseFormat) -> String {
    match form {
        ResponseFormat::JsonSchema(format) => crate::fingerprint::of(&format.schema),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::lm::JsonFormat;

    fn schema(of: &str) -> ResponseFormat {
        let format = JsonFormat { name: "reply".to_owned(), schema: json!({"type": of}), strict: true };
        ResponseFormat::JsonSchema(Arc::new(format))
    }

    #[test]
    fn a_refused_form_gives_way_to_the_next_weaker_one() {
        let refused = RefusedForms::default();
        assert_eq!(refused.strongest(schema("object")), schema("object"));
        refused.add(&schema("object"));
        assert_eq!(refused.strongest(schema("object")), ResponseFormat::JsonObject);
        assert_eq!(refused.strongest(schema("array")), schema("array"), "it is another schema");
        refused.add(&ResponseFormat::JsonObject);
        refused.add(&ResponseFormat::Text);
        assert_eq!(refused.strongest(schema("object")), ResponseFormat::Text);
    }

    #[test]
    fn an_error_about_the_form_is_told_from_others() {
        let about = |kind, message: &str| is_refusal(&Error::new(kind, message), &schema("object"));
        let invalid = ErrorKind::InvalidRequest;
        assert!(about(
            invalid,
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported"
        ));
        assert!(about(invalid, "This response_format type is unavailable now"));
        assert!(about(ErrorKind::Unsupported, "Structured outputs are not supported by this model"));
        assert!(about(invalid, "output_config.format: Extra inputs are not permitted"));
        assert!(!about(invalid, "max_tokens is too large"));
        assert!(!about(ErrorKind::Server, "the grammar crashed"));
        let text = Error::new(invalid, "the schema of a tool is wrong");
        assert!(!is_refusal(&text, &ResponseFormat::Text));
    }
}
