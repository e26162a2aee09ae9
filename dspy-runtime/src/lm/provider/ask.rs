//! Requests besides calls of the model: for files, jobs and batches.

use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use super::{Core, Protocol, Taken, json};
use crate::error::Result;
use crate::lm::http::{Call, Head, Post};
use crate::lm::{Request, Response};

impl Core {
    /// The JSON that a request is answered with.
    pub(in crate::lm) async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let (head, body) = self.fetch(call).await?;
        json(&body).map_err(|unread| self.unread(unread, &head, &Request::from(Vec::new())))
    }

    /// The bytes that a request is answered with.
    pub(in crate::lm) async fn fetch(&self, call: Call) -> Result<(Head, Vec<u8>)> {
        let (head, answer) = self.send(call).await?;
        let body = self.transport.read(answer).await?;
        match head.status.is_success() {
            true => Ok((head, body)),
            false => Err(self.refused(&head, &body, &Request::from(Vec::new()))),
        }
    }
}

/// The call that a request is, for a batch.
pub(in crate::lm) fn posted<P: Protocol>(provider: &P, request: &Request) -> Result<Post> {
    let Taken { request, .. } = provider.core().taken(provider, request)?;
    provider.post(&request, false)
}

/// The reply to a request that came in a batch, with the status of its call.
pub(in crate::lm) fn replied<P: Protocol>(
    provider: &P,
    request: &Request,
    (status, request_id): (u16, Option<String>),
    body: &[u8],
) -> Result<Response> {
    let core = provider.core();
    let Taken { request, dropped } = core.taken(provider, request)?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let head = Head { request_id, ..Head::of(status, &Default::default()) };
    let mut response = core.read(provider, &head, body, &request)?;
    response.dropped = dropped;
    Ok(response)
}
