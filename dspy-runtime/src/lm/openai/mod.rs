//! OpenAI's chat completions, which most servers of models speak.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/chat>.

mod batches;
mod body;
mod calls;
mod details;
pub(super) mod dialect;
mod example;
mod finetuning;
mod form;
mod media;
mod messages;
mod reply;
mod resources;
mod stream;
pub(super) mod tokens;

pub(super) use dialect::Dialect;
pub(crate) use example::chat_example;
pub use finetuning::OpenAiFinetuning;
pub(super) use reply::read;

use std::borrow::Cow;

use super::env::variable;
use super::http::{Post, Secret};
use super::provider::{Core, Parameter, Protocol, Reader, Unread, no_key, settings};
use super::{BatchApi, JsonSupport, ModelId, Request, Response, responses};
use crate::error::{Error, ErrorKind, Result};

/// A server with OpenAI's chat completions: OpenAI itself, vLLM, Ollama, llama.cpp and many others.
///
/// It sends what the user set and nothing else. What the server of that provider, or the model, is known not
/// to take is an error before the call; see [`drop_unsupported`](Self::drop_unsupported). One call is one
/// request; put it in a [`Retry`](super::Retry) to survive failures, as [`Lm::new`](super::Lm::new) does.
///
/// OpenAI's newer models refuse tools in chat completions, as they think by default. Their calls with tools go by
/// [responses](super::OpenAiResponses) at the same address, which OpenAI is asked not to keep, and so do all calls of
/// models that it serves there alone; the [route](super::Route) of the model say when.
///
/// The reasoning of a model is read as DeepSeek, vLLM and OpenRouter give it; OpenAI shows it through
/// [`OpenAiResponses`](super::OpenAiResponses) only.
///
/// # Example
///
/// ```
/// use dspy::lm::{ModelId, OpenAi, Retry, Secret};
/// use std::time::Duration;
///
/// let model = OpenAi::at(ModelId::new("vllm", "qwen3"), "http://127.0.0.1:8000/v1")?
///     .key(Secret::new("of my own server"))
///     .header("x-team", "support-1")?
///     .timeouts(Duration::from_secs(2), Duration::from_secs(60))
///     .drop_unsupported();
/// let lm = dspy::Lm::from(Retry::new(model));
/// assert_eq!(lm.id().name(), "qwen3");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct OpenAi {
    pub(super) core: Core,
    dialect: Dialect,
    json: JsonSupport,
}

settings!(OpenAi);

impl OpenAi {
    /// Another model of the same server, with the same settings.
    fn named(&self, name: &str) -> Self {
        let core = self.core.named(ModelId::new(self.core.id.provider(), name));
        let json = core.rules.json.unwrap_or(self.json);
        Self { core, dialect: self.dialect, json }
    }

    /// Uses the usual server of the provider, without a key.
    ///
    /// # Errors
    ///
    /// When the provider has no usual server; [`at`](Self::at) says which.
    pub fn new(id: ModelId) -> Result<Self> {
        let (url_name, usual) = Dialect::of(id.provider()).url;
        let url = usual.ok_or_else(|| no_address(&id, url_name))?;
        Self::at(id, url)
    }

    /// Uses the server at an address such as `http://127.0.0.1:8000/v1`, without a key.
    ///
    /// The provider of the name says what the server takes, where it is one of the table at
    /// [`Lm::new`](super::Lm::new); any other provider takes everything.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn at(id: ModelId, base_url: &str) -> Result<Self> {
        let dialect = Dialect::of(id.provider());
        let base_url = with_path(base_url, dialect.path);
        let key_name = if dialect.key.is_empty() { "its key" } else { dialect.key };
        let mut core = Core::new(id, &base_url, dialect.key_form, key_name)?;
        core.takes_tools = dialect.tools;
        let json = core.rules.json.unwrap_or(dialect.json);
        Ok(Self { core, dialect, json })
    }

    /// Uses the key and the address that the environment names for the provider, such as `OPENAI_API_KEY`
    /// and `OPENAI_BASE_URL`. A self-hosted server may need no key; that of a service does.
    ///
    /// For OpenAI itself, `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID` are sent as well where they are set.
    ///
    /// # Errors
    ///
    /// When the key is missing for a service's own server, the address is missing and there is no usual one,
    /// or it is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        let dialect = Dialect::of(id.provider());
        let (url_name, usual) = dialect.url;
        let (url, key) = (variable(url_name), variable(dialect.key));
        if dialect.needs_key && url.is_none() && key.is_none() {
            let or = match usual {
                Some(_) => format!(", or {url_name} to use a server of your own"),
                None => format!(" and {url_name}"),
            };
            return Err(no_key(&id, dialect.key, &or));
        }
        let url =
            url.map(Cow::Owned).or(usual.map(Cow::Borrowed)).ok_or_else(|| no_address(&id, url_name))?;
        let mut model = Self::at(id, &url).map_err(|error| error.context(url_name))?;
        model.core.key = key.map(Secret::new);
        model.core.transport.address_name = Some(url_name);
        if dialect.prefix == "openai" {
            let organization = variable("OPENAI_ORG_ID").map(|id| ("OpenAI-Organization", id));
            let project = variable("OPENAI_PROJECT_ID").map(|id| ("OpenAI-Project", id));
            return [organization, project]
                .into_iter()
                .flatten()
                .try_fold(model, |model, (name, value)| model.header(name, &value));
        }
        Ok(model)
    }

    /// Returns whether a call goes by OpenAI's responses.
    fn by_responses(&self, request: &Request) -> bool {
        self.core.rules.by_responses(request)
    }

    /// Sets the degree to which the server can hold the model to JSON; to a JSON schema by default, as
    /// OpenAI's and most servers do. It is only asked for by an adapter that wants JSON.
    #[must_use]
    pub fn json(mut self, support: JsonSupport) -> Self {
        self.json = support;
        self
    }

    /// Has calls counted for an organisation of the account.
    ///
    /// # Errors
    ///
    /// When the name cannot stand in a header.
    pub fn organization(self, id: &str) -> Result<Self> {
        self.header("OpenAI-Organization", id)
    }
}

/// Reads a stream.
pub(super) fn reader() -> Box<dyn Reader> {
    Box::new(stream::Stream::default())
}

fn no_address(id: &ModelId, variable: &str) -> Error {
    let message = format!("no address for `{id}`; set {variable}, or make it with `OpenAi::at`");
    Error::new(ErrorKind::NotConfigured, message)
}

impl Protocol for OpenAi {
    fn core(&self) -> &Core {
        &self.core
    }

    fn takes(&self, parameter: Parameter, request: &Request) -> bool {
        if self.by_responses(request) {
            return responses::takes(&self.core.rules, parameter, request);
        }
        self.dialect.takes(parameter, request) && self.core.rules.take(parameter, request)
    }

    fn advice(&self, request: &Request, error: &Error) -> Option<&'static str> {
        (self.by_responses(request) && matches!(error.status(), Some(404 | 405))).then_some(
            "this call goes by responses; where the server has chat completions alone, set `Route::Chat` in the rules \
             of the model",
        )
    }

    fn post(&self, request: &Request, streamed: bool) -> Result<Post> {
        if self.by_responses(request) {
            let body = responses::body(&self.core, request, responses::Options::UNKEPT, streamed);
            return responses::post(&self.core, request, &body);
        }
        let body = body::Body { core: &self.core, request, dialect: &self.dialect, streamed };
        let path = ["chat", "completions"].map(str::to_owned).to_vec();
        Ok(Post { path, query: None, headers: Vec::new(), body: self.core.bytes(request, &body)? })
    }

    fn read(&self, request: &Request, body: &[u8]) -> Result<Response, Unread> {
        if self.by_responses(request) { responses::read(body) } else { read(body) }
    }

    fn reader(&self, request: &Request) -> Option<Box<dyn Reader>> {
        Some(if self.by_responses(request) { responses::reader() } else { reader() })
    }

    fn batches(&self) -> Option<&dyn BatchApi> {
        self.dialect.batches.then_some(self)
    }
}

/// An address that has no path of its own, with the usual one.
fn with_path<'a>(base_url: &'a str, path: &str) -> Cow<'a, str> {
    let has_path = reqwest::Url::parse(base_url).is_ok_and(|url| url.path().trim_end_matches('/').is_empty());
    match has_path && !path.is_empty() {
        true => Cow::Owned(format!("{}/{path}", base_url.trim_end_matches('/'))),
        false => Cow::Borrowed(base_url),
    }
}
