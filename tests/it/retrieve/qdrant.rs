//! The example's store, held to the documented requests and answers of Qdrant's REST API (version 1.10 and newer).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use dspy::retrieve::{Passage, Retriever};
use dspy::{ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::message;
use super::vector_index::literal;
use store::Qdrant;

#[path = "../../../examples/qdrant/store.rs"]
mod store;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Page {
    number: u32,
}

/// What was asked: the request line, the key, and the body.
type Asked = Arc<Mutex<Vec<(String, Option<String>, Value)>>>;

/// Answers every request with the same status and body, and keeps what was asked.
async fn server(status: u16, answer: Value) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let asked = Asked::default();
    let keeps = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let (mut request, mut key, mut length) = (String::new(), None, 0);
            stream.read_line(&mut request).await.expect("a request");
            loop {
                let mut header = String::new();
                stream.read_line(&mut header).await.expect("a header");
                match header.trim().split_once(": ") {
                    Some(("api-key", value)) => key = Some(value.to_owned()),
                    Some(("content-length", value)) => length = value.parse().expect("a number"),
                    Some(_) => {}
                    None => break,
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.expect("a body");
            let request = request.trim_end_matches(" HTTP/1.1\r\n").to_owned();
            let body = serde_json::from_slice(&body).expect("JSON");
            keeps.lock().expect("no panic").push((request, key, body));
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            stream.write_all(format!("{head}{answer}").as_bytes()).await.expect("it reads");
        }
    });
    (address, asked)
}

fn qdrant(address: SocketAddr, key: Option<&str>) -> Qdrant<Page> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Qdrant::new(reqwest::Client::new(), &format!("http://{address}/"), "handbook", key.map(str::to_owned))
}

async fn asked(
    answer: Value,
    of: impl AsyncFnOnce(&Qdrant<Page>) -> Result<()>,
) -> (String, Option<String>, Value) {
    let (address, asked) = server(200, answer).await;
    of(&qdrant(address, Some("sk-secret"))).await.expect("it is answered");
    asked.lock().expect("no panic").pop().expect("it was asked")
}

#[tokio::test]
async fn a_collection_is_made_for_the_vectors_of_the_embedder() {
    let done = json!({"usage": null, "time": 0.002, "status": "ok", "result": true});
    let (address, kept) = server(200, done).await;
    let qdrant = qdrant(address, None);
    qdrant.create(&super::context()).await.expect("made");
    let (request, key, body) = kept.lock().expect("no panic").pop().expect("asked");
    assert_eq!((request.as_str(), key), ("PUT /collections/handbook", None));
    assert_eq!(body, json!({"vectors": {"size": 512, "distance": "Cosine"}}));
}

#[tokio::test]
async fn passages_become_points_with_vector_and_payload() {
    let cx = literal();
    let done = json!({"time": 0.002, "status": "ok", "result": {"operation_id": 7, "status": "completed"}});
    let passages = [Passage::new("D1", "3 4").with_meta(Page { number: 7 })];
    let (request, key, body) = asked(done, async |qdrant| qdrant.add(&cx, &passages).await).await;
    assert_eq!(request, "PUT /collections/handbook/points?wait=true");
    assert_eq!(key.as_deref(), Some("sk-secret"));
    let point = &body["points"][0];
    assert_eq!(point["vector"], json!([3.0, 4.0]));
    assert_eq!(point["payload"], json!({"id": "D1", "text": "3 4", "meta": {"number": 7}}));
    let id = point["id"].as_str().expect("a UUID");
    let parts: Vec<_> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
}

#[tokio::test]
async fn a_search_is_a_query_and_its_points_are_passages() {
    let cx = literal();
    let payload = json!({"id": "D1", "text": "3 4", "meta": {"number": 7}});
    let point = json!({"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "version": 3, "score": 0.75, "payload": payload});
    let (address, kept) =
        server(200, json!({"time": 0.002, "status": "ok", "result": {"points": [point]}})).await;
    let found = qdrant(address, None).search(&cx, "1 0", 5).await.expect("found");
    assert_eq!(found, [Passage::new("D1", "3 4").with_score(0.75).with_meta(Page { number: 7 })]);
    let (request, _, body) = kept.lock().expect("no panic").pop().expect("asked");
    assert_eq!(request, "POST /collections/handbook/points/query");
    assert_eq!(body, json!({"query": [1.0, 0.0], "limit": 5, "with_payload": true}));
    assert!(qdrant(address, None).search(&cx, "1 0", 0).await.expect("none").is_empty());
}

#[tokio::test]
async fn what_the_server_refuses_is_told_without_the_key() {
    let cx = literal();
    let why = "Not found: Collection `handbook` doesn't exist!";
    let refused = json!({"time": 0.0, "status": {"error": why}, "result": null});
    let (address, _) = server(404, refused).await;
    let error = qdrant(address, Some("sk-secret")).search(&cx, "1 0", 5).await.expect_err("refused");
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidRequest, Some(404)));
    assert_eq!(error.to_string(), format!("Qdrant refused the collection `handbook` (status 404): {why}"));

    let (address, _) = server(401, json!("no key")).await;
    let error = qdrant(address, Some("sk-secret")).search(&cx, "1 0", 5).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(!format!("{error:?} {:?}", qdrant(address, Some("sk-secret"))).contains("secret"));

    let other =
        json!({"status": "ok", "result": {"points": [{"id": 4, "score": 0.5, "payload": {"id": "D1"}}]}});
    let (address, _) = server(200, other).await;
    let text = message(qdrant(address, None).search(&cx, "1 0", 5).await);
    assert_eq!(text, "Qdrant's point 4 is none of ours: missing field `text`");
}
