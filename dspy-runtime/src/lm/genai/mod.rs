//! The long tail of providers, through the crate `genai`. None of its types is seen outside.

mod failure;
mod reply;
mod send;

use std::fmt;
use std::sync::OnceLock;

use ::genai::Client;
use ::genai::resolver::{AuthData, Endpoint};
use ::genai::{ServiceTarget, resolver};
use futures_util::future::{BoxFuture, FutureExt};
use reqwest::Url;

use super::http::{Secret, Timeouts, check, check_elsewhere, client_builder};
use super::provider::{Parameter, Taken, taken};
use super::{JsonSupport, LanguageModel, ModelId, Request, Response, Rules, Sampling};
use crate::error::{Error, ErrorKind, Result};
use crate::media::Media;

/// A model of a provider that this library does not speak to by itself, through the crate
/// [genai](https://docs.rs/genai): `genai/cohere::command-r`, with the feature `genai`.
///
/// What is before `::` is the crate's name for the provider; without it, the crate guesses by the name of
/// the model. Keys are those environment variables that the crate knows, such as `COHERE_API_KEY`. The
/// crate decides what is sent: it adds a token limit where a provider demands one, and may leave out a
/// format that a provider lacks. It has no log probabilities, penalties or several replies; a stream gives
/// the whole reply at its end. Prefer a provider of this library where there is one.
///
/// # Example
///
/// ```
/// use dspy::lm::{Genai, ModelId, Retry};
///
/// let lm = dspy::Lm::from(Retry::new(Genai::new(ModelId::new("genai", "cohere::command-r"))));
/// assert_eq!(lm.id().to_string(), "genai/cohere::command-r");
/// ```
pub struct Genai {
    id: ModelId,
    key: Option<Secret>,
    base_url: Option<String>,
    drops: bool,
    client: OnceLock<Result<Client, String>>,
}

impl Genai {
    /// Uses the key and the address that the crate has for the provider.
    pub fn new(id: ModelId) -> Self {
        Self { id, key: None, base_url: None, drops: false, client: OnceLock::new() }
    }

    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: Secret) -> Self {
        self.key = Some(key);
        self
    }

    /// Uses the server at an address, such as `http://127.0.0.1:8000/v1/`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Works as with [`OpenAi`](super::OpenAi::drop_unsupported).
    #[must_use]
    pub fn drop_unsupported(mut self) -> Self {
        self.drops = true;
        self
    }

    async fn call(&self, request: &Request) -> Result<Response> {
        let Taken { request, dropped } =
            taken(request, &self.id, self.drops, &Rules::default(), &Sampling::default(), takes)?;
        match self.base_url.as_ref().and_then(|url| Url::parse(url).ok()) {
            Some(url) => check(&url)?,
            None => check_elsewhere(self.id.name())?,
        }
        let client = self.client.get_or_init(|| self.make()).as_ref();
        let client = client
            .map_err(|reason| Error::new(ErrorKind::NotConfigured, format!("no HTTP client: {reason}")))?;
        let (chat, options) = (send::chat(&request), send::options(&request));
        let answer = client.exec_chat(self.id.name(), chat, Some(&options)).await;
        let answer = answer.map_err(|error| failure::error(&error, self, &request))?;
        let read = reply::response(answer).map_err(|unread| failure::unread(unread, self, &request));
        let mut response = read?;
        response.dropped = dropped;
        Ok(response)
    }

    /// The crate's client over ours, with our TLS and timeouts.
    fn make(&self) -> Result<Client, String> {
        let any = Url::parse("https://localhost").map_err(|error| error.to_string())?;
        let http = client_builder(&any, Timeouts::default())?.build();
        let builder = Client::builder().with_reqwest(http.map_err(|error| error.to_string())?);
        let (key, base_url) = (self.key.clone(), self.base_url.clone());
        let target = move |mut target: ServiceTarget| -> Result<ServiceTarget, resolver::Error> {
            if let Some(key) = &key {
                target.auth = AuthData::from_single(key.reveal());
            }
            if let Some(url) = &base_url {
                target.endpoint = Endpoint::from_owned(url.as_str());
            }
            Ok(target)
        };
        builder.with_service_target_resolver_fn(target).build().map_err(|_| "genai has made none".to_owned())
    }
}

fn takes(parameter: Parameter, request: &Request) -> bool {
    use Parameter::{
        CacheTtl, ChatTemplateKwargs, ExtraBody, FrequencyPenalty, Logprobs, N, ParallelToolCalls,
        PresencePenalty, ReasoningEffort, ServiceTier, Verbosity,
    };
    match parameter {
        FrequencyPenalty | Logprobs | N | PresencePenalty => false,
        CacheTtl | ChatTemplateKwargs | ExtraBody | ParallelToolCalls | ServiceTier | Verbosity => false,
        ReasoningEffort => request.sampling.reasoning_effort.and_then(send::effort).is_some(),
        _ => true,
    }
}

impl LanguageModel for Genai {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        self.call(request).boxed()
    }

    /// Asks for JSON by the prompt alone, since it is not known what the provider takes.
    fn json_support(&self) -> JsonSupport {
        JsonSupport::None
    }

    fn takes_tools(&self) -> bool {
        true
    }

    fn refuses(&self, media: &Media) -> Option<String> {
        media.url().map(|_| "it takes nothing by its address; `download` it first".to_owned())
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_in(text))
    }
}

impl fmt::Debug for Genai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Genai").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
