//! The label that a text means.

use std::collections::HashMap;

use super::dress::{trimmed, undressed};
use super::fold::{folded, lower, squashed};
use super::mention::{LONGEST, changes, is_rated, opens};
use super::{tokens, words};

/// The label that a text is or gives, and whether it was written in another way.
pub(super) fn label<'l>(names: &'l [String], text: &str) -> Result<(&'l str, bool), &'static str> {
    let text = trimmed(text);
    if let Some(name) = names.iter().find(|name| *name == text) {
        return Ok((name, false));
    }
    if text.is_empty() {
        return Err("it is empty");
    }
    let name = match alone(names, undressed(text))? {
        Some(name) => name,
        None if text.contains(['{', '[']) => return Err("it is none of the labels; tried other spellings"),
        None => {
            let labels = Labels::new(names);
            match labels.headline(text) {
                Some(name) => name,
                None => labels.in_sentence(text)?,
            }
        }
    };
    // The rest of a longer label may be cut off, together with the mark that closes it.
    let longer = |other: &String| other != name && squashed(other).starts_with(&squashed(name));
    if text != name && is_open(text) && names.iter().any(longer) {
        return Err("a mark opens and does not close, so that a longer label may be cut off");
    }
    Ok((name, true))
}

/// Tells whether a quote or emphasis opens in a text and does not close.
fn is_open(text: &str) -> bool {
    const MARKS: [(&str, &[char]); 9] = [
        ("**", &['*']),
        ("__", &['_']),
        ("*", &['*']),
        ("`", &['`']),
        ("\"", &['"']),
        ("'", &['\'', '’']),
        ("“", &['”', '"']),
        ("‘", &['’', '\'']),
        ("«", &['»']),
    ];
    let inner = |(open, close): &(&str, &'static [char])| {
        // With a blank after it, it is a bullet.
        text.strip_prefix(open).map(|inner| !inner.starts_with(' ') && !inner.contains(*close))
    };
    let unpaired = |mark| text.matches(mark).count() % 2 == 1;
    MARKS.iter().find_map(inner).unwrap_or(false) || unpaired('"') || unpaired('`')
}

/// The one label that a text is, spelling aside: first as it stands, then in lower case, then without
/// accents, then without what parts words. Two labels in one spelling are distinguished by the others.
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

/// The one label that a text is, whatever its spelling and dress.
pub(in crate::parse) fn spelled_label<'l>(names: &'l [String], text: &str) -> Option<&'l str> {
    let text = trimmed(text);
    let exact = names.iter().find(|name| *name == text).map(String::as_str);
    exact.or_else(|| alone(names, undressed(text)).ok().flatten())
}

/// Returns whether what stands beside a label leaves it as it is: nothing, the label again, or reasons that
/// name no other.
pub(in crate::parse) fn label_beside(names: &[String], name: &str, text: &str) -> bool {
    trimmed(text).is_empty()
        || spelled_label(names, text) == Some(name)
        || label(names, &format!("{name}: {text}")).is_ok_and(|(found, _)| found == name)
}

/// Returns whether a text names a label other than this one, if only in a word that is made of it, as
/// `refunded`.
pub(in crate::parse) fn mentions_other_label(names: &[String], name: &str, text: &str) -> bool {
    if spelled_label(names, text) == Some(name) {
        return false;
    }
    let others: Vec<String> = names.iter().filter(|other| *other != name).cloned().collect();
    let said = folded(text);
    let inside = |other: &String| other.chars().nth(2).is_some() && said.contains(&folded(other));
    others.iter().any(inside) || Labels::new(&others).mentioned(&tokens::tokens(text))
}

/// Labels by their spelling without what parts words.
pub(super) struct Labels<'l> {
    names: &'l [String],
    pub(super) spelled: HashMap<String, Vec<&'l str>>,
    /// More bytes than these are no label.
    pub(super) longest: usize,
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
}

/// Returns the place where a text first stops. A sign inside a number, as in `2.5` or `1:30`, is no stop.
fn stop(text: &str) -> Option<usize> {
    let stops = |(at, c): &(usize, char)| match c {
        '.' | ',' | ':' => {
            !text.get(at + 1..).is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit()))
        }
        c => matches!(c, '\n' | ';' | '(' | '—' | '–' | '。' | '：'),
    };
    text.char_indices().find(stops).map(|(at, _)| at)
}
