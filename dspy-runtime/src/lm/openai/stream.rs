//! A chat completion that comes bit by bit.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{OpenAi, wire, withheld};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::http::header;
use crate::lm::sse::Events;
use crate::lm::{Chunk, Request, Response};

/// The chunks of a reply.
pub(super) fn chunks<'a>(model: &'a OpenAi, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
    let begun = async move { Reading::begin(model, request).await };
    let chunks = |begun: Result<Reading<'a>>| match begun {
        Ok(reading) => stream::unfold(Some(reading), next).boxed(),
        Err(error) => stream::iter([Err(error)]).boxed(),
    };
    stream::once(begun).flat_map(chunks).boxed()
}

struct Reading<'a> {
    model: &'a OpenAi,
    answer: reqwest::Response,
    events: Events,
    /// The data of events that have come and were not read yet.
    waiting: std::collections::VecDeque<String>,
    reply: Response,
    finish: Option<String>,
}

/// The next chunk; after the last one, or an error, there is no more to read.
async fn next(reading: Option<Reading<'_>>) -> Option<(Result<Chunk>, Option<Reading<'_>>)> {
    let mut reading = reading?;
    match reading.chunk().await {
        Ok(Chunk::End(response)) => Some((Ok(Chunk::End(response)), None)),
        Ok(text) => Some((Ok(text), Some(reading))),
        Err(error) => Some((Err(error), None)),
    }
}

impl<'a> Reading<'a> {
    async fn begin(model: &'a OpenAi, request: &Request) -> Result<Self> {
        let body = model.body(request, true)?;
        let answer = model.transport.open(model.key.as_ref(), body).await?;
        if !answer.status().is_success() {
            return Err(model.refused(request, &model.transport.read(answer).await?));
        }
        let mut reply = Response::new("");
        reply.request_id = header(answer.headers(), "x-request-id");
        Ok(Self {
            model,
            answer,
            events: Events::default(),
            waiting: Default::default(),
            reply,
            finish: None,
        })
    }

    async fn chunk(&mut self) -> Result<Chunk> {
        loop {
            while let Some(data) = self.waiting.pop_front() {
                if data == "[DONE]" {
                    return Ok(self.end());
                }
                if let Some(text) = self.event(&data)? {
                    return Ok(Chunk::Text(text));
                }
            }
            match self.model.transport.chunk(&mut self.answer).await? {
                Some(bytes) => self.waiting.extend(self.events.push(&bytes)),
                // Some servers close without a word, which is fine once the reply has its reason to end.
                None if self.finish.is_some() => return Ok(self.end()),
                None => return Err(self.cut()),
            }
        }
    }

    /// The new text of an event.
    fn event(&mut self, data: &str) -> Result<Option<String>> {
        let event: wire::Event =
            serde_json::from_str(data).map_err(|error| self.model.broken(&error.to_string()))?;
        if let Some(failure) = event.error {
            return Err(self.model.broken(&failure.message));
        }
        self.reply.model = event.model.or(self.reply.model.take());
        if let Some(tokens) = event.usage {
            self.reply.usage = tokens.usage();
        }
        let Some(choice) = event.choices.into_iter().next() else { return Ok(None) };
        if let Some(refusal) = choice.delta.refusal {
            return Err(withheld(&refusal));
        }
        self.finish = choice.finish_reason.or(self.finish.take());
        let text = choice.delta.content.filter(|text| !text.is_empty());
        if let Some(text) = &text {
            self.reply.text.push_str(text);
        }
        Ok(text)
    }

    fn end(&mut self) -> Chunk {
        let mut reply = std::mem::replace(&mut self.reply, Response::new(""));
        reply.finish = wire::finish(self.finish.as_deref());
        Chunk::End(reply)
    }

    fn cut(&self) -> Error {
        let at = self.model.transport.shown();
        Error::new(ErrorKind::Transport, format!("the connection to {at} broke in the middle of a reply"))
    }
}
