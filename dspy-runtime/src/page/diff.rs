//! The changes between two texts, word by word.

/// The most pairs of words that are compared; beyond it, the texts are shown one after the other.
const PAIRS: usize = 4_000_000;

/// A part of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// Returns the equal, removed and added parts, in order, by the longest common subsequence of the words.
pub(crate) fn diff<'a>(old: &'a str, new: &'a str) -> Vec<Part<'a>> {
    diff_within(old, new, PAIRS)
}

/// Compares them where at most so many pairs of words are to be compared.
pub(crate) fn diff_within<'a>(old: &'a str, new: &'a str, most: usize) -> Vec<Part<'a>> {
    let (old, new) = (words(old), words(new));
    let begin = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (left, right) = (&old[begin..], &new[begin..]);
    let mut parts: Vec<_> = old[..begin].iter().map(|word| Part::Same(word)).collect();
    if left.len().saturating_mul(right.len()) > most {
        parts.extend(left.iter().map(|word| Part::Gone(word)));
        parts.extend(right.iter().map(|word| Part::New(word)));
        return parts;
    }
    // How many words the ends of both have in common, from each pair of places on.
    let width = right.len() + 1;
    let mut common = vec![0_u32; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            common[i * width + j] = match left[i] == right[j] {
                true => 1 + common[(i + 1) * width + j + 1],
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && left[i] == right[j] {
            parts.push(Part::Same(left[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == right.len()
            || (i < left.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            parts.push(Part::Gone(left[i]));
            i += 1;
        } else {
            parts.push(Part::New(right[j]));
            j += 1;
        }
    }
    parts
}

/// Words, each with the blanks after it.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut begin, mut blank) = (0, false);
    for (place, c) in text.char_indices() {
        if blank && !c.is_whitespace() {
            words.push(&text[begin..place]);
            begin = place;
        }
        blank = c.is_whitespace();
    }
    if begin < text.len() {
        words.push(&text[begin..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stay_are_told_from_those_that_go_and_come() {
        use Part::{Gone, New, Same};
        assert_eq!(diff("a b c", "a x c"), [Same("a "), Gone("b "), New("x "), Same("c")]);
        assert_eq!(diff("", "é ü"), [New("é "), New("ü")]);
        assert!(diff("", "").is_empty());
    }

    #[test]
    fn both_texts_can_be_read_from_it() {
        use dspy_numbers::random::Keyed;
        for case in 0..300 {
            let mut random = Keyed::new(case, &["diff"]);
            let mut text =
                || (0..random.below(9)).map(|_| ["a ", "b\n", "c  "][random.below(3)]).collect::<String>();
            let (old, new) = (text(), text());
            let parts = diff(&old, &new);
            let read = |side: fn(&Part<'_>) -> bool| -> String {
                let text = |part: &Part<'_>| match part {
                    Part::Same(text) | Part::Gone(text) | Part::New(text) => (*text).to_owned(),
                };
                parts.iter().filter(|part| side(part)).map(text).collect()
            };
            assert_eq!(read(|part| !matches!(part, Part::New(_))), old);
            assert_eq!(read(|part| !matches!(part, Part::Gone(_))), new);
        }
    }
}
