//! An embedder that makes a failed call again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures_util::future::{BoxFuture, FutureExt};

use super::{Embedder, Embeddings};
use crate::error::{Error, Result};
use crate::lm::ModelId;

/// An embedder that makes a failed call again, as [`Retry`](crate::lm::Retry) does with a model: at most six
/// times, after waiting as long as the provider asks, else from 0.5 s on twice as long each time, at most
/// 60 s. How often it did is in [`Usage::retries`](crate::Usage::retries).
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

const LONGEST_WAIT: Duration = Duration::from_secs(60);

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
        let waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(6)
            .with_jitter();
        async move {
            let retries = AtomicU32::new(0);
            let outcome = (|| self.0.embed(texts))
                .retry(waits)
                .when(Error::is_retryable)
                .adjust(|error, wait| wait.map(|wait| error.retry_after().unwrap_or(wait).min(LONGEST_WAIT)))
                .notify(|_, _| {
                    retries.fetch_add(1, Ordering::Relaxed);
                })
                .await;
            let retries = retries.into_inner();
            let mut embeddings = outcome.map_err(|error| error.with_retries(retries))?;
            embeddings.usage.retries += u64::from(retries);
            Ok(embeddings)
        }
        .boxed()
    }
}
