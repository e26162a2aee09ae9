//! What is said to a model, and in which form it is to reply.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::signature::JsonFormat;

/// Who says a message.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// Whoever set the model up.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
}

/// One message.
///
/// # Example
///
/// ```
/// use dspy::lm::{Author, Message};
///
/// let message = Message::user("Where is my parcel?");
/// assert_eq!((message.author(), message.text()), (Author::User, "Where is my parcel?"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    #[serde(rename = "role")]
    author: Author,
    #[serde(rename = "content")]
    text: String,
}

impl Message {
    /// A message that sets the model up.
    pub fn system(text: impl Into<String>) -> Self {
        Self { author: Author::System, text: text.into() }
    }

    /// A message that asks.
    pub fn user(text: impl Into<String>) -> Self {
        Self { author: Author::User, text: text.into() }
    }

    /// A message that the model gave, or should have given.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { author: Author::Assistant, text: text.into() }
    }

    /// Who says it.
    pub fn author(&self) -> Author {
        self.author
    }

    /// What is said.
    pub fn text(&self) -> &str {
        &self.text
    }
}

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
            let author = match message.author {
                Author::System => "system",
                Author::User => "user",
                Author::Assistant => "assistant",
            };
            writeln!(f, "--- {author}\n{}\n", message.text.trim_end())?;
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
