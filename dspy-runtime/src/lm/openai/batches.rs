//! OpenAI's batches.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/batch>.

use std::collections::BTreeMap;
use std::fmt::Write;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::OpenAi;
use super::resources::{Listed, owned};
use crate::error::{Result, snippet};
use crate::lm::OpenAiResponses;
use crate::lm::aside::{count, or_default, or_none};
use crate::lm::batch::{
    BatchApi, BatchEntry, BatchFound, BatchIntent, BatchJob, BatchLimits, BatchOrder, BatchOutcome,
    BatchState,
};
use crate::lm::http::Call;
use crate::lm::provider::{Core, Protocol, posted, replied};
use crate::lm::{Request, Response};

/// A provider whose calls OpenAI takes in batches.
pub(in crate::lm) trait OpenAiBatched: Protocol {}

impl OpenAiBatched for OpenAi {}
impl OpenAiBatched for OpenAiResponses {}

/// The name of a batch's key in its metadata.
const KEY: &str = "dspy";

/// The purpose of files.
const PURPOSE: &str = "batch";

const BATCHES: [&str; 1] = ["batches"];

impl<P: OpenAiBatched> BatchApi for P {
    fn name(&self) -> String {
        let core = self.core();
        format!("{} at {}", core.id.provider(), core.transport.shown())
    }

    fn limits(&self) -> BatchLimits {
        BatchLimits { requests: 50_000, bytes: 200_000_000 }
    }

    fn entry(&self, request: &Request) -> Result<BatchEntry> {
        let post = posted(self, request)?;
        let endpoint = format!("/v1/{}", post.path.join("/"));
        Ok(BatchEntry { endpoint, body: String::from_utf8_lossy(&post.body).into_owned() })
    }

    fn upload<'a>(&'a self, order: &'a BatchOrder) -> BoxFuture<'a, Result<Option<String>>> {
        async move {
            let name = format!("dspy-{}.jsonl", order.intent.batch);
            self.core().send_file(PURPOSE, &name, &lines(order)).await.map(Some)
        }
        .boxed()
    }

    fn submit<'a>(&'a self, order: &'a BatchOrder, file: Option<&'a str>) -> BoxFuture<'a, Result<BatchJob>> {
        async move {
            let body = json!({
                "input_file_id": file,
                "endpoint": order.intent.endpoint,
                "completion_window": "24h",
                "metadata": {KEY: order.intent.batch},
            });
            self.core().post_to(&BATCHES, Some(&body)).await.map(|answer| job(self.core(), answer))
        }
        .boxed()
    }

    fn submitted<'a>(&'a self, known: &'a BatchIntent) -> BoxFuture<'a, Result<Vec<BatchFound>>> {
        async move {
            let same = |batch: &Batch| batch.metadata.get(KEY) == Some(&known.batch);
            let found = self.core().find(&BATCHES, "", same).await?;
            Ok(found
                .map(|batch| BatchFound { job: job(self.core(), batch), is_sure: true })
                .into_iter()
                .collect())
        }
        .boxed()
    }

    fn status<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<BatchJob>> {
        async move {
            let answer = self.core().get(&[BATCHES[0], id], None).await?;
            Ok(job(self.core(), answer))
        }
        .boxed()
    }

    fn results<'a>(&'a self, ended: &'a BatchJob) -> BoxFuture<'a, Result<BTreeMap<String, BatchOutcome>>> {
        async move {
            let mut outcomes = BTreeMap::new();
            for file in &ended.output {
                let call = Call::get(owned(&["files", file, "content"]));
                let (_, lines) = self.core().fetch(call).await?;
                outcomes.extend(crate::lm::batch::lines(&lines, outcome));
            }
            Ok(outcomes)
        }
        .boxed()
    }

    fn read(&self, request: &Request, said: &str) -> Result<Response> {
        let line: Line = serde_json::from_str(said)?;
        let (status, id, body) = match line.response {
            Some(response) => (response.status_code, response.request_id, response.body),
            None => (500, None, json!({"error": line.error})),
        };
        replied(self, request, (status, id), body.to_string().as_bytes())
    }
}

/// A batch, or an item of the list of them.
#[derive(Deserialize)]
struct Batch {
    id: String,
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    metadata: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_none")]
    output_file_id: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    error_file_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    request_counts: Counts,
    #[serde(default, deserialize_with = "or_default")]
    errors: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    #[serde(deserialize_with = "count")]
    completed: Option<u64>,
    #[serde(deserialize_with = "count")]
    failed: Option<u64>,
}

/// A line of a file of outcomes.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    custom_id: String,
    response: Option<Answer>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Answer {
    status_code: u16,
    #[serde(default, deserialize_with = "or_none")]
    request_id: Option<String>,
    #[serde(default)]
    body: Value,
}

impl Listed for Batch {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The file of a batch.
fn lines(order: &BatchOrder) -> String {
    let BatchIntent { requests, endpoint, .. } = &order.intent;
    let mut text = String::new();
    for (key, body) in requests.iter().zip(&order.bodies) {
        let _ = writeln!(text, r#"{{"custom_id":"{key}","method":"POST","url":"{endpoint}","body":{body}}}"#);
    }
    text
}

fn job(core: &Core, answer: Batch) -> BatchJob {
    let first = answer.errors["data"].as_array().and_then(|errors| errors.first());
    let no_room = first.is_some_and(|error| error["code"] == "token_limit_exceeded");
    let state = match &*answer.status {
        "completed" => BatchState::Ended,
        "expired" => BatchState::Expired,
        "cancelled" => BatchState::Cancelled,
        "failed" if no_room => BatchState::Busy,
        "failed" => BatchState::Failed,
        _ => BatchState::Open,
    };
    let failure = first.and_then(|error| error["message"].as_str());
    let failure =
        failure.filter(|words| !core.is_secret_in(words)).map(|words| snippet(words, 300).into_owned());
    let Counts { completed, failed } = answer.request_counts;
    BatchJob {
        id: answer.id,
        state,
        done: completed.map(|completed| completed + failed.unwrap_or_default()),
        failure,
        output: answer.output_file_id.into_iter().chain(answer.error_file_id).collect(),
    }
}

/// The key and the outcome of a line.
fn outcome(text: &str) -> Option<(String, BatchOutcome)> {
    let line: Line = serde_json::from_str(text).ok()?;
    let is_reply = line.response.is_some_and(|response| response.status_code == 200);
    let expired = line.error.as_ref().is_some_and(|error| error["code"] == "batch_expired");
    let outcome = match (is_reply, expired) {
        (true, _) => BatchOutcome::Reply(text.to_owned()),
        // It is missing like one of which there is no line.
        (false, true) => return None,
        (false, false) => BatchOutcome::Error(text.to_owned()),
    };
    Some((line.custom_id, outcome))
}
