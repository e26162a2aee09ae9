//! A reply that comes bit by bit.

use std::collections::VecDeque;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{Protocol, Taken, Unread};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::http::Head;
use crate::lm::sse::Events;
use crate::lm::{Chunk, Reasoning, Request, Response, chunk};

/// What an event brings.
#[derive(Debug, PartialEq)]
pub(in crate::lm) enum Piece {
    Text(String),
    Reasoning(String),
    /// The provider says that this was all.
    End,
}

/// Reads the events of one stream. What it collects besides text and thoughts it puts to the reply.
pub(in crate::lm) trait Reader: Send {
    /// Takes the data of one event.
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread>;

    /// Whether the reply is whole although the provider closed without a word.
    fn is_whole(&self) -> bool;

    /// Puts what came in parts to the reply, at its end.
    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread>;
}

/// The chunks of a reply.
pub(super) fn chunks<'a, P: Protocol>(provider: &'a P, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
    let begun = async move { Reading::begin(provider, request).await };
    let chunks = |begun: Result<Begun<'a, P>>| match begun {
        Ok(Begun::Events(reading)) => stream::unfold(Some(reading), next).boxed(),
        Ok(Begun::Whole(response)) => chunk::of(*response),
        Err(error) => stream::iter([Err(error)]).boxed(),
    };
    stream::once(begun).flat_map(chunks).boxed()
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
    reader: Box<dyn Reader>,
    events: Events,
    /// The data of events that have come and were not read yet.
    waiting: VecDeque<String>,
    /// What they have brought and was not given on yet.
    pieces: VecDeque<Piece>,
    reply: Response,
    thoughts: String,
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
    async fn begin(provider: &'a P, request: &'a Request) -> Result<Begun<'a, P>> {
        let core = provider.core();
        let taken = core.taken(provider, request)?;
        let reader = provider.reader();
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
        let mut events = Events::default();
        let waiting = events.push(&first).into();
        let mut reply = Response::new("");
        reply.request_id.clone_from(&head.request_id);
        reply.dropped.clone_from(&taken.dropped);
        Ok(Begun::Events(Box::new(Self {
            provider,
            taken,
            head,
            answer,
            reader,
            events,
            waiting,
            pieces: VecDeque::new(),
            reply,
            thoughts: String::new(),
        })))
    }

    async fn chunk(&mut self) -> Result<Chunk> {
        loop {
            match self.pieces.pop_front() {
                Some(Piece::Text(text)) => {
                    self.reply.text.push_str(&text);
                    return Ok(Chunk::Text(text));
                }
                Some(Piece::Reasoning(text)) => {
                    self.thoughts.push_str(&text);
                    return Ok(Chunk::Reasoning(text));
                }
                Some(Piece::End) => return self.end(),
                None => {}
            }
            if let Some(data) = self.waiting.pop_front() {
                let pieces = self.reader.event(&data, &mut self.reply);
                self.pieces.extend(pieces.map_err(|unread| self.unread(unread))?);
                continue;
            }
            match self.provider.core().transport.chunk(&mut self.answer).await? {
                Some(bytes) => self.waiting.extend(self.events.push(&bytes)),
                None if self.reader.is_whole() => return self.end(),
                None => return Err(self.cut()),
            }
        }
    }

    fn end(&mut self) -> Result<Chunk> {
        let mut reply = std::mem::replace(&mut self.reply, Response::new(""));
        self.reader.finish(&mut reply).map_err(|unread| self.unread(unread))?;
        reply.rate_limit = self.head.rate_limit;
        if !self.thoughts.is_empty() {
            let reasoning = reply.reasoning.get_or_insert_with(|| Reasoning::new(""));
            reasoning.text = std::mem::take(&mut self.thoughts);
        }
        Ok(Chunk::End(reply))
    }

    fn unread(&self, unread: Unread) -> Error {
        self.provider.core().unread(unread, &self.head, &self.taken.request)
    }

    fn cut(&self) -> Error {
        let at = self.provider.core().transport.shown();
        Error::new(ErrorKind::Transport, format!("the connection to {at} broke in the middle of a reply"))
    }
}
