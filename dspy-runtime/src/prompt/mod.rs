//! The messages to a model, and the form in which it is to reply.

mod message;
mod tools;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use message::{Author, Content, Message, Part};
pub use tools::{Reasoning, ToolCall, ToolChoice, ToolSpec};

use crate::media::Media;
use crate::signature::JsonFormat;

/// The messages of a call: a fixed beginning that calls share, and what is of this call alone.
///
/// As JSON they are one list; what is read back has no fixed beginning.
///
/// # Example
///
/// ```
/// use dspy::lm::{Message, Messages};
///
/// let messages = Messages::from(vec![Message::system("Be brief."), Message::user("Hello.")]);
/// let json = serde_json::to_string(&messages)?;
/// assert_eq!(json, r#"[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello."}]"#);
/// assert_eq!(serde_json::from_str::<Messages>(&json)?, messages);
/// # Ok::<(), dspy::Error>(())
/// ```
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

    /// Adds text to the last message of this call.
    pub(crate) fn add_to_last(&mut self, text: &str) {
        if let Some(last) = self.own.last_mut() {
            last.add(text);
        }
    }

    /// Returns all messages in order.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.fixed.iter().chain(&self.own)
    }

    /// Returns the media of all messages.
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

impl PartialEq for Messages {
    /// Returns whether they say the same, however much of it is fixed.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
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
                Author::Tool => "tool",
            };
            let shown = |part| match part {
                Part::Text(text) => text.to_owned(),
                Part::Media(media) => format!("({media})"),
            };
            let text: String = message.parts().map(shown).collect();
            writeln!(f, "--- {author}\n{}", text.trim_end())?;
            message.tool_calls().iter().try_for_each(|call| writeln!(f, "{call}"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The form that a reply is held to.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Any text.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// A JSON object of this schema.
    #[serde(serialize_with = "shared", deserialize_with = "owned")]
    JsonSchema(Arc<JsonFormat>),
}

impl fmt::Display for ResponseFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "any text",
            Self::JsonObject => "a JSON object",
            Self::JsonSchema(_) => "a JSON schema",
        })
    }
}

/// The degree to which a model can be held to JSON.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum JsonSupport {
    /// Not at all.
    #[default]
    None,
    /// Some JSON object.
    Object,
    /// To a JSON schema.
    Schema,
}

fn shared<S: Serializer>(format: &Arc<JsonFormat>, serializer: S) -> Result<S::Ok, S::Error> {
    format.serialize(serializer)
}

fn owned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<JsonFormat>, D::Error> {
    JsonFormat::deserialize(deserializer).map(Arc::new)
}
