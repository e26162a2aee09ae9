//! Calls held back, so that the provider need not refuse them.

mod bucket;
mod limiter;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};

pub use limiter::{Limiter, RateLimit};

use crate::error::Result;
use crate::lm::{Chunk, Embedder, Embeddings, LanguageModel, Lm, ModelId, Request, Response};

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

/// An embedder whose calls keep to a [`Limiter`], which it may share with models.
///
/// What it is asked for at once goes in as many calls as it has [batches](Embedder::batch), one after another.
///
/// # Example
///
/// ```
/// use dspy::lm::{Embedder, HashedEmbedder, LimitedEmbedder, Limiter, RetryEmbedder};
///
/// let limiter = Limiter::new().requests_per_minute(500).tokens_per_minute(1_000_000);
/// let embedder = RetryEmbedder::new(LimitedEmbedder::new(HashedEmbedder::new(), &limiter));
/// assert_eq!(embedder.id().name(), "hashed");
/// ```
#[derive(Debug)]
pub struct LimitedEmbedder<E> {
    embedder: E,
    limiter: Limiter,
}

impl<E: Embedder> LimitedEmbedder<E> {
    /// Holds back the calls of an embedder.
    pub fn new(embedder: E, limiter: &Limiter) -> Self {
        Self { embedder, limiter: limiter.clone() }
    }

    async fn one(&self, texts: &[String]) -> Result<Embeddings> {
        let place = self.limiter.enter(limiter::tokens(texts.iter().map(String::len).sum())).await;
        let outcome = self.embedder.embed(texts).await;
        match &outcome {
            Ok(embeddings) => place.answered(&embeddings.usage, None),
            Err(error) => place.failed(error),
        }
        outcome
    }
}

impl<E: Embedder> Embedder for LimitedEmbedder<E> {
    fn id(&self) -> &ModelId {
        self.embedder.id()
    }

    fn batch(&self) -> Option<usize> {
        self.embedder.batch()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        let size = self.batch().unwrap_or(texts.len()).max(1);
        async move {
            let mut all = Embeddings::default();
            for batch in texts.chunks(size) {
                let embeddings = self.one(batch).await?;
                all.vectors.extend(embeddings.vectors);
                all.usage += embeddings.usage;
            }
            Ok(all)
        }
        .boxed()
    }
}
