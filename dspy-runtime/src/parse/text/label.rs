//! Which label a text means.

use std::collections::HashMap;

use super::dress::{trimmed, undressed};
use super::fold::{folded, lower, squashed};
use super::tokens::{self, Token, is_given, parts};
use super::words;

/// The longest label in words that is looked for in a sentence.
const LONGEST: usize = 8;

/// The label that a text is or gives, and whether it was written in another way.
pub(super) fn label<'l>(names: &'l [String], text: &str) -> Result<(&'l str, bool), &'static str> {
    let text = trimmed(text);
    if let Some(name) = names.iter().find(|name| *name == text) {
        return Ok((name, false));
    }
    if text.is_empty() {
        return Err("it is empty");
    }
    if let Some(name) = alone(names, undressed(text))? {
        return Ok((name, true));
    }
    if text.contains(['{', '[']) {
        return Err("it is none of the labels; tried other spellings");
    }
    let labels = Labels::new(names);
    let name = match labels.headline(text) {
        Some(name) => name,
        None => labels.in_sentence(text)?,
    };
    Ok((name, true))
}

/// The one label that a text is, spelling aside: first as it stands, then in lower case, then without
/// accents, then without what parts words. Two labels in one spelling are told apart by the others.
fn alone<'l>(names: &'l [String], text: &str) -> Result<Option<&'l str>, &'static str> {
    if let Some(name) = names.iter().find(|name| *name == text) {
        return Ok(Some(name));
    }
    for spelling in [lower, folded, squashed] {
        let wanted = spelling(text);
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut matching = names.iter().filter(|name| spelling(name) == wanted);
        match (matching.next(), matching.next()) {
            (Some(name), None) => return Ok(Some(name)),
            (Some(_), Some(_)) => return Err("it may be two of the labels"),
            (None, _) => {}
        }
    }
    Ok(None)
}

/// Labels by their spelling without what parts words.
struct Labels<'l> {
    names: &'l [String],
    spelled: HashMap<String, Vec<&'l str>>,
    /// More bytes than these are no label.
    longest: usize,
}

/// A label in a sentence, as a range of its words.
#[derive(Clone, Copy)]
struct Mention<'l> {
    name: &'l str,
    from: usize,
    to: usize,
    /// Whether it stands in quotes or emphasis, exactly as the label is.
    marked: bool,
}

impl<'l> Labels<'l> {
    fn new(names: &'l [String]) -> Self {
        let mut spelled: HashMap<String, Vec<&'l str>> = HashMap::new();
        for name in names {
            spelled.entry(squashed(name)).or_default().push(name);
        }
        spelled.remove("");
        // What parts words and accents may take as much again.
        let longest = spelled.keys().map(String::len).max().unwrap_or(0) * 2 + LONGEST;
        Self { names, spelled, longest }
    }

    /// The label that stands alone before the reasons for it, or alone on a line among them. What is
    /// said beside it may hold a "not", but no other label.
    fn headline(&self, text: &str) -> Option<&'l str> {
        let end = stop(text).or_else(|| text.find(" - "))?;
        let (head, rest) = text.split_at_checked(end)?;
        if !head.contains('?')
            && let Some(name) = alone(self.names, undressed(head)).ok()?
        {
            let tokens = tokens::tokens(rest);
            let taken_back = tokens.first().is_some_and(|token| words::retracts(&token.lower))
                || tokens.iter().any(|token| words::regrets(&token.lower));
            // "No, it is not" says "no" twice.
            let turns = |token| if words::negates(&lower(name)) { opens(token) } else { changes(token) };
            let turned = rest.starts_with(',') && tokens.iter().any(turns);
            let refused = taken_back || turned || is_rated(rest) || self.mentioned(&tokens);
            return (!refused).then_some(name);
        }
        self.own_line(text)
    }

    fn own_line(&self, text: &str) -> Option<&'l str> {
        let mut found = None;
        let mut above = "";
        for line in text.lines().filter(|line| !trimmed(line).is_empty()) {
            let value = line.rsplit_once([':', '：']).map_or(line, |(_, value)| value);
            // What names the value stands before its colon, or on the line above.
            let before = line.strip_suffix(value).unwrap_or_default();
            let key = if before.is_empty() && above.ends_with([':', '：']) { above } else { before };
            above = line.trim_end();
            let short = tokens::tokens(key);
            let echo = (short.len() <= 3 || before.is_empty()) && !short.iter().any(changes);
            match alone(self.names, undressed(value)) {
                Ok(Some(name)) if echo && !line.contains('?') && found.is_none() => found = Some(name),
                _ if self.mentioned(&tokens::tokens(line)) => return None,
                _ => {}
            }
        }
        if tokens::tokens(text).iter().any(|token| words::regrets(&token.lower)) {
            return None;
        }
        found.filter(|_| text.contains('\n'))
    }

    /// The one label that a sentence gives.
    fn in_sentence(&self, text: &str) -> Result<&'l str, &'static str> {
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

    fn mentioned(&self, tokens: &[Token<'_>]) -> bool {
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

/// Where a text first stops. A sign inside a number, as in `2.5` or `1:30`, is no stop.
fn stop(text: &str) -> Option<usize> {
    let stops = |(at, c): &(usize, char)| match c {
        '.' | ',' | ':' => {
            !text.get(at + 1..).is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit()))
        }
        c => matches!(c, '\n' | ';' | '(' | '—' | '–' | '。' | '：'),
    };
    text.char_indices().find(stops).map(|(at, _)| at)
}

/// Whether a number or a yes or no follows a label, as in `Positive: 0.1` or `Positive = false`.
fn is_rated(after: &str) -> bool {
    let after = after.trim_start_matches(['*', '"', '`', '\'', ' ']);
    let Some(value) = after.strip_prefix([':', '=', '：']) else { return false };
    let value = tokens::tokens(value);
    value.first().is_some_and(|token| {
        token.text.starts_with(|c: char| c.is_ascii_digit())
            || matches!(token.lower.as_str(), "true" | "false" | "yes" | "no")
    })
}

fn opens(token: &Token<'_>) -> bool {
    parts(token).chain([token.lower.as_str()]).any(words::opens)
}

fn changes(token: &Token<'_>) -> bool {
    parts(token).chain([token.lower.as_str()]).any(|word| words::negates(word) || words::opens(word))
}
