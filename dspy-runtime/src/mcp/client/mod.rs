//! The tools of other people's servers.

mod call;
mod child;
mod connection;
mod failure;
mod http;
mod listed;
mod oauth;
mod secrets;
mod tool_result;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use connection::McpConnection;
pub use listed::McpToolList;
pub use oauth::McpOauth;

use secrets::Secrets;

use crate::error::Result;
use crate::lm::Secret;

/// The address of an MCP server, whose tools a program may use: a command that is started, or an address.
///
/// A command gets its own standard input and output, and of our environment only what programs need to run
/// (`PATH`, `HOME` and their like), so that none of our keys reaches it; what else it needs is given with
/// [`env`](Self::env). What it writes to standard error does not show up on ours; its last words are reported
/// where it ends early. It is asked to end, and after two seconds made to, when the last of the connection and
/// its tools is dropped.
///
/// No LM call is made here. Keys, tokens and values of the environment appear in no error and in no `Debug`.
///
/// # Example
///
/// ```no_run
/// use std::sync::Arc;
///
/// use dspy::lm::Secret;
/// use dspy::mcp::McpServer;
/// use dspy::tool::Tool;
/// use dspy::{Context, Lm, Module, ReAct, Result, signature};
///
/// /// Answer the question about the tickets and the files.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One sentence.
///     #[output]
///     answer: String,
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<()> {
///     let files = McpServer::stdio("npx", ["-y", "@modelcontextprotocol/server-filesystem", "."]).connect().await?;
///     let tickets = McpServer::http("https://tickets.example.com/mcp")
///         .bearer(Secret::new(std::env::var("TICKETS_TOKEN").unwrap_or_default()))
///         .connect()
///         .await?;
///     let mut tools: Vec<Arc<dyn Tool>> = files.tools().only(["read_file", "list_directory"]).await?;
///     tools.extend(tickets.tools().prefix("tickets_").await?);
///
///     let agent = ReAct::<Answer>::new().with_tools(tools);
///     let question = "Which open tickets does the README answer?".to_owned();
///     println!("{}", agent.call(&Context::new(Lm::from_env_or_builtin()?), AnswerInput { question }).await?.answer);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct McpServer {
    name: String,
    way: Way,
    pub(super) timeout: Duration,
    pub(super) start_timeout: Duration,
    pub(super) max_bytes: usize,
}

/// The connection to the server.
#[derive(Clone)]
enum Way {
    Stdio {
        command: OsString,
        arguments: Vec<OsString>,
        env: Vec<(OsString, OsString)>,
        folder: Option<PathBuf>,
    },
    Http {
        url: String,
        bearer: Option<Secret>,
        headers: Vec<(String, Secret)>,
        oauth: Option<Box<McpOauth>>,
    },
}

impl McpServer {
    /// A server that is started, and spoken to through its standard input and output.
    pub fn stdio<A: Into<OsString>>(
        command: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let command = command.into();
        // Without the arguments, which may hold a key.
        let name =
            std::path::Path::new(&command).file_name().unwrap_or(&command).to_string_lossy().into_owned();
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self::new(name, Way::Stdio { command, arguments, env: Vec::new(), folder: None })
    }

    /// A server at an address such as `https://example.com/mcp`, by streamable HTTP.
    pub fn http(url: impl Into<String>) -> Self {
        let url = url.into();
        Self::new(http::shown(&url), Way::Http { url, bearer: None, headers: Vec::new(), oauth: None })
    }

    fn new(name: String, way: Way) -> Self {
        let (timeout, start_timeout) = (Duration::from_secs(60), Duration::from_secs(30));
        Self { name, way, timeout, start_timeout, max_bytes: 4 << 20 }
    }

    /// Sets its name in messages; by default the name of the command, or the address.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets a variable in the environment of the command; nothing at an address.
    #[must_use]
    pub fn env(mut self, variable: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        if let Way::Stdio { env, .. } = &mut self.way {
            env.push((variable.into(), value.into()));
        }
        self
    }

    /// The folder that the command is started in; ours by default. Nothing at an address.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        if let Way::Stdio { folder, .. } = &mut self.way {
            *folder = Some(path.into());
        }
        self
    }

    /// Sends a token with each request, `authorization: Bearer …`; nothing for a command.
    #[must_use]
    pub fn bearer(mut self, token: Secret) -> Self {
        if let Way::Http { bearer, .. } = &mut self.way {
            *bearer = Some(token);
        }
        self
    }

    /// Gets the token by OAuth, in place of one that is given: [`McpOauth`] says how. Nothing for a command.
    #[must_use]
    pub fn oauth(mut self, oauth: McpOauth) -> Self {
        if let Way::Http { bearer, oauth: own, .. } = &mut self.way {
            (*bearer, *own) = (None, Some(Box::new(oauth)));
        }
        self
    }

    /// Sends a header with each request; nothing for a command.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: Secret) -> Self {
        if let Way::Http { headers, .. } = &mut self.way {
            headers.push((name.into(), value));
        }
        self
    }

    /// Sets the longest time for one call of a tool; 60 seconds by default. A later one is cancelled, the
    /// server is informed, and the model sees an error.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets the time the server may take to start and to answer the first words, and later to list its
    /// tools; 30 seconds by default.
    #[must_use]
    pub fn start_timeout(mut self, time: Duration) -> Self {
        self.start_timeout = time;
        self
    }

    /// The largest message that is taken from the server; 4 MiB by default. A command that sends a larger one is
    /// dropped, since nothing marks where the next begins; over HTTP only the call fails.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Starts or reaches the server, and agrees with it on how to speak: as since revision 2026-07-28 of the protocol, or
    /// as before it, where the server does not know that. A command that ends at what it does not know is started once
    /// more for it.
    ///
    /// # Errors
    ///
    /// When it cannot be started or reached ([`ErrorKind::Transport`](crate::ErrorKind::Transport)), refuses the
    /// token, does not speak MCP, or is not there in time; the message says which server it is, and for a
    /// command its last words.
    pub async fn connect(&self) -> Result<McpConnection> {
        match &self.way {
            Way::Stdio { command, arguments, env, folder } => {
                child::connect(self, command, arguments, env, folder.as_deref()).await
            }
            Way::Http { url, bearer, headers, oauth } => {
                http::connect(self, url, bearer.as_ref(), headers, oauth.as_deref()).await
            }
        }
    }

    /// Returns the server's name as messages begin with it.
    pub(super) fn shown(&self) -> String {
        format!("the MCP server `{}`", self.name)
    }

    /// Returns the values that must not be shown.
    fn secrets(&self) -> Secrets {
        let own = match &self.way {
            Way::Stdio { env, .. } => {
                // A short value is a setting, and stands in many a text.
                let values = env.iter().map(|(_, value)| value.to_string_lossy());
                values.filter(|value| value.len() >= 6).map(Secret::new).collect()
            }
            Way::Http { bearer, headers, oauth, .. } => {
                let given = bearer.iter().chain(headers.iter().map(|(_, value)| value)).cloned();
                given.chain(oauth.iter().flat_map(|oauth| oauth.secrets())).collect()
            }
        };
        Secrets::new(own)
    }
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpServer")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
