//! An embedder whose calls are held back.

use futures_util::future::{BoxFuture, FutureExt};

use super::Limiter;
use super::limiter::tokens;
use crate::error::Result;
use crate::lm::{Embedder, Embeddings, ModelId};

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
        let place = self.limiter.enter(tokens(texts.iter().map(String::len).sum())).await;
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
