//! A program as an HTTP service, with the feature `serve`.
//!
//! | route | answers |
//! |---|---|
//! | `POST /run` | the outputs for the inputs in the body, as JSON; with `Accept: text/event-stream` field by field |
//! | `GET /openapi.json` | what goes in and what comes out, as an [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.0) document |
//! | `GET /health` | 200 while the process lives |
//! | `GET /ready` | 200 while it takes requests, 503 once it is being shut down; which release it runs |
//! | `GET /metrics` | counters and histograms in the text format of [Prometheus](https://prometheus.io/docs/instrumenting/exposition_formats/) |
//! | `/mcp` | with the feature `mcp`, after [`Service::mcp`]: programs as tools of an MCP server, by streamable HTTP |
//!
//! What goes wrong is reported as a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)):
//!
//! | status | when |
//! |---|---|
//! | 400 | the body is no JSON object |
//! | 401 | the bearer token is missing or wrong |
//! | 408 | the body does not come in time |
//! | 413 | the body is larger than allowed |
//! | 415 | the body is not said to be JSON |
//! | 422 | a field is missing, unknown or of another type (all are listed), the input is longer than the model takes, or its provider withheld the reply |
//! | 500 | the program failed; the reason is logged, not sent |
//! | 502 | the model's provider failed, or its reply cannot be read |
//! | 503 | too many requests are under way, the provider has no room, or the budget is spent; with `retry-after` |
//! | 504 | there was no answer in time |

mod answer;
mod guard;
mod input;
mod listen;
mod metrics;
mod openapi;
mod problem;
mod routes;
mod stream;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, ToSocketAddrs};

use self::metrics::Metrics;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::module::Module;
use crate::release::Live;
use crate::value::Prepare;

/// A program as an HTTP service: typed JSON in, typed JSON out.
///
/// [`listen`](Service::listen) serves it until the process is asked to end; [`router`](Service::router) is
/// for your own service that has more routes. Every request is one run of the program, so it costs
/// the program's LM calls; a request whose client goes away is cancelled, and so are its calls.
///
/// # Example
///
/// ```no_run
/// use dspy::serve::Service;
/// use dspy::{Context, Lm, Predict, Result, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<()> {
///     let cx = Context::new(Lm::from_env()?);
///     Service::new(Predict::<Capital>::new(), &cx)
///         .bearer_from_env("CAPITAL_TOKEN")?
///         .listen("127.0.0.1:8080")
///         .await
/// }
/// ```
///
/// ```console
/// $ curl -H "authorization: Bearer $CAPITAL_TOKEN" --json '{"country": "France"}' 127.0.0.1:8080/run
/// {"output":{"capital":"Paris"},"model":"openai/gpt-4o-mini","usage":{"calls":1,…}}
/// ```
pub struct Service<M: Module> {
    live: Live<M>,
    cx: Context,
    settings: Settings,
    metrics: Arc<Metrics>,
    prepare: Option<Prepare>,
    #[cfg(feature = "mcp")]
    mcp: Option<crate::mcp::Handler>,
}

/// The limits of a service.
#[derive(Clone, Debug)]
struct Settings {
    /// The hash of the token, so that comparing takes the same time wherever a guess is wrong.
    token: Option<[u8; 32]>,
    max_body: usize,
    in_flight: usize,
    timeout: Duration,
    read_timeout: Duration,
    drain: Duration,
}

impl<M: Module> Service<M> {
    /// Serves one program as it is.
    pub fn new(program: M, cx: &Context) -> Self {
        Self::live(Live::fixed(program), cx)
    }

    /// Serves whatever is released, request by request: each runs wholly on one release.
    pub fn live(live: Live<M>, cx: &Context) -> Self {
        let settings = Settings {
            token: None,
            max_body: 1 << 20,
            in_flight: 256,
            timeout: Duration::from_secs(60),
            read_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(30),
        };
        Self {
            live,
            cx: cx.clone(),
            settings,
            metrics: Arc::default(),
            prepare: None,
            #[cfg(feature = "mcp")]
            mcp: None,
        }
    }

    /// Takes only requests that bring this token: `authorization: Bearer …`. `/health`, `/ready` and
    /// `/openapi.json` answer without.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.settings.token = Some(Sha256::digest(token.as_bytes()).into());
        self
    }

    /// Requires the token from a variable of the environment.
    ///
    /// # Errors
    ///
    /// When the variable is not set or empty: a service that is meant to be closed is not opened by a typo.
    pub fn bearer_from_env(self, variable: &str) -> Result<Self> {
        match std::env::var(variable).ok().filter(|token| !token.trim().is_empty()) {
            Some(token) => Ok(self.bearer(token.trim())),
            None => Err(Error::new(
                ErrorKind::NotConfigured,
                format!("`{variable}` is not set; it holds the token that requests must bring"),
            )),
        }
    }

    /// The largest body in bytes; 1 MiB by default.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.settings.max_body = bytes;
        self
    }

    /// Sets the number of requests that may be under way at once; 256 by default. A further one gets 503
    /// at once, which is better for who waits than a queue that grows.
    #[must_use]
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.settings.in_flight = requests;
        self
    }

    /// Sets the time a request may take once its body is here; 60 seconds by default.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.settings.timeout = time;
        self
    }

    /// Sets the time a client may take to send a request's head, and again its body; 10 seconds by default.
    #[must_use]
    pub fn read_timeout(mut self, time: Duration) -> Self {
        self.settings.read_timeout = time;
        self
    }

    /// Sets the time for requests that are under way to finish once the service is asked to end; 30 seconds
    /// by default.
    #[must_use]
    pub fn drain(mut self, time: Duration) -> Self {
        self.settings.drain = time;
        self
    }

    /// Completes inputs before they are read, such as with what is retrieved for them. It is called between
    /// requests' other work, so it should not block.
    #[must_use]
    pub fn prepare(
        self,
        prepare: impl Fn(&mut crate::data::Record) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.with_prepare(Some(Arc::new(prepare)))
    }

    pub(crate) fn with_prepare(mut self, prepare: Option<Prepare>) -> Self {
        self.prepare = prepare;
        self
    }

    /// Also answers at `/mcp`, as an MCP server with these tools, by streamable HTTP: with the same token, the same
    /// largest body, and the tools' own limits of time and number. Without a token only requests to this machine's
    /// own names are taken, and none that a browser's page sends.
    ///
    /// # Errors
    ///
    /// As [`McpTools::serve_stdio`](crate::mcp::McpTools::serve_stdio).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use dspy::mcp::McpTools;
    /// use dspy::serve::Service;
    /// use dspy::{Context, Lm, Predict, Result, signature};
    ///
    /// /// Name the capital of a country.
    /// #[signature]
    /// struct Capital {
    ///     #[input]
    ///     country: String,
    ///     /// Its name alone.
    ///     #[output]
    ///     capital: String,
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<()> {
    ///     let cx = Context::new(Lm::from_env()?);
    ///     let program = Predict::<Capital>::new();
    ///     let tools = McpTools::new(&cx).tool("capital", program.clone());
    ///     Service::new(program, &cx).bearer_from_env("CAPITAL_TOKEN")?.mcp(&tools)?.listen("127.0.0.1:8080").await
    /// }
    /// ```
    #[cfg(feature = "mcp")]
    pub fn mcp(mut self, tools: &crate::mcp::McpTools) -> Result<Self> {
        self.mcp = Some(tools.handler()?);
        Ok(self)
    }

    /// The routes, for a service that has more of them.
    pub fn router(&self) -> Router {
        routes::router(self)
    }

    /// Serves at an address until the process gets SIGINT or SIGTERM; then finishes what is under way.
    ///
    /// # Errors
    ///
    /// When the address cannot be taken.
    pub async fn listen(&self, address: impl ToSocketAddrs + fmt::Display + Clone) -> Result<()> {
        self.serve(self.bind(address).await?, Self::told_to_end()).await
    }

    /// Takes an address, whose connections wait until they are served.
    pub(crate) async fn bind(
        &self,
        address: impl ToSocketAddrs + fmt::Display + Clone,
    ) -> Result<TcpListener> {
        let failed = |error| Error::from(error).context(format!("cannot listen at {address}"));
        TcpListener::bind(address.clone()).await.map_err(failed)
    }

    /// Waits until the process is told to end.
    pub(crate) fn told_to_end() -> impl Future<Output = ()> + Send {
        listen::told_to_end()
    }

    /// Serves what a listener accepts until a future is ready; then takes no more connections and finishes
    /// what is under way.
    ///
    /// # Errors
    ///
    /// When the listener no longer has an address.
    pub async fn serve(&self, listener: TcpListener, end: impl Future<Output = ()> + Send) -> Result<()> {
        listen::serve(self, listener, end).await
    }
}

impl<M: Module> Clone for Service<M> {
    fn clone(&self) -> Self {
        Self {
            live: self.live.clone(),
            cx: self.cx.clone(),
            settings: self.settings.clone(),
            metrics: self.metrics.clone(),
            prepare: self.prepare.clone(),
            #[cfg(feature = "mcp")]
            mcp: self.mcp.clone(),
        }
    }
}

impl<M: Module> fmt::Debug for Service<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("program", &M::NAME)
            .field("model", self.cx.lm().id())
            .field("guarded", &self.settings.token.is_some())
            .finish_non_exhaustive()
    }
}
