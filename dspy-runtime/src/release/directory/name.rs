//! Names of files for any text: readable, and no two texts in one name.

use crate::fingerprint;
use crate::release::key::{Key, short};

/// Longer names are cut and end in a hash: file systems take 255 bytes.
const LONGEST: usize = 150;

/// The folders of a key: program, model, version of the program.
pub(super) fn folders(key: &Key) -> [String; 3] {
    let version = short(key.program_version());
    let version = version.strip_prefix("sha256:").unwrap_or(version);
    [of(key.program()), of(&key.model().to_string()), of(version)]
}

/// The file of a version; one that was judged after it was added is next to it.
pub(super) fn file(version: u64, revision: u64) -> String {
    match revision {
        0 => format!("{version:04}.json"),
        _ => format!("{version:04}.judged-{revision}.json"),
    }
}

/// A name for a text.
///
/// Small letters, digits and `-_.@` stand for themselves, `/` is `+`, a capital is `^` and its small letter,
/// since some file systems take both for one, and all else is `%` and the bytes in hexadecimal.
fn of(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        let is_edge = at == 0 || at + char.len_utf8() == text.len();
        match char {
            'a'..='z' | '0'..='9' | '-' | '_' | '@' => name.push(char),
            // A dot at an end is a folder, a hidden file, or lost.
            '.' if !is_edge => name.push('.'),
            '/' => name.push('+'),
            'A'..='Z' => name.extend(['^', char.to_ascii_lowercase()]),
            other => other.to_string().bytes().for_each(|byte| name.push_str(&format!("%{byte:02x}"))),
        }
    }
    if name.is_empty() || is_reserved(&name) {
        name.insert(0, '%');
    }
    if name.len() > LONGEST {
        let hash = fingerprint::of_text(text);
        name.truncate(LONGEST);
        name.push('~');
        name.extend(hash.chars().skip("sha256:".len()).take(32));
    }
    name
}

/// Returns whether Windows keeps the name for devices, with any ending.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let numbered = |device: &str| stem.strip_prefix(device).is_some_and(|rest| rest.len() == 1);
    ["con", "prn", "aux", "nul"].contains(&stem) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_are_readable_and_safe() {
        let known = [
            ("openai/gpt-4o-mini@2024-07-18", "openai+gpt-4o-mini@2024-07-18"),
            ("vllm/Qwen/Qwen3:4b", "vllm+^qwen+^qwen3%3a4b"),
            ("..", "%2e%2e"),
            ("a..b", "a..b"),
            ("nul", "%nul"),
            ("con.x", "%con.x"),
            ("", "%"),
            ("é\\ ", "%c3%a9%5c%20"),
        ];
        for (text, name) in known {
            assert_eq!(of(text), name);
        }
        let long = of(&"Ü".repeat(500));
        assert!(long.len() < 200 && long.contains('~'), "{long}");
    }

    #[test]
    fn no_two_texts_meet_in_one_name_where_capitals_do_not_count_either() {
        let signs = ["a", "A", "/", "+", "@", ":", "%", "^", "~", ".", "%2f", "b", "é", ""];
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for number in 0..signs.len().pow(4) {
            let text: String =
                (0..4).map(|place: u32| signs[number / signs.len().pow(place) % signs.len()]).collect();
            let before = seen.insert(of(&text).to_lowercase(), text.clone());
            assert!(before.is_none_or(|before| before == text), "{text}");
        }
    }
}
