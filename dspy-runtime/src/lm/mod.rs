//! The outside world: language models.

mod chunk;
mod download;
mod env;
mod failure;
mod http;
pub mod lexical;
mod model_id;
mod openai;
mod request;
mod response;
mod retry;
mod sampling;
mod scripted;
mod sse;
mod usage;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

pub use crate::prompt::{
    Author, Content, JsonSupport, Message, Messages, Part, Reasoning, ResponseFormat, ToolCall, ToolChoice,
    ToolSpec,
};
pub use crate::signature::JsonFormat;
pub use chunk::Chunk;
pub use http::Secret;
pub use lexical::Lexical;
pub use model_id::ModelId;
pub use openai::OpenAi;
pub use request::Request;
pub use response::{Choice, FinishReason, Response, TokenLogprob, TopLogprob};
pub use retry::Retry;
pub use sampling::{Effort, Sampling};
pub use scripted::Scripted;
pub use usage::Usage;

use crate::error::Result;
use crate::media::Media;

/// A language model: messages in, one reply out.
///
/// Implement it to bring a model of your own. It is object-safe; a program holds it as an [`Lm`].
/// Wrappers such as [`Retry`] are models around a model.
///
/// # Example
///
/// ```
/// use dspy::lm::{LanguageModel, ModelId, Request, Response};
/// use futures_util::future::{BoxFuture, FutureExt};
///
/// #[derive(Debug)]
/// struct Echo(ModelId);
///
/// impl LanguageModel for Echo {
///     fn id(&self) -> &ModelId {
///         &self.0
///     }
///
///     fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, dspy::Result<Response>> {
///         let last = request.messages.iter().last().map(|message| message.text().to_owned());
///         async move { Ok(Response::new(last.unwrap_or_default())) }.boxed()
///     }
/// }
///
/// let lm = dspy::Lm::from(Echo(ModelId::new("local", "echo")));
/// assert_eq!(lm.id().to_string(), "local/echo");
/// ```
pub trait LanguageModel: Send + Sync + fmt::Debug {
    /// Which model this is, to the exact revision.
    fn id(&self) -> &ModelId;

    /// Makes one call.
    ///
    /// The future may be dropped at any time, which gives the call up.
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>>;

    /// Makes one call whose reply comes bit by bit: texts, then the whole reply as its end.
    ///
    /// A model that cannot gives the whole reply as one text. Dropping the stream gives the call up.
    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        chunk::whole(self, request)
    }

    /// How far the model can be held to reply with JSON.
    fn json_support(&self) -> JsonSupport {
        JsonSupport::None
    }

    /// Why the model cannot be shown an image, sound or file; `None` where it can.
    ///
    /// A call that would show it is an error and is not made. By default a model takes text alone; one that
    /// takes more reads the [`parts`](Message::parts) of messages.
    fn refuses(&self, media: &Media) -> Option<String> {
        let _ = media;
        Some("it takes text alone".to_owned())
    }

    /// Whether a text holds a key of this model. Nothing that does is ever written to a file.
    fn is_secret_in(&self, text: &str) -> bool {
        let _ = text;
        false
    }
}

/// A handle on a [`LanguageModel`], cheap to clone.
///
/// # Example
///
/// ```
/// use dspy::Lm;
///
/// let lm = Lm::new("builtin/lexical")?;
/// assert_eq!(lm.id().to_string(), "builtin/lexical@1");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lm(Arc<dyn LanguageModel>);

impl Lm {
    /// Makes the model of a name `provider/name[@revision]`.
    ///
    /// | provider | model | key | address |
    /// |---|---|---|---|
    /// | `openai` | any server with OpenAI's chat completions | `OPENAI_API_KEY` | `OPENAI_BASE_URL`, else OpenAI's own |
    /// | `builtin` | `lexical`, the [built-in model](crate::lm::lexical) | none | none |
    ///
    /// The revision is part of what an artifact is tuned for; it is not sent to the provider.
    ///
    /// # Errors
    ///
    /// When the name is not of that form, the provider is unknown, or its key is missing.
    pub fn new(name: &str) -> Result<Self> {
        env::model(name)
    }

    /// Makes the model that the environment variable `DSPY_MODEL` names, or the
    /// [built-in model](crate::lm::lexical) where it is not set, and says on standard error which one.
    ///
    /// # Errors
    ///
    /// As [`Lm::new`].
    pub fn from_env() -> Result<Self> {
        env::model_from_env()
    }

    /// Which model this is.
    pub fn id(&self) -> &ModelId {
        self.0.id()
    }

    /// The model itself.
    pub fn model(&self) -> &dyn LanguageModel {
        &*self.0
    }
}

impl<L: LanguageModel + 'static> From<L> for Lm {
    fn from(model: L) -> Self {
        Self(Arc::new(model))
    }
}

fn _is_object_safe(_: Box<dyn LanguageModel>) {}
