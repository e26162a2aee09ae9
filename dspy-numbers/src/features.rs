//! The features by which texts are compared, for [bags](crate::bag) and [vectors](crate::embedding) alike.

/// The kinds of features.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Word,
    /// Three neighbouring letters of a word, its edges among them.
    Part,
    /// Two neighbouring words.
    Pair,
}

/// Hands over the features of a text in the order of its words, each with what it counts.
pub(crate) fn each(words: &[String], mut each: impl FnMut(Kind, &str, f32)) {
    let mut before: Option<&str> = None;
    for word in words {
        each(Kind::Word, word, 1.0);
        let edged: Vec<char> = std::iter::once('^').chain(word.chars()).chain(['$']).collect();
        for part in edged.windows(3) {
            each(Kind::Part, &part.iter().collect::<String>(), 0.4);
        }
        if let Some(before) = before.replace(word) {
            each(Kind::Pair, &format!("{before} {word}"), 0.7);
        }
    }
}

/// FNV-1a: small, and the same on every machine.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
