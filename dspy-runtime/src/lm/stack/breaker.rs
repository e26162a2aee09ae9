//! A model that is left alone while it is down.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Chunk, LanguageModel, Lm, ModelId, Request, Response};

/// A circuit breaker: after several failures in a row, a model is not asked for a while, and calls fail at once.
/// Then one call tries it, and whether that succeeds decides for the others.
///
/// Rate limits, failures of the server or the network, timeouts and broken replies count as failures. By
/// default it opens after five and tries again after 30 s. It is made to stand in a
/// [`Fallback`](crate::lm::Fallback), outside of [`Retry`](crate::lm::Retry), which so counts as one call.
///
/// # Example
///
/// ```
/// use dspy::Lm;
/// use dspy::lm::{Breaker, Scripted};
/// use std::time::Duration;
///
/// let lm = Lm::from(Breaker::new(Scripted::replies(["hello"])).failures(3).pause(Duration::from_secs(10)));
/// # let _ = lm;
/// ```
#[derive(Debug)]
pub struct Breaker {
    lm: Lm,
    failures: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures since the last success.
    failures: u32,
    /// The message of the last failure.
    last: String,
    /// When the model may be tried again, if it is left alone.
    open_until: Option<Instant>,
}

impl Breaker {
    /// Opens after five failures, for 30 s.
    pub fn new(lm: impl Into<Lm>) -> Self {
        Self { lm: lm.into(), failures: 5, pause: Duration::from_secs(30), state: Mutex::default() }
    }

    /// Sets the number of failures in a row after which the model is left alone; at least one.
    #[must_use]
    pub fn failures(mut self, failures: u32) -> Self {
        self.failures = failures.max(1);
        self
    }

    /// Sets the time for which it is left alone.
    #[must_use]
    pub fn pause(mut self, time: Duration) -> Self {
        self.pause = time;
        self
    }

    /// Checks that a call may be made. The one that tries a model again keeps the others away until it
    /// is known how it fares, or for as long as a pause if it is cancelled.
    fn admit(&self) -> Result<()> {
        let (mut state, now) = (self.state(), Instant::now());
        match state.open_until {
            Some(until) if now < until => {
                let wait = until - now;
                let message = format!(
                    "{} is not asked for another {:.0?}: {} calls failed in a row, the last: {}",
                    self.lm.id(),
                    wait,
                    state.failures,
                    state.last
                );
                Err(Error::new(ErrorKind::Server, message).with_retry_after(Some(wait)).unsent())
            }
            Some(_) => {
                state.open_until = Some(now + self.pause);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn succeeded(&self) {
        *self.state() = State::default();
    }

    fn failed(&self, error: &Error) {
        if !error.is_retryable() {
            return;
        }
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.last = format!("{error:#}");
        if state.failures >= self.failures {
            state.open_until = Some(Instant::now() + self.pause);
            tracing::warn!(model = %self.lm.id(), failures = state.failures, pause = ?self.pause, "the model is left alone");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LanguageModel for Breaker {
    fn id(&self) -> &ModelId {
        self.lm.id()
    }

    fn wraps(&self) -> Option<&dyn LanguageModel> {
        Some(self.lm.model())
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            self.admit()?;
            let outcome = self.lm.model().complete(request).await;
            match &outcome {
                Ok(_) => self.succeeded(),
                Err(error) => self.failed(error),
            }
            outcome
        }
        .boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        if let Err(error) = self.admit() {
            return stream::once(ready(Err(error))).boxed();
        }
        let chunks = self.lm.model().stream(request);
        chunks
            .inspect(|chunk| match chunk {
                Ok(Chunk::End(_)) => self.succeeded(),
                Err(error) => self.failed(error),
                Ok(_) => {}
            })
            .boxed()
    }
}
