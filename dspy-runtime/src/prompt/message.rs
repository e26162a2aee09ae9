//! One message: who says it, and text with what is shown in between.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::media::{Media, MediaKind};

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

/// One message. A clone shares its content, so that a long input is held once, however often it is sent.
///
/// # Example
///
/// ```
/// use dspy::lm::{Author, Message};
///
/// let message = Message::user("Where is my parcel?");
/// assert_eq!((message.author(), message.text()), (Author::User, "Where is my parcel?"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    author: Author,
    content: Arc<Content>,
}

/// What a message says: text, and images, sounds and files between its parts.
///
/// # Example
///
/// ```
/// use dspy::lm::{Content, Message, Part};
/// use dspy::media::Image;
///
/// let mut content = Content::from("Which of these is a fox?\n");
/// content.push_media(Image::path("a.png").media().clone());
/// content.push("\nSay one word.");
/// let message = Message::user(content);
/// assert_eq!(message.text(), "Which of these is a fox?\n(image)\nSay one word.");
/// assert!(matches!(message.parts().nth(1), Some(Part::Media(_))));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    text: String,
    media: Vec<Placed>,
}

/// A thing that is shown, and the words that stand for it in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    range: Range<usize>,
    media: Media,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text.
    Text(&'a str),
    /// Something that is shown.
    Media(&'a Media),
}

impl Content {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text at the end.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds something that is shown at the end.
    pub fn push_media(&mut self, media: Media) {
        let start = self.text.len();
        self.text.push_str(&format!("({})", media.kind()));
        self.media.push(Placed { range: start..self.text.len(), media });
    }
}

impl fmt::Write for Content {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self { text, media: Vec::new() }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl Message {
    /// A message that sets the model up.
    pub fn system(content: impl Into<Content>) -> Self {
        Self { author: Author::System, content: Arc::new(content.into()) }
    }

    /// A message that asks.
    pub fn user(content: impl Into<Content>) -> Self {
        Self { author: Author::User, content: Arc::new(content.into()) }
    }

    /// A message that the model gave, or should have given.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self { author: Author::Assistant, content: Arc::new(content.into()) }
    }

    /// Who says it.
    pub fn author(&self) -> Author {
        self.author
    }

    /// What is said, with `(image)` and the like where something is shown.
    pub fn text(&self) -> &str {
        &self.content.text
    }

    /// What is shown.
    pub fn media(&self) -> impl ExactSizeIterator<Item = &Media> {
        self.content.media.iter().map(|placed| &placed.media)
    }

    /// Text and what is shown, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let Content { text, media } = &*self.content;
        let starts = std::iter::once(0).chain(media.iter().map(|placed| placed.range.end));
        let ends = media.iter().map(|placed| placed.range.start).chain([text.len()]);
        let texts = starts.zip(ends).map(|(start, end)| text.get(start..end).unwrap_or_default());
        let shown = self.media().map(Some).chain([None]);
        let parts =
            texts.zip(shown).flat_map(|(text, media)| [Some(Part::Text(text)), media.map(Part::Media)]);
        parts.flatten().filter(|part| *part != Part::Text(""))
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            role: Author,
            content: Parts<'a>,
        }
        Form { role: self.author, content: Parts(self) }.serialize(serializer)
    }
}

/// Text alone is a string; more is a list of parts.
struct Parts<'a>(&'a Message);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.content.media.is_empty() {
            return serializer.serialize_str(self.0.text());
        }
        let mut parts = serializer.serialize_seq(None)?;
        for part in self.0.parts() {
            match part {
                Part::Text(text) => parts.serialize_element(&PartForm::Text { text: text.to_owned() })?,
                Part::Media(media) => {
                    // As it is sent: another file under the same path is another message.
                    let source = media.data_uri().unwrap_or_else(|| media.text()).to_owned();
                    parts.serialize_element(&PartForm::Media { kind: media.kind(), source })?;
                }
            }
        }
        parts.end()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PartForm {
    Text { text: String },
    Media { kind: MediaKind, source: String },
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Form {
            role: Author,
            content: ContentForm,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum ContentForm {
            Text(String),
            Parts(Vec<PartForm>),
        }
        let form = Form::deserialize(deserializer)?;
        let mut content = Content::default();
        match form.content {
            ContentForm::Text(text) => content = text.into(),
            ContentForm::Parts(parts) => parts.into_iter().for_each(|part| match part {
                PartForm::Text { text } => content.push(&text),
                PartForm::Media { kind, source } => content.push_media(Media::parse(kind, &source)),
            }),
        }
        Ok(Self { author: form.role, content: Arc::new(content) })
    }
}
