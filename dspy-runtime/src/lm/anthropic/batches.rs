//! Anthropic's Message Batches.
//!
//! Wire: <https://docs.claude.com/en/api/creating-message-batches>.
//!
//! A batch has no name of ours: which one it is, the keys of its outcomes tell, once it has ended.

use std::collections::BTreeMap;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Anthropic, VERSION};
use crate::error::Result;
use crate::lm::aside::{count, or_default, or_none};
use crate::lm::batch::{
    BatchApi, BatchEntry, BatchFound, BatchIntent, BatchJob, BatchLimits, BatchOrder, BatchOutcome,
    BatchState, lines,
};
use crate::lm::http::{Call, Post};
use crate::lm::provider::{posted, replied};
use crate::lm::{Request, Response};

const PATH: [&str; 3] = ["v1", "messages", "batches"];

/// The number of batches asked for at once.
const PAGE: usize = 100;

/// The most seconds between the clocks of this machine and of Anthropic.
const APART: i64 = 3_600;

impl Anthropic {
    fn batches_at(&self, more: &[&str], query: Option<String>) -> Call {
        let path = PATH.iter().chain(more).map(|part| (*part).to_owned()).collect();
        let headers = vec![("anthropic-version", VERSION.to_owned())];
        Call { query, headers, ..Call::get(path) }
    }

    async fn look<T: DeserializeOwned>(&self, more: &[&str], query: Option<String>) -> Result<T> {
        self.core.ask(self.batches_at(more, query)).await
    }
}

impl BatchApi for Anthropic {
    fn name(&self) -> String {
        format!("{} at {}", self.core.id.provider(), self.core.transport.shown())
    }

    fn limits(&self) -> BatchLimits {
        BatchLimits { requests: 100_000, bytes: 256_000_000 }
    }

    fn entry(&self, request: &Request) -> Result<BatchEntry> {
        let body = posted(self, request)?.body;
        Ok(BatchEntry { endpoint: "messages".to_owned(), body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn submit<'a>(&'a self, order: &'a BatchOrder, _: Option<&'a str>) -> BoxFuture<'a, Result<BatchJob>> {
        async move {
            let entries = order.intent.requests.iter().zip(&order.bodies);
            let entries: Vec<String> =
                entries.map(|(key, body)| format!(r#"{{"custom_id":"{key}","params":{body}}}"#)).collect();
            let body = format!(r#"{{"requests":[{}]}}"#, entries.join(",")).into_bytes();
            let Call { path, headers, .. } = self.batches_at(&[], None);
            let answer: Batch = self.core.ask(Post { path, query: None, headers, body }.into()).await?;
            Ok(answer.job())
        }
        .boxed()
    }

    fn submitted<'a>(&'a self, known: &'a BatchIntent) -> BoxFuture<'a, Result<Vec<BatchFound>>> {
        async move {
            let size = known.requests.len() as u64;
            let since = i64::try_from(known.at).unwrap_or(i64::MAX).saturating_sub(APART);
            let (mut found, mut after) = (Vec::new(), String::new());
            loop {
                let page: Page = self.look(&[], Some(format!("{after}limit={PAGE}"))).await?;
                // The newest come first.
                let old = page.data.iter().any(|batch| batch.created().is_some_and(|at| at < since));
                let next = page.last_id.filter(|_| page.has_more && !old);
                let like = |batch: &Batch| {
                    batch.request_counts.all() == size && batch.created().is_none_or(|at| at >= since)
                };
                let alike = page.data.into_iter().filter(like);
                found.extend(alike.map(|batch| BatchFound { job: batch.job(), is_sure: false }));
                match next.map(|last| format!("after_id={last}&")).filter(|next| *next != after) {
                    Some(next) => after = next,
                    None => return Ok(found),
                }
            }
        }
        .boxed()
    }

    fn status<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<BatchJob>> {
        async move { self.look(&[id], None).await.map(|batch: Batch| batch.job()) }.boxed()
    }

    fn results<'a>(&'a self, ended: &'a BatchJob) -> BoxFuture<'a, Result<BTreeMap<String, BatchOutcome>>> {
        async move {
            // Where the batch says that they are could be another server, which is not to get the key.
            let (_, bytes) = self.core.fetch(self.batches_at(&[&ended.id, "results"], None)).await?;
            Ok(lines(&bytes, |line| outcome(&ended.id, line)))
        }
        .boxed()
    }

    fn read(&self, request: &Request, said: &str) -> Result<Response> {
        let Line { result, .. } = serde_json::from_str(said)?;
        let (status, body) = match result.message {
            Some(message) => (200, message),
            None => (status(&result.error), result.error),
        };
        let id = body["request_id"].as_str().map(str::to_owned);
        replied(self, request, (status, id), body.to_string().as_bytes())
    }
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Batch>,
    #[serde(default, deserialize_with = "or_default")]
    has_more: bool,
    #[serde(default, deserialize_with = "or_none")]
    last_id: Option<String>,
}

#[derive(Deserialize)]
struct Batch {
    id: String,
    processing_status: String,
    #[serde(default, deserialize_with = "or_default")]
    request_counts: Counts,
    #[serde(default, deserialize_with = "or_none")]
    created_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    #[serde(deserialize_with = "count")]
    processing: Option<u64>,
    #[serde(deserialize_with = "count")]
    succeeded: Option<u64>,
    #[serde(deserialize_with = "count")]
    errored: Option<u64>,
    #[serde(deserialize_with = "count")]
    canceled: Option<u64>,
    #[serde(deserialize_with = "count")]
    expired: Option<u64>,
}

/// A line of the outcomes.
#[derive(Deserialize)]
struct Line {
    custom_id: String,
    result: Answer,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "type")]
    kind: String,
    message: Option<Value>,
    #[serde(default)]
    error: Value,
}

impl Counts {
    fn done(&self) -> u64 {
        [self.succeeded, self.errored, self.canceled, self.expired].into_iter().flatten().sum()
    }

    fn all(&self) -> u64 {
        self.done() + self.processing.unwrap_or_default()
    }
}

impl Batch {
    /// When it was made, in seconds since 1970.
    fn created(&self) -> Option<i64> {
        seconds(self.created_at.as_deref()?)
    }

    fn job(self) -> BatchJob {
        let state = match &*self.processing_status {
            "ended" => BatchState::Ended,
            _ => BatchState::Open,
        };
        let done = Some(self.request_counts.done());
        BatchJob { id: self.id, state, done, failure: None, output: Vec::new() }
    }
}

/// Reads a time such as `2026-11-30T18:37:24.100435Z`, to the second (Howard Hinnant's `days_from_civil`).
fn seconds(time: &str) -> Option<i64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// The key and the outcome of a line.
fn outcome(batch: &str, text: &str) -> Option<(String, BatchOutcome)> {
    let Line { custom_id, result } = serde_json::from_str(text).ok()?;
    let missing = |state| {
        let job = BatchJob { id: batch.to_owned(), state, done: None, failure: None, output: Vec::new() };
        BatchOutcome::Missing(job.missing())
    };
    let outcome = match (&*result.kind, result.message) {
        ("succeeded", Some(_)) => BatchOutcome::Reply(text.to_owned()),
        ("expired", _) => missing(BatchState::Expired),
        ("canceled", _) => missing(BatchState::Cancelled),
        _ => BatchOutcome::Error(text.to_owned()),
    };
    Some((custom_id, outcome))
}

/// The status of a call that had such an error, which a batch does not say.
fn status(error: &Value) -> u16 {
    match error["error"]["type"].as_str().unwrap_or_default() {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_second() {
        for (time, at) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:01.5Z", 951_825_601),
            ("2026-11-30T18:37:24.100435Z", 1_796_063_844),
        ] {
            assert_eq!(seconds(time), Some(at), "{time}");
        }
        assert_eq!(seconds("yesterday"), None);
    }
}
