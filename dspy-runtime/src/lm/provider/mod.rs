//! The parts that all providers share: settings, the way of a call, and how a reply comes bit by bit.

mod ask;
mod assembly;
mod builder;
mod parameter;
mod stream;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Once};

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(super) use ask::{posted, replied};
#[cfg(feature = "aws")]
pub(super) use assembly::Frames;
pub(super) use assembly::{Assembly, Ending, Piece, Reader};
pub(super) use builder::settings;
pub(super) use parameter::{Parameter, Taken, taken};

use super::access::Access;
use super::env::variable;
use super::failure::{Asked, Failure};
use super::http::{Call, Head, Post, Secret, Transport};
use super::{BatchApi, Chunk, ModelId, Request, Response, Rules, Sampling};
use crate::error::{Error, ErrorKind, Result, Trouble};

/// The parts of every provider.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) id: ModelId,
    pub(super) transport: Transport,
    pub(super) key: Option<Secret>,
    /// The right to call, where that is no key.
    pub(super) access: Option<Arc<dyn Access>>,
    /// Headers that the user set, which may be keys as well.
    pub(super) secrets: Vec<Secret>,
    pub(super) key_form: KeyForm,
    /// The name of the key to look at if it is refused.
    pub(super) key_name: Cow<'static, str>,
    pub(super) drops: bool,
    pub(super) takes_tools: bool,
    /// Tells whether replies come with reasoning, where the user says so.
    pub(super) gives_reasoning: Option<bool>,
    pub(super) rules: Rules,
    /// The sampling of every call that does not set it itself.
    pub(super) defaults: Sampling,
    /// Tells whether it was said that other rules stand in for those of the model.
    told: Once,
}

/// The place to which a key is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyForm {
    /// `authorization: Bearer …`.
    Bearer,
    /// A header of its own.
    Header(&'static str),
}

/// The one server that a provider has of its own, and what the environment says of it.
#[derive(Clone, Copy)]
pub(super) struct Service {
    pub(super) address: &'static str,
    /// The variable of another address.
    pub(super) address_name: &'static str,
    /// The variables of the key; the first that is set counts.
    pub(super) key_names: &'static [&'static str],
    pub(super) key_form: KeyForm,
    /// The alternative where there is no key.
    pub(super) or: &'static str,
}

impl Service {
    /// Makes it at an address, without a key.
    pub(super) fn at(&self, id: ModelId, address: &str) -> Result<Core> {
        Core::new(id, address, self.key_form, self.key_name())
    }

    /// Makes it with the key and at the address that the environment names.
    pub(super) fn by_env(&self, id: ModelId) -> Result<Core> {
        let address = variable(self.address_name);
        let key = self.key_names.iter().find_map(|name| variable(name));
        if address.is_none() && key.is_none() {
            return Err(no_key(&id, self.key_name(), self.or));
        }
        let core = self.at(id, address.as_deref().unwrap_or(self.address));
        let mut core = core.map_err(|error| error.context(self.address_name))?;
        core.key = key.map(Secret::new);
        core.transport.address_name = Some(self.address_name);
        Ok(core)
    }

    fn key_name(&self) -> &'static str {
        self.key_names.first().copied().unwrap_or_default()
    }
}

/// The reason an answer is no reply.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is not the provider's protocol, or not all of an answer; another try may bring one.
    Broken(String),
    /// It is the provider's, and something in it is not as it should be; another try would bring the same.
    Misfit(String),
    /// It ends before the reply does.
    Cut,
    /// The model or its provider withheld the reply.
    WithheldReason(String),
    /// It is an error after all.
    Failed(Failure),
    /// It ended with a word that means that it failed.
    Ended(String, ErrorKind),
}

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        match error.is_data() {
            true => Self::Misfit(error.to_string()),
            false => Self::Broken(error.to_string()),
        }
    }
}

impl Unread {
    /// The error, for whoever asked.
    pub(super) fn error(self, asked: &Asked<'_>) -> Error {
        match self {
            Self::Broken(reason) => asked.no_reply(&reason),
            Self::Misfit(reason) => asked.no_reply(&reason).with_trouble(Trouble::Settled),
            Self::Cut => {
                let message = format!("the connection to {} broke in the middle of a reply", asked.at);
                Error::new(ErrorKind::Transport, message)
            }
            Self::WithheldReason(reason) => {
                let message = format!("the model refused: {}", asked.shown(&reason, 200));
                Error::new(ErrorKind::ContentFilter, message)
            }
            Self::Failed(failure) => failure.error(asked),
            Self::Ended(word, kind) => {
                let message = format!("{} ended the reply with `{}`", asked.at, asked.shown(&word, 60));
                Error::new(kind, message).with_code(&word)
            }
        }
    }
}

/// The protocol of a provider: pure functions from a request to a body and back.
pub(super) trait Protocol: fmt::Debug + Send + Sync {
    fn core(&self) -> &Core;

    /// Returns whether the model takes something that the request sets.
    fn takes(&self, parameter: Parameter, request: &Request) -> bool;

    /// Returns the provider's own settings for every call.
    fn own(&self) -> Value {
        Value::Null
    }

    /// Returns advice for a request that the server answers with this error.
    fn advice(&self, _: &Request, _: &Error) -> Option<&'static str> {
        None
    }

    /// The request on the wire.
    fn post(&self, request: &Request, streamed: bool) -> Result<Post>;

    /// The reply of an answer to the request.
    fn read(&self, request: &Request, body: &[u8]) -> Result<Response, Unread>;

    /// Returns the reader of a reply to the request that comes bit by bit; `None` where that is not done.
    fn reader(&self, request: &Request) -> Option<Box<dyn Reader>>;

    /// Returns whether replies come with reasoning, as the provider's own settings have it.
    fn shows_reasoning(&self) -> bool {
        false
    }

    /// Returns the batches of the provider, where it has some.
    fn batches(&self) -> Option<&dyn BatchApi> {
        None
    }
}

/// Makes one call.
pub(super) fn complete<'a, P: Protocol>(
    provider: &'a P,
    request: &'a Request,
) -> BoxFuture<'a, Result<Response>> {
    async move {
        let core = provider.core();
        let taken = core.taken(provider, request)?;
        if core.is_long(&taken.request) {
            return stream::whole(provider, taken).await;
        }
        let Taken { request, dropped } = taken;
        let (head, answer) = core.open(provider.post(&request, false)?).await?;
        let body = core.transport.read(answer).await?;
        let mut response = core.read(provider, &head, &body, &request)?;
        response.dropped = dropped;
        Ok(response)
    }
    .boxed()
}

/// Makes one call whose reply comes bit by bit.
pub(super) fn stream<'a, P: Protocol>(provider: &'a P, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
    stream::chunks(provider, request)
}

impl Core {
    pub(super) fn new(
        id: ModelId,
        base_url: &str,
        key_form: KeyForm,
        key_name: &'static str,
    ) -> Result<Self> {
        let transport = Transport::new(base_url)?;
        let key_name = Cow::Borrowed(key_name);
        let (key, secrets) = (None, Vec::new());
        let (rules, told) = (Rules::of(&id), Once::new());
        Ok(Self {
            id,
            transport,
            key,
            access: None,
            secrets,
            key_form,
            key_name,
            drops: false,
            takes_tools: true,
            gives_reasoning: None,
            rules,
            defaults: Sampling::default(),
            told,
        })
    }

    /// Returns it for another model of the server. Rules that were set stay, and those of a name are of the
    /// new one.
    pub(super) fn named(&self, id: ModelId) -> Self {
        let rules = match self.rules == Rules::of(&self.id) {
            true => Rules::of(&id),
            false => self.rules,
        };
        Self {
            id,
            transport: self.transport.clone(),
            key: self.key.clone(),
            access: self.access.clone(),
            secrets: self.secrets.clone(),
            key_form: self.key_form,
            key_name: self.key_name.clone(),
            drops: self.drops,
            takes_tools: self.takes_tools,
            gives_reasoning: self.gives_reasoning,
            rules,
            defaults: self.defaults.clone(),
            told: Once::new(),
        }
    }

    fn taken<'a>(&self, provider: &impl Protocol, request: &'a Request) -> Result<Taken<'a>> {
        if let Some(of) = self.rules.stands_in() {
            self.told.call_once(|| {
                let model = &self.id;
                tracing::warn!(%model, "{model} is not in the table of models and is taken to have the rules of {of}");
            });
        }
        taken(request, &self.id, self.drops, &self.rules, &self.defaults, |parameter, request| {
            provider.takes(parameter, request)
        })
    }

    /// The bytes of a body, with what the request adds to it.
    ///
    /// # Errors
    ///
    /// When that holds a key.
    pub(super) fn bytes(&self, request: &Request, body: &impl Serialize) -> Result<Vec<u8>> {
        let extra = &request.sampling.extra_body;
        if extra.is_empty() {
            return Ok(serde_json::to_vec(body)?);
        }
        if self.is_secret_in(&extra.text()) {
            let message = "`extra_body` holds the key or a header of the model, and would be kept in caches and \
                           journals; leave it to `key` and `header`";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let mut body = serde_json::to_value(body)?;
        extra.put(&mut body);
        Ok(serde_json::to_vec(&body)?)
    }

    /// Returns the settings of every call: what the user always wants, and what a provider adds.
    pub(super) fn settings(&self, own: Value) -> Option<Value> {
        let defaults = (self.defaults != Sampling::default()).then_some(&self.defaults);
        let own = Some(own).filter(|own| !own.is_null());
        (defaults.is_some() || own.is_some()).then(|| json!({"defaults": defaults, "own": own}))
    }

    /// Returns whether a reply may become so long that it is better streamed, whoever asks.
    fn is_long(&self, request: &Request) -> bool {
        let limit = request.sampling.max_tokens.or(self.rules.longest_reply);
        limit.zip(self.rules.longest_unstreamed).is_some_and(|(limit, most)| limit > most)
    }

    pub(super) async fn open(&self, post: Post) -> Result<(Head, reqwest::Response)> {
        self.send(post.into()).await
    }

    /// Makes a request of any kind, with the key, or with what shows the right to call. Where that is refused for having
    /// run out, the request is made once more with another.
    pub(super) async fn send(&self, mut call: Call) -> Result<(Head, reqwest::Response)> {
        if let (Some(access), None) = (&self.access, &self.key) {
            let (head, answer) = self.shown(&**access, call.clone()).await?;
            if head.status.is_success() || !access.renews(&head).await {
                return Ok((head, answer));
            }
            return self.shown(&**access, call).await;
        }
        if let Some(key) = &self.key {
            call.headers.push(match self.key_form {
                KeyForm::Bearer => ("authorization", format!("Bearer {}", key.reveal())),
                KeyForm::Header(name) => (name, key.reveal().to_owned()),
            });
        }
        self.transport.send(call).await
    }

    async fn shown(&self, access: &dyn Access, mut call: Call) -> Result<(Head, reqwest::Response)> {
        // Nobody is asked for a token where nothing may be sent.
        self.transport.check()?;
        let (url, limit) = (self.transport.url(&call), self.transport.timeouts.call);
        let headers = tokio::time::timeout(limit, access.headers(&call, &url)).await.map_err(|_| {
            let message =
                format!("no right to call {} came of its source within {limit:?}", self.transport.shown());
            Error::new(ErrorKind::Timeout, message)
        })?;
        call.headers.extend(headers?);
        self.transport.send(call).await
    }

    fn read(
        &self,
        provider: &impl Protocol,
        head: &Head,
        body: &[u8],
        request: &Request,
    ) -> Result<Response> {
        if !head.status.is_success() {
            let error = self.refused(head, body, request);
            return Err(match provider.advice(request, &error) {
                Some(advice) => error.context(advice),
                None => error,
            });
        }
        let read = provider.read(request, body).map_err(|unread| self.unread(unread, head, request));
        let mut response = read?.with_request_id(head.request_id.as_deref());
        response.rate_limit = head.rate_limit;
        Ok(response)
    }

    /// The error of a status.
    pub(super) fn refused(&self, head: &Head, body: &[u8], request: &Request) -> Error {
        self.asked(request, |asked| Failure::read(body).error_of(head, asked))
    }

    /// The error of an answer that is no reply.
    pub(super) fn unread(&self, unread: Unread, head: &Head, request: &Request) -> Error {
        let error = self.asked(request, |asked| unread.error(asked));
        match (&head.request_id, error.request_id()) {
            (Some(id), None) => error.with_request_id(id),
            _ => error,
        }
    }

    /// Returns whether a text holds the key or a header of the user's.
    pub(super) fn is_secret_in(&self, text: &str) -> bool {
        let is_shown = self.access.as_ref().is_some_and(|access| access.is_secret_in(text));
        is_shown || self.key.iter().chain(&self.secrets).any(|secret| secret.is_in(text))
    }

    fn asked(&self, request: &Request, error: impl FnOnce(&Asked<'_>) -> Error) -> Error {
        let at = self.transport.shown();
        let secret = |text: &str| self.is_secret_in(text);
        error(&Asked { at: &at, is_secret: &secret, key_name: &self.key_name, request })
    }
}

/// Reads an object of a shape. What is no object is not the provider's.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unread> {
    match body.trim_ascii_start().first() {
        Some(b'{') => Ok(serde_json::from_slice(body)?),
        _ => Err(Unread::Broken("it is no JSON object".to_owned())),
    }
}

/// The error of a key that is missing.
pub(super) fn no_key(id: &ModelId, variable: &str, or: &str) -> Error {
    Error::new(ErrorKind::NotConfigured, format!("no key for `{id}`; set {variable}{or}"))
}
