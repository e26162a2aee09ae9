//! Reads JSON, and what looks like JSON, in one pass.
//!
//! Strict reading takes JSON and nothing else. Tolerant reading takes what models write in its
//! place, notes each thing that it repaired, and stops where more than one reading is left: at a
//! hole in a list, at quotes that do not pair up, at a string or list that is cut off.

mod ahead;
mod space;
mod string;
mod word;

use std::borrow::Cow;

use super::node::{Entry, Node};
use crate::repair::Repair;
pub(super) use space::{closes_unopened, stray};
use string::Place;
pub(in crate::parse) use word::is_number;

/// Brackets inside each other beyond this are an error: no type of a program needs them, and no
/// reply may decide how much stack a reader takes.
pub(super) const DEEPEST: usize = 128;

/// A value that was read, and where it ended.
#[derive(Debug)]
pub(super) struct Read<'a> {
    pub(super) node: Node<'a>,
    pub(super) end: usize,
    pub(super) repairs: Vec<Repair>,
}

/// The point where reading stopped, and the reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halt {
    pub(super) at: usize,
    pub(super) reason: &'static str,
    /// Tells whether a value had been read before: then this was no bracket in prose.
    pub(super) begun: bool,
}

/// Reads the one value that a text is.
pub(super) fn strict(text: &str) -> Result<Node<'_>, Halt> {
    let mut reader = Reader::new(text, 0, true);
    reader.space()?;
    let node = reader.value(Place::Top)?;
    reader.space()?;
    if reader.at == text.len() { Ok(node) } else { Err(reader.halt("there is more after the value")) }
}

/// Reads the value that starts at a byte, repairing what can be read in one way only.
pub(super) fn tolerant(text: &str, start: usize) -> Result<Read<'_>, Halt> {
    let mut reader = Reader::new(text, start, false);
    let node = reader.value(Place::Top)?;
    Ok(Read { node, end: reader.at, repairs: reader.repairs })
}

/// Returns whether a key and a colon stand at a byte.
pub(super) fn key_at(text: &str, at: usize) -> bool {
    let mut reader = Reader::new(text, at, false);
    reader.space().is_ok() && reader.key_follows(reader.at)
}

/// Returns whether a quote of any kind stands at a byte.
pub(super) fn quote_at(text: &str, at: usize) -> bool {
    Reader::new(text, at, false).quote().is_some()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    strict: bool,
    depth: usize,
    begun: bool,
    /// Tells whether the space passed last held a line break.
    line_break: bool,
    /// Tells whether a comma stood before the bracket that closed last.
    trailing_comma: bool,
    /// Tells whether a comment to the end of its line held a closing bracket that may have been meant as one.
    hidden: bool,
    repairs: Vec<Repair>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, at: usize, strict: bool) -> Self {
        Self {
            text,
            at,
            strict,
            depth: 0,
            begun: false,
            line_break: false,
            trailing_comma: false,
            hidden: false,
            repairs: Vec::new(),
        }
    }

    fn value(&mut self, place: Place) -> Result<Node<'a>, Halt> {
        let node = match self.byte(self.at) {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(|reader| reader.list(b']'))?,
            Some(b'(') if !self.strict => {
                let items = self.nested(|reader| reader.list(b')'))?;
                self.parenthesized(items)?
            }
            _ => match self.quote() {
                Some(quote) => Node::Text(self.string(quote, place)?),
                None => self.word(place)?,
            },
        };
        self.begun = true;
        Ok(node)
    }

    /// A tuple is a list; parentheses around one object or list are nothing, unless a comma makes it a tuple of one.
    fn parenthesized(&mut self, node: Node<'a>) -> Result<Node<'a>, Halt> {
        match node {
            Node::List(mut items)
                if !self.trailing_comma && matches!(items.as_slice(), [Node::Object(_) | Node::List(_)]) =>
            {
                self.mend(Repair::Parentheses)?;
                Ok(items.pop().unwrap_or(Node::Null))
            }
            node => self.mend(Repair::Python).map(|()| node),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Node<'a>, Halt>) -> Result<Node<'a>, Halt> {
        if self.depth == DEEPEST {
            self.begun = true;
            return Err(self.halt("it is nested deeper than 128 levels"));
        }
        self.depth += 1;
        self.at += 1;
        self.space()?;
        let node = read(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn list(&mut self, close: u8) -> Result<Node<'a>, Halt> {
        let mut items = Vec::new();
        if self.passed(close) {
            return Ok(Node::List(items));
        }
        loop {
            let item = self.value(Place::List(close))?;
            let delimited = !matches!(item, Node::Number(_) | Node::Word(_));
            items.push(item);
            if self.ends(close, delimited)? {
                return Ok(Node::List(items));
            }
            if self.mark(self.at).is_some_and(|(mark, _)| mark == b',') {
                return Err(self.halt("an item of a list is missing between two commas"));
            }
        }
    }

    fn object(&mut self) -> Result<Node<'a>, Halt> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        if self.passed(b'}') {
            return Ok(Node::Object(entries));
        }
        loop {
            let key = self.key()?;
            self.space()?;
            match self.mark(self.at) {
                Some((b':', width)) => self.at += width,
                Some((b'=', width)) => {
                    self.mend(Repair::Separator)?;
                    self.at += width;
                }
                _ if self.at == self.text.len() => return Err(self.cut()),
                _ => return Err(self.halt("a colon after a key is missing")),
            }
            self.space()?;
            let value = self.value(Place::Object)?;
            let delimited = !matches!(value, Node::Number(_) | Node::Word(_));
            entries.push((key, value));
            if self.ends(b'}', delimited)? {
                return Ok(Node::Object(entries));
            }
            while self.mark(self.at).is_some_and(|(mark, _)| mark == b',') {
                self.mend(Repair::Commas)?;
                self.at += 1;
                self.space()?;
            }
            if self.passed(b'}') {
                return Ok(Node::Object(entries));
            }
        }
    }

    fn key(&mut self) -> Result<Cow<'a, str>, Halt> {
        match self.quote() {
            Some(quote) => self.string(quote, Place::Key),
            None if self.strict => Err(self.halt("a key has no quotes")),
            None => self.bare_key().map(Cow::Borrowed),
        }
    }

    /// Passes what stands after an item: the end, or the comma before the next.
    fn ends(&mut self, close: u8, delimited: bool) -> Result<bool, Halt> {
        self.space()?;
        self.trailing_comma = false;
        if self.passed(close) {
            return Ok(true);
        }
        if let Some((b',', width)) = self.mark(self.at) {
            self.at += width;
            self.space()?;
            if self.at == self.text.len() {
                return Err(self.cut());
            }
            let trailing = self.byte(self.at) == Some(close);
            self.trailing_comma = trailing;
            if trailing {
                self.mend(Repair::Commas)?;
                self.at += 1;
            }
            return Ok(trailing);
        }
        if self.at == self.text.len() {
            if self.hidden {
                return Err(self.halt("a comment hides a closing bracket"));
            }
            self.mend(Repair::Unclosed)?;
            return Ok(true);
        }
        let opens = self.quote().is_some() || matches!(self.byte(self.at), Some(b'{' | b'['));
        if self.line_break && self.slice(self.at, self.text.len()).starts_with("```") {
            return Err(self.halt("a code fence stands inside brackets that are open"));
        }
        let pair = || close == b'}' && self.key_follows(self.at);
        if !self.strict && (self.line_break || (delimited && opens) || pair()) && !self.closes() {
            self.mend(Repair::Commas)?;
            return Ok(false);
        }
        Err(self.halt("a comma or a closing bracket is missing"))
    }

    fn closes(&self) -> bool {
        matches!(self.byte(self.at), Some(b'}' | b']' | b')'))
    }

    fn passed(&mut self, close: u8) -> bool {
        let here = self.byte(self.at) == Some(close);
        self.at += usize::from(here);
        here
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn mend(&mut self, repair: Repair) -> Result<(), Halt> {
        if self.strict {
            return Err(self.halt("it is not JSON"));
        }
        if !self.repairs.contains(&repair) {
            self.repairs.push(repair);
        }
        Ok(())
    }

    fn halt(&self, reason: &'static str) -> Halt {
        Halt { at: self.at, reason, begun: self.begun }
    }

    fn cut(&self) -> Halt {
        self.halt("it is cut off")
    }
}
