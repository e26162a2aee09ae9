//! One call, as a provider gets it.

use serde::{Deserialize, Serialize};

use super::Sampling;
use crate::prompt::{Messages, ResponseFormat, ToolChoice, ToolSpec};

/// A request to a model. What is `None` or empty is not sent.
///
/// # Example
///
/// ```
/// use dspy::lm::{Message, Request};
///
/// let mut request = Request::from(vec![Message::user("Say hello.")]);
/// request.sampling.max_tokens = Some(20);
/// assert_eq!(request.messages.iter().count(), 1);
///
/// let json = serde_json::to_string(&request)?;
/// assert_eq!(json, r#"{"messages":[{"role":"user","content":"Say hello."}],"sampling":{"max_tokens":20}}"#);
/// assert_eq!(serde_json::from_str::<Request>(&json)?, request);
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The messages.
    pub messages: Messages,
    /// The sampling of the reply.
    #[serde(default)]
    pub sampling: Sampling,
    /// Sampling that [`sampling`](Self::sampling) does not set and that is sent as far as the model takes it: what it
    /// does not take is left out without an error. Stop texts are sent beside those that are set.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub hints: Sampling,
    /// The form that the reply is held to.
    #[serde(default, skip_serializing_if = "is_text")]
    pub format: ResponseFormat,
    /// The tools that the model may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// The tool that it is to call; left to it by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Calls that differ in nothing but this number are wanted to vary. It is not sent.
    #[serde(default, skip_serializing_if = "is_first")]
    pub rollout: u64,
    /// The use of the model's cache by the call, if that is [`Cached`](crate::cache::Cached). It is no part of what
    /// is asked.
    #[serde(skip)]
    pub cache: CacheUse,
}

fn is_nothing(hints: &Sampling) -> bool {
    *hints == Sampling::default()
}

fn is_text(format: &ResponseFormat) -> bool {
    *format == ResponseFormat::Text
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_first(rollout: &u64) -> bool {
    *rollout == 0
}

impl From<Messages> for Request {
    fn from(messages: Messages) -> Self {
        Self {
            messages,
            sampling: Sampling::default(),
            hints: Sampling::default(),
            format: ResponseFormat::Text,
            tools: Vec::new(),
            tool_choice: None,
            rollout: 0,
            cache: CacheUse::default(),
        }
    }
}

impl From<Vec<super::Message>> for Request {
    fn from(messages: Vec<super::Message>) -> Self {
        Self::from(Messages::from(messages))
    }
}

/// The use of the model's cache by a call, if it has one
/// ([`Context::with_cache`](crate::Context::with_cache)).
///
/// # Example
///
/// ```
/// use dspy::cache::{Cache, Cached};
/// use dspy::lm::{CacheUse, LanguageModel, Message, Request, Scripted};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let lm = Cached::new(Scripted::replies(["first", "second"]), &Cache::memory(1 << 20));
/// let mut request = Request::from(vec![Message::user("Hi.")]);
/// assert_eq!(lm.complete(&request).await?.text, "first");
/// assert_eq!(lm.complete(&request).await?.text, "first");
/// request.cache = CacheUse::Refresh;
/// assert_eq!(lm.complete(&request).await?.text, "second");
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CacheUse {
    /// Takes a reply that is there, and keeps one that is not.
    #[default]
    ReadWrite,
    /// Takes a reply that is there, and keeps none.
    Read,
    /// Asks the model each time, and keeps the reply unless one is there.
    Write,
    /// Asks the model, once for equal calls that are made at once, and puts the reply in the place of the one that
    /// is there.
    Refresh,
    /// Asks the model, as if there were no cache.
    Off,
}

impl CacheUse {
    pub(crate) fn reads(self) -> bool {
        matches!(self, Self::ReadWrite | Self::Read)
    }

    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::ReadWrite | Self::Write | Self::Refresh)
    }

    /// Returns whether equal calls that are made at once may be one.
    pub(crate) fn shares(self) -> bool {
        self.reads() || self == Self::Refresh
    }
}
