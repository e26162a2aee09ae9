//! OpenAI's chat completions, which most servers of models speak.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/chat>.

mod parts;
mod stream;
mod wire;

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;
use reqwest::Url;

use super::env::variable;
use super::failure::{Asked, Failure};
use super::http::{Answer, Secret, Timeouts, Transport};
use super::{Chunk, JsonSupport, LanguageModel, ModelId, Request, Response, ResponseFormat};
use crate::error::{Error, ErrorKind, Result, snippet};
use crate::media::Media;

/// A server with OpenAI's chat completions: OpenAI itself, vLLM, Ollama, llama.cpp and many others.
///
/// It sends what the user set and nothing else. One call is one request; put it in a
/// [`Retry`](super::Retry) to survive failures, as [`Lm::new`](super::Lm::new) does.
///
/// # Example
///
/// ```
/// use dspy::lm::{ModelId, OpenAi, Retry};
///
/// let model = OpenAi::new(ModelId::new("openai", "qwen3"), "http://127.0.0.1:8000/v1")?;
/// let lm = dspy::Lm::from(Retry::new(model));
/// assert_eq!(lm.id().name(), "qwen3");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct OpenAi {
    id: ModelId,
    key: Option<Secret>,
    json: JsonSupport,
    transport: Transport,
}

const OWN_URL: &str = "https://api.openai.com/v1";
const KEY: &str = "OPENAI_API_KEY";
const URL: &str = "OPENAI_BASE_URL";
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), call: Duration::from_secs(600) };

impl OpenAi {
    /// Uses the server at an address such as `http://127.0.0.1:8000/v1`, without a key.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn new(id: ModelId, base_url: &str) -> Result<Self> {
        Ok(Self {
            id,
            key: None,
            json: JsonSupport::Schema,
            transport: Transport::new(endpoint(base_url)?, TIMEOUTS),
        })
    }

    /// Uses `OPENAI_BASE_URL` and `OPENAI_API_KEY`. A server of one's own may need no key; OpenAI's does.
    ///
    /// # Errors
    ///
    /// When the key is missing for OpenAI's own server, or the address is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        let (url, key) = (variable(URL), variable(KEY));
        if url.is_none() && key.is_none() {
            let message = format!("no key for `{id}`; set {KEY}, or {URL} to use a server of your own");
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        let url = url.unwrap_or_else(|| OWN_URL.to_owned());
        let model = Self::new(id, &url).map_err(|error| error.context(URL))?;
        Ok(Self { key: key.map(Secret::new), ..model })
    }

    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: Secret) -> Self {
        self.key = Some(key);
        self
    }

    /// How far the server can hold the model to JSON; to a JSON schema by default, as OpenAI's and most
    /// servers do. It is only asked for by an adapter that wants JSON.
    #[must_use]
    pub fn json(mut self, support: JsonSupport) -> Self {
        self.json = support;
        self
    }

    /// How long to wait for a connection and for the whole answer; by default 10 s and 600 s.
    #[must_use]
    pub fn timeouts(mut self, connect: Duration, call: Duration) -> Self {
        self.transport = self.transport.with_timeouts(Timeouts { connect, call });
        self
    }

    async fn post(&self, request: &Request) -> Result<Response> {
        let answer = self.transport.post(self.key.as_ref(), self.body(request, false)?).await?;
        match answer.status.is_success() {
            true => self.read(answer),
            false => Err(self.refused(request, &answer)),
        }
    }

    fn body(&self, request: &Request, streamed: bool) -> Result<Vec<u8>> {
        let body = wire::Body {
            model: self.id.name(),
            messages: parts::Messages(&request.messages),
            sampling: &request.sampling,
            response_format: match request.format {
                ResponseFormat::Text => None,
                ResponseFormat::JsonObject => Some(wire::Format::JsonObject),
                ResponseFormat::JsonSchema(ref json_schema) => Some(wire::Format::JsonSchema { json_schema }),
            },
            stream: streamed.then_some(true),
            stream_options: streamed.then_some(wire::StreamOptions { include_usage: true }),
        };
        Ok(serde_json::to_vec(&body)?)
    }

    fn read(&self, answer: Answer) -> Result<Response> {
        let completion: wire::Completion =
            serde_json::from_slice(&answer.body).map_err(|error| self.broken(&error.to_string()))?;
        let choice = completion.choices.into_iter().next().ok_or_else(|| self.broken("it has no choices"))?;
        if let Some(refusal) = choice.message.refusal {
            return Err(withheld(&refusal));
        }
        let mut response = Response::new(choice.message.content.unwrap_or_default());
        response.finish = wire::finish(choice.finish_reason.as_deref());
        response.usage = completion.usage.unwrap_or_default().usage();
        response.model = completion.model;
        response.request_id = answer.request_id;
        Ok(response)
    }

    fn broken(&self, reason: &str) -> Error {
        let message = format!("{} did not answer a chat completion: {reason}", self.transport.shown());
        Error::new(ErrorKind::Decode, message)
    }

    /// The error of a status, with the provider's own message but no key that it may repeat.
    fn refused(&self, request: &Request, answer: &Answer) -> Error {
        let at = self.transport.shown();
        let asked = Asked { at: &at, key: self.key.as_ref(), key_name: KEY, request };
        Failure::read(&answer.body).error_of(answer, &asked)
    }
}

fn withheld(refusal: &str) -> Error {
    Error::new(ErrorKind::ContentFilter, format!("the model refused: {}", snippet(refusal, 200)))
}

impl LanguageModel for OpenAi {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        self.post(request).boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        stream::chunks(self, request)
    }

    fn json_support(&self) -> JsonSupport {
        self.json
    }

    fn refuses(&self, media: &Media) -> Option<String> {
        parts::refused(media)
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_in(text))
    }
}

/// The address of chat completions under a base address.
fn endpoint(base_url: &str) -> Result<Url> {
    let not_http = || {
        let message = "the address of a model must be an HTTP one, such as http://127.0.0.1:8000/v1";
        Error::new(ErrorKind::NotConfigured, message)
    };
    let mut url = Url::parse(base_url).map_err(|_| not_http())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(not_http());
    }
    let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}
