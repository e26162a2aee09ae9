//! Escapes inside strings.

use super::{Halt, Reader};
use crate::repair::Repair;

impl Reader<'_> {
    /// Reads an escape: its character, or the backslash and the character after it where JSON has no
    /// such escape and other languages let the two stand for themselves, as in `\d`.
    pub(super) fn escape(&mut self) -> Result<(char, Option<char>), Halt> {
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
