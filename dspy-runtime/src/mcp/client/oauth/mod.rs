//! Tokens for servers that send their clients to an authorization server.

mod asked;
mod carrier;
mod store;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};
use rmcp::transport::AuthorizationManager;
use rmcp::transport::auth::{AuthClient, AuthError, AuthorizationRequest, AuthorizationSession};

use self::asked::Listener;
use self::carrier::Carrier;
pub(super) use self::store::Store;
use super::connection::quoted;
use super::secrets::Secrets;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Secret;

/// The way to a token for a remote MCP server, by OAuth: a person is asked once, and from then on the token is renewed by
/// itself.
///
/// The server says which authorization server it trusts, and is asked by its metadata; this library is registered
/// there as a client, unless an [id](Self::client) is given that it has already. The person opens an address in a
/// browser, agrees, and is sent back to a port of this machine, where an answer is awaited. The exchange is guarded by
/// PKCE and a state, as the protocol demands. Where the server refuses a token, it is renewed and the request made once
/// more.
///
/// Tokens stay in memory and are the same for all connections of one value and its clones; [`kept`](Self::kept) keeps
/// them for later processes. They appear in no error, no `Debug` and no trace.
///
/// # Example
///
/// ```no_run
/// use dspy::mcp::{McpOauth, McpServer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let ask = McpOauth::new(|address| println!("Open {address} to let this program read your tickets."));
/// let tickets = McpServer::http("https://tickets.example.com/mcp").oauth(ask).connect().await?;
/// let tools = tickets.tools().await?;
/// # let _ = tools;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct McpOauth {
    open: Open,
    client: Option<(String, Option<Secret>)>,
    scopes: Vec<String>,
    port: u16,
    patience: Duration,
    store: Store,
}

/// Shows an address to a person.
type Open = Arc<dyn Fn(&str) + Send + Sync>;

/// The name of this library as a client.
const NAME: &str = env!("CARGO_PKG_NAME");

/// Requests of a connection, with its token.
pub(super) type Authorized = AuthClient<Client>;

impl McpOauth {
    /// Asks a person, to whom `open` shows an address to open in a browser: it prints it, or opens one.
    pub fn new(open: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            open: Arc::new(open),
            client: None,
            scopes: Vec::new(),
            port: 0,
            patience: Duration::from_secs(300),
            store: Store::default(),
        }
    }

    /// Sets the id, and the secret if it has one, under which the authorization server knows this client. Without it, one
    /// is registered.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>, secret: Option<Secret>) -> Self {
        self.client = Some((id.into(), secret));
        self
    }

    /// Sets what the token is to allow; by default what the server says that it needs.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the port of this machine that the browser is sent back to, at `http://127.0.0.1:PORT/callback`; by default
    /// any that is free, which a client that is registered beforehand may not allow.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the time that the person has; five minutes by default.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Keeps what was given for later processes: `load` returns what `save` was last called with, if there is anything.
    /// It holds tokens, and belongs where secrets do, such as the keychain of the system.
    #[must_use]
    pub fn kept(
        mut self,
        load: impl Fn() -> Option<String> + Send + Sync + 'static,
        save: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        self.store = Store::new(load, save);
        self
    }

    /// The secrets that it was made with.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        self.client.iter().filter_map(|(_, secret)| secret.clone()).collect()
    }

    /// The requests of a connection, with the token that is kept, or without one where there is none.
    pub(super) async fn known(&self, asking: &Asking<'_>) -> Result<Option<Authorized>> {
        let mut manager = self.manager(asking).await?;
        match manager.initialize_from_store().await {
            Ok(true) => {
                self.set_client(&mut manager).map_err(|error| asking.refused(&error))?;
                Ok(Some(AuthClient::new(asking.client.clone(), manager)))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(asking.refused(&error)),
        }
    }

    /// The requests of a connection, with a token that a person was asked for.
    pub(super) async fn asked(&self, asking: &Asking<'_>) -> Result<Authorized> {
        let mut manager = self.manager(asking).await?;
        let found = manager.resolve_metadata().await.map_err(|error| asking.refused(&error))?;
        manager.set_metadata(found.metadata);
        let listener = Listener::open(self.port).await.map_err(|error| asking.unheard(&error))?;
        let mut request = AuthorizationRequest::new(listener.address())
            .with_client_name(NAME)
            .with_scopes(self.scopes.clone());
        if let Some((id, secret)) = &self.client {
            request = request.with_preregistered_client(id);
            if let Some(secret) = secret {
                request = request.with_client_secret(secret.reveal());
            }
        }
        let session = AuthorizationSession::new(manager, request).await;
        let session = session.map_err(|(_, error)| asking.refused(&error))?;
        (self.open)(session.get_authorization_url());
        let Ok(answer) = tokio::time::timeout(self.patience, listener.answer()).await else {
            let message = format!(
                "{} waited {:?} for a person to agree in a browser; `McpOauth::patience` gives them longer",
                asking.shown, self.patience
            );
            return Err(Error::new(ErrorKind::Timeout, message));
        };
        let answer = answer.map_err(|error| asking.unheard(&error))?;
        let answer = answer.map_err(|said| asking.denied(&said))?;
        session.handle_callback_url(&answer).await.map_err(|error| asking.refused(&error))?;
        Ok(AuthClient::new(asking.client.clone(), session.auth_manager))
    }

    async fn manager(&self, asking: &Asking<'_>) -> Result<AuthorizationManager> {
        let carrier = Arc::new(Carrier::new(asking.client.clone()));
        let manager = AuthorizationManager::new_with_oauth_http_client(asking.url.clone(), carrier).await;
        let mut manager = manager.map_err(|error| asking.refused(&error))?;
        manager.set_credential_store(self.store.telling(asking.secrets.clone()));
        Ok(manager)
    }

    /// A client that has a secret renews with it.
    fn set_client(&self, manager: &mut AuthorizationManager) -> Result<(), AuthError> {
        use rmcp::transport::auth::OAuthClientConfig;
        let Some((id, Some(secret))) = &self.client else { return Ok(()) };
        let address = format!("http://127.0.0.1:{}/callback", self.port);
        manager.configure_client(OAuthClientConfig::new(id, address).with_client_secret(secret.reveal()))
    }
}

/// The owner of a token, and what must not be shown of it.
pub(super) struct Asking<'a> {
    pub(super) shown: &'a str,
    pub(super) url: &'a Url,
    pub(super) client: &'a Client,
    pub(super) secrets: &'a Secrets,
}

impl Asking<'_> {
    fn refused(&self, error: &AuthError) -> Error {
        refused(self.shown, error, self.secrets)
    }

    fn unheard(&self, error: &std::io::Error) -> Error {
        let message = format!(
            "{} cannot be authorized: no answer of a browser can be heard on this machine: {error}; is the port of \
             `McpOauth::port` free?",
            self.shown
        );
        Error::new(ErrorKind::NotConfigured, message)
    }

    fn denied(&self, said: &str) -> Error {
        let said = quoted(said, 200, self.secrets);
        Error::new(ErrorKind::Auth, format!("{} was not authorized: {said}", self.shown))
    }
}

/// The error of an authorization that came to nothing.
pub(super) fn refused(shown: &str, error: &AuthError, secrets: &Secrets) -> Error {
    let (kind, what) = match error {
        AuthError::AuthorizationRequired | AuthError::TokenExpired | AuthError::TokenRefreshRejected(_) => (
            ErrorKind::Auth,
            "its token has run out and is not renewed; connect again to be asked".to_owned(),
        ),
        AuthError::NoAuthorizationSupport => (
            ErrorKind::NotConfigured,
            "it names no authorization server; does it want a token of `McpServer::bearer`?".to_owned(),
        ),
        AuthError::RegistrationFailed(said) => (
            ErrorKind::NotConfigured,
            format!("{said}; register a client there by hand, and give its id with `McpOauth::client`"),
        ),
        AuthError::InvalidScope(said) => {
            (ErrorKind::Auth, format!("{said}; `McpOauth::scopes` sets what is asked for"))
        }
        AuthError::InsufficientScope { required_scope, .. } => {
            (ErrorKind::Auth, format!("it wants the scope `{required_scope}`; `McpOauth::scopes` sets it"))
        }
        // Only what the authorization server itself says is a refusal.
        AuthError::TokenRefreshFailed(said) if !said.starts_with("Server returned") => {
            (ErrorKind::Transport, format!("its token could not be renewed: {said}"))
        }
        error @ (AuthError::DiscoveryRequestFailed { .. } | AuthError::HttpError(_)) => {
            (ErrorKind::Transport, chain(error))
        }
        error => (ErrorKind::Auth, chain(error)),
    };
    let what = quoted(&what, 300, secrets);
    Error::new(kind, format!("{shown} cannot be authorized: {what}"))
}

/// An error with what it comes from.
fn chain(error: &AuthError) -> String {
    let errors = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl fmt::Debug for McpOauth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpOauth")
            .field("client", &self.client.as_ref().map(|(id, _)| id))
            .field("scopes", &self.scopes)
            .field("port", &self.port)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
