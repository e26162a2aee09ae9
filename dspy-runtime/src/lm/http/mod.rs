//! One transport for all providers: clients, timeouts, statuses, and nothing secret in an error.

mod answer;
mod client;
mod offline;
mod secret;

use std::fmt;
use std::sync::OnceLock;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Proxy, Url};

pub(super) use answer::Head;
pub(crate) use client::{Timeouts, client_builder, innermost};
pub(crate) use offline::check;
#[cfg(any(feature = "gcp", feature = "genai"))]
pub(super) use offline::check_elsewhere;

pub use secret::Secret;

use crate::error::{Error, ErrorKind, Result, Trouble};

/// Makes the client on first use, so that a process that never calls never pays for it, and one
/// that calls over plain HTTP never reads the machine's certificates.
#[derive(Clone)]
pub(super) struct Transport {
    base: Url,
    pub(super) timeouts: Timeouts,
    proxy: Option<Proxy>,
    /// The user's headers for every call; the values are secret.
    headers: Vec<(HeaderName, HeaderValue)>,
    client: OnceLock<Result<Client, String>>,
    /// The environment variable that the address is from or would be in, if it may come from there.
    pub(super) address_name: Option<&'static str>,
    /// Tells whether colons of a path are quoted, too, which is what Amazon's own packages send and sign.
    pub(super) quotes_colons: bool,
}

/// A request that posts JSON.
pub(super) struct Post {
    /// The path after the base address, each part as it is before it is quoted.
    pub(super) path: Vec<String>,
    pub(super) query: Option<&'static str>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// One request of any kind.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: Vec<String>,
    /// As it stands in the address.
    pub(super) query: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Of the body, if there is one.
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// Asks for what is there.
    pub(super) fn get(path: Vec<String>) -> Self {
        let (query, headers, body) = (None, Vec::new(), Vec::new());
        Self { method: Method::GET, path, query, headers, content_type: None, body }
    }
}

impl From<Post> for Call {
    fn from(Post { path, query, headers, body }: Post) -> Self {
        let (query, content_type) = (query.map(str::to_owned), Some("application/json".to_owned()));
        Self { method: Method::POST, path, query, headers, content_type, body }
    }
}

impl Transport {
    /// Calls what is under an address such as `http://127.0.0.1:8000/v1`.
    ///
    /// # Errors
    ///
    /// When it is not an HTTP one.
    pub(super) fn new(base_url: &str) -> Result<Self> {
        let not_http = || {
            let message = "the address of a model must be an HTTP one, such as http://127.0.0.1:8000/v1";
            Error::new(ErrorKind::NotConfigured, message)
        };
        let base = Url::parse(base_url).map_err(|_| not_http())?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(not_http());
        }
        Ok(Self {
            base,
            timeouts: Timeouts::default(),
            proxy: None,
            headers: Vec::new(),
            client: OnceLock::new(),
            address_name: None,
            quotes_colons: false,
        })
    }

    /// Changes how it waits.
    pub(super) fn set_timeouts(&mut self, change: impl FnOnce(&mut Timeouts)) {
        change(&mut self.timeouts);
        self.client = OnceLock::new();
    }

    pub(super) fn set_proxy(&mut self, url: &str) -> Result<()> {
        let unusable = |_| Error::new(ErrorKind::NotConfigured, "the address of the proxy cannot be used");
        self.proxy = Some(Proxy::all(url).map_err(unusable)?);
        self.client = OnceLock::new();
        Ok(())
    }

    pub(super) fn add_header(&mut self, name: &str, value: &str) -> Result<()> {
        let unusable = || {
            let message = format!("the header `{}` cannot be sent", crate::error::snippet(name, 40));
            Error::new(ErrorKind::NotConfigured, message)
        };
        let name_read = HeaderName::try_from(name).map_err(|_| unusable())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| unusable())?;
        value.set_sensitive(true);
        self.headers.push((name_read, value));
        Ok(())
    }

    /// Checks that something may be sent.
    pub(super) fn check(&self) -> Result<()> {
        offline::check(&self.base)
    }

    /// Makes a request and returns the answer as soon as its head is there.
    pub(super) async fn send(&self, call: Call) -> Result<(Head, reqwest::Response)> {
        let url = self.url(&call);
        offline::check(&url)?;
        let make = || client::client(&self.base, self.timeouts, self.proxy.clone());
        let client = self.client.get_or_init(make).as_ref();
        let client = client
            .map_err(|reason| Error::new(ErrorKind::NotConfigured, format!("no HTTP client: {reason}")))?;
        let mut request = client.request(call.method, url).body(call.body);
        if let Some(content_type) = call.content_type {
            request = request.header("content-type", content_type);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = request.send();
        let response = match self.timeouts.first_byte {
            Some(limit) => tokio::time::timeout(limit, sent).await.map_err(|_| self.late(limit))?,
            None => sent.await,
        };
        let response = response.map_err(|error| self.failed(error))?;
        Ok((Head::of(response.status(), response.headers()), response))
    }

    /// The rest of an answer.
    pub(super) async fn read(&self, response: reqwest::Response) -> Result<Vec<u8>> {
        Ok(response.bytes().await.map_err(|error| self.failed(error))?.into())
    }

    /// The next bytes of an answer that comes bit by bit.
    pub(super) async fn chunk(&self, response: &mut reqwest::Response) -> Result<Option<Vec<u8>>> {
        let chunk = response.chunk().await.map_err(|error| self.failed(error))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }

    /// The address without user, password and query, for messages.
    pub(super) fn shown(&self) -> String {
        let mut url = self.base.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.to_string().trim_end_matches('/').to_owned()
    }

    /// The address of a call.
    pub(super) fn url(&self, call: &Call) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&call.path);
        }
        if self.quotes_colons {
            let quoted = url.path().replace(':', "%3A");
            url.set_path(&quoted);
        }
        if let Some(query) = &call.query {
            let own = self.base.query().map(|own| format!("{own}&")).unwrap_or_default();
            url.set_query(Some(&format!("{own}{query}")));
        }
        url
    }

    fn late(&self, limit: std::time::Duration) -> Error {
        Error::new(ErrorKind::Timeout, format!("no answer from {} within {limit:?}", self.shown()))
    }

    fn failed(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let at = self.shown();
        if error.is_timeout() {
            return match error.is_connect() {
                true => self.late(self.timeouts.connect).with_trouble(Trouble::Unreached),
                false => self.late(self.timeouts.first_byte.unwrap_or(self.timeouts.call)),
            };
        }
        if error.is_builder() {
            let message = "the request cannot be made; is there a line break in the key?";
            return Error::new(ErrorKind::NotConfigured, message);
        }
        let reason = innermost(&error);
        if error.is_connect() && is_refused(&error) && self.proxy.is_none() && offline::is_here(&self.base) {
            let address = match self.address_name {
                Some(name) => format!("set {name} to the address of another"),
                None => "give the address of another".to_owned(),
            };
            let message = format!("cannot reach {at}: {reason}; start the server there, or {address}");
            return Error::new(ErrorKind::Transport, message)
                .with_trouble(Trouble::NobodyHere)
                .with_told_source(error);
        }
        let message = match error.is_connect() {
            true => format!("cannot reach {at}: {reason}; is the server running, and is the address right?"),
            false => format!("the connection to {at} broke: {reason}"),
        };
        Error::new(ErrorKind::Transport, message).with_told_source(error)
    }
}

/// Returns whether nobody listens at an address, as against one that cannot be found or does not answer.
fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut errors = std::iter::successors(Some(error), |error| error.source());
    errors.any(|error| {
        let io = error.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
    })
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("base", &self.shown())
            .field("timeouts", &self.timeouts)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_listen_here_is_named_with_the_variable_of_the_address() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|bound| bound.local_addr());
        let mut transport =
            Transport::new(&format!("http://{}/v1", free.expect("a port"))).expect("an address");
        for (name, says) in [
            (Some("LLAMACPP_BASE_URL"), "set LLAMACPP_BASE_URL to the address of another"),
            (None, "give the address of another"),
        ] {
            transport.address_name = name;
            let post = Post { path: Vec::new(), query: None, headers: Vec::new(), body: Vec::new() };
            let error = transport.send(post.into()).await.map(drop).expect_err("nobody listens");
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(error.trouble(), Some(Trouble::NobodyHere));
        }
    }
}
