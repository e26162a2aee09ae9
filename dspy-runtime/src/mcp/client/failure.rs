//! The failure of a request, and whether a model can repair it.

use std::error::Error as StdError;
use std::time::Duration;

use rmcp::service::ServiceError;
use rmcp::transport::auth::AuthError;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
};
use rmcp::transport::worker::WorkerQuitReason;

use super::connection::{McpConnection, quoted};
use super::oauth;
use super::secrets::Secrets;
use crate::error::{Error, ErrorKind};
use crate::lm::http::innermost;

/// A request that came to nothing.
pub(super) enum Failed {
    /// For the model to see, which may ask for something else.
    Told(String),
    /// Not repairable here.
    Broken(Error),
}

impl Failed {
    /// Returns the error of a call in which no model is asked.
    pub(super) fn into_error(self, shown: &str) -> Error {
        match self {
            Self::Told(text) => Error::new(ErrorKind::Decode, format!("{shown}: {text}")),
            Self::Broken(error) => error,
        }
    }
}

pub(super) async fn of(connection: &McpConnection, error: ServiceError) -> Failed {
    match error {
        ServiceError::McpError(refused) => Failed::Told(connection.quoted(&refused.message, 500)),
        ServiceError::TransportSend(error) => {
            if let Some(most) = too_large(&*error.error) {
                return Failed::Told(format!("the answer has more than {most} bytes; ask for less"));
            }
            // A pipe that nobody reads any more has an owner that ended.
            if connection.is_child() {
                return Failed::Broken(connection.ended().await);
            }
            Failed::Broken(sent(&connection.shown(), &*error.error, connection.secrets()))
        }
        ServiceError::UnexpectedResponse => Failed::Told("the answer is not one that MCP knows".to_owned()),
        ServiceError::InputRequiredRoundsExceeded { .. } => {
            Failed::Told("the tool asks its user for more, and there is none here".to_owned())
        }
        _ => Failed::Broken(connection.ended().await),
    }
}

/// Describes the failure that a request met on its way.
pub(super) fn sent(shown: &str, error: &(dyn StdError + 'static), secrets: &Secrets) -> Error {
    let unauthorized = || {
        let message = format!(
            "{shown} wants a token, or another one: `McpServer::bearer` or `McpServer::oauth` gives it"
        );
        Error::new(ErrorKind::Auth, message).with_status(401)
    };
    for error in chain(error) {
        if let Some(refused) = error.downcast_ref::<AuthError>() {
            return oauth::refused(shown, refused, secrets);
        }
        if error.is::<AuthRequiredError>() {
            return unauthorized();
        }
        if let Some(refused) = error.downcast_ref::<InsufficientScopeError>() {
            let scope = refused.get_required_scope().map(|scope| quoted(scope, 100, secrets));
            let more = scope.map(|scope| format!(": it wants the scope `{scope}`")).unwrap_or_default();
            let message = format!(
                "{shown} says that the token does not allow this{more}; `McpOauth::scopes` asks for more"
            );
            return Error::new(ErrorKind::Auth, message).with_status(403);
        }
        if let Some(failed) = error.downcast_ref::<HttpStatusError>() {
            let wait = failed.retry_after.as_deref().and_then(|wait| wait.trim().parse().ok());
            return status(shown, failed.status).with_retry_after(wait.map(Duration::from_secs));
        }
        if let Some(failed) = error.downcast_ref::<reqwest::Error>() {
            return match failed.status().map(|status| status.as_u16()) {
                Some(401) => unauthorized(),
                Some(code) => status(shown, code),
                None => unreachable(shown, failed),
            };
        }
    }
    let said = chain(error).last().map(ToString::to_string).unwrap_or_default();
    // Where a page came in place of an answer, its status says more than that.
    let code = said.split_once("HTTP ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    match code {
        Some(401) => return unauthorized(),
        Some(code @ 400..) => return status(shown, code),
        _ => {}
    }
    let said = quoted(&said, 200, secrets);
    Error::new(ErrorKind::Decode, format!("{shown} does not answer as MCP says it should: {said}"))
}

fn unreachable(shown: &str, error: &reqwest::Error) -> Error {
    let reason = innermost(error);
    let message = match error.is_connect() {
        true => format!("{shown} cannot be reached: {reason}; is it running, and is the address right?"),
        false => format!("the connection to {shown} broke: {reason}"),
    };
    Error::new(ErrorKind::Transport, message)
}

fn status(shown: &str, status: u16) -> Error {
    let kind = match status {
        429 => ErrorKind::RateLimit,
        403 => ErrorKind::Auth,
        500.. => ErrorKind::Server,
        _ => ErrorKind::InvalidRequest,
    };
    Error::new(kind, format!("{shown} answered with the status {status}")).with_status(status)
}

fn too_large(error: &(dyn StdError + 'static)) -> Option<usize> {
    chain(error).find_map(|error| match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::ResponseBodyTooLarge { max_size }) => Some(*max_size),
        _ => None,
    })
}

/// An error and what it comes from, also where its crate does not say so.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        if let Some(WorkerQuitReason::Fatal { error, .. }) =
            error.downcast_ref::<WorkerQuitReason<StreamableHttpError<reqwest::Error>>>()
        {
            return Some(error);
        }
        match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
            Some(StreamableHttpError::Client(error)) => Some(error),
            Some(StreamableHttpError::HttpStatus(error)) => Some(error),
            Some(StreamableHttpError::Auth(error)) => Some(error),
            _ => error.source(),
        }
    })
}
