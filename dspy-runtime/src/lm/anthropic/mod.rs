//! Anthropic's Messages.
//!
//! Wire: <https://docs.claude.com/en/api/messages>.

mod batches;
mod body;
mod content;
mod media;
mod reply;
mod stream;

pub(super) use reply::read;

use std::borrow::Cow;

use super::http::Post;
use super::provider::{Core, KeyForm, Parameter, Protocol, Reader, Service, Unread, settings};
use super::{BatchApi, Effort, JsonSupport, ModelId, Request, Response, Rules};
use crate::error::{Error, ErrorKind, Result};

/// Anthropic's Messages: `anthropic/claude-sonnet-5-5`, and at Google's Vertex AI, where [`Vertex`](super::Vertex)
/// makes it.
///
/// It sends what the user set and nothing else, but for one thing: the protocol demands a limit on the
/// reply, so where [`max_tokens`](super::Sampling::max_tokens) is not set, the longest reply of the model
/// is asked for: 4,096 tokens of Claude 3, 8,192 of Claude 3.5, 32,000 of Opus 4 and 4.1, 64,000 of others before 4.6,
/// and 128,000 since. A call that may bring more than 21,333, which take ten minutes, is streamed, also where the
/// whole reply is asked for.
///
/// The protocol has no seed, log probabilities, penalties or several replies, and no effort of
/// [`Minimal`](super::Effort::Minimal); that of [`None`](super::Effort::None) turns thinking off. What single models
/// do not take, such as a temperature or a forced call of a tool, is in their [`Rules`]. A schema is enforced for
/// models since Opus 4.1 and Sonnet 4.5, except for bounds on numbers and lengths, which are stated in its
/// descriptions; for others, and for schemas with open objects, the prompt alone asks for it.
///
/// # Example
///
/// ```
/// use dspy::lm::{Anthropic, ModelId, Retry, Secret};
///
/// let model = Anthropic::new(ModelId::new("anthropic", "claude-sonnet-5-5"))?
///     .key(Secret::new("…"))
///     .cache_prompts();
/// let lm = dspy::Lm::from(Retry::new(model));
/// assert_eq!(lm.id().to_string(), "anthropic/claude-sonnet-5-5");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct Anthropic {
    core: Core,
    json: JsonSupport,
    options: Options,
    version: Cow<'static, str>,
    is_at_vertex: bool,
}

/// The options sent with every call where the user set them.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    thinking: Option<Asked>,
    display: Option<ThinkingDisplay>,
    cache_prompts: bool,
    cache_turns: bool,
}

/// The form in which thoughts are shown.
///
/// # Example
///
/// ```
/// use dspy::lm::{Anthropic, ModelId, ThinkingDisplay};
///
/// let model = Anthropic::new(ModelId::new("anthropic", "claude-opus-5-5"))?
///     .adaptive_thinking()
///     .thinking_display(ThinkingDisplay::Summarized);
/// # let _ = model;
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinkingDisplay {
    /// In a summary.
    Summarized,
    /// Not at all: sealed, for the turns that follow.
    Omitted,
}

/// The way the model is asked to think.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Off,
    BetweenTools,
    Adaptive,
    Budget(u32),
}

const SERVICE: Service = Service {
    address: "https://api.anthropic.com",
    address_name: "ANTHROPIC_BASE_URL",
    key_names: &["ANTHROPIC_API_KEY"],
    key_form: KeyForm::Header("x-api-key"),
    or: "",
};

const VERSION: &str = "2023-06-01";
/// The version at Vertex AI, which stands in the body there.
const VERTEX: &str = "vertex-2023-10-16";
/// The first version without sampling, whose key is a bearer token.
const WITHOUT_SAMPLING: &str = "2026-10-21";

settings!(Anthropic);

impl Anthropic {
    /// Uses Anthropic's own server, without a key.
    ///
    /// # Errors
    ///
    /// None at present.
    pub fn new(id: ModelId) -> Result<Self> {
        Self::at(id, SERVICE.address)
    }

    /// Uses the server at an address such as `http://127.0.0.1:8000`, to which `/v1/messages` is added,
    /// without a key.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn at(id: ModelId, base_url: &str) -> Result<Self> {
        SERVICE.at(id, base_url).map(Self::of)
    }

    /// Uses `ANTHROPIC_API_KEY`, and `ANTHROPIC_BASE_URL` where it is set.
    ///
    /// # Errors
    ///
    /// When the key is missing for Anthropic's own server, or the address is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        SERVICE.by_env(id).map(Self::of)
    }

    fn of(core: Core) -> Self {
        let json = core.rules.json.unwrap_or(JsonSupport::Schema);
        Self { core, json, options: Options::default(), version: VERSION.into(), is_at_vertex: false }
    }

    /// Uses Claude at Google's Vertex AI.
    pub(super) fn at_vertex(core: Core) -> Self {
        Self { version: VERTEX.into(), is_at_vertex: true, ..Self::of(core) }
    }

    /// Sets the version of the protocol, a day such as `2026-10-21`; by default `2023-06-01`, which is still served, and
    /// at Vertex AI `vertex-2023-10-16`. Since `2026-10-21` Anthropic takes no temperature and no `top_p`, and the key
    /// is sent as a bearer token.
    ///
    /// # Errors
    ///
    /// When it is no such day.
    pub fn version(mut self, version: &str) -> Result<Self> {
        let day = version.strip_prefix("vertex-").unwrap_or(version);
        let form = |(c, place): (char, char)| if place == '-' { c == '-' } else { c.is_ascii_digit() };
        if day.len() != VERSION.len() || !day.chars().zip(VERSION.chars()).all(form) {
            let found = crate::error::snippet(version, 40);
            let message =
                format!("`{found}` is no version of Anthropic's protocol; write a day, as in {VERSION}");
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        if day >= WITHOUT_SAMPLING && !self.is_at_vertex {
            self.core.key_form = KeyForm::Bearer;
        }
        self.version = version.to_owned().into();
        Ok(self)
    }

    /// Sets the degree to which the model can be held to JSON, where its name does not show it.
    #[must_use]
    pub fn json(mut self, support: JsonSupport) -> Self {
        self.json = support;
        self
    }

    /// Has the model think before it replies, at most so many tokens, which count towards the limit of the
    /// reply; at least 1,024. For models up to 4.6; another one refuses the call before it is made.
    #[must_use]
    pub fn thinking_budget(mut self, tokens: u32) -> Self {
        self.options.thinking = Some(Asked::Budget(tokens));
        self
    }

    /// Has the model think before it replies as long as it takes, more or less by
    /// [`reasoning_effort`](super::Sampling::reasoning_effort). For models since 4.6; another one refuses the call
    /// before it is made.
    #[must_use]
    pub fn adaptive_thinking(mut self) -> Self {
        self.options.thinking = Some(Asked::Adaptive);
        self
    }

    /// Keeps the model from thinking, where it can be kept from it; another one refuses the call before it is made. An
    /// effort of [`None`](super::Effort::None) does so for one call.
    #[must_use]
    pub fn thinking_off(mut self) -> Self {
        self.options.thinking = Some(Asked::Off);
        self
    }

    /// Keeps the model from thinking as [`thinking_off`](Self::thinking_off) does, and has what it says between its calls
    /// of tools as thoughts, and not as text.
    #[must_use]
    pub fn thinking_between_tools(mut self) -> Self {
        self.options.thinking = Some(Asked::BetweenTools);
        self
    }

    /// Sets the form in which thoughts are shown, where the model is asked to think; left to Anthropic by
    /// default, which does not show those of newer models.
    #[must_use]
    pub fn thinking_display(mut self, display: ThinkingDisplay) -> Self {
        self.options.display = Some(display);
        self
    }

    /// Marks the beginning that all calls of a predictor share, its instructions and demonstrations, for
    /// Anthropic's prompt cache: writing it costs a quarter more, reading it a tenth.
    #[must_use]
    pub fn cache_prompts(mut self) -> Self {
        self.options.cache_prompts = true;
        self
    }

    /// Has Anthropic keep each call up to its last block, so that the next turn of an agent or a conversation reads what
    /// came before from the cache. [`cache_ttl`](super::Sampling::cache_ttl) says how long.
    #[must_use]
    pub fn cache_turns(mut self) -> Self {
        self.options.cache_turns = true;
        self
    }
}

/// Returns whether the protocol and the model take a parameter as it is set.
fn takes(version: &str, rules: &Rules, parameter: Parameter, request: &Request) -> bool {
    use Parameter::{
        CacheTtl, ChatTemplateKwargs, FrequencyPenalty, Logprobs, N, PresencePenalty, ReasoningEffort, Seed,
        Temperature, TopP, Verbosity,
    };
    let sampling = &request.sampling;
    let has_word = match parameter {
        ChatTemplateKwargs | FrequencyPenalty | Logprobs | N | PresencePenalty | Seed | Verbosity => false,
        CacheTtl => sampling.cache_ttl.is_none_or(super::CacheTtl::is_of_marks),
        ReasoningEffort => sampling.reasoning_effort != Some(Effort::Minimal),
        Temperature | TopP if version >= WITHOUT_SAMPLING && !version.starts_with("vertex-") => false,
        Temperature => sampling.temperature.is_none_or(|value| (0.0..=1.0).contains(&value)),
        _ => true,
    };
    has_word && rules.take(parameter, request)
}

/// Reads a stream.
pub(super) fn reader() -> Box<dyn Reader> {
    Box::new(stream::Stream::default())
}

impl Protocol for Anthropic {
    fn core(&self) -> &Core {
        &self.core
    }

    fn own(&self) -> serde_json::Value {
        let Options { thinking, display, .. } = self.options;
        match (thinking, display) {
            (None, None) => serde_json::Value::Null,
            asked => format!("{asked:?}").into(),
        }
    }

    fn takes(&self, parameter: Parameter, request: &Request) -> bool {
        takes(&self.version, &self.core.rules, parameter, request)
    }

    fn advice(&self, _: &Request, error: &Error) -> Option<&'static str> {
        super::vertex::advice(error).filter(|_| self.is_at_vertex)
    }

    fn post(&self, request: &Request, streamed: bool) -> Result<Post> {
        let mut body = body::body(&self.core, request, self.options, streamed)?;
        let version = self.version.clone().into_owned();
        let (path, headers) = match body.as_object_mut().filter(|_| self.is_at_vertex) {
            Some(body) => {
                body.shift_remove("model");
                body.insert("anthropic_version".to_owned(), version.into());
                let action = if streamed { "streamRawPredict" } else { "rawPredict" };
                let model = format!("{}:{action}", super::vertex::versioned(&self.core.id));
                (vec!["models".to_owned(), model], Vec::new())
            }
            None => (["v1", "messages"].map(str::to_owned).to_vec(), vec![("anthropic-version", version)]),
        };
        Ok(Post { path, query: None, headers, body: self.core.bytes(request, &body)? })
    }

    fn read(&self, _: &Request, body: &[u8]) -> Result<Response, Unread> {
        read(body)
    }

    fn reader(&self, _: &Request) -> Option<Box<dyn Reader>> {
        Some(reader())
    }

    fn shows_reasoning(&self) -> bool {
        // Models that think as long as it takes may not show it unless they are told to.
        match self.options.thinking {
            Some(Asked::Budget(_)) => self.options.display != Some(ThinkingDisplay::Omitted),
            Some(Asked::Adaptive) => self.options.display == Some(ThinkingDisplay::Summarized),
            Some(Asked::Off | Asked::BetweenTools) | None => false,
        }
    }

    fn batches(&self) -> Option<&dyn BatchApi> {
        // Vertex AI has batches of its own, which go through files in Google's storage.
        (!self.is_at_vertex).then_some(self)
    }
}
