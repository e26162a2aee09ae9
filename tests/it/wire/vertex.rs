//! Vertex AI: Gemini and Claude by tokens that run out, as google-genai and anthropic call them.
//!
//! `tests/fixtures/cloud/record.py` wrote what they send.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use dspy::lm::{AccessToken, Embedder, LanguageModel, Rules, Secret, Vertex};
use dspy::{Error, ErrorKind};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::server::{Came, Canned, Wire};
use super::*;

const TOKEN: &str = "ya29.test";

fn vertex(url: &str) -> Vertex {
    Vertex::at("my-project", "europe-west4", &format!("{url}/v1")).expect("an address")
}

fn generated() -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello."}]}, "finishReason": "STOP"}]})
}

/// The body with the one text of each message as it may also be written, and without the role of the system prompt,
/// which means nothing.
fn plainly(mut body: Value) -> Value {
    if let Some(system) = body.get_mut("systemInstruction").and_then(Value::as_object_mut) {
        system.remove("role");
    }
    body
}

fn recorded(place: usize) -> (String, Value) {
    let recorded: Value =
        serde_json::from_str(include_str!("../../fixtures/cloud/requests.json")).expect("JSON");
    let request = &recorded["vertex"][place];
    assert_eq!(request["headers"]["authorization"], format!("Bearer {TOKEN}"));
    let body: Value = serde_json::from_str(request["body"].as_str().expect("a text")).expect("JSON");
    (request["line"].as_str().expect("a line").to_owned(), plainly(body))
}

fn came(wire: &Wire) -> (String, Value) {
    let Came { line, body, .. } = wire.last();
    assert_eq!(wire.last().header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    (line, plainly(body))
}

#[tokio::test]
async fn requests_are_those_of_the_official_clients() {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let vertex = vertex(&wire.url()).token(Secret::new(TOKEN));
    let mut request = plain();
    (request.sampling.max_tokens, request.sampling.stop) = (Some(64), vec!["END".to_owned()]);
    let mut warm = request.clone();
    warm.sampling.temperature = Some(0.5);
    let gemini = vertex.gemini("gemini-3.5-flash").expect("an address");
    let _ = gemini.complete(&warm).await;
    assert_eq!(came(&wire), recorded(0));
    gemini.stream(&warm).collect::<Vec<_>>().await;
    assert_eq!(came(&wire), recorded(1));

    let claude = || vertex.claude("claude-sonnet-4-5@20250929").expect("an address");
    let of_client = claude().version("2026-10-21").expect("a day");
    let _ = of_client.complete(&request).await;
    assert_eq!(came(&wire), recorded(2));
    assert_eq!(wire.last().header("anthropic-version"), None, "it is in the body");
    of_client.stream(&request).collect::<Vec<_>>().await;
    assert_eq!(came(&wire), recorded(3));
    let _ = claude().complete(&warm).await;
    let sent = came(&wire).1;
    assert_eq!(
        (&sent["anthropic_version"], &sent["temperature"]),
        (&json!("vertex-2023-10-16"), &json!(0.5))
    );
    assert_eq!(refused(|_| of_client, &warm).await.kind(), ErrorKind::Unsupported);

    let rules = |name: &str| Rules::of(&name.parse().expect("a name"));
    assert_eq!(LanguageModel::rules(&claude()), Some(&rules("anthropic/claude-sonnet-4-5")));
    assert_eq!(LanguageModel::rules(&gemini), Some(&rules("gemini/gemini-3.5-flash")));
    assert_eq!(claude().id().to_string(), "vertex/claude-sonnet-4-5@20250929");
}

/// A source of tokens by number that last so long, and how many it gave.
fn source(
    lasts: Duration,
) -> (impl Fn() -> std::future::Ready<dspy::Result<AccessToken>> + Send + Sync + Clone, Arc<AtomicUsize>) {
    let given = Arc::new(AtomicUsize::new(0));
    let counted = given.clone();
    let source = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        let token = AccessToken::new(Secret::new(format!("ya29.secret-{number}")));
        ready(Ok(token.until(SystemTime::now() + lasts)))
    };
    (source, given)
}

/// Takes one token alone.
async fn only(token: &'static str) -> Wire {
    Wire::start(move |came| match came.header("authorization") == Some(&*format!("Bearer {token}")) {
        true => Canned::json(200, &generated()),
        false => {
            let said =
                format!("Request had invalid authentication credentials: {:?}", came.header("authorization"));
            Canned::json(401, &json!({"error": {"code": 401, "message": said, "status": "UNAUTHENTICATED"}}))
        }
    })
    .await
}

#[tokio::test]
async fn a_token_is_shared_and_another_asked_for_when_it_ends_or_is_refused() {
    let hour = Duration::from_secs(3_600);
    let wire = only("ya29.secret-0").await;
    let (tokens, given) = source(hour);
    let vertex_ = vertex(&wire.url()).tokens(tokens);
    let (one, other) =
        (vertex_.gemini("gemini-3.5-flash").expect("fine"), vertex_.gemini("gemini-4-pro").expect("fine"));
    let request = plain();
    let (first, second) = tokio::join!(one.complete(&request), other.complete(&request));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(given.load(Ordering::SeqCst), 1, "models of a project share a token");

    let wire = only("ya29.secret-1").await;
    let (tokens, given) = source(hour);
    let model = vertex(&wire.url()).tokens(tokens).gemini("gemini-3.5-flash").expect("fine");
    assert_eq!(model.complete(&request).await.expect("a reply").text, "Hello.");
    assert_eq!((wire.count(), given.load(Ordering::SeqCst)), (2, 2), "the first was refused");
    let chunks: Vec<_> = model.stream(&request).collect().await;
    assert!(chunks.iter().all(Result::is_ok), "{chunks:?}");

    let wire = only("ya29.secret-2").await;
    let (tokens, given) = source(Duration::from_secs(10));
    let model = vertex(&wire.url()).tokens(tokens).gemini("gemini-3.5-flash").expect("fine");
    let error = model.complete(&request).await.expect_err("the third alone is taken");
    assert_eq!((wire.count(), given.load(Ordering::SeqCst)), (2, 2), "once more, and not for ever");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)));
    assert!(model.complete(&request).await.is_ok(), "one that is about to end is not used again");
    let text = format!("{error:#} {error:?} {model:?}");
    assert!(text.contains("GOOGLE_ACCESS_TOKEN") && !text.contains("ya29"), "{text}");
    assert!(model.is_secret_in("x ya29.secret-0 x") && !model.is_secret_in("ya29."));
}

#[tokio::test]
async fn what_is_refused_is_told_with_what_to_do() {
    let detail =
        |reason: &str| json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]);
    for (status, error, says) in [
        (
            403,
            json!({"status": "PERMISSION_DENIED", "details": detail("ACCESS_TOKEN_SCOPE_INSUFFICIENT")}),
            "the token needs the scope https://www.googleapis.com/auth/cloud-platform",
        ),
        (
            403,
            json!({"status": "PERMISSION_DENIED", "details": detail("SERVICE_DISABLED")}),
            "enable the API",
        ),
        (403, json!({"status": "PERMISSION_DENIED"}), "`roles/aiplatform.user`"),
        (401, json!({"status": "UNAUTHENTICATED"}), "one of Google Cloud"),
        (404, json!({"status": "NOT_FOUND", "message": "Publisher Model was not found"}), "in this location"),
    ] {
        let (error, body) = (error.clone(), json!({"error": error}));
        let wire = Wire::start(move |_| Canned::json(status, &body)).await;
        let vertex = vertex(&wire.url()).token(Secret::new(TOKEN));
        for model in [
            Box::new(vertex.gemini("gemini-3.5-flash").expect("fine")) as Box<dyn LanguageModel>,
            Box::new(vertex.claude("claude-sonnet-4-5").expect("fine")),
        ] {
            let refused = model.complete(&plain()).await.expect_err("refused");
            assert!(format!("{refused:#}").contains(says), "{error}: {refused:#}");
        }
        assert_eq!(wire.count(), 2, "one token is not asked for again");
    }
}

#[tokio::test]
async fn a_source_that_fails_is_told_and_nothing_is_sent() {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let closed = || ready(Err(Error::new(ErrorKind::Auth, "the vault is closed")));
    let model = vertex(&wire.url()).tokens(closed).gemini("gemini-3.5-flash").expect("fine");
    let error = model.complete(&plain()).await.expect_err("no token");
    assert_eq!(format!("{error:#}"), "the source of the access token: the vault is closed");
    let silent = vertex(&wire.url()).tokens(std::future::pending).gemini("gemini-3.5-flash").expect("fine");
    let silent = silent.timeouts(Duration::from_secs(1), Duration::from_millis(50));
    let error = silent.complete(&plain()).await.expect_err("no token comes");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let vectors = vertex(&wire.url()).token(Secret::new(TOKEN)).gemini("gemini-embedding-1").expect("fine");
    let error = Embedder::embed(&vectors, &["a".to_owned()]).await.expect_err("no vectors there");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let cut = vertex(&wire.url()).token(Secret::new("a\nb")).gemini("gemini-3.5-flash").expect("fine");
    assert_eq!(cut.complete(&plain()).await.expect_err("two lines").kind(), ErrorKind::NotConfigured);
    assert_eq!(wire.count(), 0);
}
