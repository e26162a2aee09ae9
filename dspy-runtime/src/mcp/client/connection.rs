//! A server that was reached, until the last of those who use it is gone.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, Peer, RoleClient, RunningService,
    ServiceError,
};
use rmcp::transport::IntoTransport;

use super::McpServer;
use super::child::Child;
use super::failure::{self, Failed};
use super::listed::McpToolList;
use super::secrets::Secrets;
use crate::error::{Error, ErrorKind, Result, snippet};

/// A connection to an MCP server, from [`McpServer::connect`]. A cheap clone; it and the tools that come from it
/// share the one connection, and calls run at the same time. The server ends when the last of them is dropped.
///
/// A connection that broke stays so: its calls are errors that say why, and
/// [`McpServer::connect`] makes another. See [`McpServer`] for an example.
#[derive(Clone)]
pub struct McpConnection(pub(super) Arc<Shared>);

pub(super) struct Shared {
    /// First, so that it is dropped first: the server sees the end of its input before it is waited for.
    running: RunningService<RoleClient, ClientConfig>,
    child: Option<Child>,
    pub(super) server: McpServer,
    secrets: Secrets,
}

/// The way to say hello.
#[derive(Clone, Copy)]
pub(super) enum Hello {
    /// As since revision 2026-07-28, and where the server answers that it does not know that, as before.
    New,
    /// As before.
    Old,
}

impl Hello {
    fn mode(self) -> ClientLifecycleMode {
        let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
        match self {
            Self::New => ClientLifecycleMode::Auto { preferred_versions, legacy_version: None },
            Self::Old => ClientLifecycleMode::Initialize,
        }
    }
}

/// A server that was not reached.
pub(super) struct Unreached {
    pub(super) error: Error,
    /// Tells whether it ended when it heard us.
    pub(super) has_ended: bool,
}

impl From<Unreached> for Error {
    fn from(unreached: Unreached) -> Self {
        unreached.error
    }
}

impl McpConnection {
    /// Says hello over a transport.
    pub(super) async fn open<T, E, A>(
        server: &McpServer,
        transport: T,
        child: Option<Child>,
        hello: Hello,
        secrets: Secrets,
    ) -> Result<Self, Unreached>
    where
        T: IntoTransport<RoleClient, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let us = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let us = ClientConfig::new(ClientCapabilities::default(), us);
        let hello = us.serve_with_lifecycle(transport, hello.mode());
        let running = match tokio::time::timeout(server.start_timeout, hello).await {
            Ok(Ok(running)) => running,
            Ok(Err(error)) => {
                let has_ended = child.is_some() && is_closed(&error);
                let error = unreached(server, &error, child.as_ref(), &secrets).await;
                return Err(Unreached { error, has_ended });
            }
            Err(_) => {
                let message = format!(
                    "{} did not answer within {:?}; does it speak MCP? `start_timeout` gives it longer",
                    server.shown(),
                    server.start_timeout
                );
                return Err(Unreached { error: Error::new(ErrorKind::Timeout, message), has_ended: false });
            }
        };
        Ok(Self(Arc::new(Shared { running, child, server: server.clone(), secrets })))
    }

    /// Returns all tools of the server, as a list to await; [`McpToolList`] says what can be asked of it
    /// first.
    pub fn tools(&self) -> McpToolList {
        McpToolList::new(self.clone())
    }

    /// Returns whether the connection broke or the server ended.
    pub fn is_closed(&self) -> bool {
        self.0.running.is_closed() || self.peer().is_transport_closed()
    }

    pub(super) fn peer(&self) -> &Peer<RoleClient> {
        self.0.running.peer()
    }

    /// Returns the outcome of a request, if it came in time; nothing after that. Dropping it tells the server
    /// that no one waits.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        request: impl Future<Output = Result<T, ServiceError>>,
    ) -> Option<Result<T, Failed>> {
        match tokio::time::timeout(limit, request).await {
            Ok(Ok(answer)) => Some(Ok(answer)),
            Ok(Err(error)) => Some(Err(failure::of(self, error).await)),
            Err(_) => None,
        }
    }

    /// Returns the reason nothing more comes.
    pub(super) async fn ended(&self) -> Error {
        let why = match &self.0.child {
            Some(child) => child.ended(&self.0.secrets).await,
            // The rest of the connection goes on.
            None if !self.is_closed() => {
                let most = self.0.server.max_bytes;
                let message = format!(
                    "{} broke off before its answer was whole: the connection was lost, or the answer has more than \
                     {most} bytes (`max_bytes` allows more)",
                    self.shown()
                );
                return Error::new(ErrorKind::Transport, message);
            }
            None => "has closed the connection".to_owned(),
        };
        let message =
            format!("{} {why}; its tools cannot be called until it is connected to again", self.shown());
        Error::new(ErrorKind::Transport, message)
    }

    pub(super) fn shown(&self) -> String {
        self.0.server.shown()
    }

    pub(super) fn is_child(&self) -> bool {
        self.0.child.is_some()
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    /// A short piece of what the server says, or that it cannot be told.
    pub(super) fn quoted(&self, text: &str, most: usize) -> String {
        quoted(text, most, &self.0.secrets)
    }
}

pub(super) fn quoted(text: &str, most: usize, secrets: &Secrets) -> String {
    match secrets.are_in(text) {
        true => "(a text that holds a secret)".to_owned(),
        false => snippet(text, most).into_owned(),
    }
}

/// The error of the last way that was tried.
fn last(error: &ClientInitializeError) -> &ClientInitializeError {
    match error {
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => fallback,
        error => error,
    }
}

/// Returns whether nobody hears us any more.
fn is_closed(error: &ClientInitializeError) -> bool {
    let error = last(error);
    matches!(error, ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. })
}

async fn unreached(
    server: &McpServer,
    error: &ClientInitializeError,
    child: Option<&Child>,
    secrets: &Secrets,
) -> Error {
    let shown = server.shown();
    if let Some(child) = child.filter(|_| is_closed(error)) {
        let message = format!("{shown} {} before it said hello", child.ended(secrets).await);
        return Error::new(ErrorKind::Transport, message);
    }
    match last(error) {
        ClientInitializeError::TransportError { error, .. } => failure::sent(&shown, &*error.error, secrets),
        ClientInitializeError::JsonRpcError(refused) => {
            let said = quoted(&refused.message, 200, secrets);
            Error::new(ErrorKind::InvalidRequest, format!("{shown} refused to speak with us: {said}"))
        }
        other => {
            let said = quoted(&other.to_string(), 200, secrets);
            Error::new(ErrorKind::Decode, format!("{shown} does not speak MCP as we do: {said}"))
        }
    }
}

impl fmt::Debug for McpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpConnection")
            .field("server", &self.0.server)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
