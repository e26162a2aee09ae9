//! Numbers and texts as they are written.

use num_bigint::BigInt;

use super::{Kind, Lexer};
use crate::stop::Run;

/// The most digits that a number may be written with.
const MOST_DIGITS: usize = 4300;

impl Lexer {
    pub(super) fn number(&mut self) -> Run<()> {
        let radix = match (self.peek(0), self.peek(1)) {
            (Some('0'), Some('x' | 'X')) => 16,
            (Some('0'), Some('o' | 'O')) => 8,
            (Some('0'), Some('b' | 'B')) => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
        }
        let mut digits = String::new();
        let mut is_float = false;
        while let Some(c) = self.peek(0) {
            let after_e = radix == 10 && digits.ends_with('e');
            match c {
                '_' => {}
                '.' if radix == 10 && !is_float => {
                    is_float = true;
                    digits.push('.');
                }
                'e' | 'E' if radix == 10 && !digits.contains('e') && self.is_exponent() => {
                    is_float = true;
                    digits.push('e');
                }
                '+' | '-' if after_e => digits.push(c),
                c if c.is_digit(radix) => digits.push(c),
                'j' | 'J' => return self.error("complex numbers are not there; keep two floats"),
                c if c.is_alphanumeric() => return self.error(format!("`{c}` cannot be in a number")),
                _ => break,
            }
            self.at += 1;
        }
        if digits.len() > MOST_DIGITS {
            return self.error(format!("a number may have at most {MOST_DIGITS} digits"));
        }
        let kind = if is_float {
            digits.parse().ok().map(Kind::Float)
        } else if radix == 10
            && digits.len() > 1
            && digits.starts_with('0')
            && !digits.trim_matches('0').is_empty()
        {
            None
        } else {
            BigInt::parse_bytes(digits.as_bytes(), radix).map(Kind::Int)
        };
        match kind {
            Some(kind) => self.push(kind),
            None => return self.error("this is no number"),
        }
        Ok(())
    }

    /// Returns whether an `e` is followed by digits.
    fn is_exponent(&self) -> bool {
        let is_digit = |ahead| self.peek(ahead).is_some_and(|c| c.is_ascii_digit());
        is_digit(1) || (matches!(self.peek(1), Some('+' | '-')) && is_digit(2))
    }

    pub(super) fn text(&mut self, prefix: &str) -> Run<()> {
        if prefix.contains('b') {
            return self.error("there are no bytes here, only texts");
        }
        let Some(quote) = self.peek(0) else { return self.error("a text has no end") };
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let (from_line, width) = (self.line, if triple { 3 } else { 1 });
        self.at += width;
        let (raw, format) = (prefix.contains('r'), prefix.contains('f'));
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            let Some(c) = self.peek(0) else {
                return Err(super::syntax(from_line, "a text has no end"));
            };
            let closes = c == quote && (!triple || (self.peek(1) == Some(c) && self.peek(2) == Some(c)));
            match c {
                '\\' => {
                    if self.peek(1) == Some('\n') {
                        self.line += 1;
                    }
                    self.at += 2;
                    continue;
                }
                '\n' if !triple => return Err(super::syntax(from_line, "a text has no end")),
                '\n' => self.line += 1,
                '{' if format && self.peek(1) == Some('{') && depth == 0 => self.at += 1,
                '{' if format => depth += 1,
                '}' if format => depth = depth.saturating_sub(1),
                _ if closes && depth == 0 => break,
                '"' | '\'' if depth > 0 => {
                    self.skip_inner(c);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        let inside: String = self.source.get(from..self.at).unwrap_or_default().iter().collect();
        self.at += width;
        let last = std::mem::replace(&mut self.line, from_line);
        if format {
            self.push(Kind::Format(inside.into(), raw));
        } else if raw {
            self.push(Kind::Text(inside.into()));
        } else {
            let text = self.unescaped(&inside)?;
            self.push(Kind::Text(text.into()));
        }
        self.line = last;
        Ok(())
    }

    /// Skips a text inside of the braces of an f-string.
    fn skip_inner(&mut self, quote: char) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += if c == '\\' { 2 } else { 1 };
            if c == quote || c == '\n' {
                break;
            }
        }
    }

    /// A text with what its backslashes stand for.
    fn unescaped(&self, text: &str) -> Run<String> {
        match unescape(text) {
            Ok(text) => Ok(text),
            Err(message) => self.error(message),
        }
    }
}

/// A text with what its backslashes stand for, or what is wrong with one.
pub fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = match chars.next() {
            Some('\n') => continue,
            Some('n') => 10,
            Some('t') => 9,
            Some('r') => 13,
            Some('a') => 7,
            Some('b') => 8,
            Some('f') => 12,
            Some('v') => 11,
            Some(c @ ('\\' | '\'' | '"')) => c as u32,
            Some(c @ '0'..='7') => {
                let mut code = c as u32 - 48;
                for _ in 0..2 {
                    if let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) {
                        code = code * 8 + digit;
                        chars.next();
                    }
                }
                code
            }
            Some(c @ ('x' | 'u' | 'U')) => {
                let length = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits: String = chars.by_ref().take(length).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length);
                code.ok_or_else(|| format!("`\\{c}` takes {length} hexadecimal digits"))?
            }
            Some('N') => return Err("characters by name, `\\N{…}`, are not there".into()),
            Some(other) => {
                out.push('\\');
                out.push(other);
                continue;
            }
            None => return Err("a backslash stands at the end".into()),
        };
        out.push(char::from_u32(code).ok_or("there is no character of this number")?);
    }
    Ok(out)
}
