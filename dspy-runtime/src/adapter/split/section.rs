//! The text of a field that comes bit by bit.

use super::value::Value;
use super::{Piece, join};

/// A field that is open.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: String,
    text: String,
    /// The length of the text that has been passed on; blanks are held back until more text follows.
    passed: usize,
    value: Value,
}

impl Section {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), text: String::new(), passed: 0, value: Value::default() }
    }

    /// Takes the next character of the text.
    pub(super) fn push(&mut self, c: char, pieces: &mut Vec<Piece>) {
        if self.text.is_empty() && c.is_whitespace() {
            return;
        }
        self.text.push(c);
        if !c.is_whitespace() {
            join(pieces, &self.name, &self.text[self.passed..]);
            self.passed = self.text.len();
        }
        if let Some((index, text)) = self.value.push(c) {
            pieces.push(Piece::Item { field: self.name.clone(), index, text });
        }
    }

    /// The field is whole.
    pub(super) fn end(self, pieces: &mut Vec<Piece>) {
        pieces.push(Piece::End { field: self.name, text: self.text.trim().to_owned(), json: false });
    }
}
