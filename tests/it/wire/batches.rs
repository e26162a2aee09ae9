//! Batches, beside what the official clients send: `tests/fixtures/batches/record.py` records it.

use std::path::Path;
use std::time::Duration;

use dspy::batched::Batched;
use dspy::lm::{Anthropic, Gemini, ModelId, OpenAi, Secret};
use dspy::{ErrorKind, Lm};
use serde_json::Value;

use super::*;

const RECORDED: &str = include_str!("../../fixtures/batches/requests.json");
const ANSWERS: &str = include_str!("../../fixtures/batches/answers.json");

fn sampled_request(text: &str) -> Request {
    let mut request = Request::from(vec![Message::user(text)]);
    (request.sampling.temperature, request.sampling.max_tokens) = (Some(0.5), Some(9));
    request
}

/// Answers as the server of the recording does, with the keys of the requests in the place of its own.
fn answers(keys: &std::sync::Mutex<Vec<String>>, came: &super::server::Came) -> Canned {
    let mut keys = keys.lock().expect("no panic");
    let text = came.body.to_string();
    for (before, _) in text.match_indices("custom_id").chain(text.match_indices("\"key\":\"")) {
        let hex = text[before..].split(|c: char| !c.is_ascii_hexdigit()).find(|word| word.len() == 64);
        keys.extend(hex.map(str::to_owned));
    }
    let answers: Value = serde_json::from_str(ANSWERS).expect("JSON");
    let answer = &answers[came.line.split('?').next().unwrap_or_default()];
    let named = |answer: &Value| {
        let mut text = answer.to_string();
        for (key, name) in keys.iter().zip(["a", "b"]) {
            text = text.replace(&format!("\"custom_id\":\"{name}\""), &format!("\"custom_id\":\"{key}\""));
            text = text.replace(&format!("\"key\":\"{name}\""), &format!("\"key\":\"{key}\""));
        }
        text
    };
    match answer.as_array() {
        Some(lines) => Canned::text(&lines.iter().map(|line| named(line) + "\n").collect::<String>()),
        None => Canned::json(200, &serde_json::from_str(&named(answer)).expect("JSON")),
    }
}

/// The requests of a batch of two, and what came of them.
async fn requests(provider: &str) -> (Vec<super::server::Came>, Vec<Result<String, ErrorKind>>) {
    let keys = std::sync::Mutex::new(Vec::new());
    let wire = Wire::start(move |came| answers(&keys, came)).await;
    let url = wire.url();
    let lm = match provider {
        "openai" => {
            let id = ModelId::new("openai", "gpt-4.1-mini");
            Lm::from(OpenAi::at(id, &format!("{url}/v1")).expect("an address").key(Secret::new("sk-test")))
        }
        "anthropic" => {
            let id = ModelId::new("anthropic", "claude-haiku-4-5");
            Lm::from(Anthropic::at(id, &url).expect("an address").key(Secret::new("sk-ant-test")))
        }
        _ => {
            let id = ModelId::new("gemini", "gemini-2.5-flash");
            Lm::from(
                Gemini::at(id, &format!("{url}/v1beta")).expect("an address").key(Secret::new("AIza-test")),
            )
        }
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wire-batches-{provider}"));
    let _ = std::fs::remove_dir_all(&folder);
    let moment = Duration::from_millis(1);
    let batched = Batched::new(lm, &folder).expect("it has batches");
    let batched = batched.collect_for(Duration::from_millis(40)).look_every(moment, moment);
    let asked = ["Hi.", "Hello."].map(sampled_request);
    let replies = futures_util::future::join_all(asked.iter().map(|request| batched.complete(request))).await;
    std::fs::remove_dir_all(&folder).expect("it is ours");
    let outcome = |reply: dspy::Result<Response>| reply.map(|reply| reply.text).map_err(|error| error.kind());
    (wire.all(), replies.into_iter().map(outcome).collect())
}

/// Without the keys, which are hashes here and letters in the recording, and the name of the batch.
fn plain_body(body: &Value, boundary: Option<&str>) -> Value {
    let mut text = match body {
        Value::String(form) => form.clone(),
        body => body.to_string(),
    };
    if let Some(boundary) = boundary {
        text = text.replace(boundary, "BOUNDARY");
    }
    for length in [64, 32] {
        let words: Vec<String> = text
            .split(|c: char| !c.is_ascii_hexdigit())
            .filter(|word| word.len() == length)
            .map(str::to_owned)
            .collect();
        for (place, word) in words.iter().enumerate() {
            let name = if length == 64 { ["a", "b"][place] } else { "k" };
            text = text.replace(word.as_str(), name);
        }
    }
    // The order of members is no part of what is asked.
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| line.into()));
    lines.collect::<Vec<_>>().into()
}

#[tokio::test]
async fn the_requests_of_a_batch_are_those_of_the_official_clients_but_for_a_listed_few() {
    let recorded: Value = serde_json::from_str(RECORDED).expect("JSON");
    for provider in ["openai", "anthropic", "gemini"] {
        let (came, outcomes) = requests(provider).await;
        assert_eq!(
            outcomes,
            [
                Err(if provider == "anthropic" { ErrorKind::Server } else { ErrorKind::RateLimit }),
                Ok("Good day.".to_owned())
            ]
        );
        let recorded = recorded[provider].as_array().expect("requests");
        let of = |line: &str| recorded.iter().find(|request| request["line"] == line).expect(line);
        for request in &came {
            let known = of(&request.line);
            let boundary = request.header("content-type").and_then(|kind| kind.split("boundary=").nth(1));
            let known_body = known.get("body").unwrap_or(&Value::Null);
            assert_eq!(plain_body(&request.body, boundary), plain_body(known_body, None), "{}", request.line);
            for name in ["authorization", "x-goog-api-key"] {
                // The client of Anthropic sends its key as a bearer's since 2.14; both are taken.
                let differs = provider == "anthropic" && name == "authorization";
                assert_eq!(
                    request.header(name),
                    known[name].as_str().filter(|_| !differs),
                    "{}",
                    request.line
                );
            }
        }
        // The client lists batches where it is told to, and we do where one may have been lost.
        let lines: Vec<&str> = came.iter().map(|request| request.line.as_str()).collect();
        let mut known: Vec<&str> = recorded.iter().filter_map(|request| request["line"].as_str()).collect();
        known.retain(|line| !line.contains("limit=100") && !line.contains("pageSize=100"));
        // The client of Anthropic looks at a batch once more before it reads its results.
        known.dedup();
        assert_eq!(lines, known);
    }
}
