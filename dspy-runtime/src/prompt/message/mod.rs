//! One message: who says it, and text with what is shown in between.

mod content;
mod form;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use content::{Content, Part};

use super::{Reasoning, ToolCall};
use crate::media::Media;

/// The author of a message.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The one who set the model up.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
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
    more: Option<Arc<More>>,
    cached: bool,
}

/// The rare parts of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct More {
    calls: Vec<ToolCall>,
    answers: Option<Answered>,
    reasoning: Option<Reasoning>,
}

/// The call that a tool's message answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl More {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Message {
    /// A message that sets the model up.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::of(Author::System, content)
    }

    /// A message that asks.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::of(Author::User, content)
    }

    /// A message that the model gave, or should have given.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::of(Author::Assistant, content)
    }

    /// Makes the message of a tool's result for a call that the model asked for.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::{Message, ToolCall};
    /// use serde_json::json;
    ///
    /// let call = ToolCall::new("call_1", "find_parcel", json!({"number": 7}));
    /// let asked = Message::assistant("").with_tool_calls(vec![call.clone()]);
    /// let answer = Message::tool(&call, r#"["Lyon"]"#);
    /// assert_eq!((asked.tool_calls()[0].name.as_str(), answer.tool_call_id()), ("find_parcel", Some("call_1")));
    /// ```
    pub fn tool(call: &ToolCall, content: impl Into<Content>) -> Self {
        let answers = Some(Answered { id: call.id.clone(), name: call.name.clone() });
        Self::of(Author::Tool, content).with_more(|more| more.answers = answers)
    }

    /// Adds the calls that the model asked for.
    #[must_use]
    pub fn with_tool_calls(self, calls: Vec<ToolCall>) -> Self {
        self.with_more(|more| more.calls = calls)
    }

    /// Adds the model's thoughts before the message.
    #[must_use]
    pub fn with_reasoning(self, reasoning: Reasoning) -> Self {
        self.with_more(|more| more.reasoning = Some(reasoning))
    }

    /// Marks everything up to here as worth keeping in the provider's prompt cache.
    ///
    /// Anthropic and Bedrock are told, and OpenAI of models since GPT-5.6, but not of what the model said; the others
    /// keep beginnings by themselves, and the mark changes nothing. Anthropic takes at most four marks in a call, and
    /// OpenAI writes no more than that.
    #[must_use]
    pub fn cached(mut self) -> Self {
        self.cached = true;
        self
    }

    /// Returns the author.
    pub fn author(&self) -> Author {
        self.author
    }

    /// Returns the text, with `(image)` and the like where something is shown.
    pub fn text(&self) -> &str {
        &self.content.text
    }

    /// Returns the media.
    pub fn media(&self) -> impl ExactSizeIterator<Item = &Media> {
        self.content.media.iter().map(|placed| &placed.media)
    }

    /// Text and what is shown, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.content.parts()
    }

    /// The calls that the model asked for with it.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.more.as_ref().map_or(&[], |more| &more.calls)
    }

    /// The call that it answers, if it is a tool's.
    pub fn tool_call_id(&self) -> Option<&str> {
        self.answered().map(|answered| answered.id.as_str())
    }

    /// Returns the model's thoughts before it.
    pub fn reasoning(&self) -> Option<&Reasoning> {
        self.more.as_ref()?.reasoning.as_ref()
    }

    /// Returns whether it is [marked](Self::cached) as the end of what is worth caching.
    pub fn is_cached(&self) -> bool {
        self.cached
    }

    /// Adds text at its end.
    pub(super) fn add(&mut self, text: &str) {
        Arc::make_mut(&mut self.content).push(text);
    }

    pub(crate) fn answered(&self) -> Option<&Answered> {
        self.more.as_ref()?.answers.as_ref()
    }

    /// The most bytes that its text, calls and thoughts have; what is shown counts by its words.
    pub(crate) fn bytes(&self) -> usize {
        let calls = self.tool_calls().iter().map(ToolCall::bytes).sum::<usize>();
        self.text().len() + calls + self.reasoning().map_or(0, Reasoning::bytes)
    }

    fn of(author: Author, content: impl Into<Content>) -> Self {
        Self { author, content: Arc::new(content.into()), more: None, cached: false }
    }

    fn with_more(mut self, change: impl FnOnce(&mut More)) -> Self {
        change(Arc::make_mut(self.more.get_or_insert_default()));
        // A message is the same as one that was never changed if nothing was.
        self.more = self.more.filter(|more| !more.is_empty());
        self
    }
}
