//! From requests to their outcomes: collected, submitted once, looked at until they are done.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::desk::{Desk, Open, Under};
use crate::error::{Error, ErrorKind, Result};
use crate::figure;
use crate::lm::{BatchIntent, BatchJob, BatchOrder, BatchOutcome, BatchState, Patience, Tries, patiently};

/// A batch that is not known to be submitted.
struct Unsent {
    error: Error,
    /// Tells whether it may have been all the same.
    may_be: bool,
}

/// The number of quiet times after which a batch goes although calls still come.
const LONGEST: u32 = 12;

/// The number of looks at a batch in a row that may fail.
const MISSED: u32 = 10;

impl Desk {
    /// Waits until no call has come for a while, and submits what has come.
    pub(super) async fn collect(self: Arc<Self>) {
        let under = Under::new(&self, None);
        // Calls that come one by one are not to wait for ever.
        let until = Instant::now() + self.pace.quiet * LONGEST;
        let more = || async {
            let quiet = self.pace.quiet.min(until.saturating_duration_since(Instant::now()));
            tokio::time::timeout(quiet, self.came.notified()).await.is_ok()
        };
        while !self.is_full() && more().await {}
        let orders = self.cut();
        under.over();
        for order in orders {
            tokio::spawn(self.clone().carry(order));
        }
    }

    /// Submits a batch and sees it through.
    async fn carry(self: Arc<Self>, order: BatchOrder) {
        let under = Under::new(&self, Some(&order.intent));
        match self.sent(&order).await {
            Ok(id) => self.follow(&order.intent, &id).await,
            Err(Unsent { error, may_be: true }) => self.lose(&order.intent, Some(&error)),
            Err(Unsent { error, may_be: false }) => self.undo(&order.intent, Some(&error)),
        }
        under.over();
    }

    /// Sees a batch through that was begun before, or finds that it never was.
    pub(super) async fn resume(self: Arc<Self>, open: Open) {
        let Open { intent, id, .. } = open;
        let under = Under::new(&self, Some(&intent));
        let found = match id {
            Some(id) => Ok(Some(id)),
            None => self.look(&intent).await,
        };
        match found {
            Ok(Some(id)) => self.follow(&intent, &id).await,
            Ok(None) => self.undo(&intent, None),
            Err(error) => self.lose(&intent, Some(&error)),
        }
        under.over();
    }

    /// The provider's name of a batch, which is submitted for it.
    async fn sent(&self, order: &BatchOrder) -> Result<String, Unsent> {
        let not = |error| Unsent { error, may_be: false };
        // What is not noted is not submitted.
        self.book.is_whole().map_err(not)?;
        let (api, patience) = (self.api().map_err(not)?, Patience::default());
        let file = patiently(&|| api.upload(order)).await.map_err(not)?;
        let (mut tries, mut may_be) = (Tries::new(&patience), false);
        loop {
            let failed = match api.submit(order, file.as_deref()).await {
                Ok(job) => return Ok(self.named(&order.intent, job)),
                Err(failed) => failed,
            };
            // It may have been done, and only the answer be lost.
            let lost = failed.is_retryable() && failed.kind() != ErrorKind::RateLimit;
            may_be |= lost;
            tries.pause(failed).await.map_err(|error| Unsent { error, may_be })?;
            if lost {
                match self.look(&order.intent).await {
                    Ok(Some(id)) => return Ok(id),
                    Ok(None) => may_be = false,
                    Err(error) => return Err(Unsent { error, may_be: true }),
                }
            }
        }
    }

    fn named(&self, intent: &BatchIntent, job: BatchJob) -> String {
        let size = intent.requests.len();
        tracing::info!(batch = job.id, requests = size, model = %self.lm.id(), "a batch is under way");
        self.known(&intent.batch, &job.id);
        job.id
    }

    /// Looks for a batch that may have been submitted, twice, as what is new may not be in a list at once.
    async fn look(&self, intent: &BatchIntent) -> Result<Option<String>> {
        let api = self.api()?;
        for again in [true, false] {
            let found = patiently(&|| api.submitted(intent)).await?;
            // One that is another of ours may have had the same requests.
            for found in found.into_iter().filter(|found| !self.is_known(&found.job.id)) {
                if found.is_sure || self.is_of(intent, &found.job.id).await? {
                    return Ok(Some(self.named(intent, found.job)));
                }
            }
            if again {
                tokio::time::sleep(self.pace.first).await;
            }
        }
        Ok(None)
    }

    /// Returns whether the outcomes of a batch are those of these requests, once it has ended.
    async fn is_of(&self, intent: &BatchIntent, id: &str) -> Result<bool> {
        let job = self.ended(intent, id).await?;
        let outcomes = self.outcomes(&job).await?;
        Ok(intent.requests.iter().any(|request| outcomes.contains_key(request)))
    }

    /// Waits for a batch, and settles its requests.
    async fn follow(&self, intent: &BatchIntent, id: &str) {
        let ended = async {
            let job = self.ended(intent, id).await?;
            let outcomes = match job.state {
                BatchState::Failed | BatchState::Busy => BTreeMap::new(),
                _ => self.outcomes(&job).await?,
            };
            Ok::<_, Error>((job, outcomes))
        };
        match ended.await {
            Ok((job, mut outcomes)) => {
                let (size, replies) = (intent.requests.len(), outcomes.len());
                tracing::info!(batch = id, requests = size, outcomes = replies, "a batch has ended");
                self.settle(intent, |request| {
                    outcomes.remove(request).unwrap_or_else(|| BatchOutcome::Missing(job.missing()))
                });
            }
            Err(error) => {
                let error = match error.status() {
                    Some(404) => error.context(
                        "its provider does not know it: is the key of another account? Where it is gone, as after some \
                         weeks, take another folder",
                    ),
                    _ => error,
                };
                self.lose(intent, Some(&error.context(format!("batch `{id}`"))));
            }
        }
    }

    /// Waits until a batch has ended.
    async fn ended(&self, intent: &BatchIntent, id: &str) -> Result<BatchJob> {
        let (api, until) = (self.api()?, Instant::now() + self.pace.all);
        let (mut pause, mut missed, mut shown) = (self.pace.first, 0, None);
        loop {
            let mut asked = None;
            match api.status(id).await {
                Ok(job) if job.state != BatchState::Open => return Ok(job),
                Ok(job) => {
                    missed = 0;
                    if job.done != shown {
                        let (done, requests) = (job.done, intent.requests.len());
                        tracing::info!(batch = id, done, requests, "a batch goes on");
                        shown = job.done;
                    }
                }
                Err(error) if error.is_retryable() && missed < MISSED => {
                    missed += 1;
                    tracing::warn!(%error, batch = id, "how far a batch is could not be asked");
                    asked = error.retry_after();
                }
                Err(error) => {
                    return Err(error.context("it goes on, and how far it is could not be asked"));
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!(
                    "it has not ended within {}; it goes on, and the same calls wait for it again",
                    figure::time(self.pace.all)
                );
                return Err(Error::new(ErrorKind::Timeout, message));
            }
            tokio::time::sleep(asked.unwrap_or(pause).min(left)).await;
            pause = (pause * 3 / 2).min(self.pace.longest);
        }
    }

    async fn outcomes(&self, job: &BatchJob) -> Result<BTreeMap<String, BatchOutcome>> {
        let api = self.api()?;
        patiently(&|| api.results(job)).await
    }
}
