//! The outside world: language models.

pub(crate) mod access;
mod anthropic;
mod aside;
mod batch;
mod bedrock;
mod cassette;
mod chunk;
mod download;
mod embed;
mod env;
#[cfg(feature = "aws")]
mod eventstream;
mod extra;
mod failure;
mod family;
mod finish;
mod gemini;
#[cfg(feature = "genai")]
mod genai;
pub(crate) mod http;
pub mod lexical;
mod model_id;
mod openai;
mod provider;
mod refused;
pub(crate) mod replay;
mod request;
mod response;
mod responses;
mod sampling;
mod schema;
mod scripted;
mod sse;
mod stack;
mod tier;
mod training;
mod turn;
mod usage;
mod vertex;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

pub use crate::prompt::{
    Author, Content, JsonSupport, Message, Messages, Part, Reasoning, ResponseFormat, ToolCall, ToolChoice,
    ToolSpec,
};
pub use crate::signature::JsonFormat;
pub use access::AccessToken;
#[cfg(feature = "aws")]
pub use access::AwsCredentials;
#[cfg(feature = "gcp")]
pub use access::google_credentials;
pub use anthropic::{Anthropic, ThinkingDisplay};
pub(crate) use batch::{
    BatchApi, BatchEntry, BatchIntent, BatchJob, BatchOrder, BatchOutcome, BatchState, now,
};
pub use bedrock::Bedrock;
pub use cassette::Cassette;
pub(crate) use chunk::of as chunks_of;
pub use chunk::{CallPart, Chunk};
pub use embed::{Embedder, Embeddings, HashedEmbedder, RetryEmbedder, embedder};
pub use extra::ExtraBody;
pub use family::{Efforts, Route, Rules, Takes, Thinking};
pub use gemini::Gemini;
#[cfg(feature = "genai")]
pub use genai::Genai;
pub use http::Secret;
pub use lexical::Lexical;
pub use model_id::ModelId;
pub(crate) use openai::chat_example;
pub use openai::{OpenAi, OpenAiFinetuning};
pub(crate) use refused::{RefusedForms, is_refusal};
pub use request::{CacheUse, Request};
pub use response::{Choice, FinishReason, Response, TokenLogprob, TopLogprob, WithheldReason};
pub use responses::OpenAiResponses;
pub(crate) use sampling::usual_temperature;
pub use sampling::{CacheTtl, Effort, Sampling, Verbosity};
pub use scripted::Scripted;
pub use stack::{Balanced, Breaker, Fallback, Limited, LimitedEmbedder, Limiter, RateLimit, Retry};
pub(crate) use stack::{Patience, Tries, patiently, telling};
pub use tier::ServiceTier;
pub use training::{TrainingFile, TrainingJob, TrainingOrder, TrainingService, TrainingState};
pub use usage::Usage;
pub use vertex::Vertex;

use crate::error::{Error, ErrorKind, Result};
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
    /// Returns the model's identity, to the exact revision.
    fn id(&self) -> &ModelId;

    /// Makes one call.
    ///
    /// The future may be dropped at any time, which gives the call up.
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>>;

    /// The model that this one is a wrapper around. What a wrapper does not say itself is as that model
    /// says.
    fn wraps(&self) -> Option<&dyn LanguageModel> {
        None
    }

    /// Makes one call whose reply comes bit by bit: texts, then the whole reply as its end.
    ///
    /// A model that cannot gives the whole reply as one text. Dropping the stream gives the call up.
    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        chunk::whole(self, request)
    }

    /// Returns the degree to which the model can be held to reply with JSON.
    fn json_support(&self) -> JsonSupport {
        self.wraps().map_or(JsonSupport::None, LanguageModel::json_support)
    }

    /// Returns whether the model asks for [tools](Request::tools) in its provider's own way. Where it does
    /// not, an agent describes them in its prompts and reads the calls out of the text.
    fn takes_tools(&self) -> bool {
        self.wraps().is_some_and(LanguageModel::takes_tools)
    }

    /// Returns whether every reply comes with the model's own [reasoning](crate::Reasoning), so that prompts need not
    /// ask for any.
    fn gives_reasoning(&self) -> bool {
        self.wraps().is_some_and(LanguageModel::gives_reasoning)
    }

    /// Returns the rules of the model, where they are known.
    fn rules(&self) -> Option<&Rules> {
        self.wraps().and_then(LanguageModel::rules)
    }

    /// Returns the address where the model is asked, without anything secret: the same name at another
    /// address may be another model, and so its replies are cached apart.
    fn endpoint(&self) -> Option<String> {
        self.wraps().and_then(LanguageModel::endpoint)
    }

    /// Returns the settings of every call besides the request, without anything secret: replies of models
    /// that differ in it are cached apart.
    fn settings(&self) -> Option<serde_json::Value> {
        self.wraps().and_then(LanguageModel::settings)
    }

    /// Returns the reason the model cannot be shown an image, sound or file; `None` where it can.
    ///
    /// A call that would show it is an error and is not made. By default a model takes text alone; one that
    /// takes more reads the [`parts`](Message::parts) of messages.
    fn refuses(&self, media: &Media) -> Option<String> {
        match self.wraps() {
            Some(model) => model.refuses(media),
            None => Some("it takes text alone".to_owned()),
        }
    }

    /// Lets go of the reply of this text to a request where it was kept, as nobody can use it: the next call
    /// asks again. A model that keeps nothing has nothing to do.
    fn forget<'a>(&'a self, request: &'a Request, reply: &'a str) -> BoxFuture<'a, ()> {
        match self.wraps() {
            Some(model) => model.forget(request, reply),
            None => Box::pin(std::future::ready(())),
        }
    }

    /// Returns the batches of its provider, for [`Batched`](crate::batched::Batched), where it has some. Only models of this
    /// library have.
    fn batches(&self) -> Option<&dyn BatchApi> {
        self.wraps().and_then(LanguageModel::batches)
    }

    /// Returns the number of calls that the model wants to be under way at once, where that is another than usual. Who
    /// runs a program over rows then begins so many of them, unless it is given another number.
    fn calls_at_once(&self) -> Option<usize> {
        self.wraps().and_then(LanguageModel::calls_at_once)
    }

    /// Returns how soon its calls are answered, which they are priced by where their reply does not say.
    fn service_tier(&self) -> Option<ServiceTier> {
        self.wraps().and_then(LanguageModel::service_tier)
    }

    /// Returns whether a text holds a key of this model. Nothing that does is ever written to a file.
    fn is_secret_in(&self, text: &str) -> bool {
        self.wraps().is_some_and(|model| model.is_secret_in(text))
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
pub struct Lm {
    model: Arc<dyn LanguageModel>,
    refused: Arc<RefusedForms>,
}

impl Lm {
    /// Makes the model of a name `provider/name[@revision]`.
    ///
    /// | provider | what | key | address, and where it is not set |
    /// |---|---|---|---|
    /// | `openai` | [chat completions](OpenAi) of OpenAI, or of any server that has them | `OPENAI_API_KEY` | `OPENAI_BASE_URL`, OpenAI's own |
    /// | `openai-responses` | [responses](OpenAiResponses) of OpenAI | `OPENAI_API_KEY` | `OPENAI_BASE_URL`, OpenAI's own |
    /// | `anthropic` | [messages](Anthropic) of Anthropic | `ANTHROPIC_API_KEY` | `ANTHROPIC_BASE_URL`, Anthropic's own |
    /// | `gemini` | [Gemini] of Google | `GEMINI_API_KEY` or `GOOGLE_API_KEY` | `GEMINI_BASE_URL`, Google's own |
    /// | `vertex` | Gemini and Claude at [Vertex] AI of Google | `GOOGLE_ACCESS_TOKEN`, or with the feature `gcp` the credentials of the machine | `VERTEX_BASE_URL`, that of `GOOGLE_CLOUD_PROJECT` in `GOOGLE_CLOUD_LOCATION` |
    /// | `bedrock` | [Converse](Bedrock) of Amazon | `AWS_BEARER_TOKEN_BEDROCK`, or with the feature `aws` `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` | `BEDROCK_BASE_URL`, that of `AWS_REGION` |
    /// | `azure` | OpenAI's models at Microsoft; the name is a deployment's | `AZURE_OPENAI_API_KEY` | `AZURE_OPENAI_ENDPOINT` |
    /// | `openrouter` | | `OPENROUTER_API_KEY` | `OPENROUTER_BASE_URL`, its own |
    /// | `groq` | | `GROQ_API_KEY` | `GROQ_BASE_URL`, its own |
    /// | `together` | | `TOGETHER_API_KEY` | `TOGETHER_BASE_URL`, its own |
    /// | `deepseek` | | `DEEPSEEK_API_KEY` | `DEEPSEEK_BASE_URL`, its own |
    /// | `mistral` | | `MISTRAL_API_KEY` | `MISTRAL_BASE_URL`, its own |
    /// | `xai` | | `XAI_API_KEY` | `XAI_BASE_URL`, its own |
    /// | `vllm` | a self-hosted server | `VLLM_API_KEY`, or none | `VLLM_BASE_URL`, `http://localhost:8000/v1` |
    /// | `sglang` | a self-hosted server | `SGLANG_API_KEY`, or none | `SGLANG_BASE_URL`, `http://localhost:30000/v1` |
    /// | `ollama` | a self-hosted server | `OLLAMA_API_KEY`, or none | `OLLAMA_BASE_URL`, `http://localhost:11434/v1` |
    /// | `llamacpp` | a self-hosted server | `LLAMACPP_API_KEY`, or none | `LLAMACPP_BASE_URL`, `http://localhost:8080/v1` |
    /// | `lmstudio` | a self-hosted server | `LMSTUDIO_API_KEY`, or none | `LMSTUDIO_BASE_URL`, `http://localhost:1234/v1` |
    /// | `genai` | the rest, through the crate [genai](https://docs.rs/genai), with the feature `genai`: `genai/cohere::command-r` | as the crate has it | as the crate has it |
    /// | `builtin` | `lexical`, the [built-in model](crate::lm::lexical) | none | none |
    ///
    /// Those from `azure` to `lmstudio` speak chat completions, each in its dialect.
    ///
    /// The revision is part of what an artifact is tuned for; it is not sent to the provider, but of Claude at Vertex AI,
    /// where it is part of the name. Failed calls are
    /// made again as [`Retry`] does by default, and where the provider asks to wait all calls do: one that gets no
    /// answer is cancelled after 600 s and made once more, and a server of this machine at whose address
    /// nothing listens is an error within five seconds. With `DSPY_OFFLINE=1` in the environment every call
    /// to another machine is an error; a [`Cassette`] plays calls back.
    ///
    /// # Errors
    ///
    /// When the name is not of that form, the provider is unknown, or its key is missing.
    pub fn new(name: &str) -> Result<Self> {
        env::model(name)
    }

    /// Makes a model as [`new`](Lm::new) does, without the [`Retry`] that stands around it, to put a custom
    /// stack around the model.
    ///
    /// # Errors
    ///
    /// As [`Lm::new`].
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::Lm;
    /// use dspy::lm::{Limited, Limiter, Retry};
    ///
    /// let limiter = Limiter::new().requests_per_minute(500);
    /// let model = Lm::without_retries("builtin/lexical")?;
    /// let lm = Lm::from(Retry::new(Limited::new(model, &limiter)).times(3));
    /// # let _ = lm;
    /// # Ok::<(), dspy::Error>(())
    /// ```
    pub fn without_retries(name: &str) -> Result<Self> {
        env::bare(name)
    }

    /// Makes the model that the environment variable `DSPY_MODEL` names, and says on standard error which one.
    ///
    /// # Errors
    ///
    /// When the variable is not set: a service that lost its environment must not answer from another model. Else as
    /// [`Lm::new`].
    pub fn from_env() -> Result<Self> {
        env::model_from_env()
    }

    /// Makes the model that the environment variable `DSPY_MODEL` names, or the
    /// [built-in model](crate::lm::lexical) where it is not set, and says on standard error which one. For examples and first
    /// steps, which run without a key.
    ///
    /// # Errors
    ///
    /// As [`Lm::new`].
    pub fn from_env_or_builtin() -> Result<Self> {
        env::model_from_env_or_builtin()
    }

    /// Returns the model's identity.
    pub fn id(&self) -> &ModelId {
        self.model.id()
    }

    /// Reports media that the model cannot take, before anything is sent.
    pub(crate) fn can_show(&self, request: &Request) -> Result<()> {
        let refused = request.messages.media().find_map(|media| Some((media, self.model.refuses(media)?)));
        refused.map_or(Ok(()), |(media, why)| {
            let message = format!("{} cannot be shown {media}: {why}", self.id());
            Err(Error::new(ErrorKind::Unsupported, message))
        })
    }

    /// The model itself.
    pub fn model(&self) -> &dyn LanguageModel {
        &*self.model
    }

    /// The forms of replies that its server has refused.
    pub(crate) fn refused_forms(&self) -> &RefusedForms {
        &self.refused
    }
}

impl<L: LanguageModel + 'static> From<L> for Lm {
    fn from(model: L) -> Self {
        Self { model: Arc::new(model), refused: Arc::default() }
    }
}

fn _is_object_safe(_: Box<dyn LanguageModel>) {}
