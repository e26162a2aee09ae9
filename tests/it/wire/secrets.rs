//! No key, header or prompt stands in anything that can be printed.

use std::time::Duration;

use dspy::lm::{Anthropic, Bedrock, Gemini, LanguageModel, OpenAi, OpenAiResponses, Secret, Vertex};
use serde_json::json;

use super::server::{Canned, Wire};
use super::*;

const KEY: &str = "sk-a-very-secret-key";
const HEADER: &str = "a-very-secret-header";
const PASSWORD: &str = "a-very-secret-password";
const PROMPT: &str = "My card is 4111 1111 1111 1111, please pay the bill with it.";

fn vertex(url: &str) -> Vertex {
    Vertex::at("project", "global", url).expect("an address")
}

/// All providers at an address, each with every secret that it can have.
fn providers(url: &str) -> Vec<Box<dyn LanguageModel>> {
    let url = &url.replace("http://", &format!("http://user:{PASSWORD}@"));
    let id = |name: &str| name.parse().expect("a name");
    macro_rules! with_secrets {
        ($model:expr) => {{
            let model = $model.expect("an address").key(Secret::new(KEY));
            Box::new(
                model
                    .header("x-gateway", HEADER)
                    .expect("a header")
                    .first_byte_timeout(Duration::from_secs(5)),
            )
        }};
    }
    vec![
        with_secrets!(OpenAi::at(id("openai/m"), url)),
        with_secrets!(OpenAiResponses::at(id("openai-responses/m"), url)),
        with_secrets!(Anthropic::at(id("anthropic/m"), url)),
        with_secrets!(Gemini::at(id("gemini/m"), url)),
        with_secrets!(Bedrock::at(id("bedrock/m"), url)),
        with_secrets!(vertex(url).gemini("gemini-m")),
        with_secrets!(vertex(url).claude("claude-m")),
    ]
}

fn assert_clean(text: &str) {
    for secret in [KEY, HEADER, PASSWORD, "4111"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    // What servers repeat in their errors, whatever the shape.
    let echo = format!("you sent {PROMPT} with {KEY} and {HEADER}");
    for (status, body) in [
        (400, json!({"error": {"message": format!("cannot read: {PROMPT}"), "code": KEY, "type": HEADER}})),
        (401, json!({"error": {"message": &echo, "code": "invalid_api_key"}})),
        (500, json!({"message": &echo})),
        (422, json!({"detail": [{"loc": ["body"], "input": PROMPT, "msg": KEY}]})),
        (200, json!({"error": {"message": &echo, "code": 500}})),
        (200, json!({"unexpected": &echo})),
        (200, json!({"choices": &echo, "output": &echo, "content": &echo, "candidates": &echo})),
    ] {
        let shown = body.clone();
        let wire = Wire::start(move |_| Canned::json(status, &shown)).await;
        for model in providers(&wire.url()) {
            let request = Request::from(vec![Message::user(PROMPT)]);
            let error = model.complete(&request).await.expect_err("an error");
            assert_clean(&format!("{error} {error:?} {model:?}"));
            let source = std::error::Error::source(&error).map(|source| format!("{source} {source:?}"));
            assert_clean(&source.unwrap_or_default());
            assert!(
                model.is_secret_in(&format!("x{KEY}x"))
                    && model.is_secret_in(HEADER)
                    && !model.is_secret_in("x")
            );
        }
    }
    for model in providers("http://127.0.0.1:1") {
        let error = model.complete(&plain()).await.expect_err("nobody listens");
        let source = std::error::Error::source(&error).map(|source| format!("{source} {source:?}"));
        assert_clean(&format!("{error} {error:?} {}", source.unwrap_or_default()));
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_the_prompt_is_not_shown() {
    let refusal = format!("I cannot help with this: {PROMPT}");
    let answer = json!({"choices": [{"message": {"refusal": refusal}}]});
    let wire = Wire::start(move |_| Canned::json(200, &answer)).await;
    let model = OpenAi::at("openai/m".parse().expect("a name"), &wire.url()).expect("an address");
    let request = Request::from(vec![Message::user(PROMPT)]);
    let error = model.complete(&request).await.expect_err("a refusal");
    assert_eq!(error.kind(), dspy::ErrorKind::ContentFilter);
    assert_clean(&error.to_string());
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_shown_either() {
    let model =
        || OpenAi::at("openai/m".parse().expect("a name"), "http://127.0.0.1:1/v1").expect("an address");
    let error = model().header("x-gateway", &format!("{HEADER}\n")).expect_err("two lines");
    assert_clean(&format!("{error} {error:?}"));
    let error = model().proxy(&format!("not an address {PASSWORD}")).expect_err("no address");
    assert_clean(&format!("{error} {error:?}"));
    let error = model().key(Secret::new(format!("{KEY}\n"))).complete(&plain()).await.expect_err("two lines");
    assert_eq!(error.kind(), dspy::ErrorKind::NotConfigured);
    assert_clean(&format!("{error} {error:?}"));
    assert!(model().proxy("http://user:password@127.0.0.1:3128").is_ok());
}

#[tokio::test]
async fn a_first_byte_that_does_not_come_is_a_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let model = OpenAi::at("openai/m".parse().expect("a name"), &url).expect("an address");
    let error =
        model.first_byte_timeout(Duration::from_millis(50)).complete(&plain()).await.expect_err("it hangs");
    assert_eq!(error.kind(), dspy::ErrorKind::Timeout);
    assert!(error.to_string().contains("50ms"), "{error}");
}
