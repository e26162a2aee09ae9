//! A program as an HTTP service, over real connections on loopback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dspy::lm::{LanguageModel, ModelId, Request, Response, Scripted};
use dspy::serve::Service;
use dspy::{Artifact, Context, Error, ErrorKind, Live, Lm, Predict, Result, Store};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::cache::Folder;
use crate::task::{Guess, always};

/// A service that runs until it is told to end.
pub struct Running {
    pub address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<()>>,
}

impl Running {
    pub async fn start(service: Service<Predict<Guess>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (end, ended) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let ended = async { _ = ended.await };
            service.serve(listener, ended).await
        });
        Self { address, end: Some(end), serving }
    }

    /// Sends bytes as they are and reads all that comes until the other side closes.
    async fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(bytes.as_bytes()).await.expect("it reads");
        let mut answer = Vec::new();
        // A reset after the answer is the way in which a body that nobody reads ends.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn post(&self, headers: &str, body: &str) -> (u16, Value) {
        let answer = self.raw(&request(headers, body)).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (status(head), serde_json::from_str(body).unwrap_or_else(|_| body.into()))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.raw(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (status(head), body.to_owned())
    }

    pub async fn end(mut self) {
        let _ = self.end.take().expect("once").send(());
        self.serving.await.expect("no panic").expect("it ends well");
    }
}

fn request(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /run HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line")
}

const JSON: &str = "content-type: application/json\r\n";
const APPLE: &str = "{\"looks\": \"round and red\"}";

fn service(lm: impl Into<Lm>) -> Service<Predict<Guess>> {
    Service::new(Predict::new(), &Context::new(lm))
}

/// A model that answers when it is let.
#[derive(Debug)]
struct Gated {
    id: ModelId,
    asked: Arc<Semaphore>,
    may: Arc<Semaphore>,
}

impl Gated {
    fn new() -> (Self, Arc<Semaphore>, Arc<Semaphore>) {
        let (asked, may) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        (Self { id: ModelId::new("test", "gated"), asked: asked.clone(), may: may.clone() }, asked, may)
    }
}

impl LanguageModel for Gated {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(async {
            self.asked.add_permits(1);
            self.may.acquire().await.expect("open").forget();
            Ok(Response::new("[[ ## fruit ## ]]\napple"))
        })
    }
}

#[tokio::test]
async fn an_input_is_answered_with_the_outputs() {
    let running = Running::start(service(always("apple"))).await;
    let (status, body) = running.post(JSON, APPLE).await;
    assert_eq!(status, 200);
    assert_eq!(body["output"], json!({"fruit": "apple"}));
    assert_eq!(body["model"], "test/scripted");
    assert_eq!(body["usage"]["calls"], 1);
    assert_eq!(running.get("/health").await, (200, "alive\n".to_owned()));
    let (status, ready) = running.get("/ready").await;
    assert_eq!(
        (status, serde_json::from_str::<Value>(&ready).expect("JSON")["ready"].clone()),
        (200, json!(true))
    );
    running.end().await;
}

#[tokio::test]
async fn what_cannot_be_used_gets_the_status_that_says_why() {
    let running = Running::start(service(always("apple")).max_body(1_000)).await;
    let cases = [
        (JSON, "{\"looks\": 3}", 422),
        (JSON, "{\"lokos\": \"red\"}", 422),
        (JSON, "{\"looks\": \"red\", \"more\": 1}", 422),
        (JSON, "[1, 2]", 400),
        (JSON, "{\"looks\": ", 400),
        ("content-type: text/plain\r\n", APPLE, 415),
        ("", APPLE, 415),
    ];
    for (headers, body, expected) in cases {
        let (status, problem) = running.post(headers, body).await;
        assert_eq!(status, expected, "{body}: {problem}");
        assert_eq!(problem["status"], expected);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    }
    let (_, problem) = running.post(JSON, "{\"lokos\": \"red\"}").await;
    let detail = problem["detail"].as_str().expect("a text");
    assert!(
        detail.contains("did you mean `looks`?") && detail.contains("`looks`: it is missing"),
        "{detail}"
    );
    assert_eq!(problem["problems"].as_array().map(Vec::len), Some(2));

    let long = format!("{{\"looks\": \"{}\"}}", "x".repeat(2_000));
    assert_eq!(running.post(JSON, &long).await.0, 413, "its length is told");
    let chunked = format!(
        "POST /run HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{JSON}transfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    assert!(running.raw(&chunked).await.starts_with("HTTP/1.1 413"), "its length is found out");
    assert_eq!(running.get("/run").await.0, 405);
    assert_eq!(running.get("/nowhere").await.0, 404);
    running.end().await;
}

#[tokio::test]
async fn a_guarded_service_takes_only_its_token() {
    let running = Running::start(service(always("apple")).bearer("open sesame")).await;
    for headers in ["", "authorization: Bearer open\r\n", "authorization: Basic open sesame\r\n"] {
        let answer = running.raw(&request(&format!("{JSON}{headers}"), APPLE)).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{headers}");
        assert!(answer.contains("www-authenticate: Bearer"));
        assert!(!answer.contains("sesame"));
    }
    let right = format!("{JSON}authorization: bearer open sesame\r\n");
    assert_eq!(running.post(&right, APPLE).await.0, 200);
    assert_eq!(running.get("/metrics").await.0, 401);
    assert_eq!(running.get("/health").await.0, 200);
    let (_, document) = running.get("/openapi.json").await;
    assert!(document.contains("\"scheme\":\"bearer\""));
    running.end().await;

    let missing = service(always("apple")).bearer_from_env("DSPY_TEST_NO_SUCH_TOKEN").map(|_| ());
    assert!(missing.expect_err("not set").to_string().contains("`DSPY_TEST_NO_SUCH_TOKEN` is not set"));
}

#[tokio::test]
async fn slow_clients_are_not_waited_for() {
    let running = Running::start(service(always("apple")).read_timeout(Duration::from_millis(50))).await;
    let unfinished = format!("POST /run HTTP/1.1\r\nhost: x\r\n{JSON}content-length: 50\r\n\r\n{{\"looks\":");
    let answer = running.raw(&unfinished).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    // A head that does not end has nobody to answer; the connection is closed.
    let answer = running.raw("POST /run HTTP/1.1\r\nhost:").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    running.end().await;
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_given_up() {
    let (model, asked, may) = Gated::new();
    let running = Running::start(service(model).timeout(Duration::from_millis(30))).await;
    let (status, problem) = running.post(JSON, APPLE).await;
    assert_eq!((status, &problem["kind"]), (504, &json!("timeout")));
    assert_eq!((asked.available_permits(), may.available_permits()), (1, 0));
    running.end().await;
}

#[tokio::test]
async fn more_requests_than_there_is_room_for_are_turned_away_at_once() {
    let (model, asked, may) = Gated::new();
    let running = Arc::new(Running::start(service(model).in_flight(2)).await);
    let two: Vec<_> = (0..2)
        .map(|_| {
            let running = running.clone();
            tokio::spawn(async move { running.post(JSON, APPLE).await.0 })
        })
        .collect();
    asked.acquire_many(2).await.expect("open").forget();
    let answer = running.raw(&request(JSON, APPLE)).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"), "{answer}");
    may.add_permits(3);
    for task in two {
        assert_eq!(task.await.expect("no panic"), 200);
    }
    assert_eq!(running.post(JSON, APPLE).await.0, 200, "there is room again");
    Arc::into_inner(running).expect("nobody else").end().await;
}

#[tokio::test]
async fn failures_of_the_model_are_told_apart() {
    let kinds = [
        (ErrorKind::RateLimit, 503),
        (ErrorKind::Server, 502),
        (ErrorKind::Auth, 502),
        (ErrorKind::ContextWindow, 422),
        (ErrorKind::Timeout, 504),
        (ErrorKind::Program, 500),
    ];
    for (kind, expected) in kinds {
        let failing = Scripted::new(move |_, _| Err(Error::new(kind, "the inner reason")));
        let running = Running::start(service(failing)).await;
        let (status, problem) = running.post(JSON, APPLE).await;
        assert_eq!(status, expected, "{problem}");
        let told = problem["detail"].as_str().expect("a text").contains("the inner reason");
        assert_eq!(told, expected != 500, "what the program did wrong is not the caller's: {problem}");
        running.end().await;
    }
}

#[tokio::test]
async fn fields_come_as_events() {
    let reply = "[[ ## fruit ## ]]\ncherry\n[[ ## completed ## ]]";
    let running =
        Running::start(service(Scripted::replies([reply, "nothing", "nothing"]).in_chunks(5))).await;
    let headers = format!("{JSON}accept: text/event-stream\r\n");
    let answer = running.raw(&request(&headers, APPLE)).await;
    assert!(answer.contains("content-type: text/event-stream"), "{answer}");
    let at = |text: &str| answer.find(text).unwrap_or_else(|| panic!("no {text} in {answer}"));
    assert!(at("event: field_done") < at("event: output"));
    assert!(answer.contains("\"output\":{\"fruit\":\"cherry\"}"));

    let answer = running.raw(&request(&headers, APPLE)).await;
    assert!(answer.contains("event: again") && answer.contains("event: error"), "{answer}");
    assert!(answer.contains("\"status\":502"), "{answer}");
    running.end().await;
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_call_along() {
    let (model, asked, _may) = Gated::new();
    let cx = Context::new(model);
    let running = Running::start(Service::new(Predict::new(), &cx)).await;
    let mut stream = TcpStream::connect(running.address).await.expect("it listens");
    stream.write_all(request(JSON, APPLE).as_bytes()).await.expect("it reads");
    asked.acquire().await.expect("open").forget();
    drop(stream);
    while cx.usage().stopped == 0 {
        tokio::task::yield_now().await;
    }
    running.end().await;
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_the_end() {
    let (model, asked, may) = Gated::new();
    let running = Running::start(service(model)).await;
    let mut stream = TcpStream::connect(running.address).await.expect("it listens");
    stream.write_all(request(JSON, APPLE).as_bytes()).await.expect("it reads");
    asked.acquire().await.expect("open").forget();
    let Running { end, serving, .. } = running;
    let _ = end.expect("once").send(());
    tokio::task::yield_now().await;
    may.add_permits(1);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serving.await.expect("no panic").expect("it ends well");
}

#[tokio::test]
async fn what_goes_in_and_out_is_documented() {
    let running = Running::start(service(always("apple"))).await;
    let (status, document) = running.get("/openapi.json").await;
    assert_eq!(status, 200);
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
    let input = &document["components"]["schemas"]["Input"];
    assert_eq!(input["properties"]["looks"]["description"], "What it looks like.");
    assert_eq!(input["required"], json!(["looks"]));
    let output = document["components"]["schemas"]["Output"].to_string();
    assert!(output.contains("banana"), "{output}");
    // Every reference leads somewhere.
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("inside of the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    running.end().await;
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[tokio::test]
async fn requests_runs_and_tokens_are_counted() {
    let running = Running::start(service(always("apple"))).await;
    running.post(JSON, APPLE).await;
    running.post(JSON, "{}").await;
    let (status, text) = running.get("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "dspy_requests_total{status=\"200\"} 1",
        "dspy_requests_total{status=\"422\"} 1",
        "dspy_run_seconds_count 1",
        "dspy_own_seconds_count 1",
        "dspy_lm_calls_total 1",
        "dspy_in_flight 0",
        "dspy_release 0",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    running.end().await;
}

#[tokio::test]
async fn inputs_may_be_completed_and_the_caller_may_name_the_request() {
    let completed = service(Scripted::answering(|prompt| {
        assert!(prompt.contains("looked up"), "{prompt}");
        "[[ ## fruit ## ]]\napple".into()
    }))
    .prepare(|input| {
        if !input.contains("looks") {
            input.insert("looks", "looked up");
        }
        Ok(())
    });
    let running = Running::start(completed).await;
    let answer = running.raw(&request(&format!("{JSON}x-request-id: abc-1\r\n"), "{}")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("x-request-id: abc-1"), "{answer}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_taken_up_and_no_request_is_lost() {
    let folder = Folder::new("serve-live");
    let (store, cx) = (Store::open(&folder.0).expect("made"), Context::new(always("apple")));
    let promote = || {
        let added = store.add(&Artifact::new(&Predict::<Guess>::new(), cx.lm().id())).expect("written");
        store.promote_anyway(&added, "a test").expect("a reason");
    };
    promote();
    let live = Live::<Predict<Guess>>::open(&store, &cx).expect("there is one");
    let running = Arc::new(Running::start(Service::live(live.clone(), &cx)).await);
    let clients = (0..8).map(|_| {
        let running = running.clone();
        tokio::spawn(async move {
            let mut releases = Vec::new();
            for _ in 0..25 {
                let (status, body) = running.post(JSON, APPLE).await;
                assert_eq!(status, 200, "{body}");
                releases.push(body["release"].as_u64().expect("released"));
            }
            releases
        })
    });
    let clients: Vec<_> = clients.collect();
    for _ in 0..5 {
        promote();
        assert!(live.refresh().expect("it loads"));
        tokio::task::yield_now().await;
    }
    for client in clients {
        let releases = client.await.expect("no panic");
        assert!(releases.is_sorted(), "nobody is sent back: {releases:?}");
    }
    assert_eq!(running.post(JSON, APPLE).await.1["release"], 6);
    assert!(running.get("/metrics").await.1.contains("dspy_release 6"));
    Arc::into_inner(running).expect("nobody else").end().await;
}
