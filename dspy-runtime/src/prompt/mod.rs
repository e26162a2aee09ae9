//! What is said to a model, and in which form it is to reply.

mod message;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

pub use message::{Author, Content, Message, Part};

use crate::media::Media;
use crate::signature::JsonFormat;

/// The messages of a call: a fixed beginning that calls share, and what is of this call alone.
#[derive(Clone, Debug)]
pub struct Messages {
    fixed: Arc<[Message]>,
    own: Vec<Message>,
}

impl Messages {
    /// Puts the shared beginning and the messages of one call together.
    pub fn new(fixed: Arc<[Message]>, own: Vec<Message>) -> Self {
        Self { fixed, own }
    }

    /// Adds a message at the end.
    pub fn push(&mut self, message: Message) {
        self.own.push(message);
    }

    /// All messages in order.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.fixed.iter().chain(&self.own)
    }

    /// What all messages show beside text.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        self.iter().flat_map(Message::media)
    }

    /// The beginning that is the same for every call of a predictor in one state.
    pub fn fixed(&self) -> &Arc<[Message]> {
        &self.fixed
    }
}

impl From<Vec<Message>> for Messages {
    fn from(own: Vec<Message>) -> Self {
        Self { fixed: Arc::new([]), own }
    }
}

impl Serialize for Messages {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl fmt::Display for Messages {
    /// The messages as a person reads them, each under its author.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for message in self.iter() {
            let author = match message.author() {
                Author::System => "system",
                Author::User => "user",
                Author::Assistant => "assistant",
            };
            let shown = |part| match part {
                Part::Text(text) => text.to_owned(),
                Part::Media(media) => format!("({media})"),
            };
            let text: String = message.parts().map(shown).collect();
            writeln!(f, "--- {author}\n{}\n", text.trim_end())?;
        }
        Ok(())
    }
}

/// The form that a reply is held to.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ResponseFormat {
    /// Any text.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// A JSON object of this schema.
    JsonSchema(Arc<JsonFormat>),
}

/// How far a model can be held to JSON.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum JsonSupport {
    /// Not at all.
    #[default]
    None,
    /// To some JSON object.
    Object,
    /// To a JSON schema.
    Schema,
}
