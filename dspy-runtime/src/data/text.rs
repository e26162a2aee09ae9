//! The overlap of the texts of two rows' inputs.

use dspy_numbers::near::Shingles;
use serde_json::Value;

use crate::media;
use crate::signature::Schema;
use crate::value::Record;

/// The number of characters in a shingle.
const LONG: usize = 5;

/// The shingles of each input, as hashes; equal ones of two inputs differ.
///
/// A text is taken without case, punctuation and the number of its blanks. Each run of five characters
/// in it is a shingle; a shorter text is one.
pub(super) fn shingles(schema: &Schema, record: &Record) -> Shingles {
    Shingles::new(schema.inputs().enumerate().map(|(place, field)| {
        let mut found = Vec::new();
        if let Some(value) = record.get(field.name()) {
            collect(value, place as u64, &mut found);
        }
        found
    }))
}

/// The shingles of all texts, numbers and other leaves of a value.
fn collect(value: &Value, place: u64, found: &mut Vec<u64>) {
    match value {
        Value::Null => {}
        // An image is like itself alone.
        Value::String(text) if media::in_short(text).is_some() => found.push(hash(text.chars(), place)),
        Value::String(text) => of_text(text, place, found),
        Value::Array(items) => items.iter().for_each(|item| collect(item, place, found)),
        Value::Object(entries) => entries.values().for_each(|value| collect(value, place, found)),
        other => of_text(&other.to_string(), place, found),
    }
}

fn of_text(text: &str, place: u64, found: &mut Vec<u64>) {
    let mut plain: Vec<char> = vec![' '];
    for c in text.chars().flat_map(char::to_lowercase) {
        match c.is_alphanumeric() {
            true => plain.push(c),
            false if plain.last() != Some(&' ') => plain.push(' '),
            false => {}
        }
    }
    if plain.last() != Some(&' ') {
        plain.push(' ');
    }
    match plain.len() {
        // Nothing but punctuation stands for itself: "?" is no "!".
        1 => found.extend((!text.trim().is_empty()).then(|| hash(text.trim().chars(), place))),
        2..=LONG => found.push(hash(plain.into_iter(), place)),
        _ => found.extend(plain.windows(LONG).map(|window| hash(window.iter().copied(), place))),
    }
}

/// FNV-1a over characters: quick, and the same on every machine.
fn hash(text: impl Iterator<Item = char>, place: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = text.fold(start, |hash, c| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3));
    // The low bits choose places in tables, so the high ones go there, too.
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> f64 {
        let set = |text: &str| {
            let mut found = Vec::new();
            of_text(text, 0, &mut found);
            Shingles::new([found])
        };
        set(one).resemblance(&set(other), 0.0).unwrap_or_default()
    }

    #[test]
    fn case_punctuation_and_blanks_do_not_count() {
        assert_eq!(alike("Where is my card?", "  where IS my\ncard!!"), 1.0);
        assert_eq!(alike("?", "!"), 0.0);
        assert_eq!(alike("", " "), 1.0);
        assert_eq!(alike("no", "No."), 1.0);
        assert_eq!(alike("no", "yes"), 0.0);
    }

    #[test]
    fn sentences_that_say_the_same_are_told_from_those_that_share_a_phrase() {
        assert!(
            alike("I want to open an account for my child.", "I want to open an account for my children")
                > 0.8
        );
        assert!(alike("Where can I get a physical card?", "Can I get a physical card") > 0.75);
        for (one, other) in [
            ("How can I obtain a virtual card?", "How can I obtain a disposable virtual card?"),
            ("How do I stop fraud to my card?", "How do I stop fraud to my account?"),
            ("How do I verify my card?", "How do I change my card?"),
        ] {
            assert!(alike(one, other) < 0.75, "{one} / {other}: {}", alike(one, other));
        }
    }
}
