//! OpenAI's Responses.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/responses>.

mod body;
mod media;
mod reply;
mod stream;

pub(super) use body::body;
pub(super) use reply::read;

use serde_json::{Value, json};

use super::http::Post;
use super::provider::{Core, KeyForm, Parameter, Protocol, Reader, Service, Unread, settings};
use super::{BatchApi, JsonSupport, ModelId, Request, Response, Rules};
use crate::error::Result;

/// OpenAI's Responses, through which its models that reason show their reasoning: `openai-responses/gpt-5`.
///
/// It sends what the user set and nothing else; the protocol has no seed, stop texts, penalties or several
/// replies. OpenAI keeps responses for 30 days unless [`store`](Self::store) says otherwise.
///
/// # Example
///
/// ```
/// use dspy::lm::{ModelId, OpenAiResponses, Retry, Secret};
///
/// let model = OpenAiResponses::new(ModelId::new("openai-responses", "gpt-5"))?.key(Secret::new("…")).store(false);
/// let lm = dspy::Lm::from(Retry::new(model));
/// assert_eq!(lm.id().to_string(), "openai-responses/gpt-5");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct OpenAiResponses {
    core: Core,
    json: JsonSupport,
    options: Options,
}

/// The options of every call, where the user set them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Options {
    store: Option<bool>,
    summary: bool,
}

impl Options {
    /// Of calls that are not to be kept, as chat completions are not.
    pub(super) const UNKEPT: Self = Self { store: Some(false), summary: false };
}

const SERVICE: Service = Service {
    address: "https://api.openai.com/v1",
    address_name: "OPENAI_BASE_URL",
    key_names: &["OPENAI_API_KEY"],
    key_form: KeyForm::Bearer,
    or: ", or OPENAI_BASE_URL to use a server of your own",
};

settings!(OpenAiResponses);

impl OpenAiResponses {
    /// Uses OpenAI's own server, without a key.
    ///
    /// # Errors
    ///
    /// None at present.
    pub fn new(id: ModelId) -> Result<Self> {
        Self::at(id, SERVICE.address)
    }

    /// Uses the server at an address such as `http://127.0.0.1:8000/v1`, without a key.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn at(id: ModelId, base_url: &str) -> Result<Self> {
        SERVICE.at(id, base_url).map(Self::of)
    }

    /// Uses `OPENAI_BASE_URL` and `OPENAI_API_KEY`.
    ///
    /// # Errors
    ///
    /// When the key is missing for OpenAI's own server, or the address is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        SERVICE.by_env(id).map(Self::of)
    }

    fn of(core: Core) -> Self {
        let json = core.rules.json.unwrap_or(JsonSupport::Schema);
        Self { core, json, options: Options::default() }
    }

    /// Sets whether OpenAI keeps the responses; it does for 30 days where this is not set. Where it does
    /// not, the sealed reasoning is asked for, so that exchanges with tools can go on.
    #[must_use]
    pub fn store(mut self, stores: bool) -> Self {
        self.options.store = Some(stores);
        self
    }

    /// Asks for a summary of the reasoning, which is what OpenAI shows of it.
    #[must_use]
    pub fn reasoning_summary(mut self) -> Self {
        self.options.summary = true;
        self
    }
}

/// Returns whether the protocol and the model take a parameter as it is set.
pub(super) fn takes(rules: &Rules, parameter: Parameter, request: &Request) -> bool {
    use Parameter::{CacheTtl, ChatTemplateKwargs, FrequencyPenalty, N, PresencePenalty, Seed, Stop};
    let has_word = match parameter {
        ChatTemplateKwargs | FrequencyPenalty | N | PresencePenalty | Seed | Stop => false,
        CacheTtl => request.sampling.cache_ttl.is_none_or(|ttl| !ttl.is_of_marks()),
        _ => true,
    };
    has_word && rules.take(parameter, request)
}

/// A body on its way.
pub(super) fn post(core: &Core, request: &Request, body: &Value) -> Result<Post> {
    let path = vec!["responses".to_owned()];
    Ok(Post { path, query: None, headers: Vec::new(), body: core.bytes(request, body)? })
}

/// Reads a stream.
pub(super) fn reader() -> Box<dyn Reader> {
    Box::new(stream::Stream::default())
}

impl Protocol for OpenAiResponses {
    fn core(&self) -> &Core {
        &self.core
    }

    fn own(&self) -> Value {
        let Options { store, summary } = self.options;
        if self.options == Options::default() {
            Value::Null
        } else {
            json!({"store": store, "summary": summary})
        }
    }

    fn takes(&self, parameter: Parameter, request: &Request) -> bool {
        takes(&self.core.rules, parameter, request)
    }

    fn post(&self, request: &Request, streamed: bool) -> Result<Post> {
        post(&self.core, request, &body(&self.core, request, self.options, streamed))
    }

    fn read(&self, _: &Request, body: &[u8]) -> Result<Response, Unread> {
        read(body)
    }

    fn reader(&self, _: &Request) -> Option<Box<dyn Reader>> {
        Some(reader())
    }

    fn shows_reasoning(&self) -> bool {
        self.options.summary
    }

    fn batches(&self) -> Option<&dyn BatchApi> {
        Some(self)
    }
}
