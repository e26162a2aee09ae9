//! Amazon's event streams, as Bedrock streams replies.
//!
//! Wire: <https://smithy.io/2.0/aws/amazon-eventstream.html>. Each message has its length and its checksums, so that one
//! that was cut or changed on its way is never read.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::{HeaderValue, Message};
use bytes::BytesMut;
use serde_json::{Map, Value};

use super::sse::Event;

/// More bytes than any message has; a length beyond it is none.
const LARGEST: usize = 32 << 20;

/// Collects bytes and returns each message that is whole, as an event whose data is the payload under its name.
#[derive(Debug, Default)]
pub(super) struct Frames {
    decoder: MessageFrameDecoder,
    buffer: BytesMut,
    /// Nothing after a message that is broken can be read.
    is_broken: bool,
}

impl Frames {
    /// The events that these bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut whole = Vec::new();
        self.buffer.extend_from_slice(bytes);
        while !self.is_broken {
            let event = match self.decoder.decode_frame(&mut self.buffer) {
                Ok(DecodedFrame::Complete(message)) => event(&message),
                Ok(DecodedFrame::Incomplete) if self.buffer.len() <= LARGEST => break,
                Ok(DecodedFrame::Incomplete) => Some(broken("has no end")),
                Err(_) => Some(broken("is damaged")),
            };
            self.is_broken = matches!(event, Some(Event::Broken(_)));
            whole.extend(event);
        }
        whole
    }
}

fn broken(what: &str) -> Event {
    Event::Broken(format!("a message of its event stream {what}"))
}

fn event(message: &Message) -> Option<Event> {
    let header = |name: &str| {
        let found = message.headers().iter().find(|header| header.name().as_str() == name)?;
        match found.value() {
            HeaderValue::String(text) => Some(text.as_str()),
            _ => None,
        }
    };
    let payload = || serde_json::from_slice::<Value>(message.payload()).ok();
    match header(":message-type") {
        Some("event") => {
            // An event that has no name is none that we know.
            let name = header(":event-type")?;
            let Some(payload) = payload() else { return Some(broken("has no JSON in it")) };
            Some(Event::Data(Value::from_iter([(name, payload)]).to_string()))
        }
        Some("exception") => {
            let mut said = match payload() {
                Some(Value::Object(said)) => said,
                _ => Map::new(),
            };
            said.insert("code".to_owned(), header(":exception-type").unwrap_or_default().into());
            Some(Event::Error(said.into()))
        }
        Some("error") => {
            let word = |name| Value::from(header(name).unwrap_or_default());
            let said = [("code", word(":error-code")), ("message", word(":error-message"))];
            Some(Event::Error(said.into_iter().collect()))
        }
        _ => Some(broken("is of no known type")),
    }
}
