//! The dress around a value, which is no part of it: fences, emphasis, quotes, a final dot.

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
        Some((info, body)) if is_info(info) => trimmed(body),
        // Before JSON, one word is nothing but the name of what follows.
        Some((info, body)) if is_word(info) && trimmed(body).starts_with(['{', '[']) => trimmed(body),
        _ => trimmed(inner),
    }
}

/// The languages that models name after an opening fence.
const LANGUAGES: &str = "json json5 jsonc jsonl ndjson text txt plain plaintext output markdown md yaml yml toml xml \
    html css scss csv tsv sql python python3 py rust rs javascript js jsx typescript ts tsx java kotlin kt scala swift \
    go golang c h cpp c++ cc hpp csharp cs c# f# fsharp objc php ruby rb perl lua r julia dart elixir ex erlang \
    haskell hs ocaml clojure lisp scheme bash sh shell zsh fish powershell ps1 console terminal diff patch regex http \
    graphql proto protobuf dockerfile docker makefile make cmake ini env log latex tex math mermaid svg vue svelte \
    solidity zig nim matlab vb asm wasm tool_code";

/// Tells whether the first line of a fence says what stands in it: nothing, or a language, maybe with a file and the
/// like. Any other may be a part of the text.
pub(in crate::parse) fn is_info(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(language) = words.next() else { return true };
    let (language, attributes) = language.split_once([':', '{', ',']).unwrap_or((language, ""));
    let attribute = |word: &str| {
        word.chars().all(|c| c.is_alphanumeric() || "._-/=\"':{},#+".contains(c))
            && word.contains(['.', '=', '/', '{', ':'])
    };
    LANGUAGES.split(' ').any(|known| known.eq_ignore_ascii_case(language))
        && (attributes.is_empty() || attribute(&format!(".{attributes}")))
        && words.all(attribute)
}

fn is_word(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '#' | '.'))
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
