//! Makes a call again when the provider or the network fails.

mod tries;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream};

pub(crate) use tries::{Patience, Tries, patiently, telling};

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Chunk, LanguageModel, Lm, ModelId, Request, Response};

/// A model that makes a failed call again: after rate limits, server errors, timeouts, broken
/// connections and bodies that are not the provider's protocol, as long as another may come.
///
/// It waits as long as the provider asks (`Retry-After`), else from 0.5 s on twice as long each time, with
/// jitter; six times by default. A wait of more than a minute is not made: the error then says how long
/// the provider [asks to wait](Error::retry_after). A stream is begun again only before it has given anything.
///
/// Some failures have a measure of their own, within the one that is set here:
///
/// | what failed | how long it is tried |
/// |---|---|
/// | nothing listens at an address of this machine | three seconds, as a server that is not there will not come |
/// | no answer came in time | [once more](Retry::after_timeout), as the next may well take as long |
/// | the server still loads its model, as llama.cpp's says (`503`, `Loading model`) | two minutes |
///
/// So one call that is stuck for the 600 s that a provider may take ends after 20 minutes. How often a call was made
/// again is in [`Usage::retries`](crate::lm::Usage::retries), in what an evaluation or a search says of its progress, and
/// a `tracing` event of level warn.
///
/// [`Lm::new`] has one around its model.
///
/// # Example
///
/// ```
/// use dspy::Lm;
/// use dspy::lm::{Retry, Scripted};
/// use std::time::Duration;
///
/// let model = Scripted::replies(["hello"]);
/// let lm = Lm::from(Retry::new(model).times(2).first_wait(Duration::from_millis(100)));
/// # let _ = lm;
/// ```
#[derive(Debug)]
pub struct Retry {
    lm: Lm,
    patience: Patience,
}

impl Retry {
    /// Retries six times, first after 0.5 s.
    pub fn new(lm: impl Into<Lm>) -> Self {
        Self { lm: lm.into(), patience: Patience::default() }
    }

    /// Sets the most times that a call is made again.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.patience.times = times;
        self
    }

    /// Sets the time to wait before the first time, where the provider does not say.
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> Self {
        self.patience.first_wait = wait;
        self
    }

    /// Sets the most times that a call is made again after no answer came in time; once by default.
    #[must_use]
    pub fn after_timeout(mut self, times: usize) -> Self {
        self.patience.after_timeout = times;
        self
    }

    /// The longest wait, 60 s by default; a provider that asks for a longer one is not asked again.
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.patience.longest_wait = wait;
        self
    }

    /// The time in which the last try must begin, counted from the first; no limit by default. How long one
    /// try takes is for the timeouts of its provider.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.patience.within = Some(time);
        self
    }
}

impl LanguageModel for Retry {
    fn id(&self) -> &ModelId {
        self.lm.id()
    }

    fn wraps(&self) -> Option<&dyn LanguageModel> {
        Some(self.lm.model())
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            let mut tries = Tries::new(&self.patience);
            loop {
                match self.lm.model().complete(request).await {
                    Ok(response) => return Ok(response.with_retries(tries.made())),
                    Err(error) => tries.pause(error).await?,
                }
            }
        }
        .boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let stream = async move {
            let mut tries = Tries::new(&self.patience);
            loop {
                let mut stream = self.lm.model().stream(request);
                let empty = || Err(Error::new(ErrorKind::Decode, "the stream of the reply was empty"));
                let failed = match stream.next().await.unwrap_or_else(empty) {
                    Ok(first) => return begun(first, stream, tries.made()),
                    Err(error) => error,
                };
                drop(stream);
                if let Err(error) = tries.pause(failed).await {
                    return stream::once(ready(Err(error))).boxed();
                }
            }
        };
        stream::once(stream).flatten().boxed()
    }
}

/// A stream whose first chunk is there, and whose end is to say how often it was begun again.
fn begun<'a>(first: Chunk, rest: BoxStream<'a, Result<Chunk>>, retries: u32) -> BoxStream<'a, Result<Chunk>> {
    let all = stream::once(ready(Ok(first))).chain(rest);
    all.map(move |chunk| match chunk {
        Ok(Chunk::End(response)) => Ok(Chunk::End(response.with_retries(retries))),
        other => other,
    })
    .boxed()
}
