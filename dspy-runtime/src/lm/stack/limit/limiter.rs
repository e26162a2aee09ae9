//! The limits that calls share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::bucket::Bucket;
use crate::error::{Error, ErrorKind};
use crate::lm::{Request, Usage};

/// Limits on calls: so many requests and tokens a minute, so many in flight. Clones share them.
///
/// Calls wait for their turn, first come, first served. A tenth of a minute's share may go at once and the
/// rest comes evenly, so that no minute sees more than the limit. Tokens are estimated before a call, four
/// bytes each and as many for the reply as `max_tokens` allows, and corrected after it. Where the provider's
/// reply says that less is left, less is taken; where it asks to wait, no call begins until then. A wait of
/// more than a minute is not kept: calls are made, and their errors tell.
///
/// Put [`Retry`](crate::lm::Retry) around what is [`Limited`](super::Limited), so that each try is counted.
/// [`LimitedEmbedder`](super::LimitedEmbedder) holds an embedder to the same limits.
#[derive(Clone)]
pub struct Limiter {
    requests: Option<u32>,
    tokens: Option<u32>,
    flights: Option<Arc<Semaphore>>,
    state: Arc<Mutex<State>>,
}

/// The provider's remaining limits, as its reply gives them.
///
/// Providers name it differently (`x-ratelimit-remaining-requests`, `anthropic-ratelimit-tokens-remaining`, and so
/// on); what one does not say is `None`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of requests.
    pub requests: Option<u64>,
    /// The time until it takes all requests again.
    pub requests_reset: Option<Duration>,
    /// The number of tokens.
    pub tokens: Option<u64>,
    /// The time until it takes all tokens again.
    pub tokens_reset: Option<Duration>,
}

/// Nobody knows why a program hangs for an hour.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct State {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    /// No call begins before.
    paused: Option<Instant>,
}

/// A call's place among those that may be made. Dropped without an answer, it counts as made.
pub(super) struct Place {
    limiter: Limiter,
    tokens: f64,
    _flight: Option<OwnedSemaphorePermit>,
}

impl Limiter {
    /// Sets no limits but those that the provider's replies report.
    #[must_use]
    pub fn new() -> Self {
        Self { requests: None, tokens: None, flights: None, state: Arc::default() }
    }

    /// Limits requests to so many a minute.
    #[must_use]
    pub fn requests_per_minute(self, requests: u32) -> Self {
        Self { requests: Some(requests), ..self }.fresh()
    }

    /// Limits tokens, of prompts and of replies together, to so many a minute.
    #[must_use]
    pub fn tokens_per_minute(self, tokens: u32) -> Self {
        Self { tokens: Some(tokens), ..self }.fresh()
    }

    /// Limits calls to so many at once, at least one.
    #[must_use]
    pub fn in_flight(self, calls: usize) -> Self {
        let places = calls.clamp(1, Semaphore::MAX_PERMITS);
        Self { flights: Some(Arc::new(Semaphore::new(places))), ..self }.fresh()
    }

    /// Shares nothing with the limiter that it was made from.
    fn fresh(mut self) -> Self {
        let state = State {
            requests: self.requests.map(Bucket::per_minute),
            tokens: self.tokens.map(Bucket::per_minute),
            paused: None,
        };
        self.state = Arc::new(Mutex::new(state));
        self
    }

    /// Waits for a place.
    pub(super) async fn enter(&self, tokens: f64) -> Place {
        let flight = match &self.flights {
            // It is never closed.
            Some(flights) => flights.clone().acquire_owned().await.ok(),
            None => None,
        };
        let waiting = Waiting { limiter: self, tokens, over: false };
        let mut due = self.state().take(tokens);
        while due > Instant::now() {
            tokio::time::sleep_until(due).await;
            // The provider may have asked to wait in the meantime.
            due = self.state().paused.unwrap_or(due);
        }
        waiting.done();
        Place { limiter: self.clone(), tokens, _flight: flight }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a request and its tokens, and says when they are there.
    fn take(&mut self, tokens: f64) -> Instant {
        let now = Instant::now();
        let request = self.requests.as_mut().map(|bucket| bucket.take(1.0, now));
        let tokens = self.tokens.as_mut().map(|bucket| bucket.take(tokens, now));
        [request, tokens, self.paused].into_iter().flatten().fold(now, Instant::max)
    }

    fn give_back(&mut self, requests: f64, tokens: f64) {
        if let Some(bucket) = &mut self.requests {
            bucket.correct(requests);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.correct(tokens);
        }
    }

    fn pause(&mut self, wait: Duration) {
        if wait <= LONGEST_PAUSE {
            self.paused = self.paused.max(Instant::now().checked_add(wait));
        }
    }

    fn learn(&mut self, said: &RateLimit) {
        let now = Instant::now();
        for (bucket, left) in [(&mut self.requests, said.requests), (&mut self.tokens, said.tokens)] {
            #[allow(clippy::cast_precision_loss)]
            if let (Some(bucket), Some(left)) = (bucket, left) {
                bucket.at_most(left as f64, now);
            }
        }
        for (left, reset) in [(said.requests, said.requests_reset), (said.tokens, said.tokens_reset)] {
            if let (Some(0), Some(reset)) = (left, reset) {
                self.pause(reset);
            }
        }
    }
}

/// A call that waits, and returns what it took if it is cancelled.
struct Waiting<'a> {
    limiter: &'a Limiter,
    tokens: f64,
    over: bool,
}

impl Waiting<'_> {
    fn done(mut self) {
        self.over = true;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.limiter.state().give_back(1.0, self.tokens);
        }
    }
}

impl Place {
    /// Corrects the estimate by what the call took, and the limits by what the provider says.
    pub(super) fn answered(self, usage: &Usage, said: Option<&RateLimit>) {
        let mut state = self.limiter.state();
        let used = usage.total_tokens();
        #[allow(clippy::cast_precision_loss)]
        if used > 0 {
            state.give_back(0.0, self.tokens - used as f64);
        }
        if let Some(said) = said {
            state.learn(said);
        }
    }

    /// Has every call wait where the provider asks for it.
    pub(super) fn failed(self, error: &Error) {
        let mut state = self.limiter.state();
        // A call that failed made no reply.
        state.give_back(0.0, self.tokens);
        if let (ErrorKind::RateLimit, Some(wait)) = (error.kind(), error.retry_after()) {
            state.pause(wait);
        }
    }
}

/// The tokens of a call.
pub(super) fn estimate(request: &Request) -> f64 {
    let bytes = request.messages.iter().map(|message| message.bytes()).sum();
    tokens(bytes) + f64::from(request.sampling.max_tokens.unwrap_or_default())
}

/// The tokens of a text of so many bytes.
#[allow(clippy::cast_precision_loss)]
pub(super) fn tokens(bytes: usize) -> f64 {
    const BYTES: f64 = 4.0;
    bytes as f64 / BYTES
}

impl Default for Limiter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("requests_per_minute", &self.requests)
            .field("tokens_per_minute", &self.tokens)
            .field("places", &self.flights.as_ref().map(|flights| flights.available_permits()))
            .finish_non_exhaustive()
    }
}
