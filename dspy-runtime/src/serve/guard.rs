//! The guards that a request meets before it is read: the token, and the places for requests under way.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;

/// Lets a request in, if it brings the token that is asked for.
pub(super) fn knows(token: Option<&[u8; 32]>, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = token else { return Ok(()) };
    let brought = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let brought = brought.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match brought {
        Some(brought) if <[u8; 32]>::from(Sha256::digest(brought.as_bytes())) == *token => Ok(()),
        Some(_) => Err(Problem::new(StatusCode::UNAUTHORIZED, "token", "the bearer token is wrong")),
        None => {
            let detail = "a token is needed: send `authorization: Bearer …`";
            Err(Problem::new(StatusCode::UNAUTHORIZED, "token", detail))
        }
    }
}

/// Takes a place, or says at once that there is none.
pub(super) fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    places.clone().try_acquire_owned().map_err(|_| {
        let detail = "as many requests are under way as the service takes at once";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(Duration::from_secs(1))
    })
}
