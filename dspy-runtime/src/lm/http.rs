//! One transport for all providers: clients, timeouts, statuses, and nothing secret in an error.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, StatusCode, Url};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::error::{Error, ErrorKind, Result};

/// A key: never printed, and taken out of memory's text forms by having none.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes a key.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a text holds the key.
    pub(super) fn is_in(&self, text: &str) -> bool {
        !self.0.is_empty() && text.contains(&*self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How long to wait for a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    pub(super) call: Duration,
}

/// Makes the client on first use, so that a process that never calls never pays for it, and one
/// that calls over plain HTTP never reads the machine's certificates.
pub(super) struct Transport {
    url: Url,
    timeouts: Timeouts,
    client: OnceLock<Result<Client, String>>,
}

impl Transport {
    pub(super) fn new(url: Url, timeouts: Timeouts) -> Self {
        Self { url, timeouts, client: OnceLock::new() }
    }

    pub(super) fn with_timeouts(&self, timeouts: Timeouts) -> Self {
        Self::new(self.url.clone(), timeouts)
    }

    /// Posts a JSON body and gives back the whole answer.
    pub(super) async fn post(&self, key: Option<&Secret>, body: Vec<u8>) -> Result<Answer> {
        self.read(self.open(key, body).await?).await
    }

    /// The next bytes of an answer that comes bit by bit.
    pub(super) async fn chunk(&self, response: &mut reqwest::Response) -> Result<Option<Vec<u8>>> {
        let chunk = response.chunk().await.map_err(|error| self.failed(error))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }

    /// Posts a JSON body and gives back the answer as soon as its head is there.
    pub(super) async fn open(&self, key: Option<&Secret>, body: Vec<u8>) -> Result<reqwest::Response> {
        let client = self.client.get_or_init(|| client(&self.url, self.timeouts)).as_ref();
        let client = client
            .map_err(|reason| Error::new(ErrorKind::NotConfigured, format!("no HTTP client: {reason}")))?;
        let mut request = client.post(self.url.clone()).header("content-type", "application/json").body(body);
        if let Some(key) = key {
            request = request.bearer_auth(key.reveal());
        }
        request.send().await.map_err(|error| self.failed(error))
    }

    /// The rest of an answer.
    pub(super) async fn read(&self, response: reqwest::Response) -> Result<Answer> {
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let [request_id, error_type] =
            ["x-request-id", "x-amzn-errortype"].map(|name| header(response.headers(), name));
        let body = response.bytes().await.map_err(|error| self.failed(error))?;
        Ok(Answer { status, retry_after, request_id, error_type, body: body.into() })
    }

    /// The address without user, password and query, for messages.
    pub(super) fn shown(&self) -> String {
        let mut url = self.url.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.to_string()
    }

    fn failed(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let at = self.shown();
        if error.is_timeout() {
            let limit = if error.is_connect() { self.timeouts.connect } else { self.timeouts.call };
            return Error::new(ErrorKind::Timeout, format!("no answer from {at} within {limit:?}"));
        }
        let reason = innermost(&error);
        let message = match error.is_connect() {
            true => format!("cannot reach {at}: {reason}; is the server running, and is the address right?"),
            false => format!("the connection to {at} broke: {reason}"),
        };
        Error::new(ErrorKind::Transport, message).with_source(error)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("url", &self.shown())
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// What a provider answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) request_id: Option<String>,
    /// What Bedrock calls an error.
    pub(super) error_type: Option<String>,
    pub(super) body: Vec<u8>,
}

fn client(url: &Url, timeouts: Timeouts) -> Result<Client, String> {
    let builder = client_builder(url, timeouts)?.redirect(Policy::none());
    builder.build().map_err(|error| innermost(&error))
}

pub(super) fn client_builder(url: &Url, timeouts: Timeouts) -> Result<ClientBuilder, String> {
    let builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.call)
        .tcp_nodelay(true)
        .tls_backend_preconfigured(tls(url.scheme() == "https").map_err(|error| error.to_string())?);
    Ok(builder)
}

/// The machine's certificates are read only where they are needed; it takes longer than a call.
fn tls(needed: bool) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match needed {
        true => config.with_platform_verifier()?,
        false => config.with_root_certificates(RootCertStore::empty()),
    };
    Ok(config.with_no_client_auth())
}

pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

pub(super) fn header(headers: &reqwest::header::HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The wait that `retry-after-ms` or `retry-after` (seconds) asks for. The date form is not used by
/// LM providers and counts as no wish.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let number = |name| header(headers, name)?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}
