//! Tags that come bit by bit.

use super::section::Section;
use super::{Piece, Splitter};
use crate::parse;

/// Finds fields in tags of their names.
#[derive(Debug)]
pub struct XmlSplitter {
    names: Vec<String>,
    open: Option<Open>,
    /// The beginning of what may turn out to be a tag that counts.
    held: String,
}

/// A field that is open.
#[derive(Debug)]
struct Open {
    section: Section,
    /// The tag's name as the reply writes it.
    tag: String,
    /// The number of times it is open.
    depth: usize,
    /// Tells whether it was closed before, which leaves open where its text ends.
    closed: bool,
    inside: Inside,
}

/// The position in the text of a field.
#[derive(Debug, PartialEq)]
enum Inside {
    /// Before its first character that is no blank, or after a CDATA section.
    Start,
    Text,
    /// In a CDATA section.
    Cdata,
}

/// The longest tag; a longer one is text.
const LONGEST: usize = 256;
const CDATA: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

impl XmlSplitter {
    /// Starts with the beginning of a reply that has these fields.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), open: None, held: String::new() }
    }

    fn character(&mut self, c: char, pieces: &mut Vec<Piece>) {
        if self.held.is_empty() && !self.may_begin(c) {
            return self.text(c, pieces);
        }
        self.held.push(c);
        match self.look() {
            Look::Wait => {}
            Look::Text => {
                // The last character may begin another tag.
                let last = self.held.pop().filter(|_| !self.held.is_empty());
                let held = std::mem::take(&mut self.held);
                if last.is_none() {
                    return self.text(c, pieces);
                }
                held.chars().for_each(|c| self.text(c, pieces));
                self.character(c, pieces);
            }
            Look::Tag => {
                let held = std::mem::take(&mut self.held);
                self.tag(&held, pieces);
            }
        }
    }

    /// Returns whether a character may begin something that counts.
    fn may_begin(&self, c: char) -> bool {
        match &self.open {
            Some(Open { inside: Inside::Cdata, .. }) => c == ']',
            _ => c == '<',
        }
    }

    /// Returns the kind of the held text.
    fn look(&self) -> Look {
        let held = self.held.as_str();
        let Some(open) = &self.open else {
            return match parse::split_tag(held) {
                Some((name, false, _)) if self.known(name).is_some() => Look::Tag,
                Some(_) => Look::Text,
                None if held.len() > 1 && held.ends_with('<') => Look::Text,
                None => Look::wait(held, true),
            };
        };
        if open.inside == Inside::Cdata {
            return match held {
                CDATA_END => Look::Tag,
                _ => {
                    if CDATA_END.starts_with(held) {
                        Look::Wait
                    } else {
                        Look::Text
                    }
                }
            };
        }
        if open.inside == Inside::Start && CDATA.starts_with(held) {
            return if held == CDATA { Look::Tag } else { Look::Wait };
        }
        if let Some((name, ..)) = parse::split_tag(held) {
            return if name == open.tag { Look::Tag } else { Look::Text };
        }
        let name = held.strip_prefix('<').unwrap_or_default();
        let name = name.strip_prefix('/').unwrap_or(name);
        let rest = name.strip_prefix(&*open.tag);
        let apart =
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', '/']));
        Look::wait(held, (open.tag.starts_with(name) || apart) && !name.contains('<'))
    }

    fn known(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    fn tag(&mut self, held: &str, pieces: &mut Vec<Piece>) {
        let Some(open) = &mut self.open else {
            if let Some((name, _, empty)) = parse::split_tag(held)
                && let Some(known) = self.known(name)
            {
                let (section, tag) = (Section::new(known), name.to_owned());
                if empty {
                    return section.end(pieces);
                }
                self.open = Some(Open { section, tag, depth: 1, closed: false, inside: Inside::Start });
            }
            return;
        };
        match parse::split_tag(held) {
            // Another section may follow, as in the usual spelling of `]]>` itself.
            None => open.inside = if held == CDATA { Inside::Cdata } else { Inside::Start },
            Some((_, true, _)) if open.depth == 1 => {
                if let Some(open) = self.open.take() {
                    open.section.end(pieces);
                }
            }
            Some((_, closing, empty)) => {
                open.closed |= closing;
                open.depth = if closing { open.depth - 1 } else { open.depth + usize::from(!empty) };
                held.chars().for_each(|c| self.text(c, pieces));
            }
        }
    }

    fn text(&mut self, c: char, pieces: &mut Vec<Piece>) {
        if let Some(open) = &mut self.open {
            if open.inside == Inside::Start && !c.is_whitespace() {
                open.inside = Inside::Text;
            }
            open.section.push(c, pieces);
        }
    }
}

/// A guess at the kind of a held text.
enum Look {
    /// Not clear yet.
    Wait,
    /// Text, but for its last character, which may begin a tag.
    Text,
    /// A tag that counts.
    Tag,
}

impl Look {
    fn wait(held: &str, may_be: bool) -> Self {
        if may_be && held.len() < LONGEST { Self::Wait } else { Self::Text }
    }
}

impl Splitter for XmlSplitter {
    fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        text.chars().for_each(|c| self.character(c, &mut pieces));
        pieces
    }

    fn end(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let held = std::mem::take(&mut self.held);
        held.chars().for_each(|c| self.text(c, &mut pieces));
        // A last field that was never closed may be whole all the same.
        let whole = |open: &Open| open.depth == 1 && !open.closed && open.inside != Inside::Cdata;
        if let Some(open) = self.open.take().filter(whole) {
            open.section.end(&mut pieces);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::split::tests::{events, in_chunks};

    fn splitter() -> XmlSplitter {
        XmlSplitter::new(["note", "tags", "size"])
    }

    #[test]
    fn fields_are_found_however_the_reply_is_cut() {
        let reply = "Sure <b>!</b>\n<note>\na < b && <i>c</i> <note>x</note> </not <tags> <\n</note>\n<Tags a=\"1\">[\"a\", \"</tag>\"]\
                     </Tags><size><![CDATA[ 3 ]] </size> ]]]]><![CDATA[>]]> </size> <<note/>";
        let mut expected = [
            "note += a < b && <i>c</i> <note>x</note> </not <tags> <",
            "note = a < b && <i>c</i> <note>x</note> </not <tags> <",
            "tags[0] = \"a\"",
            "tags[1] = \"</tag>\"",
            "tags += [\"a\", \"</tag>\"]",
            "tags = [\"a\", \"</tag>\"]",
            "size += 3 ]] </size> ]]>",
            "size = 3 ]] </size> ]]>",
            "note = ",
        ];
        expected.sort_unstable();
        for size in 1..reply.len() {
            let mut found = events(in_chunks(&mut splitter(), reply, size));
            found.sort();
            assert_eq!(found, expected, "chunks of {size}");
        }
    }

    #[test]
    fn only_what_may_be_its_tag_is_held_back() {
        let mut splitter = splitter();
        splitter.push("<note>");
        let text = |text: &str| vec![Piece::Text { field: "note".into(), text: text.into() }];
        assert_eq!(splitter.push("if a"), text("if a"));
        assert_eq!(splitter.push(" <"), vec![]);
        assert_eq!(splitter.push(" b"), text(" < b"));
        assert_eq!(splitter.push("</p>"), text("</p>"));
        assert_eq!(splitter.push("</no"), vec![]);
        assert_eq!(splitter.push("w>"), text("</now>"));
        let end = Piece::End { field: "note".into(), text: "if a < b</p></now>".into(), json: false };
        assert_eq!(splitter.push("</note>"), vec![end]);
    }

    #[test]
    fn a_field_that_is_never_closed_ends_with_the_reply() {
        let end = |reply| events(in_chunks(&mut splitter(), reply, 3));
        assert_eq!(end("<size>3 </si"), ["size = 3 </si", "size += 3 </si"]);
        assert_eq!(end("<note><note>a</note>"), ["note += <note>a</note>"]);
        assert!(end("</note><not>a</not>").is_empty());
    }
}
