//! Server-sent events, as providers stream replies.
//!
//! Wire: <https://html.spec.whatwg.org/multipage/server-sent-events.html>. Providers use the `data` field, and `event`
//! only to say once more what the data say, except where that is `error`. Some servers have a field of that name.

use serde_json::{Value, json};

/// Something that a stream brings.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    /// The data of an event.
    Data(String),
    /// The error, in the provider's words.
    Error(Value),
    /// Something that cannot be read, and the reason.
    Broken(String),
}

/// Collects bytes and returns each event that is whole.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The part of a line that is not whole yet.
    line: Vec<u8>,
    /// The data lines of the event that is not whole yet.
    data: Vec<String>,
    /// Tells whether it is one of an error.
    is_error: bool,
}

impl Events {
    /// The events that these bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut whole = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            whole.extend(self.line(&line));
        }
        self.line.extend_from_slice(rest);
        whole
    }

    fn line(&mut self, line: &[u8]) -> Option<Event> {
        let Ok(line) = std::str::from_utf8(line) else {
            return Some(Event::Broken("its stream is not UTF-8".to_owned()));
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            let (data, is_error) = (std::mem::take(&mut self.data), std::mem::take(&mut self.is_error));
            let data = data.join("\n");
            // Some servers keep a connection open with events of nothing.
            return match (data.trim().is_empty(), is_error) {
                (true, _) => None,
                (false, true) => Some(Event::Error(said(&data))),
                (false, false) => Some(Event::Data(data)),
            };
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.data.push(value.to_owned()),
            "event" => self.is_error = value.trim() == "error",
            // llama.cpp's server, until 2025: a line that no event needs to end.
            "error" => return Some(Event::Error(said(value))),
            _ => {}
        }
        None
    }
}

/// Reads the text of an error, as JSON or in words.
fn said(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({"message": text.trim()}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(text: &[u8], size: usize) -> Vec<Event> {
        let mut events = Events::default();
        text.chunks(size).flat_map(|bytes| events.push(bytes)).collect()
    }

    #[test]
    fn events_come_whole_however_the_bytes_are_cut() {
        let text = ": ping\r\ndata: {\"a\":\ndata: \"é\"}\n\nevent: x\ndata:[DONE]\n\n\n\ndata: cut";
        let data = |text: &str| Event::Data(text.to_owned());
        for size in 1..text.len() {
            let found = in_pieces(text.as_bytes(), size);
            assert_eq!(found, [data("{\"a\":\n\"é\"}"), data("[DONE]")], "chunks of {size}");
        }
    }

    #[test]
    fn events_of_nothing_are_none() {
        for text in
            ["data:\n\n", "data: \n\n", ": ping\n\ndata:\n\n", "data\n\n", "event: ping\ndata: \r\n\r\n"]
        {
            assert_eq!(in_pieces(text.as_bytes(), 3), [], "{text:?}");
        }
    }

    #[test]
    fn errors_are_told_by_their_field_or_their_event() {
        let busy = || vec![Event::Error(json!({"code": 503, "message": "busy"}))];
        for text in [
            "error: {\"code\": 503, \"message\": \"busy\"}\n",
            "error:{\"code\": 503, \"message\": \"busy\"}\n\n",
            "event: error\ndata: {\"code\": 503, \"message\": \"busy\"}\n\n",
        ] {
            assert_eq!(in_pieces(text.as_bytes(), 7), busy(), "{text:?}");
        }
        assert_eq!(in_pieces(b"error: busy\n", 7), [Event::Error(json!({"message": "busy"}))]);
    }

    #[test]
    fn what_is_no_text_is_not_guessed() {
        let [Event::Broken(why)] = &in_pieces(b"data: \xff\n\n", 7)[..] else { panic!("it is read") };
        assert_eq!(why, "its stream is not UTF-8");
    }
}
