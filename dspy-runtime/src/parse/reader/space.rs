//! Passes what stands between tokens.

use super::{Halt, Reader};
use crate::repair::Repair;

/// Returns whether a character is nothing: space of any kind, a byte order mark, NUL.
pub(crate) fn stray(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '\u{200b}' | '\u{2060}' | '\u{180e}')
}

/// Tells whether a character that is not seen may be passed between tokens, where no text is that it could belong to.
fn unseen(c: char) -> bool {
    stray(c) || matches!(c, '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{2061}'..='\u{2064}')
}

/// Tells whether a bracket closes in a text that nothing in it opened.
pub(in crate::parse) fn closes_unopened(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| match byte {
        b'{' | b'[' => {
            depth += 1;
            false
        }
        b'}' | b']' if depth == 0 => true,
        b'}' | b']' => {
            depth -= 1;
            false
        }
        _ => false,
    })
}

impl Reader<'_> {
    pub(super) fn space(&mut self) -> Result<(), Halt> {
        self.line_break = false;
        loop {
            match self.byte(self.at) {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\n' | b'\r') => {
                    self.line_break = true;
                    self.at += 1;
                }
                Some(b'/' | b'#') if !self.strict && self.comment_at(self.at) => self.comment()?,
                Some(0..=31 | 128..) if !self.strict => match self.char_at(self.at).filter(|c| unseen(*c)) {
                    Some(c) => {
                        self.mend(Repair::StrayCharacters)?;
                        self.at += c.len_utf8();
                    }
                    None => return Ok(()),
                },
                _ => return Ok(()),
            }
        }
    }

    /// Returns whether a comment begins at a byte. `#fff` or `#1` is none: it may be a value without quotes.
    pub(super) fn comment_at(&self, at: usize) -> bool {
        match self.byte(at) {
            Some(b'#') => self.byte(at + 1).is_none_or(|next| next.is_ascii_whitespace() || next == b'#'),
            Some(b'/') => matches!(self.byte(at + 1), Some(b'/' | b'*')),
            _ => false,
        }
    }

    fn comment(&mut self) -> Result<(), Halt> {
        self.mend(Repair::Comments)?;
        let rest = self.slice(self.at, self.text.len());
        if let Some(block) = rest.strip_prefix("/*") {
            match block.find("*/") {
                Some(end) => self.at += end + 4,
                None => {
                    self.at = self.text.len();
                    return Err(self.cut());
                }
            }
            return Ok(());
        }
        let end = rest.find('\n').unwrap_or(rest.len());
        self.at += end;
        if self.depth > 0 {
            // With the text over, the comment took the closing brackets with it, and whatever stood before them.
            if end == rest.len() {
                return Err(self.cut());
            }
            self.hidden |= rest.get(..end).is_some_and(closes_unopened);
        }
        Ok(())
    }

    /// The structural character at a byte and its width, with those of full width that stand between
    /// CJK text.
    pub(super) fn mark(&self, at: usize) -> Option<(u8, usize)> {
        let byte = self.byte(at)?;
        match byte {
            b',' | b':' => Some((byte, 1)),
            b'=' if !self.strict => Some((byte, if self.byte(at + 1) == Some(b'>') { 2 } else { 1 })),
            128.. if !self.strict => match self.char_at(at)? {
                '，' | '、' => Some((b',', 3)),
                '：' => Some((b':', 3)),
                _ => None,
            },
            _ => None,
        }
    }
}
