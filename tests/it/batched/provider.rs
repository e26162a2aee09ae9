//! A provider with batches, in the wires of OpenAI, Anthropic and Gemini, that can be told to fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use dspy::Lm;
use dspy::lm::{Anthropic, Gemini, ModelId, OpenAi, Secret};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::wire::server::{Came, Canned, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    OpenAi,
    Anthropic,
    Gemini,
}

pub const KINDS: [Kind; 3] = [Kind::OpenAi, Kind::Anthropic, Kind::Gemini];

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the answer is lost.
    Lost,
    /// It is done, and the answer never comes.
    Hangs,
    /// It is not done, and the answer is lost.
    LostBefore,
    /// It is not done, and no answer ever comes.
    HangsBefore,
    /// It is not done, and may be asked for again.
    Busy,
    /// It is refused for good.
    Refused,
}

/// What comes of one request of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A reply that repeats what was asked.
    Reply,
    /// An error of a status.
    Status(u16),
    Expired,
    Cancelled,
    /// Nothing is said of it.
    Missing,
}

/// How a batch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Whole,
    Expired,
    Cancelled,
    Failed,
    /// For there is no room.
    Busy,
}

#[derive(Debug)]
struct Batch {
    name: String,
    rows: Vec<(String, Value)>,
    looks: usize,
}

type Outcomes = Box<dyn Fn(&str) -> Outcome + Send>;

struct State {
    kind: Kind,
    files: Vec<String>,
    batches: Vec<Batch>,
    faults: Vec<(&'static str, Fault)>,
    /// How often a batch is looked at before it has ended.
    looks: usize,
    end: End,
    outcome: Outcomes,
}

/// The provider; it ends with the value.
pub struct Provider {
    state: Arc<Mutex<State>>,
    wire: Wire,
    hung: Arc<Semaphore>,
}

impl Provider {
    pub async fn start(kind: Kind) -> Self {
        let state = Arc::new(Mutex::new(State {
            kind,
            files: Vec::new(),
            batches: Vec::new(),
            faults: Vec::new(),
            looks: 1,
            end: End::Whole,
            outcome: Box::new(|_| Outcome::Reply),
        }));
        let hung = Arc::new(Semaphore::new(0));
        let (kept, rings) = (state.clone(), hung.clone());
        let wire = Wire::start(move |came| {
            let mut state = kept.lock().expect("no panic");
            let name = state.request(came);
            let place = state.faults.iter().position(|(of, _)| *of == name);
            match place.map(|place| state.faults.remove(place).1) {
                None => state.answer(name, came),
                Some(Fault::Busy) => Canned::json(429, &json!({"error": {"message": "too many requests"}}))
                    .header("retry-after: 0"),
                Some(Fault::Refused) => Canned::json(400, &json!({"error": {"message": "not on a Sunday"}})),
                Some(Fault::Lost) => {
                    drop(state.answer(name, came));
                    Canned::closed()
                }
                Some(Fault::LostBefore) => Canned::closed(),
                Some(fault @ (Fault::Hangs | Fault::HangsBefore)) => {
                    if fault == Fault::Hangs {
                        drop(state.answer(name, came));
                    }
                    rings.add_permits(1);
                    Canned::hangs()
                }
            }
        })
        .await;
        Self { state, wire, hung }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("no panic"))
    }

    /// Has the next request of this name go wrong: `upload`, `submit`, `list`, `status` or `results`.
    pub fn goes_wrong(&self, request: &'static str, fault: Fault) {
        self.change(|state| state.faults.push((request, fault)));
    }

    pub fn looks(&self, looks: usize) {
        self.change(|state| state.looks = looks);
    }

    pub fn ends(&self, end: End) {
        self.change(|state| state.end = end);
    }

    /// What comes of a request, by the text that it asks.
    pub fn outcomes(&self, outcome: impl Fn(&str) -> Outcome + Send + 'static) {
        self.change(|state| state.outcome = Box::new(outcome));
    }

    /// A batch of somebody else's, of so many requests.
    pub fn has_other(&self, requests: usize) {
        let rows = (0..requests).map(|row| (format!("other-{row}"), json!({}))).collect();
        self.change(|state| state.batches.push(Batch { name: "other".to_owned(), rows, looks: 0 }));
    }

    /// Waits until a request hangs.
    pub async fn hangs(&self) {
        self.hung.acquire().await.expect("never closed").forget();
    }

    /// The sizes of the batches that were submitted.
    pub fn sizes(&self) -> Vec<usize> {
        self.change(|state| state.batches.iter().map(|batch| batch.rows.len()).collect())
    }

    /// How often each request was submitted, by its key.
    pub fn times(&self) -> BTreeMap<String, usize> {
        self.change(|state| {
            let mut times = BTreeMap::new();
            for (key, _) in state.batches.iter().flat_map(|batch| &batch.rows) {
                *times.entry(key.clone()).or_default() += 1;
            }
            times
        })
    }

    pub fn requests(&self) -> Vec<Came> {
        self.wire.all()
    }

    pub fn model(&self) -> Lm {
        let url = self.wire.url();
        match self.change(|state| state.kind) {
            Kind::OpenAi => {
                let id = ModelId::new("openai", "gpt-4.1-mini");
                Lm::from(
                    OpenAi::at(id, &format!("{url}/v1")).expect("an address").key(Secret::new("sk-test")),
                )
            }
            Kind::Anthropic => {
                let id = ModelId::new("anthropic", "claude-haiku-4-5");
                Lm::from(Anthropic::at(id, &url).expect("an address").key(Secret::new("sk-ant-test")))
            }
            Kind::Gemini => {
                let id = ModelId::new("gemini", "gemini-2.5-flash");
                Lm::from(
                    Gemini::at(id, &format!("{url}/v1beta"))
                        .expect("an address")
                        .key(Secret::new("AIza-test")),
                )
            }
        }
    }
}

impl State {
    fn request(&self, came: &Came) -> &'static str {
        let (method, path) = came.line.split_once(' ').expect("a line");
        match (method, path.split('?').next().unwrap_or_default()) {
            ("POST", "/v1/files") => "upload",
            ("POST", _) => "submit",
            ("GET", "/v1/batches" | "/v1/messages/batches" | "/v1beta/batches") => "list",
            ("GET", path) if path.ends_with("/content") || path.ends_with("/results") => "results",
            _ => "status",
        }
    }

    fn answer(&mut self, name: &str, came: &Came) -> Canned {
        let path = came.line.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = match name {
            "upload" => {
                self.files.push(came.body.as_str().expect("a form").to_owned());
                json!({"id": format!("file-in-{}", self.files.len() - 1)})
            }
            "submit" => {
                let batch = self.submitted(came);
                self.batches.push(batch);
                self.shown(self.batches.len() - 1, false)
            }
            "list" => {
                let all: Vec<Value> = (0..self.batches.len())
                    .rev()
                    .map(|place| self.shown(place, self.has_ended(place)))
                    .collect();
                match self.kind {
                    Kind::Gemini => json!({"operations": all}),
                    _ => json!({"data": all, "has_more": false}),
                }
            }
            "status" => {
                let place = number(&path);
                self.batches[place].looks += 1;
                self.shown(place, self.has_ended(place))
            }
            _ => return Canned::text(&self.results(number(&path), path.contains("file-bad"))),
        };
        Canned::json(200, &body)
    }

    fn has_ended(&self, place: usize) -> bool {
        self.batches[place].looks > self.looks
    }

    fn submitted(&self, came: &Came) -> Batch {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let list = |value: &Value| value.as_array().expect("a list").clone();
        let (name, rows) = match self.kind {
            Kind::OpenAi => {
                let file: usize = number(came.body["input_file_id"].as_str().expect("the name of a file"));
                let lines = self.files[file].lines().filter(|line| line.starts_with('{'));
                let rows: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
                let rows = rows.iter().map(|row| (text(&row["custom_id"]), row["body"].clone())).collect();
                (text(&came.body["metadata"]["dspy"]), rows)
            }
            Kind::Anthropic => {
                let rows = list(&came.body["requests"]);
                (
                    String::new(),
                    rows.iter().map(|row| (text(&row["custom_id"]), row["params"].clone())).collect(),
                )
            }
            Kind::Gemini => {
                let batch = &came.body["batch"];
                let rows = list(&batch["inputConfig"]["requests"]["requests"]);
                let rows =
                    rows.iter().map(|row| (text(&row["metadata"]["key"]), row["request"].clone())).collect();
                (text(&batch["displayName"]), rows)
            }
        };
        Batch { name, rows, looks: 0 }
    }

    /// A batch as the provider shows it.
    fn shown(&self, place: usize, ended: bool) -> Value {
        let Batch { name, rows, .. } = &self.batches[place];
        match self.kind {
            Kind::OpenAi => {
                let state = match (ended, self.end) {
                    (false, _) => "in_progress",
                    (true, End::Whole) => "completed",
                    (true, End::Expired) => "expired",
                    (true, End::Cancelled) => "cancelled",
                    (true, End::Failed | End::Busy) => "failed",
                };
                let code = if self.end == End::Busy { "token_limit_exceeded" } else { "x" };
                let errors = json!({"data": [{"code": code, "message": "the lines are no requests"}]});
                json!({
                    "id": format!("batch_{place}"),
                    "status": state,
                    "metadata": {"dspy": name},
                    "output_file_id": ended.then(|| format!("file-good-{place}")),
                    "error_file_id": ended.then(|| format!("file-bad-{place}")),
                    "errors": if state == "failed" { errors } else { Value::Null },
                    "request_counts": {"total": rows.len(), "completed": 0, "failed": 0},
                })
            }
            Kind::Anthropic => json!({
                "id": format!("msgbatch_{place}"),
                "processing_status": if ended { "ended" } else { "in_progress" },
                "request_counts": {
                    "processing": if ended { 0 } else { rows.len() },
                    "succeeded": if ended { rows.len() } else { 0 },
                },
                "created_at": "2126-11-30T18:37:24.100435Z",
                "results_url": "http://elsewhere.invalid/",
            }),
            Kind::Gemini => {
                let state = match (ended, self.end) {
                    (false, _) => "BATCH_STATE_RUNNING",
                    (true, End::Whole) => "BATCH_STATE_SUCCEEDED",
                    (true, End::Expired) => "BATCH_STATE_EXPIRED",
                    (true, End::Cancelled) => "BATCH_STATE_CANCELLED",
                    (true, End::Failed | End::Busy) => "BATCH_STATE_FAILED",
                };
                let shown = self.rows(place, false);
                json!({
                    "name": format!("batches/{place}"),
                    "metadata": {"displayName": name, "state": state, "batchStats": {"successfulRequestCount": "0"}},
                    "done": ended,
                    "response": (ended && self.end == End::Whole)
                        .then(|| json!({"inlinedResponses": {"inlinedResponses": shown}})),
                    "error": (state == "BATCH_STATE_FAILED").then(|| json!({"message": "the lines are no requests"})),
                })
            }
        }
    }

    /// The outcomes of a batch in another order, those of OpenAI either good or bad.
    fn rows(&self, place: usize, bad: bool) -> Vec<Value> {
        let rows = self.batches[place].rows.iter().rev();
        rows.filter_map(|(key, body)| self.row(key, body, bad)).collect()
    }

    fn results(&self, place: usize, bad: bool) -> String {
        self.rows(place, bad).iter().map(|row| format!("{row}\n")).collect()
    }

    fn row(&self, key: &str, body: &Value, bad: bool) -> Option<Value> {
        let asked = asked(body);
        let said = said(&asked);
        let outcome = (self.outcome)(&asked);
        match self.kind {
            Kind::OpenAi => {
                let of = |status: u16, body: Value| json!({"custom_id": key, "error": null, "response": {"status_code": status, "request_id": "req_1", "body": body}});
                let (line, is_bad) = match outcome {
                    Outcome::Reply => (
                        of(
                            200,
                            json!({
                                "id": "chatcmpl-1",
                                "choices": [{"message": {"content": said}, "finish_reason": "stop"}],
                                "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0},
                            }),
                        ),
                        false,
                    ),
                    Outcome::Status(status) => (of(status, json!({"error": {"message": "no"}})), true),
                    Outcome::Expired => (
                        json!({"custom_id": key, "response": null, "error": {"code": "batch_expired", "message": "late"}}),
                        true,
                    ),
                    Outcome::Cancelled | Outcome::Missing => return None,
                };
                (is_bad == bad).then_some(line)
            }
            Kind::Anthropic => {
                let result = match outcome {
                    Outcome::Reply => json!({"type": "succeeded", "message": {
                        "type": "message", "id": "msg_1", "content": [{"type": "text", "text": said}],
                        "stop_reason": "end_turn", "usage": {"input_tokens": 1_000_000, "output_tokens": 0},
                    }}),
                    Outcome::Status(status) => {
                        let kind = match status {
                            429 => "rate_limit_error",
                            400 => "invalid_request_error",
                            _ => "api_error",
                        };
                        json!({"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": "no"}}})
                    }
                    Outcome::Expired => json!({"type": "expired"}),
                    Outcome::Cancelled => json!({"type": "canceled"}),
                    Outcome::Missing => return None,
                };
                Some(json!({"custom_id": key, "result": result}))
            }
            Kind::Gemini => match outcome {
                Outcome::Reply => Some(json!({"metadata": {"key": key}, "response": {
                    "candidates": [{"content": {"parts": [{"text": said}]}, "finishReason": "STOP"}],
                    "usageMetadata": {"promptTokenCount": 1_000_000, "candidatesTokenCount": 0},
                }})),
                Outcome::Status(status) => {
                    let code = match status {
                        429 => 8,
                        400 => 3,
                        _ => 13,
                    };
                    Some(json!({"metadata": {"key": key}, "error": {"code": code, "message": "no"}}))
                }
                _ => None,
            },
        }
    }
}

/// The number at the end of a name or a path.
fn number(path: &str) -> usize {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.trim_end_matches("/content").trim_end_matches("/results");
    let digits = path.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().expect("a number")
}

/// A reply that repeats what was asked, in the form that a program asks in.
fn said(asked: &str) -> String {
    match asked.split_once("[[ ## word ## ]]\n").and_then(|(_, rest)| rest.lines().next()) {
        Some(word) => format!("[[ ## said ## ]]\n{word}"),
        None => format!("{asked}, too"),
    }
}

/// The last text of a prompt.
fn asked(body: &Value) -> String {
    let messages = body["messages"].as_array().or(body["contents"].as_array());
    let last = messages.and_then(|messages| messages.last()).cloned().unwrap_or_default();
    let text = last["content"].as_str().or(last["parts"][0]["text"].as_str());
    text.unwrap_or_default().to_owned()
}
