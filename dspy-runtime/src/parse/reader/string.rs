//! Strings in quotes of every kind, and the escapes in them.

use std::borrow::Cow;

use super::{Halt, Reader, stray};
use crate::parse::text::is_info;
use crate::repair::Repair;

/// An opening quote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    pub(super) width: usize,
    /// The characters that may close it.
    pub(super) closers: &'static [char],
    /// Tells whether three of them in a row open and close it.
    pub(super) triple: bool,
}

/// The place of a string, which decides what may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    Key,
    Object,
    /// In a list that this bracket closes.
    List(u8),
}

/// The quotes inside a string that lack their backslash.
struct Inner {
    count: usize,
    /// The beginning of the text after the last of them.
    from: usize,
}

const NO_PARTNER: &str = "a quote inside a string has no partner";
const PARTED: &str = "quotes inside a string may part it into several";

impl<'a> Reader<'a> {
    /// The quote that opens here.
    pub(super) fn quote(&self) -> Option<Quote> {
        self.quote_at(self.at)
    }

    pub(super) fn quote_at(&self, at: usize) -> Option<Quote> {
        let byte = self.byte(at)?;
        if self.strict {
            return (byte == b'"').then_some(Quote { width: 1, closers: &['"'], triple: false });
        }
        let (width, closers): (usize, &[char]) = match byte {
            b'"' => (1, &['"']),
            b'\'' => (1, &['\'']),
            b'`' => (1, &['`']),
            128.. => match self.char_at(at)? {
                '“' | '”' | '„' | '‟' => (3, &['”', '“', '‟', '"']),
                '‘' | '’' | '‚' | '‛' => (3, &['’', '‘', '‛', '\'']),
                '＂' => (3, &['＂']),
                '«' => (2, &['»']),
                '‹' => (3, &['›']),
                '「' => (3, &['」']),
                '『' => (3, &['』']),
                _ => return None,
            },
            _ => return None,
        };
        let three = self.byte(at + 1) == Some(byte) && self.byte(at + 2) == Some(byte);
        let triple = width == 1 && three;
        Some(Quote { width: if triple { 3 } else { width }, closers, triple })
    }

    /// Reads the string that a quote opens.
    pub(super) fn string(&mut self, quote: Quote, place: Place) -> Result<Cow<'a, str>, Halt> {
        if quote.closers != ['"'] {
            self.mend(Repair::QuoteStyle)?;
        }
        self.at += quote.width;
        if quote.triple {
            self.mend(Repair::QuoteStyle)?;
            return self.block(quote).map(Cow::Borrowed);
        }
        let mut built: Option<String> = None;
        let mut from = self.at;
        let mut inner = Inner { count: 0, from };
        loop {
            self.plain(quote);
            match self.byte(self.at) {
                None => return Err(self.cut()),
                Some(b'\\') => {
                    let before = self.slice(from, self.at);
                    let (c, second) = self.escape()?;
                    let text = built.get_or_insert_default();
                    text.push_str(before);
                    text.push(c);
                    text.extend(second);
                    from = self.at;
                }
                // Text that is quoted in a line is closed in it.
                Some(b'\n') if inner.is_open() => return Err(self.halt(NO_PARTNER)),
                Some(0..32) => {
                    self.mend(Repair::RawControl)?;
                    self.at += 1;
                }
                Some(_) => {
                    let Some(c) = self.char_at(self.at) else { return Err(self.cut()) };
                    let after = self.at + c.len_utf8();
                    if !quote.closers.contains(&c) {
                        self.at = after;
                    } else if self.strict || self.string_ends(after, place, inner.is_open()) {
                        if inner.is_open() {
                            return Err(self.halt(NO_PARTNER));
                        }
                        let last = self.slice(from, self.at);
                        self.at = after;
                        return Ok(match built {
                            Some(text) => Cow::Owned(text + last),
                            None => Cow::Borrowed(last),
                        });
                    } else {
                        self.inner_quote(c, after, place, &mut inner)?;
                    }
                }
            }
        }
    }

    /// Passes a quote that is part of the text, where it cannot be the end of one string before another.
    fn inner_quote(&mut self, c: char, after: usize, place: Place, inner: &mut Inner) -> Result<(), Halt> {
        if self.colon_follows(after) {
            return Err(self.halt("a string does not end before the next key"));
        }
        if place == Place::Key {
            return Err(self.halt("a colon after a key is missing"));
        }
        if !inner.is_open() && self.comma_follows(after) {
            return Err(self.halt(PARTED));
        }
        self.mend(Repair::InnerQuotes)?;
        if !self.is_apostrophe(c) {
            // What stands between two strings is signs alone, or words that join them.
            let signs = inner.is_open() && !self.slice(inner.from, self.at).contains(char::is_alphanumeric);
            if signs || (!inner.is_open() && self.seems_to_close(c, inner, after)) {
                return Err(self.halt(PARTED));
            }
            inner.count += 1;
            inner.from = after;
        }
        self.at = after;
        Ok(())
    }

    /// Tells whether a quote that would open text inside a string stands as one does that closes: right after a word, or
    /// before space. Then the string may have ended, as in `"a" or "b"` and `"Hello " + name + "!"`.
    fn seems_to_close(&self, c: char, inner: &Inner, after: usize) -> bool {
        if matches!(c, '“' | '„' | '‘' | '‚') {
            return false;
        }
        let before = self.slice(inner.from, self.at).chars().next_back();
        before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '!' | '?' | ';' | ')' | '%'))
            || self.char_at(after).is_none_or(stray)
    }

    /// Passes characters that mean nothing in a string.
    fn plain(&mut self, quote: Quote) {
        let wide = quote.closers.iter().any(|closer| !closer.is_ascii());
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let stops = |byte: &u8| match byte {
            b'\\' | 0..32 => true,
            128.. => wide,
            byte => quote.closers.contains(&char::from(*byte)),
        };
        self.at += rest.iter().position(stops).unwrap_or(rest.len());
    }

    /// Returns whether the quote here stands inside a word, as in `it's`.
    fn is_apostrophe(&self, c: char) -> bool {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        matches!(c, '\'' | '’')
            && letter(self.slice(0, self.at).chars().next_back())
            && letter(self.char_at(self.at + c.len_utf8()))
    }

    /// Reads to the next three quotes. Backticks are a code fence: the word after the opening ones and
    /// the line breaks next to the fence are no part of the text.
    fn block(&mut self, quote: Quote) -> Result<&'a str, Halt> {
        let from = self.at;
        let fence = match quote.closers {
            ['"'] => "\"\"\"",
            ['\''] => "'''",
            _ => "```",
        };
        let Some(end) = self.slice(from, self.text.len()).find(fence) else {
            self.at = self.text.len();
            return Err(self.cut());
        };
        self.at = from + end + 3;
        let text = self.slice(from, from + end);
        if fence != "```" {
            return Ok(text);
        }
        let body = match text.split_once('\n') {
            Some((info, body)) if is_info(info) => body,
            Some(_) => {
                return Err(self.halt("the first line after a fence may be a language or a part of the text"));
            }
            None => text,
        };
        let body = body.strip_suffix('\n').unwrap_or(body);
        Ok(body.strip_suffix('\r').unwrap_or(body))
    }

    /// Reads an escape: its character, or the backslash and the character after it where JSON has no
    /// such escape and other languages let the two stand for themselves, as in `\d`.
    fn escape(&mut self) -> Result<(char, Option<char>), Halt> {
        let Some(escaped) = self.char_at(self.at + 1) else {
            self.at = self.text.len();
            return Err(self.cut());
        };
        let plain = match escaped {
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode().map(|c| (c, None)),
            '\'' | '`' => {
                self.mend(Repair::Escape)?;
                escaped
            }
            // These mean different things in different languages.
            '0'..='9' | 'x' | 'U' | 'N' | 'v' | 'a' | '\n' | '\r' => {
                return Err(self.halt("an escape in a string is not of JSON"));
            }
            _ => {
                self.mend(Repair::Escape)?;
                self.at += 1 + escaped.len_utf8();
                return Ok(('\\', Some(escaped)));
            }
        };
        self.at += 2;
        Ok((plain, None))
    }

    fn unicode(&mut self) -> Result<char, Halt> {
        let high = self.unit()?;
        if !(0xd800..=0xdfff).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.halt("an escape in a string is no character"));
        }
        let paired = self.byte(self.at) == Some(b'\\') && self.byte(self.at + 1) == Some(b'u');
        let low = if paired { self.unit()? } else { 0 };
        if high > 0xdbff || !(0xdc00..=0xdfff).contains(&low) {
            return Err(self.halt("half a surrogate pair stands in a string"));
        }
        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        char::from_u32(code).ok_or_else(|| self.halt("an escape in a string is no character"))
    }

    /// Reads `\u` and four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Halt> {
        let digits = self.slice(self.at + 2, self.at + 6);
        let whole = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let unit = u32::from_str_radix(digits, 16).ok().filter(|_| whole);
        let unit = unit.ok_or_else(|| self.halt("a `\\u` in a string lacks its four digits"))?;
        self.at += 6;
        Ok(unit)
    }
}

impl Inner {
    fn is_open(&self) -> bool {
        self.count % 2 == 1
    }
}
