//! The OpenAI-compatible client against a server that fails in every way.

use std::time::Duration;

use dspy::adapter::{ChatAdapter, JsonAdapter};
use dspy::lm::{JsonSupport, ModelId, OpenAi, Retry, Secret};
use dspy::{Context, ErrorKind, Evaluate, Lm, Predict};
use serde_json::json;

use crate::server::{Act, Server};
use crate::task::{Guess, guess, right, rows};

const REPLY: &str = "[[ ## fruit ## ]]\napple\n[[ ## completed ## ]]";

fn say() -> Act {
    Act::Say(REPLY.to_owned())
}

fn model(url: &str) -> OpenAi {
    OpenAi::at(ModelId::new("openai", "m"), url).expect("an address")
}

fn quick(server: &Server) -> Context {
    Context::new(Retry::new(model(&server.url())).first_wait(Duration::from_millis(1)))
}

#[tokio::test]
async fn every_row_is_answered_through_faults_and_every_call_is_counted() {
    let server = Server::start(|call, _| match call % 23 {
        1 => Act::Status(429, "retry-after: 0", "{\"error\": {\"message\": \"slow down\"}}".into()),
        3 => Act::Status(500, "x: y", "oops".into()),
        5 => Act::Drop,
        7 => Act::Status(200, "x: y", "{\"choices\": [{]".into()),
        8 => Act::Cut,
        _ => say(),
    })
    .await;
    let cx = quick(&server);
    let evaluate = Evaluate::new(right).concurrency(32).max_errors(1);
    let report = evaluate.run(&cx, &Predict::<Guess>::new(), &rows(0, 200)).await.expect("rows");
    assert_eq!(report.rows().len(), 200);
    assert_eq!(report.failures().count(), 0, "{report}");
    let usage = cx.usage();
    assert_eq!(usage.calls, 200);
    assert_eq!(usage.calls + usage.retries, server.calls());
    assert_eq!(usage.input_tokens, 2_000);
    assert_eq!(report.usage(), usage, "rows add up to the whole");
}

#[tokio::test]
async fn the_wait_that_the_provider_asks_for_is_kept() {
    let server = Server::start(|call, _| match call {
        0 => Act::Status(429, "retry-after-ms: 300", "{}".into()),
        _ => say(),
    })
    .await;
    let before = std::time::Instant::now();
    Predict::<Guess>::new().call(&quick(&server), guess("red")).await.expect("answered the second time");
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_final_error_is_not_tried_again_and_says_what_to_do() {
    for (status, body, kind, says) in [
        (401, "{\"error\": {\"message\": \"bad key sk-secret\"}}", ErrorKind::Auth, "check OPENAI_API_KEY"),
        (400, "{\"error\": {\"message\": \"no such model\"}}", ErrorKind::InvalidRequest, "no such model"),
        (
            400,
            "{\"error\": {\"code\": \"context_length_exceeded\", \"message\": \"too long\"}}",
            ErrorKind::ContextWindow,
            "too long",
        ),
        (301, "", ErrorKind::NotConfigured, "use the address that it points to"),
        (
            429,
            "{\"error\": {\"code\": \"insufficient_quota\", \"message\": \"pay\"}}",
            ErrorKind::Billing,
            "pay",
        ),
    ] {
        let server = Server::start(move |_, _| Act::Status(status, "x: y", body.into())).await;
        let error = Predict::<Guess>::new().call(&quick(&server), guess("red")).await.expect_err("refused");
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains("sk-secret"), "{error}");
        assert_eq!(server.calls(), 1);
    }
}

#[tokio::test]
async fn giving_up_tells_how_often_it_was_tried() {
    let server = Server::start(|_, _| Act::Status(503, "x: y", String::new())).await;
    let cx = Context::new(Retry::new(model(&server.url())).times(2).first_wait(Duration::from_millis(1)));
    let error = Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("down");
    assert_eq!((error.kind(), error.retries(), server.calls()), (ErrorKind::Server, 2, 3));
    assert_eq!(cx.usage().calls + cx.usage().retries, 3);
}

#[tokio::test]
async fn an_unreachable_endpoint_is_named_without_its_secrets() {
    let gone = {
        let server = Server::start(|_, _| say()).await;
        server.address
    };
    let lm = model(&format!("http://user:hunter2@{gone}/v1?key=hunter3")).key(Secret::new("hunter4"));
    let shown = format!("{lm:?}");
    let error =
        Predict::<Guess>::new().call(&Context::new(lm), guess("red")).await.expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains(&format!("cannot reach http://{gone}/v1:")), "{error}");
    for text in [error.to_string(), format!("{error:?}"), shown] {
        assert!(!text.contains("hunter"), "{text}");
    }
}

#[tokio::test]
async fn a_server_of_this_machine_that_is_not_there_is_told_soon_with_what_to_do() {
    let gone = {
        let server = Server::start(|_, _| say()).await;
        server.address
    };
    let lm =
        Retry::new(model(&format!("http://{gone}/v1"))).times(1_000).first_wait(Duration::from_millis(400));
    let before = std::time::Instant::now();
    let error =
        Predict::<Guess>::new().call(&Context::new(lm), guess("red")).await.expect_err("nobody listens");
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
    assert!(error.retries() >= 1, "a server that is being restarted has a moment");
    let says = error.to_string();
    assert!(says.contains(&gone.to_string()) && says.contains("start the server there"), "{says}");
}

#[tokio::test]
async fn a_server_that_loads_its_model_is_waited_for() {
    let loading = r#"{"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}"#;
    let server = Server::start(move |call, _| match call {
        0..6 => Act::Status(503, "x: y", loading.into()),
        _ => say(),
    })
    .await;
    let cx = Context::new(Retry::new(model(&server.url())).times(2).first_wait(Duration::from_millis(1)));
    Predict::<Guess>::new().call(&cx, guess("red")).await.expect("it is there in the end");
    assert_eq!((server.calls(), cx.usage().retries), (7, 6));
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let server = Server::start(|_, _| Act::Hang).await;
    let lm = model(&server.url()).timeouts(Duration::from_secs(5), Duration::from_millis(50));
    let error = Predict::<Guess>::new().call(&Context::new(lm), guess("red")).await.expect_err("it hangs");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("50ms"), "{error}");
}

#[tokio::test]
async fn only_what_was_set_is_sent() {
    let server = Server::start(|call, body| {
        let keys: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        let expected: &[&[&str]] = &[
            // The form that the reply is held to, or the text that ends it, belongs to the prompt.
            &["model", "messages", "response_format"],
            &["model", "messages", "temperature", "response_format"],
            &["model", "messages", "stop"],
        ];
        assert_eq!(keys, expected[usize::try_from(call).expect("a few")]);
        say()
    })
    .await;
    let cx = quick(&server);
    Predict::<Guess>::new().call(&cx, guess("red")).await.expect("answered");
    Predict::<Guess>::new().call(&cx.with_temperature(0.3), guess("red")).await.expect("answered");
    Predict::<Guess>::new().call(&cx.with_adapter(ChatAdapter), guess("red")).await.expect("answered");
}

#[tokio::test]
async fn the_json_adapter_holds_the_model_to_the_schema_as_far_as_it_can_be() {
    for (support, sent) in [
        (
            JsonSupport::Schema,
            json!({"type": "json_schema", "json_schema": {
                "name": "Guess", "strict": true,
                "schema": {"type": "object", "properties": {"fruit": {
                    "type": "string", "enum": ["apple", "banana", "cherry"], "title": "Fruit", "description": "Which one it is.",
                }}, "required": ["fruit"], "additionalProperties": false},
            }}),
        ),
        (JsonSupport::Object, json!({"type": "json_object"})),
        (JsonSupport::None, serde_json::Value::Null),
    ] {
        let server = Server::start(move |_, body| {
            assert_eq!(body["response_format"], sent);
            Act::Say("{\"fruit\": \"apple\"}".into())
        })
        .await;
        let cx = Context::new(model(&server.url()).json(support)).with_adapter(JsonAdapter);
        Predict::<Guess>::new().call(&cx, guess("red")).await.expect("answered");
    }
}

#[tokio::test]
async fn a_dropped_call_ends_the_request_and_the_next_one_works() {
    let server = Server::start(|call, _| if call == 0 { Act::Hang } else { say() }).await;
    let cx = quick(&server);
    let predict = Predict::<Guess>::new();
    let given_up = tokio::time::timeout(Duration::from_millis(50), predict.call(&cx, guess("red"))).await;
    assert!(given_up.is_err());
    predict.call(&cx, guess("red")).await.expect("answered");
    assert_eq!(cx.usage().calls, 2, "the dropped call may have been paid for");
}

#[test]
fn a_missing_key_names_its_variable() {
    // The test process has neither variable; the client must not fall back on anything.
    if std::env::var_os("OPENAI_API_KEY").is_some() || std::env::var_os("OPENAI_BASE_URL").is_some() {
        return;
    }
    let error = Lm::new("openai/gpt-4o-mini").expect_err("no key");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    assert!(error.to_string().contains("OPENAI_API_KEY"), "{error}");
}

#[test]
fn a_name_that_names_no_model_says_which_there_are() {
    for (name, says) in [
        ("gpt-4o", "provider/name"),
        ("acme/gpt", "known are `openai`, `azure`, "),
        ("builtin/other", "builtin/lexical"),
        ("builtin/lexical@7", "builtin/lexical@1"),
    ] {
        let error = Lm::new(name).expect_err(name);
        assert!(error.to_string().contains(says), "{error}");
    }
}
