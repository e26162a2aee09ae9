//! An embedder that makes a failed call again.

use std::sync::atomic::AtomicU32;

use backon::Retryable;
use futures_util::future::{BoxFuture, FutureExt};

use super::{Embedder, Embeddings};
use crate::error::{Error, Result};
use crate::lm::retry::{again, asked_for};
use crate::lm::{ModelId, Retry};

/// As with a model: after rate limits, server errors, timeouts, broken connections and broken answers.
impl<E: Embedder> Embedder for Retry<E> {
    fn id(&self) -> &ModelId {
        self.inner().id()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        async move {
            let retries = AtomicU32::new(0);
            let outcome = (|| self.inner().embed(texts))
                .retry(self.waits())
                .when(Error::is_retryable)
                .adjust(asked_for)
                .notify(|error, wait| again(&retries, error, wait))
                .await;
            let retries = retries.into_inner();
            let mut embeddings = outcome.map_err(|error| error.with_retries(retries))?;
            embeddings.usage.retries += u64::from(retries);
            Ok(embeddings)
        }
        .boxed()
    }
}
