//! Labels in a sentence.

use super::fold::{folded, lower, squashed};
use super::label::Labels;
use super::tokens::{self, Token, is_given, parts};
use super::words;

/// The longest label in words that is looked for.
pub(super) const LONGEST: usize = 8;

/// A label in a sentence, as a range of its words.
#[derive(Clone, Copy)]
struct Mention<'l> {
    name: &'l str,
    from: usize,
    to: usize,
    /// Tells whether it stands in quotes or emphasis, exactly as the label is.
    marked: bool,
}

impl<'l> Labels<'l> {
    /// The one label that a sentence gives.
    pub(super) fn in_sentence(&self, text: &str) -> Result<&'l str, &'static str> {
        const NONE: &str = "it is none of the labels; tried other spellings and a label in a sentence";
        let tokens = tokens::tokens(text);
        let mentions = self.mentions(text, &tokens);
        let Some(first) = mentions.first() else { return Err(NONE) };
        if mentions.iter().any(|mention| mention.name != first.name) {
            return Err("it names two labels");
        }
        let mut from = 0;
        for mention in &mentions {
            let before = mention.from.checked_sub(1).and_then(|at| tokens.get(at));
            if before.is_some_and(|token| words::shifts(&token.lower)) {
                return Err("a word before the label makes it another");
            }
            let last = mention.to.checked_sub(1).and_then(|at| tokens.get(at));
            if last.is_some_and(|token| is_rated(text.get(token.end..).unwrap_or_default())) {
                return Err("a label is rated in it");
            }
            for token in tokens.get(from..mention.from).unwrap_or_default() {
                self.check(token, first.name)?;
            }
            from = mention.to;
        }
        for token in tokens.get(from..).unwrap_or_default() {
            self.check(token, first.name)?;
        }
        if text.contains(['?', '？']) {
            return Err("it asks for the label and does not give it");
        }
        let given =
            |mention: &Mention<'_>| mention.marked || is_given(text, &tokens, mention.from, mention.to);
        if !mentions.iter().any(given) {
            return Err("it names a label in passing and does not give it");
        }
        Ok(first.name)
    }

    /// A word beside the label must neither turn it round nor hold a label itself.
    fn check(&self, token: &Token<'_>, label: &str) -> Result<(), &'static str> {
        if parts(token).chain([token.lower.as_str()]).any(words::negates) {
            return Err("a label is negated in it");
        }
        if words::regrets(&token.lower) {
            return Err("a label is taken back in it");
        }
        if parts(token).any(words::opens) {
            return Err("it leaves the label open");
        }
        let foreign =
            !token.text.is_ascii() && label.is_ascii() && token.text.chars().any(char::is_alphabetic);
        if foreign && !token.text.chars().all(|c| folded(&c.to_string()).is_ascii()) {
            return Err("a label stands in a sentence of another script");
        }
        if parts(token).any(|part| self.spelled.contains_key(&squashed(part))) {
            return Err("a label is only part of a word in it");
        }
        Ok(())
    }

    fn mentions(&self, text: &str, tokens: &[Token<'_>]) -> Vec<Mention<'l>> {
        let mut mentions: Vec<Mention<'l>> = Vec::new();
        let mut from = 0;
        while from < tokens.len() {
            let longest = tokens.len().min(from + LONGEST);
            let found =
                (from + 1..=longest).rev().find_map(|to| Some((to, self.at(text, tokens, from, to)?)));
            match found {
                Some((to, (name, marked))) => {
                    mentions.push(Mention { name, from, to, marked });
                    from = to;
                }
                None => from += 1,
            }
        }
        mentions
    }

    /// The label that a run of words is.
    fn at(&self, text: &str, tokens: &[Token<'_>], from: usize, to: usize) -> Option<(&'l str, bool)> {
        let (first, last) = (tokens.get(from)?, tokens.get(to.checked_sub(1)?)?);
        let run = text.get(first.start..last.end)?;
        // Words of one label have nothing but space between them.
        if run.len() > self.longest || run.contains(['\n', ',', ';', ':', '(', ')']) {
            return None;
        }
        let names = self.spelled.get(&squashed(run))?;
        let name = match names.as_slice() {
            [name] => name,
            several => several.iter().find(|name| **name == run)?,
        };
        let before = text.get(..first.start)?.chars().next_back();
        let after = text.get(last.end..)?.chars().next();
        let marks = |c: Option<char>| c.is_some_and(|c| matches!(c, '"' | '`' | '*' | '“' | '”' | '\''));
        let marked = *name == run && marks(before) && marks(after);
        // "A good one" and "no idea" name no label, although "A" and "no" may be labels.
        let goes_on = tokens.get(to).is_some_and(|next| {
            text.get(last.end..next.start).is_some_and(|gap| gap.chars().all(char::is_whitespace))
        });
        if goes_on && !marked && words::is_common(&lower(run)) {
            return None;
        }
        Some((name, marked))
    }

    /// Returns whether words hold a label, if only as a part of one.
    pub(super) fn mentioned(&self, tokens: &[Token<'_>]) -> bool {
        let word = |token: &Token<'_>| {
            let mut parts = parts(token).chain([token.lower.as_str()]);
            parts.any(|part| self.spelled.contains_key(&squashed(part)))
        };
        let pair = |pair: &[Token<'_>]| {
            let joined: String = pair.iter().map(|token| squashed(&token.lower)).collect();
            self.spelled.contains_key(&joined)
        };
        tokens.iter().any(word) || tokens.windows(2).any(pair) || tokens.windows(3).any(pair)
    }
}

/// Returns whether a number or a yes or no follows a label, as in `Positive: 0.1` or `Positive = false`.
pub(super) fn is_rated(after: &str) -> bool {
    let after = after.trim_start_matches(['*', '"', '`', '\'', ' ']);
    let Some(value) = after.strip_prefix([':', '=', '：']) else { return false };
    let near: String = value.chars().take(40).collect();
    tokens::tokens(&near).first().is_some_and(|token| {
        token.text.starts_with(|c: char| c.is_ascii_digit())
            || matches!(token.lower.as_str(), "true" | "false" | "yes" | "no")
    })
}

/// Returns whether a word leaves open what is meant.
pub(super) fn opens(token: &Token<'_>) -> bool {
    parts(token).chain([token.lower.as_str()]).any(words::opens)
}

/// Returns whether a word turns round or leaves open what is meant.
pub(super) fn changes(token: &Token<'_>) -> bool {
    parts(token).chain([token.lower.as_str()]).any(|word| words::negates(word) || words::opens(word))
}
