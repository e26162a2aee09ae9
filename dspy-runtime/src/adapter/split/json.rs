//! A JSON object that arrives in pieces.

use super::value::Value;
use super::{Piece, Splitter, join};

/// Finds the keys of the first JSON object of a reply and follows their values.
#[derive(Debug, Default)]
pub struct JsonSplitter {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    /// Before the object.
    #[default]
    Before,
    /// Inside the object, outside of keys and values.
    Between,
    /// Inside the quotes of a key.
    Key { text: String, escaped: bool },
    /// After a key.
    Colon(String),
    /// At a value: its key, its text, how it nests, and the string that it stands for, if it is one.
    Value { key: String, text: String, value: Value, string: Option<Unescape> },
    /// After the object.
    After,
}

impl JsonSplitter {
    /// Starts with the beginning of a reply.
    pub fn new() -> Self {
        Self::default()
    }

    fn character(&mut self, c: char, pieces: &mut Vec<Piece>) {
        self.state = match std::mem::take(&mut self.state) {
            State::Before if c == '{' => State::Between,
            State::Between if c == '"' => State::Key { text: String::new(), escaped: false },
            State::Between if c == '}' => State::After,
            State::Key { text, escaped: false } if c == '"' => State::Colon(text),
            State::Key { mut text, escaped } => {
                text.push(c);
                State::Key { text, escaped: !escaped && c == '\\' }
            }
            State::Colon(key) if c == ':' => {
                State::Value { key, text: String::new(), value: Value::default(), string: None }
            }
            State::Value { key, text, value, .. } if !value.is_open() && (c == ',' || c == '}') => {
                pieces.push(Piece::End { field: key, text: text.trim().to_owned(), json: true });
                if c == '}' { State::After } else { State::Between }
            }
            State::Value { key, text, value, string } => Self::value(c, (key, text, value, string), pieces),
            other => other,
        };
    }

    fn value(c: char, at: (String, String, Value, Option<Unescape>), pieces: &mut Vec<Piece>) -> State {
        let (key, mut text, mut value, mut string) = at;
        if text.is_empty() && c.is_whitespace() {
            return State::Value { key, text, value, string };
        }
        match &mut string {
            Some(string) if value.is_quoted() => {
                if let Some(more) = string.push(c) {
                    join(pieces, &key, more.encode_utf8(&mut [0; 4]));
                }
            }
            Some(_) => {}
            None if text.is_empty() && c == '"' => string = Some(Unescape::default()),
            None => join(pieces, &key, c.encode_utf8(&mut [0; 4])),
        }
        text.push(c);
        if let Some((index, text)) = value.push(c) {
            pieces.push(Piece::Item { field: key.clone(), index, text });
        }
        State::Value { key, text, value, string }
    }
}

/// The characters that the inside of a JSON string stands for.
#[derive(Debug, Default)]
struct Unescape {
    escape: Option<String>,
    /// The first half of a pair of `\u` escapes.
    high: Option<u16>,
}

impl Unescape {
    fn push(&mut self, c: char) -> Option<char> {
        let Some(escape) = &mut self.escape else {
            match c {
                '\\' => self.escape = Some(String::new()),
                '"' => {}
                other => return Some(other),
            }
            return None;
        };
        escape.push(c);
        let simple = match escape.as_str() {
            "n" => '\n',
            "t" => '\t',
            "r" => '\r',
            "b" => '\u{8}',
            "f" => '\u{c}',
            long if long.starts_with('u') && long.len() < 5 => return None,
            long if long.starts_with('u') => {
                let unit = u16::from_str_radix(&long[1..], 16).ok();
                self.escape = None;
                return self.unit(unit?);
            }
            _ => c,
        };
        self.escape = None;
        Some(simple)
    }

    fn unit(&mut self, unit: u16) -> Option<char> {
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return None;
        }
        let units = self.high.take().into_iter().chain([unit]);
        char::decode_utf16(units).last().and_then(Result::ok)
    }
}

impl Splitter for JsonSplitter {
    fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        text.chars().for_each(|c| self.character(c, &mut pieces));
        pieces
    }

    fn end(&mut self) -> Vec<Piece> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::split::tests::{events, in_chunks};

    #[test]
    fn fields_are_found_however_the_reply_is_cut() {
        let reply = r#"```json
            {"note": "a \"quoted\" \u00e9 \ud83d\ude00,\n}", "tags": ["x", ["y"]], "size": -3.5, "inner": {"a": "}"}, "none": null}
            ``` {"note": "later"}"#;
        let mut expected = [
            "note += a \"quoted\" é 😀,\n}".to_owned(),
            r#"note = "a \"quoted\" \u00e9 \ud83d\ude00,\n}""#.to_owned(),
            "tags[0] = \"x\"".to_owned(),
            "tags[1] = [\"y\"]".to_owned(),
            "tags += [\"x\", [\"y\"]]".to_owned(),
            "tags = [\"x\", [\"y\"]]".to_owned(),
            "size += -3.5".to_owned(),
            "size = -3.5".to_owned(),
            "inner += {\"a\": \"}\"}".to_owned(),
            "inner = {\"a\": \"}\"}".to_owned(),
            "none += null".to_owned(),
            "none = null".to_owned(),
        ];
        expected.sort();
        for size in 1..reply.chars().count() {
            let mut found = events(in_chunks(&mut JsonSplitter::new(), reply, size));
            found.sort();
            assert_eq!(found, expected, "chunks of {size}");
        }
    }

    #[test]
    fn broken_text_never_panics_and_a_lone_half_is_left_out() {
        let pieces = in_chunks(&mut JsonSplitter::new(), "{\"a\": \"\\ud83d x\\uzzzz\\u00", 1);
        assert_eq!(events(pieces), ["a +=  x"]);
        for text in ["{", "{\"", "{\"a\"", "{\"a\":", "}{", "[[]", "{\"a\": [1,"] {
            in_chunks(&mut JsonSplitter::new(), text, 1);
        }
    }
}
