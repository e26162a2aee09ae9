//! The smallest reader of JSON: a crate that everything waits for while it compiles has few
//! dependencies.

use std::iter::Peekable;
use std::str::CharIndices;

/// A JSON value. A number stays the text that it is.
#[derive(Debug, PartialEq)]
pub(super) enum Json {
    /// A number, `true`, `false` or `null`.
    Bare(String),
    Text(String),
    List(Vec<Json>),
    /// In the order of the file.
    Map(Vec<(String, Json)>),
}

impl Json {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The keys of a map, in order.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        match self {
            Self::Map(entries) => Some(entries.iter().map(|(name, _)| name.clone()).collect()),
            _ => None,
        }
    }
}

/// Reads a whole text, or says in which line it is not JSON.
pub(super) fn read(text: &str) -> Result<Json, String> {
    let mut reader = Reader { text, chars: text.char_indices().peekable(), depth: 0 };
    let value = reader.value().and_then(|value| match reader.next() {
        None => Some(value),
        Some(_) => None,
    });
    value.ok_or_else(|| {
        let at = reader.chars.peek().map_or(text.len(), |(at, _)| *at);
        let line = text.get(..at).unwrap_or(text).lines().count().max(1);
        match reader.chars.peek() {
            Some(_) => format!("it is not JSON at line {line}"),
            None => format!("it ends too early, at line {line}; it is not whole"),
        }
    })
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Json> {
        // A file that nests deeper is no artifact, and must not overflow the compiler's stack.
        self.depth += 1;
        let value = match self.next_if_within(128)? {
            '"' => self.string().map(Json::Text),
            '[' => self.list(),
            '{' => self.map(),
            c if c.is_ascii_alphanumeric() || c == '-' => self.bare(c),
            _ => None,
        };
        self.depth -= 1;
        value
    }

    fn next_if_within(&mut self, depth: usize) -> Option<char> {
        if self.depth > depth { None } else { self.next() }
    }

    /// The next character that is no space.
    fn next(&mut self) -> Option<char> {
        while self.chars.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
        self.chars.next().map(|(_, c)| c)
    }

    fn peek(&mut self) -> Option<char> {
        while self.chars.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
        self.chars.peek().map(|(_, c)| *c)
    }

    fn list(&mut self) -> Option<Json> {
        let mut items = Vec::new();
        if self.peek()? == ']' {
            self.next();
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            match self.next()? {
                ',' => {}
                ']' => return Some(Json::List(items)),
                _ => return None,
            }
        }
    }

    fn map(&mut self) -> Option<Json> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        if self.peek()? == '}' {
            self.next();
            return Some(Json::Map(entries));
        }
        loop {
            let name = if self.next()? == '"' { self.string()? } else { return None };
            if self.next()? != ':' || entries.iter().any(|(other, _)| *other == name) {
                return None;
            }
            entries.push((name, self.value()?));
            match self.next()? {
                ',' => {}
                '}' => return Some(Json::Map(entries)),
                _ => return None,
            }
        }
    }

    fn bare(&mut self, first: char) -> Option<Json> {
        let mut text = String::from(first);
        while let Some((_, c)) =
            self.chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))
        {
            text.push(c);
        }
        let known = ["true", "false", "null"].contains(&text.as_str());
        (known || text.parse::<f64>().is_ok_and(f64::is_finite)).then_some(Json::Bare(text))
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let (_, char) = self.chars.next()?;
            match char {
                '"' => return Some(text),
                '\\' => {
                    let (_, escape) = self.chars.next()?;
                    text.push(match escape {
                        '"' | '\\' | '/' => escape,
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => self.unicode()?,
                        _ => return None,
                    });
                }
                char if char < ' ' => return None,
                char => text.push(char),
            }
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high);
        }
        let pair = self.chars.next()?.1 == '\\' && self.chars.next()?.1 == 'u';
        let low = self.hex().filter(|low| pair && (0xDC00..0xE000).contains(low))?;
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    fn hex(&mut self) -> Option<u32> {
        let start = self.chars.peek()?.0;
        for _ in 0..4 {
            self.chars.next_if(|(_, c)| c.is_ascii_hexdigit())?;
        }
        u32::from_str_radix(self.text.get(start..start + 4)?, 16).ok()
    }
}
