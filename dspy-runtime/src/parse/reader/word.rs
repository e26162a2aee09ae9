//! Numbers, literals, and text without quotes.

use super::string::Place;
use super::{Halt, Reader, stray};
use crate::parse::node::Node;
use crate::repair::Repair;

impl<'a> Reader<'a> {
    pub(super) fn word(&mut self, place: Place) -> Result<Node<'a>, Halt> {
        let mut end = if self.strict { self.token_end() } else { self.run_end() };
        let mut word = self.slice(self.at, end).trim_end_matches(stray);
        if !self.strict && place == Place::Object {
            if let Some(width) = self.literal_before_key(word, end) {
                end = self.at + width;
            } else {
                end = self.thousands_end(word, end);
            }
            word = self.slice(self.at, end).trim_end_matches(stray);
        }
        let node = match word {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            number if is_number(number) => Node::Number(number),
            _ if self.strict => return Err(self.halt("it is no JSON value")),
            "" if self.at == self.text.len() => return Err(self.cut()),
            "True" | "TRUE" => self.python(Node::Bool(true))?,
            "False" | "FALSE" => self.python(Node::Bool(false))?,
            "None" | "NULL" | "undefined" => self.python(Node::Null)?,
            word => self.bare_word(word, end)?,
        };
        self.at += word.len();
        Ok(node)
    }

    /// The width of a literal that the next key follows without a comma, as in `{a: 1 b: 2}`.
    fn literal_before_key(&self, word: &str, end: usize) -> Option<usize> {
        let (literal, key) = word.split_once(stray).filter(|_| self.byte(end) == Some(b':'))?;
        let key = key.trim_start_matches(stray);
        let key = key.strip_prefix('\'').and_then(|key| key.strip_suffix('\'')).unwrap_or(key);
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
        (is_key && is_literal(literal)).then_some(literal.len())
    }

    /// The place where a number ends whose thousands are parted by commas: in an object only a key may follow a comma.
    fn thousands_end(&self, word: &str, end: usize) -> usize {
        if self.byte(end) != Some(b',') || !self.byte(end + 1).is_some_and(|next| next.is_ascii_digit()) {
            return end;
        }
        let digits = word.trim_start_matches(['-', '+', '$', '€', '£', '¥']);
        let first = |digits: &str| {
            (1..=3).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !first(digits) {
            return end;
        }
        let rest = self.slice(end, self.text.len());
        let groups = rest
            .as_bytes()
            .chunks_exact(4)
            .take_while(|group| group.first() == Some(&b',') && group.iter().skip(1).all(u8::is_ascii_digit));
        let mut width = groups.count() * 4;
        let after = rest.get(width..).unwrap_or_default();
        if let Some(fraction) = after.strip_prefix('.').filter(|_| width > 0) {
            width += 1 + fraction.bytes().take_while(u8::is_ascii_digit).count();
        }
        // Digits that go on, or a colon, make the group a key or something else.
        let next = rest.get(width..).unwrap_or_default().trim_start_matches([' ', '\t']).chars().next();
        let ends = next.is_none_or(|c| matches!(c, ',' | '}' | '\n' | '\r' | '/' | '#'));
        if ends { end + width } else { end }
    }

    fn python(&mut self, node: Node<'a>) -> Result<Node<'a>, Halt> {
        self.mend(Repair::Python)?;
        Ok(node)
    }

    fn bare_word(&mut self, word: &'a str, end: usize) -> Result<Node<'a>, Halt> {
        if word.chars().all(|c| matches!(c, '.' | '…')) {
            return Err(self.halt("a value is left out"));
        }
        let first = word.chars().next().is_some_and(|c| {
            c.is_alphanumeric()
                || matches!(c, '+' | '-' | '.' | '_' | '$' | '@' | '€' | '£' | '~' | '<' | '%' | '/')
        });
        // Literals with nothing but blanks between them are items that lack their commas.
        if word.contains(stray) && word.split(stray).filter(|part| !part.is_empty()).all(is_literal) {
            return Err(self.halt("the commas between values are missing"));
        }
        if self.char_at(end).is_some_and(|c| !matches!(c, ',' | '}' | ']' | ')' | '\n' | '，' | '#' | '/')) {
            self.at = end;
            return Err(self.halt("text without quotes holds more than words"));
        }
        let placeholder = word.starts_with('<') && word.ends_with('>');
        if !first || placeholder || word.ends_with('\'') {
            return Err(self.halt("it is no value"));
        }
        if end == self.text.len() {
            self.at = end;
            return Err(self.cut());
        }
        self.mend(Repair::Unquoted)?;
        Ok(Node::Word(word))
    }

    /// Reads a key without quotes: words on one line before a colon.
    pub(super) fn bare_key(&mut self) -> Result<&'a str, Halt> {
        let rest = self.slice(self.at, self.text.len());
        let in_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.' | ' ');
        let Some(first) = rest.chars().next() else { return Err(self.cut()) };
        let Some((end, _)) = rest.char_indices().take(64).find(|(_, c)| !in_key(*c)) else {
            let short = rest.chars().nth(64).is_none();
            return Err(if short { self.cut() } else { self.halt("it is no key") });
        };
        let key = self.slice(self.at, self.at + end).trim_end();
        if key.is_empty() || !(first.is_alphanumeric() || matches!(first, '_' | '$' | '-')) {
            return Err(self.halt("it is no key"));
        }
        self.mend(Repair::Unquoted)?;
        self.at += key.len();
        Ok(key)
    }

    /// Returns the end of a JSON token.
    fn token_end(&self) -> usize {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        self.at + rest.iter().position(ends).unwrap_or(rest.len())
    }

    /// Returns the end of text without quotes: at a comma, a closing bracket, a line break or a
    /// comment, or at what it cannot hold.
    fn run_end(&self) -> usize {
        let rest = self.slice(self.at, self.text.len());
        let mut before = ' ';
        for (at, c) in rest.char_indices() {
            let at = self.at + at;
            let ends = match c {
                ',' | '}' | ']' | ')' | '\n' | '，' | '"' | '“' | '”' | '`' | '{' | '[' | '(' | '\\' => {
                    true
                }
                '#' | '/' => stray(before) && self.comment_at(at),
                ':' => self.char_at(at + 1).is_none_or(stray),
                _ => false,
            };
            if ends {
                return at;
            }
            before = c;
        }
        self.text.len()
    }
}

/// Tells whether a text is a number, a boolean or null.
fn is_literal(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || is_number(text)
}

/// Returns whether a text is a number as JSON writes it.
pub(in crate::parse) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.starts_with('0')) {
        return false;
    }
    let mut rest = text.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let width = digits(fraction);
        if width == 0 {
            return false;
        }
        rest = fraction.get(width..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}
