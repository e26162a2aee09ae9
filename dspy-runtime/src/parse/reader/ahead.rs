//! Looks ahead to tell the quote that ends a string from one inside it.
//!
//! In JSON a closing quote is always followed by a comma, a colon or a bracket, and the comma by
//! the next key or item. A quote that is not is text that lacks its backslash. Only a bounded part
//! of the text is looked at, so that reading stays linear; where that does not decide, the quote
//! ends the string, as in JSON.

use super::Reader;
use super::space::stray;
use super::string::Place;

/// The distance over which a key is looked for.
const REACH: usize = 256;

impl Reader<'_> {
    /// Returns whether the quote before a byte ends the string. `inside` says that another one stands open
    /// in it.
    pub(super) fn string_ends(&self, after: usize, place: Place, inside: bool) -> bool {
        let (at, line_break) = self.skip(after);
        let Some(next) = self.byte(at) else { return true };
        let mark = self.mark(at);
        let comma = mark.filter(|(mark, _)| *mark == b',').map(|(_, width)| at + width);
        match place {
            Place::Top => false,
            Place::Key => matches!(mark, Some((b':' | b'=', _))),
            Place::Object => {
                let again = line_break || self.quote_at(at).is_some();
                (next == b'}' && !(inside && self.quoted_on(at)))
                    || comma.is_some_and(|after| self.key_after_comma(after))
                    || self.comment_at(at)
                    || (again && self.key_follows(at))
            }
            Place::List(close) => {
                let again = line_break || self.quote_at(at).is_some();
                (next == close && !(inside && self.quoted_on(at)))
                    // Where no other quote is open in the string, none can close before a comma.
                    || comma.is_some_and(|after| !inside || self.item_follows(after, close))
                    || self.comment_at(at)
                    || (again && self.item_follows(at, close))
            }
        }
    }

    /// Returns whether what follows would make a string a key.
    pub(super) fn colon_follows(&self, after: usize) -> bool {
        matches!(self.mark(self.skip(after).0), Some((b':', _)))
    }

    /// Returns whether a comma follows.
    pub(super) fn comma_follows(&self, after: usize) -> bool {
        matches!(self.mark(self.skip(after).0), Some((b',', _)))
    }

    /// Returns whether a quote stands right after a bracket, as in code: nothing in JSON does.
    fn quoted_on(&self, at: usize) -> bool {
        matches!(self.byte(at + 1), Some(b'"'))
    }

    /// Returns whether a key and its colon stand at a byte.
    pub(super) fn key_follows(&self, at: usize) -> bool {
        let Some(quote) = self.quote_at(at) else { return self.bare_key_follows(at) };
        let mut end = at + quote.width;
        while end < at + REACH {
            let Some(c) = self.char_at(end) else { return true };
            end += c.len_utf8();
            if c == '\\' {
                end += self.char_at(end).map_or(0, char::len_utf8);
            } else if quote.closers.contains(&c) {
                let (next, _) = self.skip(end);
                return next >= self.text.len() || matches!(self.mark(next), Some((b':' | b'=', _)));
            }
        }
        true
    }

    fn bare_key_follows(&self, at: usize) -> bool {
        let rest = self.slice(at, self.text.len());
        let mut chars = rest.char_indices().take(64);
        if !rest.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            return false;
        }
        let end = chars.find(|(_, c)| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '$' | '.' | ' '));
        end.is_some_and(|(end, _)| matches!(self.mark(at + end), Some((b':' | b'=', _))))
    }

    fn key_after_comma(&self, after: usize) -> bool {
        let (at, _) = self.skip(after);
        match self.byte(at) {
            None | Some(b'}' | b',') => true,
            Some(_) => self.comment_at(at) || self.key_follows(at),
        }
    }

    fn item_follows(&self, after: usize, close: u8) -> bool {
        let (at, _) = self.skip(after);
        let Some(next) = self.byte(at) else { return true };
        let literal = || {
            let rest = self.slice(at, self.text.len());
            ["true", "false", "null", "True", "False", "None"].iter().any(|word| rest.starts_with(word))
        };
        next == close
            || matches!(next, b'{' | b'[' | b'(' | b'0'..=b'9' | b'-' | b'+' | b'.' | b',')
            || self.quote_at(at).is_some()
            || self.comment_at(at)
            || literal()
    }

    /// Returns the end of the space, and whether it held a line break.
    fn skip(&self, from: usize) -> (usize, bool) {
        let rest = self.slice(from, self.text.len());
        let end = rest.find(|c| !stray(c)).unwrap_or(rest.len());
        let line_break = rest.as_bytes().get(..end).is_some_and(|space| space.contains(&b'\n'));
        (from + end, line_break)
    }
}
