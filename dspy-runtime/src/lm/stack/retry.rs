//! Makes a call again when the provider or the network fails.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Chunk, LanguageModel, Lm, ModelId, Request, Response};

/// A model that makes a failed call again: after rate limits, server errors, timeouts, broken
/// connections and bodies that are not the provider's protocol.
///
/// It waits as long as the provider asks (`Retry-After`), else from 0.5 s on twice as long each time, with
/// jitter; six times by default. A wait of more than a minute is not made: the error then says how long
/// the provider [asks to wait](Error::retry_after). How often a call was made again is in
/// [`Usage::retries`](crate::Usage::retries). A stream is begun again only before it has given anything.
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
    times: usize,
    first_wait: Duration,
    longest_wait: Duration,
    within: Option<Duration>,
}

impl Retry {
    /// Retries six times, first after 0.5 s.
    pub fn new(lm: impl Into<Lm>) -> Self {
        Self {
            lm: lm.into(),
            times: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            within: None,
        }
    }

    /// How often a call is made again at the most.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// How long to wait before the first time, where the provider does not say.
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// The longest wait, 60 s by default; a provider that asks for a longer one is not asked again.
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// The time in which the last try must begin, counted from the first; no limit by default. How long one
    /// try takes is for the timeouts of its provider.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }

    fn waits(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .with_max_times(self.times)
            .with_jitter()
    }

    /// The wait before another try, if there is to be one at all.
    fn wait(&self, begun: Instant, error: &Error, wait: Option<Duration>) -> Option<Duration> {
        let wait = error.retry_after().unwrap_or(wait?);
        let late = self.within.is_some_and(|within| begun.elapsed() + wait > within);
        (wait <= self.longest_wait && !late).then_some(wait)
    }
}

fn again(retries: &AtomicU32, error: &Error, wait: Duration) {
    retries.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(%error, ?wait, "the call is made again");
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
            let (begun, retries) = (Instant::now(), AtomicU32::new(0));
            let outcome = (|| self.lm.model().complete(request))
                .retry(self.waits())
                .when(Error::is_retryable)
                .adjust(|error, wait| self.wait(begun, error, wait))
                .notify(|error, wait| again(&retries, error, wait))
                .await;
            let retries = retries.into_inner();
            match outcome {
                Ok(response) => Ok(response.with_retries(retries)),
                Err(error) => Err(error.with_retries(retries)),
            }
        }
        .boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let stream = async move {
            let (begun, retries) = (Instant::now(), AtomicU32::new(0));
            let begin = || async {
                let mut stream = self.lm.model().stream(request);
                match stream.next().await {
                    Some(first) => first.map(|first| (first, stream)),
                    None => Err(Error::new(ErrorKind::Decode, "the stream of the reply was empty")),
                }
            };
            let outcome = begin
                .retry(self.waits())
                .when(Error::is_retryable)
                .adjust(|error, wait| self.wait(begun, error, wait))
                .notify(|error, wait| again(&retries, error, wait))
                .await;
            let retries = retries.into_inner();
            match outcome {
                Ok((first, rest)) => stream::once(ready(Ok(first)))
                    .chain(rest)
                    .map(move |chunk| match chunk {
                        Ok(Chunk::End(response)) => Ok(Chunk::End(response.with_retries(retries))),
                        other => other,
                    })
                    .boxed(),
                Err(error) => stream::once(ready(Err(error.with_retries(retries)))).boxed(),
            }
        };
        stream::once(stream).flatten().boxed()
    }
}
