//! A reply that comes bit by bit.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::assembly::Assembly;
use super::{Protocol, Taken, Unread};
use crate::error::{Error, Result};
use crate::lm::http::Head;
use crate::lm::{Chunk, Request, Response, chunk};

/// The chunks of a reply.
pub(super) fn chunks<'a, P: Protocol>(provider: &'a P, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
    let begun = async move { Reading::begin(provider, provider.core().taken(provider, request)?).await };
    let chunks = |begun: Result<Begun<'a, P>>| match begun {
        Ok(Begun::Events(reading)) => stream::unfold(Some(reading), next).boxed(),
        Ok(Begun::Whole(response)) => chunk::of(*response),
        Err(error) => stream::iter([Err(error)]).boxed(),
    };
    stream::once(begun).flat_map(chunks).boxed()
}

/// The reply as a whole, though it comes bit by bit.
pub(super) async fn whole<P: Protocol>(provider: &P, taken: Taken<'_>) -> Result<Response> {
    let mut reading = match Reading::begin(provider, taken).await? {
        Begun::Events(reading) => reading,
        Begun::Whole(response) => return Ok(*response),
    };
    loop {
        if let Chunk::End(response) = reading.chunk().await? {
            return Ok(response);
        }
    }
}

enum Begun<'a, P> {
    Events(Box<Reading<'a, P>>),
    /// Some servers do not stream, and answer all at once.
    Whole(Box<Response>),
}

struct Reading<'a, P> {
    provider: &'a P,
    taken: Taken<'a>,
    head: Head,
    answer: reqwest::Response,
    assembly: Assembly,
}

type Next<'a, P> = (Result<Chunk>, Option<Box<Reading<'a, P>>>);

/// The next chunk; after the last one, or an error, there is no more to read.
async fn next<P: Protocol>(reading: Option<Box<Reading<'_, P>>>) -> Option<Next<'_, P>> {
    let mut reading = reading?;
    match reading.chunk().await {
        Ok(Chunk::End(response)) => Some((Ok(Chunk::End(response)), None)),
        Ok(part) => Some((Ok(part), Some(reading))),
        Err(error) => Some((Err(error), None)),
    }
}

impl<'a, P: Protocol> Reading<'a, P> {
    async fn begin(provider: &'a P, taken: Taken<'a>) -> Result<Begun<'a, P>> {
        let core = provider.core();
        let reader = provider.reader(&taken.request);
        let (head, mut answer) = core.open(provider.post(&taken.request, reader.is_some())?).await?;
        let first = core.transport.chunk(&mut answer).await?.unwrap_or_default();
        let is_whole = first.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'{' | b'['));
        let reader = match reader {
            // Content types are wrong too often; events begin with the name of a field.
            Some(reader) if head.status.is_success() && !is_whole => reader,
            _ => {
                let body = [first, core.transport.read(answer).await?].concat();
                let mut response = core.read(provider, &head, &body, &taken.request)?;
                response.dropped = taken.dropped;
                return Ok(Begun::Whole(Box::new(response)));
            }
        };
        let mut reply = Response::new("");
        reply.dropped.clone_from(&taken.dropped);
        let replies = taken.request.sampling.n.and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
        let mut assembly = Assembly::new(reader, replies, reply);
        assembly.push(&first);
        Ok(Begun::Events(Box::new(Self { provider, taken, head, answer, assembly })))
    }

    async fn chunk(&mut self) -> Result<Chunk> {
        let chunk = loop {
            if let Some(chunk) = self.assembly.next().map_err(|unread| self.unread(unread))? {
                break chunk;
            }
            match self.provider.core().transport.chunk(&mut self.answer).await? {
                Some(bytes) => self.assembly.push(&bytes),
                None => break self.assembly.close().map_err(|unread| self.unread(unread))?,
            }
        };
        Ok(match chunk {
            Chunk::End(reply) => {
                let reply = reply.with_request_id(self.head.request_id.as_deref());
                Chunk::End(Response { rate_limit: self.head.rate_limit, ..reply })
            }
            part => part,
        })
    }

    fn unread(&self, unread: Unread) -> Error {
        self.provider.core().unread(unread, &self.head, &self.taken.request)
    }
}
