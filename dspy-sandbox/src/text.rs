//! Texts: by characters, as programs count them.

use std::ops::Deref;
use std::rc::Rc;

use super::memory::{self, Charge};
use super::stop::Run;

/// A text that knows how many characters it has.
pub struct Text {
    text: Box<str>,
    chars: usize,
    _charge: Charge,
}

impl Text {
    pub fn new(text: impl AsRef<str>) -> Run<Rc<Self>> {
        // There must be room before the copy is made.
        memory::room(text.as_ref().len())?;
        Self::taken(text.as_ref().to_owned())
    }

    /// A text that is there already.
    pub fn taken(text: String) -> Run<Rc<Self>> {
        let charge = Charge::new(text.len() + 48)?;
        let chars = text.chars().count();
        Ok(Rc::new(Self { text: text.into_boxed_str(), chars, _charge: charge }))
    }

    pub fn chars_count(&self) -> usize {
        self.chars
    }

    pub fn is_ascii(&self) -> bool {
        self.chars == self.text.len()
    }

    /// The byte at which the character of this number begins, or the end.
    pub fn byte_at(&self, char: usize) -> usize {
        if self.is_ascii() {
            return char.min(self.text.len());
        }
        self.text.char_indices().nth(char).map_or(self.text.len(), |(at, _)| at)
    }

    /// The number of the character that begins at this byte.
    pub fn char_at(&self, byte: usize) -> usize {
        if self.is_ascii() {
            byte
        } else {
            self.text.get(..byte).map_or(self.chars, |text| text.chars().count())
        }
    }

    /// The characters from one number up to another.
    pub fn between(&self, from: usize, to: usize) -> &str {
        let (from, to) = (self.byte_at(from), self.byte_at(to.max(from)));
        self.text.get(from..to).unwrap_or_default()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// A text as programs write it, in quotes.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || (0x7f..0xa0).contains(&(c as u32)) => {
                out.push_str(&format!("\\x{:02x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A number with a fraction, in the shortest form that is read back as the same.
pub fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{number}");
    if text.contains('.') { text } else { text + ".0" }
}
