//! Makes a call again when the provider or the network fails.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream};

use super::{Chunk, JsonSupport, LanguageModel, ModelId, Request, Response};
use crate::error::{Error, ErrorKind, Result};
use crate::media::Media;

/// A model that makes a failed call again: after rate limits, server errors, timeouts, broken
/// connections and bodies that are not the provider's protocol.
///
/// It waits as long as the provider asks (`Retry-After`), else from 0.5 s on twice as long each
/// time, with jitter, at most 60 s; six times by default. How often it did is in
/// [`Usage::retries`](super::Usage::retries).
///
/// # Example
///
/// ```
/// use dspy::lm::{Retry, Scripted};
/// use std::time::Duration;
///
/// let lm = Retry::new(Scripted::replies(["hello"])).times(2).first_wait(Duration::from_millis(100));
/// # let _ = dspy::Lm::from(lm);
/// ```
#[derive(Debug)]
pub struct Retry<L> {
    model: L,
    times: usize,
    first_wait: Duration,
}

/// No wait is longer than this, whatever the provider asks.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl<L> Retry<L> {
    /// Retries six times, first after 0.5 s.
    pub fn new(model: L) -> Self {
        Self { model, times: 6, first_wait: Duration::from_millis(500) }
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

    pub(super) fn inner(&self) -> &L {
        &self.model
    }

    pub(super) fn waits(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(self.times)
            .with_jitter()
    }
}

/// The wait that the provider asks for, where there is to be another try at all.
pub(super) fn asked_for(error: &Error, wait: Option<Duration>) -> Option<Duration> {
    wait.map(|wait| error.retry_after().unwrap_or(wait).min(LONGEST_WAIT))
}

pub(super) fn again(retries: &AtomicU32, error: &Error, wait: Duration) {
    retries.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(%error, ?wait, "the call is made again");
}

impl<L: LanguageModel> LanguageModel for Retry<L> {
    fn id(&self) -> &ModelId {
        self.model.id()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            let retries = AtomicU32::new(0);
            let outcome = (|| self.model.complete(request))
                .retry(self.waits())
                .when(Error::is_retryable)
                .adjust(asked_for)
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

    /// Only a stream that has not given anything yet is begun again.
    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let begun = async move {
            let retries = AtomicU32::new(0);
            let begin = || async {
                let mut stream = self.model.stream(request);
                match stream.next().await {
                    Some(first) => first.map(|first| (first, stream)),
                    None => Err(Error::new(ErrorKind::Decode, "the stream of the reply was empty")),
                }
            };
            let begun = begin
                .retry(self.waits())
                .when(Error::is_retryable)
                .adjust(asked_for)
                .notify(|error, wait| again(&retries, error, wait))
                .await;
            let retries = retries.into_inner();
            match begun {
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
        stream::once(begun).flatten().boxed()
    }

    fn json_support(&self) -> JsonSupport {
        self.model.json_support()
    }

    fn refuses(&self, media: &Media) -> Option<String> {
        self.model.refuses(media)
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.model.is_secret_in(text)
    }
}
