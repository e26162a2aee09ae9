//! Text, and what is shown between its parts.

use std::fmt;
use std::ops::Range;

use crate::media::Media;

/// The content of a message: text, and images, sounds and files between its parts.
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
    pub(super) text: String,
    pub(super) media: Vec<Placed>,
}

/// A thing that is shown, and the words that stand for it in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    range: Range<usize>,
    pub(super) media: Media,
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
    /// Returns whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text at the end.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Takes off the blanks at the end.
    pub(crate) fn trim_end(&mut self) {
        let shown = self.media.last().map_or(0, |placed| placed.range.end);
        self.text.truncate(self.text.trim_end().len().max(shown));
    }

    /// Adds something that is shown at the end.
    pub fn push_media(&mut self, media: Media) {
        let start = self.text.len();
        self.text.push_str(&format!("({})", media.kind()));
        self.media.push(Placed { range: start..self.text.len(), media });
    }

    /// Text and what is shown, in order.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let Self { text, media } = self;
        let starts = std::iter::once(0).chain(media.iter().map(|placed| placed.range.end));
        let ends = media.iter().map(|placed| placed.range.start).chain([text.len()]);
        let texts = starts.zip(ends).map(|(start, end)| text.get(start..end).unwrap_or_default());
        let shown = media.iter().map(|placed| Some(&placed.media)).chain([None]);
        let parts =
            texts.zip(shown).flat_map(|(text, media)| [Some(Part::Text(text)), media.map(Part::Media)]);
        parts.flatten().filter(|part| *part != Part::Text(""))
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
