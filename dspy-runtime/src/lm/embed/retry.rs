//! An embedder that makes a failed call again.

use futures_util::future::{BoxFuture, FutureExt};

use super::{Embedder, Embeddings};
use crate::error::Result;
use crate::lm::ModelId;
use crate::lm::stack::{Patience, Tries};

/// An embedder that makes a failed call again, as [`Retry`](crate::lm::Retry) does with a model by default. How often
/// it did is in [`Usage::retries`](crate::lm::Usage::retries).
///
/// # Example
///
/// ```
/// use dspy::lm::{Embedder, HashedEmbedder, RetryEmbedder};
///
/// let embedder = RetryEmbedder::new(HashedEmbedder::new());
/// assert_eq!(embedder.id().name(), "hashed");
/// ```
#[derive(Debug)]
pub struct RetryEmbedder<E>(E);

impl<E: Embedder> RetryEmbedder<E> {
    /// Retries the calls of an embedder.
    pub fn new(embedder: E) -> Self {
        Self(embedder)
    }
}

impl<E: Embedder> Embedder for RetryEmbedder<E> {
    fn id(&self) -> &ModelId {
        self.0.id()
    }

    fn batch(&self) -> Option<usize> {
        self.0.batch()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        async move {
            let patience = Patience::default();
            let mut tries = Tries::new(&patience);
            loop {
                match self.0.embed(texts).await {
                    Ok(mut embeddings) => {
                        embeddings.usage.retries += u64::from(tries.made());
                        return Ok(embeddings);
                    }
                    Err(error) => tries.pause(error).await?,
                }
            }
        }
        .boxed()
    }
}
