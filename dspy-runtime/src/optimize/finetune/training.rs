//! From a file of examples to a trained model: sent once, started once, and waited for.
//!
//! What is done is noted before and after. Who finds that a file was about to be sent, or a job to be started, and not
//! what came of it, looks for it at the service and does it only where it is not there.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::context::Replies;
use crate::error::{Error, ErrorKind, Result};
use crate::figure;
use crate::fingerprint;
use crate::lm::{
    Patience, TrainingFile, TrainingJob, TrainingOrder, TrainingService, TrainingState, Tries, patiently,
};

/// The times at which a job is looked at, and the limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) first: Duration,
    pub(super) longest: Duration,
    pub(super) all: Duration,
}

/// A model that was trained.
pub(super) struct Trained {
    pub(super) model: String,
    pub(super) file: String,
    pub(super) job: String,
    pub(super) tokens: Option<u64>,
}

/// Whom a job under way is shown to, with the latest that the service says of it.
pub(super) type Tell<'a> = &'a mut (dyn FnMut(&TrainingJob, Option<String>) + Send);

/// One training at a service.
pub(super) struct Training<'a> {
    pub(super) service: &'a dyn TrainingService,
    pub(super) memory: &'a Replies,
    pub(super) waits: Waits,
    /// A name of the training, the same after it was stopped.
    pub(super) which: &'a str,
}

impl Default for Waits {
    fn default() -> Self {
        let hour = Duration::from_secs(3_600);
        Self { first: Duration::from_secs(10), longest: Duration::from_secs(60), all: 24 * hour }
    }
}

/// The number of looks at a job in a row that may fail.
const MISSED: u32 = 10;

impl Training<'_> {
    /// Trains on a file; the order lacks its key and the name of the file.
    pub(super) async fn train(
        &self,
        file: &TrainingFile,
        order: TrainingOrder,
        tell: Tell<'_>,
    ) -> Result<Trained> {
        let sent = self.sent(file).await.map_err(|error| error.context("sending the examples"))?;
        let order = self.next(TrainingOrder { file: sent, ..order })?;
        if let Some(known) = self.memory.noted(&trained(&order)) {
            return read(&order, &known);
        }
        let start = || -> BoxFuture<'_, Result<String>> {
            let job = self.service.start(&order);
            Box::pin(async move { Ok(job.await?.id) })
        };
        let started = || -> BoxFuture<'_, Result<Option<String>>> {
            let job = self.service.started(&order);
            Box::pin(async move { Ok(job.await?.map(|job| job.id)) })
        };
        let deed = format!("start {}", order.key);
        let job = self.once(&deed, start, started).await;
        let job = job.map_err(|error| error.context("starting the training"))?;
        self.wait(&order, &job, tell).await
    }

    /// The service's name for the file, or for the one that was sent before. A program whose tools tell the time has
    /// other examples each time it goes on, and is to be trained once all the same.
    async fn sent(&self, file: &TrainingFile) -> Result<String> {
        let (examples, deed) = (format!("examples of {}", self.which), |name: &str| format!("send {name}"));
        let before = self.memory.noted(&examples).and_then(|name| self.memory.noted(&deed(name.as_str()?)));
        if let Some(Value::String(sent)) = before {
            return Ok(sent);
        }
        self.memory.note(&examples, file.name.as_str().into())?;
        self.once(&deed(&file.name), || self.service.upload(file), || self.service.uploaded(file)).await
    }

    /// The order with its key: another one than those of jobs that are known to have come to nothing.
    fn next(&self, mut order: TrainingOrder) -> Result<TrainingOrder> {
        order.key.clear();
        let plain = serde_json::to_value(&order)?;
        for attempt in 1_u64.. {
            let hash = fingerprint::of(&json!([plain, attempt]));
            order.key = hash.trim_start_matches("sha256:").chars().take(32).collect();
            if self.memory.noted(&ended(&order)).is_none() {
                break;
            }
        }
        Ok(order)
    }

    /// Does something that gives a name, if neither this process nor an earlier one has done it.
    async fn once<'s>(
        &self,
        deed: &str,
        make: impl Fn() -> BoxFuture<'s, Result<String>> + Sync,
        find: impl Fn() -> BoxFuture<'s, Result<Option<String>>> + Sync,
    ) -> Result<String> {
        match self.memory.noted(deed) {
            Some(Value::String(name)) => return Ok(name),
            Some(_) => {
                if let Some(name) = self.look(&find).await? {
                    return self.known(deed, name);
                }
            }
            None => self.memory.note(deed, Value::Null)?,
        }
        let patience = Patience::default();
        let mut tries = Tries::new(&patience);
        loop {
            let failed = match make().await {
                Ok(name) => return self.known(deed, name),
                Err(failed) => failed,
            };
            let refused = failed.kind() == ErrorKind::RateLimit;
            tries.pause(failed).await?;
            // It may have been done, and only the answer be lost.
            if !refused && let Some(name) = self.look(&find).await? {
                return self.known(deed, name);
            }
        }
    }

    fn known(&self, deed: &str, name: String) -> Result<String> {
        self.memory.note(deed, name.as_str().into())?;
        Ok(name)
    }

    /// Looks twice, as what is new may not be in a list at once.
    async fn look<'s>(
        &self,
        find: &(impl Fn() -> BoxFuture<'s, Result<Option<String>>> + Sync),
    ) -> Result<Option<String>> {
        for again in [true, false] {
            if let Some(name) = patiently(find).await? {
                return Ok(Some(name));
            }
            if again {
                tokio::time::sleep(self.waits.first).await;
            }
        }
        Ok(None)
    }

    /// Waits until a job has ended.
    async fn wait(&self, order: &TrainingOrder, job: &str, tell: Tell<'_>) -> Result<Trained> {
        let until = Instant::now() + self.waits.all;
        let (mut pause, mut missed) = (self.waits.first, 0);
        loop {
            let mut asked = None;
            match self.service.status(job).await {
                Ok(found) => {
                    missed = 0;
                    if let Some(end) = self.end(order, &found) {
                        return end;
                    }
                    let says = self.service.latest(job).await.ok().flatten();
                    tell(&found, says);
                }
                Err(error) if error.is_retryable() && missed < MISSED => {
                    missed += 1;
                    tracing::warn!(%error, job, "how far the training is could not be asked");
                    asked = error.retry_after();
                }
                Err(error) => {
                    let goes_on = format!("job `{job}` goes on, and how far it is could not be asked");
                    return Err(error.context(goes_on));
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!(
                    "job `{job}` has not ended within {}; it goes on, and the same call with the same journal waits for \
                     it again. `TrainingService::cancel` ends it",
                    figure::time(self.waits.all)
                );
                return Err(Error::new(ErrorKind::Timeout, message));
            }
            tokio::time::sleep(asked.unwrap_or(pause).min(left)).await;
            pause = (pause * 3 / 2).min(self.waits.longest);
        }
    }

    /// Returns the outcome of a job, if it has ended.
    fn end(&self, order: &TrainingOrder, job: &TrainingJob) -> Option<Result<Trained>> {
        let TrainingJob { id, state, model, failure, trained_tokens } = job;
        match (state, model) {
            (TrainingState::Succeeded, Some(model)) => {
                let came = json!({"model": model, "job": id, "tokens": trained_tokens});
                let noted = self.memory.note(&trained(order), came.clone());
                Some(noted.and_then(|()| read(order, &came)))
            }
            (TrainingState::Succeeded, None) => {
                Some(Err(Error::new(ErrorKind::Decode, format!("job `{id}` succeeded and names no model"))))
            }
            (TrainingState::Failed | TrainingState::Cancelled, _) => {
                let why = failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                let message = match state {
                    TrainingState::Failed => format!("job `{id}` failed{why}"),
                    _ => format!("job `{id}` was cancelled{why}; the same call starts another"),
                };
                let noted =
                    self.memory.note(&ended(order), json!({"job": id, "state": state, "why": failure}));
                Some(Err(noted.err().unwrap_or_else(|| Error::new(ErrorKind::InvalidRequest, message))))
            }
            _ => None,
        }
    }
}

/// Under which names the ends of a job are noted.
fn trained(order: &TrainingOrder) -> String {
    format!("trained {}", order.key)
}

fn ended(order: &TrainingOrder) -> String {
    format!("ended {}", order.key)
}

/// Reads the note on a model.
fn read(order: &TrainingOrder, came: &Value) -> Result<Trained> {
    let text = |name: &str| came[name].as_str().map(str::to_owned);
    match (text("model"), text("job")) {
        (Some(model), Some(job)) => {
            Ok(Trained { model, file: order.file.clone(), job, tokens: came["tokens"].as_u64() })
        }
        _ => Err(Error::data(
            "the journal names no model where it says that one was trained; begin a new journal",
        )),
    }
}
