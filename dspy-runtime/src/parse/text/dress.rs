//! What stands around a value and is no part of it: fences, emphasis, quotes, a final dot.

use crate::parse::reader::stray;

const PAIRS: [(&str, &str); 13] = [
    ("**", "**"),
    ("__", "__"),
    ("`", "`"),
    ("\"", "\""),
    ("'", "'"),
    ("“", "”"),
    ("„", "“"),
    ("‘", "’"),
    ("«", "»"),
    ("*", "*"),
    ("_", "_"),
    ("\\boxed{", "}"),
    ("$", "$"),
];

/// A text without space and the like around it.
pub(in crate::parse) fn trimmed(text: &str) -> &str {
    text.trim_matches(stray)
}

/// The text inside a code fence that spans all of it, or the text.
pub(in crate::parse) fn unfenced(text: &str) -> &str {
    let text = trimmed(text);
    let fence = if text.starts_with("~~~") { "~~~" } else { "```" };
    let inner = text.strip_prefix(fence).and_then(|rest| rest.strip_suffix(fence));
    let Some(inner) = inner.filter(|inner| !inner.contains(fence)) else { return text };
    match inner.split_once('\n') {
        Some((info, body)) if !info.trim().contains(char::is_whitespace) => trimmed(body),
        _ => trimmed(inner),
    }
}

/// A single value without its dress.
pub(super) fn undressed(text: &str) -> &str {
    let mut text = unfenced(text);
    for _ in 0..8 {
        let before = text;
        text = trimmed(text.trim_end_matches(['.', '!', ',', ';', ':', '。', '！']));
        if !text.contains('\n') {
            text = ["- ", "* ", "• "].iter().find_map(|bullet| text.strip_prefix(bullet)).unwrap_or(text);
        }
        text = trimmed(peeled(text));
        if text == before {
            break;
        }
    }
    text
}

/// Takes one pair of marks, or a tag around all of it, off.
fn peeled(text: &str) -> &str {
    if let Some((name, inner)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>'))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && let Some(inner) = inner.strip_suffix('>').and_then(|inner| inner.strip_suffix(name))
        && let Some(inner) = inner.strip_suffix("</").filter(|inner| !inner.contains('<'))
    {
        return inner;
    }
    for (open, close) in PAIRS {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains(open) && !inner.contains(close)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_under_its_dress() {
        for text in [
            "yes",
            " **yes**. ",
            "`yes`",
            "\"yes.\"",
            "“yes”",
            "```\nyes\n```",
            "```text\nyes\n```",
            "- yes",
            "\u{feff}yes\0",
            "$\\boxed{yes}$.",
        ] {
            assert_eq!(undressed(text), "yes", "{text}");
        }
        assert_eq!(undressed("\"a\" or \"b\""), "\"a\" or \"b\"");
        assert_eq!(undressed(""), "");
    }
}
