//! Gemini's batches, with their requests and outcomes in line.
//!
//! Wire: <https://ai.google.dev/api/batch-api>.

use std::collections::BTreeMap;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Gemini;
use crate::error::{Result, snippet};
use crate::lm::aside::{or_default, or_none};
use crate::lm::batch::{
    BatchApi, BatchEntry, BatchFound, BatchIntent, BatchJob, BatchLimits, BatchOrder, BatchOutcome,
    BatchState,
};
use crate::lm::http::{Call, Post};
use crate::lm::provider::{posted, replied};
use crate::lm::{Request, Response};

/// The number of batches asked for at once.
const PAGE: usize = 100;

const BATCHES: &str = "batches";

impl Gemini {
    fn job(&self, answer: Operation) -> BatchJob {
        let Metadata { state, output, batch_stats, .. } = answer.metadata;
        // The words were once those of jobs.
        let state = match state.rsplit('_').next().unwrap_or_default() {
            "SUCCEEDED" => BatchState::Ended,
            "EXPIRED" => BatchState::Expired,
            "CANCELLED" => BatchState::Cancelled,
            "FAILED" => BatchState::Failed,
            _ => BatchState::Open,
        };
        let outputs = [answer.response, output].into_iter().flatten();
        let inlined = outputs.filter_map(|output| output.inlined_responses).next();
        let Stats { successful_request_count: good, failed_request_count: bad } = batch_stats;
        let counts: Vec<u64> = good.into_iter().chain(bad).filter_map(|count| count.parse().ok()).collect();
        let words = answer.error.map(|error| error.message).filter(|words| !self.core.is_secret_in(words));
        BatchJob {
            id: answer.name,
            state,
            done: (!counts.is_empty())
                .then(|| counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count))),
            failure: words.map(|words| snippet(&words, 300).into_owned()),
            output: inlined
                .into_iter()
                .flat_map(|all| all.inlined_responses)
                .map(|one| one.to_string())
                .collect(),
        }
    }
}

impl BatchApi for Gemini {
    fn name(&self) -> String {
        format!("{} at {}", self.core.id.provider(), self.core.transport.shown())
    }

    /// Of a batch in line; a margin is left for what surrounds the requests.
    fn limits(&self) -> BatchLimits {
        BatchLimits { requests: 50_000, bytes: 19_000_000 }
    }

    fn entry(&self, request: &Request) -> Result<BatchEntry> {
        let body = posted(self, request)?.body;
        let endpoint = "generateContent".to_owned();
        Ok(BatchEntry { endpoint, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn submit<'a>(&'a self, order: &'a BatchOrder, _: Option<&'a str>) -> BoxFuture<'a, Result<BatchJob>> {
        async move {
            let entries = order.intent.requests.iter().zip(&order.bodies);
            let entries: Vec<String> = entries
                .map(|(key, body)| format!(r#"{{"request":{body},"metadata":{{"key":"{key}"}}}}"#))
                .collect();
            let body = format!(
                r#"{{"batch":{{"displayName":"{}","inputConfig":{{"requests":{{"requests":[{}]}}}}}}}}"#,
                named(&order.intent),
                entries.join(",")
            );
            let path = self.path("batchGenerateContent");
            let post = Post { path, query: None, headers: Vec::new(), body: body.into_bytes() };
            self.core.ask(post.into()).await.map(|answer| self.job(answer))
        }
        .boxed()
    }

    fn submitted<'a>(&'a self, known: &'a BatchIntent) -> BoxFuture<'a, Result<Vec<BatchFound>>> {
        async move {
            let (name, mut after) = (named(known), String::new());
            loop {
                let query = Some(format!("pageSize={PAGE}{after}"));
                let page: Page = self.core.ask(Call { query, ..Call::get(vec![BATCHES.to_owned()]) }).await?;
                let found = page.operations.into_iter().find(|batch| batch.metadata.display_name == name);
                if let Some(batch) = found {
                    return Ok(vec![BatchFound { job: self.job(batch), is_sure: true }]);
                }
                let next = page.next_page_token.filter(|token| !token.is_empty());
                match next.map(|token| format!("&pageToken={token}")).filter(|next| *next != after) {
                    Some(next) => after = next,
                    None => return Ok(Vec::new()),
                }
            }
        }
        .boxed()
    }

    fn status<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<BatchJob>> {
        async move {
            let path = id.split('/').map(str::to_owned).collect();
            self.core.ask(Call::get(path)).await.map(|answer| self.job(answer))
        }
        .boxed()
    }

    fn results<'a>(&'a self, ended: &'a BatchJob) -> BoxFuture<'a, Result<BTreeMap<String, BatchOutcome>>> {
        async move { Ok(ended.output.iter().filter_map(|text| outcome(text)).collect()) }.boxed()
    }

    fn read(&self, request: &Request, said: &str) -> Result<Response> {
        let said: Value = serde_json::from_str(said)?;
        match said.get("response") {
            Some(response) => replied(self, request, (200, None), response.to_string().as_bytes()),
            None => {
                let status = status(&said["error"]);
                let error = json!({"error": said["error"]});
                replied(self, request, (status, None), error.to_string().as_bytes())
            }
        }
    }
}

/// A batch, as an operation that goes on.
#[derive(Deserialize)]
struct Operation {
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "or_none")]
    response: Option<Output>,
    #[serde(default, deserialize_with = "or_none")]
    error: Option<Status>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    display_name: String,
    state: String,
    #[serde(deserialize_with = "or_none")]
    output: Option<Output>,
    #[serde(deserialize_with = "or_default")]
    batch_stats: Stats,
}

/// Counts are texts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    #[serde(deserialize_with = "or_none")]
    successful_request_count: Option<String>,
    #[serde(deserialize_with = "or_none")]
    failed_request_count: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(default, deserialize_with = "or_none")]
    inlined_responses: Option<Inlined>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inlined {
    #[serde(default)]
    inlined_responses: Vec<Value>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    operations: Vec<Operation>,
    #[serde(default, deserialize_with = "or_none")]
    next_page_token: Option<String>,
}

/// The name under which a batch is found again.
fn named(intent: &BatchIntent) -> String {
    format!("dspy-{}", intent.batch)
}

/// The key and the outcome of a response.
fn outcome(text: &str) -> Option<(String, BatchOutcome)> {
    let said: Value = serde_json::from_str(text).ok()?;
    let key = said["metadata"]["key"].as_str()?.to_owned();
    let outcome = match said.get("response") {
        Some(_) => BatchOutcome::Reply(text.to_owned()),
        None => BatchOutcome::Error(text.to_owned()),
    };
    Some((key, outcome))
}

/// The status of a call that had such an error, by the code of gRPC that a batch has in its place.
fn status(error: &Value) -> u16 {
    match error["code"].as_u64() {
        Some(1) => 499,
        Some(3 | 9 | 11) => 400,
        Some(4) => 504,
        Some(5) => 404,
        Some(7) => 403,
        Some(8) => 429,
        Some(12) => 501,
        Some(14) => 503,
        Some(16) => 401,
        // Where it is a status after all.
        Some(status @ 400..=599) => u16::try_from(status).unwrap_or(500),
        _ => 500,
    }
}
