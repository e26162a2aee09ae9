//! The words of a sentence, and where among them an answer stands.

use super::fold;
use super::words;

/// A word, with the signs that join it: `feature_request`, `isn't`, `8/10`, `$1,234.50`, `C++`.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) lower: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Splits a text at space and punctuation.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let joins = match c {
            ',' | ':' | '.' => {
                both(before, next, char::is_alphanumeric)
                    && (c == '.' || both(before, next, char::is_numeric))
            }
            _ => is_word(c),
        };
        if joins {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            push(&mut tokens, text, from, at);
        }
        before = Some(c);
    }
    if let Some(from) = start {
        push(&mut tokens, text, from, text.len());
    }
    tokens
}

fn push<'a>(tokens: &mut Vec<Token<'a>>, text: &'a str, from: usize, to: usize) {
    let raw = text.get(from..to).unwrap_or_default();
    let inner =
        raw.trim_start_matches(['_', '/', '\'', '’', '&']).trim_end_matches(['_', '/', '\'', '’', '&', '-']);
    if inner.chars().any(|c| c.is_alphanumeric() || !c.is_ascii()) {
        let start = from + raw.len() - raw.trim_start_matches(['_', '/', '\'', '’', '&']).len();
        tokens.push(Token { text: inner, lower: fold::lower(inner), start, end: start + inner.len() });
    }
}

fn both(before: Option<char>, next: Option<char>, is: fn(char) -> bool) -> bool {
    before.is_some_and(is) && next.is_some_and(is)
}

/// Returns whether a character is part of a word. What is not ASCII is, unless it is known to part words.
fn is_word(c: char) -> bool {
    const PARTING: &str = "“”‘«»„‚‹›…—–、。，．：；！？（）「」『』【】《》〈〉・·¿¡،؛؟।→＝";
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        '_' | '-' | '/' | '\'' | '+' | '#' | '&' | '$' | '%' | '~' | '^' | '@' => true,
        c if c.is_ascii() => false,
        c => !c.is_whitespace() && !c.is_control() && !PARTING.contains(c),
    }
}

/// The plain words inside a token: `non-negative` holds `non` and `negative`.
pub(super) fn parts<'t>(token: &'t Token<'_>) -> impl Iterator<Item = &'t str> {
    let split = |c: char| matches!(c, '-' | '_' | '/' | '+' | '&' | ',' | '.' | ':');
    token.lower.split(split).filter(|part| !part.is_empty())
}

/// Returns whether tokens from one to another stand where an answer stands: in a text of a few words,
/// after a word or colon that gives it, or first with a stop after it.
pub(super) fn is_given(text: &str, tokens: &[Token<'_>], from: usize, to: usize) -> bool {
    let (Some(first), Some(last)) = (tokens.get(from), to.checked_sub(1).and_then(|last| tokens.get(last)))
    else {
        return false;
    };
    let after = text.get(last.end..).unwrap_or_default();
    if tokens.len() <= to - from + 3 {
        return true;
    }
    let before = tokens.get(..from).unwrap_or_default();
    let Some(previous) = before.last() else {
        let stop = after.trim_start_matches(['*', '"', '`', '”', '\'', ' ']).chars().next();
        return stop
            .is_some_and(|stop| matches!(stop, '.' | ',' | ';' | ':' | '\n' | '(' | '—' | '–' | '-' | '!'));
    };
    let gap = text.get(previous.end..first.start).unwrap_or_default();
    if gap.contains([':', '=', '→', '：', '＝']) {
        return true;
    }
    let giving = before.iter().rev().map(|token| token.lower.as_str()).find(|word| !words::fills(word));
    giving.is_some_and(words::gives)
}
