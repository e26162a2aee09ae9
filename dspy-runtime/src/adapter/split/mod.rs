//! Finds the fields of a reply while it comes.
//!
//! A splitter takes the text piece by piece and says which field it belongs to. It only points at
//! text; what a field's value is, and whether the reply is any good, the parser decides when the reply
//! is whole.

mod chat;
mod json;
mod section;
mod value;
mod xml;

pub use chat::ChatSplitter;
pub use json::JsonSplitter;
pub use xml::XmlSplitter;

/// Reads a reply that comes bit by bit.
///
/// Each text is looked at once, whatever its size, so that the cost is linear in the reply.
pub trait Splitter: Send {
    /// Takes the next text of the reply, and says what it shows.
    fn push(&mut self, text: &str) -> Vec<Piece>;

    /// Says what is left at the end of the reply.
    fn end(&mut self) -> Vec<Piece>;
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More text of a field, as it is written in the reply; of a JSON string, the text that it stands for.
    Text {
        /// The field.
        field: String,
        /// The text.
        text: String,
    },
    /// An item of a field that is a list is whole.
    Item {
        /// The field.
        field: String,
        /// Its place, from 0.
        index: usize,
        /// The item as JSON text.
        text: String,
    },
    /// The field is whole.
    End {
        /// The field.
        field: String,
        /// All of its text, as it is written in the reply.
        text: String,
        /// Tells whether the text is a JSON value, and not text as it stands.
        json: bool,
    },
}

/// Puts texts of one field that follow each other together.
fn join(pieces: &mut Vec<Piece>, field: &str, more: &str) {
    if more.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Text { field: last, text }) if last == field => text.push_str(more),
        _ => pieces.push(Piece::Text { field: field.to_owned(), text: more.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Splitter};

    /// All pieces of a reply that comes in chunks of so many characters.
    pub(super) fn in_chunks(splitter: &mut dyn Splitter, reply: &str, size: usize) -> Vec<Piece> {
        let characters: Vec<char> = reply.chars().collect();
        let mut pieces: Vec<Piece> = characters
            .chunks(size)
            .flat_map(|chunk| splitter.push(&chunk.iter().collect::<String>()))
            .collect();
        pieces.extend(splitter.end());
        pieces
    }

    /// The pieces as short texts, all text of one field put together.
    pub(super) fn events(pieces: Vec<Piece>) -> Vec<String> {
        let mut texts: Vec<(String, String)> = Vec::new();
        let mut events = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text { field, text } => match texts.iter_mut().find(|(of, _)| *of == field) {
                    Some((_, all)) => all.push_str(&text),
                    None => texts.push((field, text)),
                },
                Piece::Item { field, index, text } => events.push(format!("{field}[{index}] = {text}")),
                Piece::End { field, text, .. } => events.push(format!("{field} = {text}")),
            }
        }
        events.extend(texts.into_iter().map(|(field, text)| format!("{field} += {text}")));
        events
    }
}
