//! Texts as people compare them.

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// The most characters of a value that feedback shows.
const SHOWN: usize = 300;

/// A text without what does not make it another answer: case, ASCII punctuation, English articles, and
/// how much blank there is. The order of the steps is that of the SQuAD script: punctuation goes without
/// leaving a blank, so `cat-dog` becomes `catdog`.
pub(super) fn normalized(text: &str) -> String {
    let bare: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let words = bare.split_whitespace().filter(|word| !["a", "an", "the"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

/// A value as one text: a string as it is, nothing as no text, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The right answers: those in a list, else the one value.
pub(super) fn answers(value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(several) if several.is_empty() => {
            Err(Error::new(ErrorKind::Metric, "the row has no right answer to compare with"))
        }
        Value::Array(several) => Ok(several.iter().map(text).collect()),
        one => Ok(vec![text(one)]),
    }
}

/// A text as feedback shows it.
pub(super) fn quoted(text: &str) -> String {
    if text.trim().is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// Several texts of which one is enough.
pub(super) fn one_of(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_case_punctuation_articles_and_blanks() {
        assert_eq!(normalized("A  The,Cat-dog's é"), "thecatdogs é");
        assert_eq!(normalized(" The  Eiffel\tTower! "), "eiffel tower");
        assert_eq!(normalized("theory an' a"), "theory");
        assert_eq!(normalized("the"), "");
    }

    #[test]
    fn feedback_is_bounded_and_cuts_between_characters() {
        let shown = quoted(&"é".repeat(SHOWN + 1));
        assert_eq!(shown.chars().count(), SHOWN + 3);
        assert_eq!(quoted(" "), "nothing");
    }
}
