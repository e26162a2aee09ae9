//! Programs as tools for other people's models.

mod call_error;
mod exposed;
pub(crate) mod handler;
#[cfg(feature = "serve")]
pub(crate) mod http;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::{IntoTransport, io::stdio_pipes};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use self::exposed::{Exposed, Exposure};
use self::handler::Handler;
use crate::context::{Context, Scope};
use crate::error::{Error, ErrorKind, Result};
use crate::module::Module;
use crate::release::Live;
use crate::tool::is_name;
use crate::value::{Prepare, Record};

/// Programs as tools of an MCP server: a model elsewhere, such as that of an editor or of a chat, finds them by
/// name and description, and calls them with their typed inputs.
///
/// A tool takes the program's inputs and answers with its outputs, both described as JSON schemas. Each call
/// is one run of the program and costs its LM calls; one that its client cancels, or that takes too long, is
/// cancelled and so are its calls. Where the client asks for progress, each field that is done is reported.
/// What the caller can repair, as an input that is missing, is an error result that names it; why a program
/// failed for reasons of its own is logged and not reported.
///
/// [`serve_stdio`](Self::serve_stdio) serves the process that started this one; with the feature `serve`,
/// `Service::mcp` serves over HTTP.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::mcp::McpTools;
/// use dspy::{Context, Predict, signature};
/// use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## capital ## ]]\nParis"]));
/// let tools = McpTools::new(&cx).tool("capital", Predict::<Capital>::new());
///
/// // A program would end here with `tools.serve_stdio().await`. These are the two ends of a pipe:
/// let (ours, theirs) = tokio::io::duplex(1 << 16);
/// let (input, output) = tokio::io::split(ours);
/// tokio::spawn(async move { tools.serve(input, output).await });
/// let (answers, mut asked) = tokio::io::split(theirs);
/// for message in [
///     r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"me","version":"1"}}}"#,
///     r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
///     r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"capital","arguments":{"country":"France"}}}"#,
/// ] {
///     asked.write_all(format!("{message}\n").as_bytes()).await?;
/// }
/// let mut lines = BufReader::new(answers).lines();
/// lines.next_line().await?;
/// let answer = lines.next_line().await?.unwrap_or_default();
/// assert!(answer.contains(r#""structuredContent":{"capital":"Paris"}"#));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct McpTools {
    tools: Vec<Arc<dyn Exposed>>,
    cx: Context,
    name: String,
    timeout: Duration,
    in_flight: usize,
}

impl McpTools {
    /// A server without a tool yet, whose programs run in this context.
    #[must_use]
    pub fn new(cx: &Context) -> Self {
        Self {
            tools: Vec::new(),
            cx: cx.clone(),
            name: "dspy".to_owned(),
            timeout: Duration::from_secs(60),
            in_flight: 64,
        }
    }

    /// Adds a program as it is, under the name that models call it by. Its description is the instructions of its
    /// signature; for a program of several predictors it says what each is for.
    #[must_use]
    pub fn tool<M: Module>(self, name: &str, program: M) -> Self {
        self.live(name, Live::fixed(program))
    }

    /// Adds a program of which always the current release answers; each call runs wholly on one release.
    #[must_use]
    pub fn live<M: Module>(self, name: &str, live: Live<M>) -> Self {
        self.with(Exposure::new(name, live))
    }

    /// Describes the tool that was added last, in place of what its signature says: what it does, and when to use
    /// it.
    #[must_use]
    pub fn described(self, text: &str) -> Self {
        self.change(|tool| tool.described(text))
    }

    /// Completes the inputs of the tool that was added last before they are read, such as with what is retrieved
    /// for them. Its schema then asks for no input, since what a caller may leave out cannot be known; what is
    /// missing in the end is an error that names it.
    #[must_use]
    pub fn prepare(self, prepare: impl Fn(&mut Record) -> Result<()> + Send + Sync + 'static) -> Self {
        self.with_prepare(Some(Arc::new(prepare)))
    }

    pub(crate) fn with_prepare(self, prepare: Option<Prepare>) -> Self {
        match prepare {
            Some(prepare) => self.change(|tool| tool.prepared(prepare)),
            None => self,
        }
    }

    /// Sets the name of this server for clients; `dspy` by default.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the longest time for a call; 60 seconds by default.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets the number of calls that may be under way at once; 64 by default. A further one is an error
    /// result at once.
    #[must_use]
    pub fn in_flight(mut self, calls: usize) -> Self {
        self.in_flight = calls;
        self
    }

    /// Serves the process that started this one, over standard input and output, until the input ends. Nothing
    /// else may be written to standard output meanwhile.
    ///
    /// # Errors
    ///
    /// When there is no tool, two have one name, or a name is none that models can call; when the other side does
    /// not speak MCP.
    pub async fn serve_stdio(&self) -> Result<()> {
        self.serve_over(stdio_pipes()).await
    }

    /// Serves over other pipes.
    ///
    /// # Errors
    ///
    /// As [`serve_stdio`](Self::serve_stdio).
    pub async fn serve(
        &self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Result<()> {
        self.serve_over((input, output)).await
    }

    async fn serve_over<A>(
        &self,
        pipes: impl IntoTransport<rmcp::RoleServer, std::io::Error, A>,
    ) -> Result<()> {
        let running = match self.handler()?.serve(pipes).await {
            Ok(running) => running,
            // Whoever leaves before saying anything wanted nothing.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => {
                let message = format!("the other side does not speak MCP: {error}");
                return Err(Error::new(ErrorKind::Decode, crate::error::snippet(&message, 300)));
            }
        };
        match running.waiting().await {
            Ok(QuitReason::JoinError(error)) | Err(error) => {
                Err(Error::internal(format!("the MCP server stopped: {error}")))
            }
            Ok(_) => Ok(()),
        }
    }

    /// Returns the handler, if all is well.
    pub(crate) fn handler(&self) -> Result<Handler> {
        let wrong = |what: String| Err(Error::new(ErrorKind::NotConfigured, what));
        if self.tools.is_empty() {
            return wrong("an MCP server needs a tool: `McpTools::tool` adds one".to_owned());
        }
        for (at, tool) in self.tools.iter().enumerate() {
            let name = tool.name();
            if !is_name(name) {
                return wrong(format!(
                    "models cannot call a tool `{name}`; a name has letters, digits, `_` and `-`, at most 64 of them"
                ));
            }
            if self.tools.iter().take(at).any(|other| other.name() == name) {
                return wrong(format!("two tools are called `{name}`"));
            }
        }
        let places = Arc::new(Semaphore::new(self.in_flight));
        Ok(Handler::new(
            self.tools.clone(),
            self.cx.scoped(Scope::detached),
            self.name.clone(),
            self.timeout,
            places,
        ))
    }

    fn with<M: Module>(mut self, exposure: Exposure<M>) -> Self {
        self.tools.push(Arc::new(exposure));
        self
    }

    fn change(mut self, change: impl FnOnce(&dyn Exposed) -> Arc<dyn Exposed>) -> Self {
        if let Some(last) = self.tools.last_mut() {
            *last = change(&**last);
        }
        self
    }
}

impl fmt::Debug for McpTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpTools")
            .field("tools", &self.tools.iter().map(|tool| tool.name()).collect::<Vec<_>>())
            .field("model", self.cx.lm().id())
            .finish_non_exhaustive()
    }
}
