//! The batches of a provider: many requests that are answered within a day, for less.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Request, Response};
use crate::error::{Error, ErrorKind, Result, snippet};

/// The batches of a provider, for [`Batched`](crate::batched::Batched).
///
/// One method is one request or a few that only read, and whoever calls makes it again where that helps. Whoever was
/// stopped in the middle of [`submit`](Self::submit) looks with [`submitted`](Self::submitted) for what came of it, so
/// that nothing is paid for twice.
pub trait BatchApi: Send + Sync + fmt::Debug {
    /// Returns the name of the provider in messages, with nothing secret.
    fn name(&self) -> String;

    /// Returns the most that one batch holds.
    fn limits(&self) -> BatchLimits;

    /// Returns a request as it stands in a batch.
    ///
    /// # Errors
    ///
    /// As a call that is not made.
    fn entry(&self, request: &Request) -> Result<BatchEntry>;

    /// Sends what a batch is made of, where the provider takes that apart, and gives its name for it.
    /// By default there is nothing to send.
    fn upload<'a>(&'a self, order: &'a BatchOrder) -> BoxFuture<'a, Result<Option<String>>> {
        let _ = order;
        async { Ok(None) }.boxed()
    }

    /// Submits a batch.
    fn submit<'a>(&'a self, order: &'a BatchOrder, file: Option<&'a str>) -> BoxFuture<'a, Result<BatchJob>>;

    /// Finds what a batch that may have been submitted can be, the newest first.
    fn submitted<'a>(&'a self, known: &'a BatchIntent) -> BoxFuture<'a, Result<Vec<BatchFound>>>;

    /// Returns the progress of a batch.
    fn status<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<BatchJob>>;

    /// Returns the outcomes of a batch that has ended, by the keys of its requests, in any order.
    fn results<'a>(&'a self, job: &'a BatchJob) -> BoxFuture<'a, Result<BTreeMap<String, BatchOutcome>>>;

    /// Reads the provider's words on one request.
    ///
    /// # Errors
    ///
    /// As a call that came to the same.
    fn read(&self, request: &Request, said: &str) -> Result<Response>;
}

/// The most that one batch holds.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Requests.
    pub requests: usize,
    /// Bytes of all requests together.
    pub bytes: usize,
}

/// A request as it stands in a batch.
#[derive(Clone, Debug)]
pub struct BatchEntry {
    /// The kind of call; one batch has calls of one kind.
    pub endpoint: String,
    /// The body of the call, as JSON.
    pub body: String,
}

/// A batch that is to be submitted.
#[derive(Clone, Debug)]
pub struct BatchOrder {
    /// The note on it, from before it is submitted.
    pub intent: BatchIntent,
    /// The bodies of its requests, in the order of their keys.
    pub bodies: Vec<String>,
}

/// A batch, as it is noted before it is submitted: no word of a prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchIntent {
    /// The name of the batch, by which it is found again where the provider keeps one.
    pub batch: String,
    /// The kind of its calls.
    pub endpoint: String,
    /// The keys of its requests.
    pub requests: Vec<String>,
    /// The time at which it was noted, in seconds since 1970.
    pub at: u64,
}

/// A batch at its provider.
#[derive(Clone, Debug)]
pub struct BatchJob {
    /// The provider's name for it.
    pub id: String,
    /// Its state.
    pub state: BatchState,
    /// The number of its requests that have an outcome, as far as the provider says.
    pub done: Option<u64>,
    /// The provider's words for a failure.
    pub failure: Option<String>,
    /// The names of files, or the outcomes themselves, from which [`BatchApi::results`] has them.
    pub(super) output: Vec<String>,
}

/// A batch that may be one that was submitted.
#[derive(Clone, Debug)]
pub struct BatchFound {
    /// The batch.
    pub job: BatchJob,
    /// Tells whether it is that one in any case. Where the provider keeps no name, the keys of its outcomes tell, once
    /// it has ended.
    pub is_sure: bool,
}

/// The state of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// It goes on.
    Open,
    /// Every request has an outcome.
    Ended,
    /// Its time was up; what was done until then is there.
    Expired,
    /// Somebody cancelled it; what was done until then is there.
    Cancelled,
    /// The provider did not take it.
    Failed,
    /// The provider had no room for it.
    Busy,
}

/// The outcome of one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchOutcome {
    /// A reply, in the provider's words.
    Reply(String),
    /// An error, in the provider's words.
    Error(String),
    /// None, for a reason.
    Missing(BatchMissing),
}

/// The reason a request of a batch has no outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchMissing {
    /// The class of the error.
    pub kind: ErrorKind,
    /// Its message.
    pub message: String,
}

impl BatchJob {
    /// The reason a request of it has no outcome.
    pub(crate) fn missing(&self) -> BatchMissing {
        let id = snippet(&self.id, 80);
        let why = self.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let (kind, message) = match self.state {
            BatchState::Expired => {
                (ErrorKind::Timeout, format!("batch `{id}` expired before it came to this request"))
            }
            BatchState::Cancelled => {
                (ErrorKind::Cancelled, format!("batch `{id}` was cancelled before it came to this request"))
            }
            BatchState::Failed => {
                (ErrorKind::InvalidRequest, format!("batch `{id}` was not taken by its provider{why}"))
            }
            BatchState::Busy => {
                (ErrorKind::RateLimit, format!("the provider had no room for batch `{id}`{why}"))
            }
            BatchState::Open | BatchState::Ended => {
                (ErrorKind::Decode, format!("batch `{id}` ended without an outcome of this request"))
            }
        };
        BatchMissing { kind, message }
    }
}

impl BatchMissing {
    /// The error of the request, which costs nothing and which the next call makes anew.
    pub(crate) fn error(&self) -> Error {
        Error::new(self.kind, format!("{}; the next call asks again", self.message))
    }
}

/// The time since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Reads the lines of a file of outcomes. One that is no outcome leaves its request without one, and not the others.
pub(super) fn lines(
    bytes: &[u8],
    outcome: impl Fn(&str) -> Option<(String, BatchOutcome)>,
) -> BTreeMap<String, BatchOutcome> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().filter(|line| !line.trim().is_empty()).filter_map(outcome).collect()
}
