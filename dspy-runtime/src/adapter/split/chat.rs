//! Sections that come bit by bit.

use super::section::Section;
use super::{Piece, Splitter};
use crate::parse;

/// Finds sections under `[[ ## field ## ]]` markers.
#[derive(Debug, Default)]
pub struct ChatSplitter {
    /// The open section.
    open: Option<Section>,
    /// The beginning of a line that may turn out to be a marker.
    held: String,
    /// Tells whether the next character begins a line.
    fresh: bool,
}

/// The longest beginning of a line that is held back.
const LONGEST_MARKER: usize = 200;

impl ChatSplitter {
    /// Starts with the beginning of a reply.
    pub fn new() -> Self {
        Self { fresh: true, ..Self::default() }
    }

    fn character(&mut self, c: char, pieces: &mut Vec<Piece>) {
        if self.fresh || !self.held.is_empty() {
            self.held.push(c);
            self.fresh = false;
            let complete = c == '\n' || self.held.trim_end_matches('*').ends_with("]]");
            if !complete && may_be_marker(&self.held) {
                return;
            }
            // A bold marker closes with stars, which follow the brackets.
            if complete && c != '\n' && self.held.trim_start().starts_with("**") && !self.held.ends_with("**")
            {
                return;
            }
            return self.release(pieces);
        }
        self.text(c, pieces);
    }

    /// Decides on what was held back: a marker, or text.
    fn release(&mut self, pieces: &mut Vec<Piece>) {
        let held = std::mem::take(&mut self.held);
        if let Some((name, rest)) = parse::split_marker(&held) {
            self.close(pieces);
            self.open = (name != "completed").then(|| Section::new(name));
            let rest = rest.to_owned();
            rest.chars().for_each(|c| self.text(c, pieces));
        } else {
            held.chars().for_each(|c| self.text(c, pieces));
        }
    }

    fn text(&mut self, c: char, pieces: &mut Vec<Piece>) {
        self.fresh = c == '\n';
        if let Some(section) = &mut self.open {
            section.push(c, pieces);
        }
    }

    fn close(&mut self, pieces: &mut Vec<Piece>) {
        if let Some(section) = self.open.take() {
            section.end(pieces);
        }
    }
}

/// Returns whether a line that begins like this may still become a marker.
fn may_be_marker(start: &str) -> bool {
    if start.len() > LONGEST_MARKER {
        return false;
    }
    let start = start.trim_start().trim_start_matches(['*', '#', ' ']);
    let expected = ["[", "["];
    let mut rest = start;
    for part in expected {
        match rest.strip_prefix(part) {
            Some(more) => rest = more,
            None => return rest.is_empty(),
        }
    }
    let rest = rest.trim_start();
    rest.is_empty() || rest == "#" || rest.starts_with("##")
}

impl Splitter for ChatSplitter {
    fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        text.chars().for_each(|c| self.character(c, &mut pieces));
        pieces
    }

    fn end(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.release(&mut pieces);
        self.close(&mut pieces);
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::split::tests::{events, in_chunks};

    const REPLY: &str = "Sure!\n[[ ## note ## ]]\ntwo [[lines]]\n\n[[not a marker\n**[[ ## tags ## ]]**\n[\"a\", \"b\"]\n\n\
                         [[ ## size ## ]] 3\n[[ ## completed ## ]]\n";

    #[test]
    fn fields_are_found_however_the_reply_is_cut() {
        let expected = [
            "note += two [[lines]]\n\n[[not a marker",
            "note = two [[lines]]\n\n[[not a marker",
            "tags[0] = \"a\"",
            "tags[1] = \"b\"",
            "tags += [\"a\", \"b\"]",
            "tags = [\"a\", \"b\"]",
            "size += 3",
            "size = 3",
        ];
        for size in 1..REPLY.len() {
            let mut found = events(in_chunks(&mut ChatSplitter::new(), REPLY, size));
            found.sort();
            let mut expected = expected.map(str::to_owned);
            expected.sort();
            assert_eq!(found, expected, "chunks of {size}");
        }
    }

    #[test]
    fn text_comes_as_early_as_it_can() {
        let mut splitter = ChatSplitter::new();
        splitter.push("[[ ## note ## ]]\n");
        let text = |text: &str| vec![Piece::Text { field: "note".into(), text: text.into() }];
        assert_eq!(splitter.push("Hel"), text("Hel"));
        assert_eq!(splitter.push("lo "), text("lo"));
        assert_eq!(splitter.push("you"), text(" you"));
        assert_eq!(splitter.push("\n[["), vec![]);
        assert_eq!(splitter.push("x"), text("\n[[x"));
    }
}
