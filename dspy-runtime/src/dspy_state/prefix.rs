//! The words that Python DSPy makes of the name of a field.

/// `ticket_text` is `Ticket Text`, `HTMLParser` is `HTML Parser`, `text2number` is `Text 2 Number`.
pub(super) fn of(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (at, char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        if *char == '_' || before.is_some_and(|before| begins(*before, *char, chars.get(at + 1))) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| *char != '_') {
            word.push(*char);
        }
    }
    let words: Vec<String> = words.iter().filter(|word| !word.is_empty()).map(|word| capital(word)).collect();
    words.join(" ")
}

/// Returns whether a word begins between two characters.
fn begins(before: char, char: char, next: Option<&char>) -> bool {
    let ends_small = before.is_ascii_lowercase() || before.is_ascii_digit();
    let word_ahead = next.is_some_and(char::is_ascii_lowercase);
    (char.is_ascii_uppercase() && (ends_small || word_ahead))
        || (before.is_ascii_alphabetic() && char.is_ascii_digit())
        || (before.is_ascii_digit() && char.is_ascii_alphabetic())
}

fn capital(word: &str) -> String {
    // As Python says it: with a letter, and none of them small.
    let shouts = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    let mut chars = word.chars();
    match chars.next() {
        Some(first) if !shouts => first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect(),
        _ => word.to_owned(),
    }
}

/// Returns whether a prefix can be one that Python made of a name, and not its author's own.
pub(super) fn is_made(prefix: &str) -> bool {
    let Some(words) = prefix.strip_suffix(':') else { return false };
    let made = |word: &str| word.chars().all(char::is_alphanumeric) && capital(word) == word;
    !words.is_empty() && words.split_whitespace().all(made)
}

/// Returns whether a prefix is that of a name.
pub(super) fn fits(prefix: &str, name: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    prefix.strip_suffix(':').is_some_and(|prefix| words(prefix) == of(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_as_in_python() {
        let known = [
            ("question", "Question"),
            ("snake_case_text", "Snake Case Text"),
            ("camelCaseText", "Camel Case Text"),
            ("text2number", "Text 2 Number"),
            ("HTMLParser", "HTML Parser"),
            ("some_HTML_thing", "Some HTML Thing"),
            ("http2_server", "Http 2 Server"),
            ("i", "I"),
            ("answer1", "Answer 1"),
            ("größe", "Größe"),
        ];
        for (name, words) in known {
            assert_eq!(of(name), words);
            assert!(fits(&format!("{words}:"), name) && is_made(&format!("{words}:")), "{name}");
        }
        assert!(fits("Some  Thing:", "some_Thing"), "Python puts two spaces here");
        for own in ["Reasoning: Let's think step by step in order to", "the answer:", "Answer", ":", ""] {
            assert!(!is_made(own), "{own}");
        }
    }
}
