//! Calls held back, so that the provider need not refuse them.

mod bucket;
mod embedder;
mod limiter;
mod state;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};

pub use embedder::LimitedEmbedder;
pub use limiter::Limiter;
pub use state::RateLimit;

use crate::error::Result;
use crate::lm::{Chunk, LanguageModel, Lm, ModelId, Request, Response};

/// A model whose calls keep to a [`Limiter`].
///
/// # Example
///
/// ```
/// use dspy::Lm;
/// use dspy::lm::{Limited, Limiter, Retry};
///
/// let limiter = Limiter::new().requests_per_minute(500).tokens_per_minute(200_000).in_flight(64);
/// let lm = Lm::without_retries("builtin/lexical")?;
/// let lm = Lm::from(Retry::new(Limited::new(lm, &limiter)));
/// # let _ = lm;
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct Limited {
    lm: Lm,
    limiter: Limiter,
}

impl Limited {
    /// Holds back the calls of a model. Models that share a limiter share its limits.
    pub fn new(lm: impl Into<Lm>, limiter: &Limiter) -> Self {
        Self { lm: lm.into(), limiter: limiter.clone() }
    }
}

impl LanguageModel for Limited {
    fn id(&self) -> &ModelId {
        self.lm.id()
    }

    fn wraps(&self) -> Option<&dyn LanguageModel> {
        Some(self.lm.model())
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            let place = self.limiter.enter(limiter::estimate(request)).await;
            let outcome = self.lm.model().complete(request).await;
            match &outcome {
                Ok(response) => place.answered(&response.usage, response.rate_limit.as_ref()),
                Err(error) => place.failed(error),
            }
            outcome
        }
        .boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let begun = async move {
            let mut place = Some(self.limiter.enter(limiter::estimate(request)).await);
            self.lm.model().stream(request).inspect(move |chunk| match chunk {
                Ok(Chunk::End(response)) => {
                    settle(&mut place, |place| place.answered(&response.usage, response.rate_limit.as_ref()))
                }
                Err(error) => settle(&mut place, |place| place.failed(error)),
                Ok(_) => {}
            })
        };
        stream::once(begun).flatten().boxed()
    }
}

fn settle(place: &mut Option<limiter::Place>, settle: impl FnOnce(limiter::Place)) {
    if let Some(place) = place.take() {
        settle(place);
    }
}
