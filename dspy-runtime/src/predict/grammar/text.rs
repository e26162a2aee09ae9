//! The characters of a signature, and errors that point at one of them.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

/// A text that is read from left to right.
pub(super) struct Text<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let mut text = Self { source, at: 0 };
        text.skip_space();
        text
    }

    /// Returns the place of the next token, in bytes.
    pub(super) fn place(&self) -> Range<usize> {
        let word = self.rest().find(|c: char| !is_word(c)).unwrap_or(self.rest().len());
        let char = self.rest().chars().next().map_or(0, char::len_utf8);
        self.at..self.at + word.max(char)
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn is_at(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    /// Takes a punctuation mark, if it is the next one.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.is_at(token);
        if found {
            self.skip(token.len());
        }
        found
    }

    pub(super) fn expect(&mut self, token: &str, message: &str) -> Result<()> {
        if self.take(token) { Ok(()) } else { Err(self.error(self.place(), message)) }
    }

    /// Takes a word that does not begin with a digit.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let name = rest.get(..length).filter(|name| name.starts_with(|c: char| !c.is_ascii_digit()))?;
        self.skip(length);
        Some(name)
    }

    /// Takes a string in single or double quotes, and says where it is.
    pub(super) fn string(&mut self) -> Result<Option<(String, Range<usize>)>> {
        let Some(quote) = self.rest().chars().next().filter(|c| ['"', '\''].contains(c)) else {
            return Ok(None);
        };
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        for (offset, char) in self.rest().char_indices().skip(1) {
            match char {
                '\\' if !escaped => escaped = true,
                _ if char == quote && !escaped => {
                    self.skip(offset + 1);
                    return Ok(Some((text, start..start + offset + 1)));
                }
                _ => {
                    text.push(if escaped && char == 'n' { '\n' } else { char });
                    escaped = false;
                }
            }
        }
        Err(self.error(start..start + 1, "this string has no end"))
    }

    /// An error that shows the text with a caret under the place.
    pub(super) fn error(&self, place: Range<usize>, message: &str) -> Error {
        let before = self.source.get(..place.start).unwrap_or(self.source);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.source.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let width = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
        let indent = " ".repeat(width(self.source.get(start..place.start)));
        let carets = "^".repeat(width(self.source.get(place)).max(1));
        Error::new(
            ErrorKind::Data,
            format!("the signature cannot be read: {message}\n  {line}\n  {indent}{carets}"),
        )
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        self.skip_space();
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
