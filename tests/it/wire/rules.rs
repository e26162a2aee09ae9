//! Models of one provider that differ, and rules of the user's own.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use dspy::ErrorKind;
use dspy::lm::{
    Anthropic, Effort, Efforts, LanguageModel, Message, OpenAi, Request, Retry, Rules, Takes, ToolChoice,
    ToolSpec,
};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::subscriber::set_default;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as In, Layer, SubscriberExt};

use super::server::{Canned, Wire};
use super::*;

fn openai(id: &'static str) -> impl Fn(&str) -> OpenAi + Copy {
    super::chat::model(id)
}

fn claude(id: &'static str) -> impl Fn(&str) -> Anthropic + Copy {
    move |url| Anthropic::at(id.parse().expect("a name"), url).expect("an address")
}

/// A question with a tool.
fn with_tool() -> Request {
    let mut request = Request::from(vec![Message::user("Where is parcel 7?")]);
    request.tools = vec![ToolSpec::new("find_parcel", "Says where a parcel is.", parameters())];
    request
}

fn with(set: impl FnOnce(&mut Request)) -> Request {
    let mut request = with_tool();
    set(&mut request);
    request
}

#[tokio::test]
async fn an_effort_that_a_model_does_not_know_is_refused_with_those_that_it_knows() {
    for (id, effort, known) in [
        ("openai/gpt-5.2", Effort::Minimal, "none, low, medium, high, xhigh"),
        ("openai/gpt-6.1-sol", Effort::None, "low, medium, high, xhigh, max"),
        ("openai/gpt-7-sol", Effort::None, "low, medium, high, xhigh, max"),
    ] {
        let error =
            refused(openai(id), &with(|request| request.sampling.reasoning_effort = Some(effort))).await;
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let told = format!("{id} does not take `reasoning_effort` of {effort} (it takes {known})");
        assert!(error.to_string().starts_with(&told), "{error}");
    }
    for (id, effort) in [
        ("anthropic/claude-opus-5-5", Effort::None),
        ("anthropic/claude-opus-4-6", Effort::XHigh),
        ("anthropic/claude-opus-4-7", Effort::Minimal),
    ] {
        let error =
            refused(claude(id), &with(|request| request.sampling.reasoning_effort = Some(effort))).await;
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}

#[tokio::test]
async fn a_call_is_not_forced_where_the_model_refuses_it() {
    for choice in [ToolChoice::Required, ToolChoice::Named("find_parcel".into())] {
        let request = with(|request| request.tool_choice = Some(choice));
        let error = refused(claude("anthropic/claude-sonnet-5-5"), &request).await;
        let told = "anthropic/claude-sonnet-5-5 does not take `tool_choice` that forces a call";
        assert!(error.to_string().starts_with(told), "{error}");
        let left_out = |url: &str| claude("anthropic/claude-sonnet-5-5")(url).drop_unsupported();
        assert!(body(left_out, &request).await.get("tool_choice").is_none());
        assert!(body(claude("anthropic/claude-sonnet-5"), &request).await["tool_choice"].is_object());
    }
    let mut forced = with(|request| request.tool_choice = Some(ToolChoice::Required));
    refused(openai("deepseek/deepseek-v4-pro"), &forced).await;
    forced.sampling.reasoning_effort = Some(Effort::None);
    assert_eq!(body(openai("deepseek/deepseek-v4-pro"), &forced).await["tool_choice"], "required");
    let auto = with(|request| request.tool_choice = Some(ToolChoice::Auto));
    assert!(body(openai("deepseek/deepseek-v4-pro"), &auto).await.get("tool_choice").is_none());
    assert_eq!(body(openai("groq/m"), &auto).await["tool_choice"], "auto");
    let free = with(|request| request.tool_choice = Some(ToolChoice::Auto));
    assert_eq!(
        body(claude("anthropic/claude-sonnet-5-5"), &free).await["tool_choice"],
        json!({"type": "auto"})
    );
}

#[tokio::test]
async fn a_temperature_of_1_is_what_holds_anyway_and_any_other_is_refused() {
    let warm = with(|request| request.sampling.temperature = Some(1.0));
    let cold = with(|request| request.sampling.temperature = Some(0.0));
    assert!(body(claude("anthropic/claude-sonnet-5"), &warm).await.get("temperature").is_none());
    refused(claude("anthropic/claude-sonnet-5"), &cold).await;
    assert!(body(openai("openai/gpt-6-sol"), &warm).await.get("temperature").is_none());
    refused(openai("openai/gpt-6-sol"), &cold).await;
    let unthinking = with(|request| {
        (request.sampling.temperature, request.sampling.reasoning_effort) = (Some(0.0), Some(Effort::None));
    });
    assert_eq!(body(openai("openai/gpt-6-sol"), &unthinking).await["temperature"], 0.0);
    let plain = with(|request| (request.sampling.temperature, request.tools) = (Some(0.0), Vec::new()));
    assert_eq!(body(openai("openai/gpt-5.4"), &plain).await["temperature"], 0.0);
}

#[tokio::test]
async fn thinking_is_told_in_the_form_of_the_model() {
    let quiet = with(|request| request.sampling.reasoning_effort = Some(Effort::None));
    let sent = body(claude("anthropic/claude-opus-5"), &quiet).await;
    assert_eq!((&sent["thinking"], sent.get("output_config")), (&json!({"type": "disabled"}), None));
    let adaptive = |id| move |url: &str| claude(id)(url).adaptive_thinking();
    let budget = |id| move |url: &str| claude(id)(url).thinking_budget(2_048);
    for id in ["anthropic/claude-opus-4-6", "anthropic/claude-opus-5-5", "anthropic/claude-sonata-1"] {
        assert_eq!(body(adaptive(id), &with_tool()).await["thinking"], json!({"type": "adaptive"}), "{id}");
    }
    for id in ["anthropic/claude-opus-4-6", "anthropic/claude-sonnet-4-5"] {
        assert_eq!(body(budget(id), &with_tool()).await["thinking"]["budget_tokens"], 2_048, "{id}");
    }
    let error = refused(budget("anthropic/claude-opus-4-7"), &with_tool()).await;
    assert!(error.to_string().contains("use `adaptive_thinking`"), "{error}");
    let error = refused(adaptive("anthropic/claude-sonnet-4-5"), &with_tool()).await;
    assert!(error.to_string().contains("use `thinking_budget`"), "{error}");
    refused(budget("anthropic/claude-3-5-haiku-latest"), &with_tool()).await;
}

#[tokio::test]
async fn a_reply_that_may_be_long_is_streamed_whoever_asks() {
    let events = [
        json!({"type": "message_start", "message": {"usage": {"input_tokens": 3}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "hi"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ];
    let text = super::events(&events);
    let wire = Wire::start(move |_| Canned::events(&text)).await;
    let model = claude("anthropic/claude-opus-5-5")(&wire.url());
    let response = model.complete(&plain()).await.expect("a reply");
    assert_eq!((response.text.as_str(), response.usage.input_tokens), ("hi", 3));
    let sent = wire.last().body;
    assert_eq!((&sent["stream"], &sent["max_tokens"]), (&json!(true), &json!(128_000)));

    let mut short = plain();
    short.sampling.max_tokens = Some(4_096);
    assert!(body(claude("anthropic/claude-opus-5-5"), &short).await.get("stream").is_none());
    let cut = super::events(&events[..2]);
    let wire = Wire::start(move |_| Canned::events(&cut)).await;
    let error =
        claude("anthropic/claude-opus-5-5")(&wire.url()).complete(&plain()).await.expect_err("it is cut");
    assert!(error.is_retryable(), "{error}");
    let overloaded = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let error = super::error(claude("anthropic/claude-opus-5-5"), 529, &overloaded).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(529)));
}

#[tokio::test]
async fn tools_go_by_responses_where_chat_completions_refuse_them() {
    let answer = json!({"status": "completed", "model": "gpt-6-sol", "output": [
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find_parcel", "arguments": "{\"number\": 7}"},
    ]});
    let wire = Wire::start(move |_| Canned::json(200, &answer)).await;
    let model = openai("openai/gpt-6-sol")(&wire.url());
    let asked = model.complete(&with_tool()).await.expect("a reply");
    assert_eq!(calls(&asked), [("c1", "find_parcel", &json!({"number": 7}))]);
    let came = wire.last();
    assert_eq!(came.line, "POST /v1/responses");
    assert_eq!(
        (&came.body["store"], &came.body["include"]),
        (&json!(false), &json!(["reasoning.encrypted_content"]))
    );
    assert_eq!(came.body["tools"][0]["name"], "find_parcel");

    let line = async |id: &'static str, request: &Request| {
        let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
        let _ = openai(id)(&wire.url()).complete(request).await;
        wire.last().line
    };
    let effort = |effort| with(|request| request.sampling.reasoning_effort = Some(effort));
    for (id, request, path) in [
        ("openai/gpt-6-sol", plain(), "chat/completions"),
        ("openai/gpt-6-sol", effort(Effort::None), "chat/completions"),
        ("openai/gpt-5.4", with_tool(), "chat/completions"),
        ("openai/gpt-5.4", effort(Effort::Low), "responses"),
        ("openai/gpt-5.2", effort(Effort::Low), "chat/completions"),
        ("openai/gpt-5.3-codex", plain(), "responses"),
        ("vllm/gpt-6-sol", with_tool(), "chat/completions"),
    ] {
        assert_eq!(line(id, &request).await, format!("POST /v1/{path}"), "{id}");
    }
    let missing = json!({"error": {"message": "Not Found"}});
    let wire = Wire::start(move |_| Canned::json(404, &missing)).await;
    let error =
        openai("openai/gpt-6-sol")(&wire.url()).complete(&with_tool()).await.expect_err("it has none");
    assert!(error.status() == Some(404) && error.to_string().contains("set `Route::Chat`"), "{error}");
    let error = openai("openai/gpt-6-sol")(&wire.url()).complete(&plain()).await.expect_err("it has neither");
    assert!(!error.to_string().contains("Route"), "{error}");
    let seeded = with(|request| request.sampling.seed = Some(1));
    let error = refused(openai("openai/gpt-6-sol"), &seeded).await;
    assert!(error.to_string().contains("`seed`"), "responses have none: {error}");
}

#[tokio::test]
async fn tools_that_go_by_responses_are_streamed_there() {
    let whole = json!({"status": "completed", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "hi"}]},
    ]});
    let events = super::events(&[
        json!({"type": "response.output_text.delta", "delta": "hi"}),
        json!({"type": "response.completed", "response": whole}),
    ]);
    let wire = Wire::start(move |_| Canned::events(&events)).await;
    let (model, request) = (openai("openai/gpt-6-sol")(&wire.url()), with_tool());
    let chunks: Vec<_> = futures_util::StreamExt::collect(model.stream(&request)).await;
    assert!(matches!(chunks.last(), Some(Ok(Chunk::End(end))) if end.text == "hi"), "{chunks:?}");
    assert_eq!(
        (wire.last().line.as_str(), &wire.last().body["stream"]),
        ("POST /v1/responses", &json!(true))
    );
}

#[tokio::test]
async fn rules_of_ones_own_are_in_the_place_of_the_tables() {
    let id = || "openai/gpt-6-sol".parse().expect("a name");
    let mut rules = Rules::of(&id());
    (rules.sampling, rules.route) = (Takes::Always, dspy::lm::Route::Chat);
    rules.efforts = Efforts::NONE;
    let make = move |url: &str| openai("openai/gpt-6-sol")(url).rules(rules);
    let request = with(|request| request.sampling.temperature = Some(0.3));
    let sent = body(make, &request).await;
    assert_eq!((&sent["temperature"], sent["messages"].is_array()), (&json!(0.3), true));
    refused(make, &with(|request| request.sampling.reasoning_effort = Some(Effort::Low))).await;

    let lm = dspy::Lm::from(Retry::new(openai("openai/gpt-7-x")("http://127.0.0.1:1")));
    let rules = lm.model().rules().expect("known through what stands around it");
    assert_eq!(rules.stands_in(), Some("gpt-6.1"));
    let any = dspy::Lm::from(openai("acme/m")("http://127.0.0.1:1"));
    assert_eq!(any.model().rules(), Some(&Rules::default()));
    assert_eq!(
        Value::from(any.model().rules().expect("known").to_string()),
        json!("effort none, minimal, low, medium, high, xhigh, max")
    );
}

/// The warnings that `tracing` is told.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: In<'_, S>) {
        struct Words(String);
        impl Visit for Words {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut words = Words(String::new());
        event.record(&mut words);
        if *event.metadata().level() == Level::WARN {
            self.0.lock().expect("whole").push(words.0);
        }
    }
}

#[tokio::test]
async fn that_other_rules_stand_in_is_said_once() {
    let warnings = Warnings::default();
    let _guard = set_default(tracing_subscriber::registry().with(warnings.clone()));
    let wire =
        Wire::start(|_| Canned::json(200, &json!({"choices": [{"message": {"content": "hi"}}]}))).await;
    for id in ["openai/gpt-7-x", "openai/gpt-6-sol"] {
        let model = openai(id)(&wire.url());
        for _ in 0..3 {
            model.complete(&plain()).await.expect("a reply");
        }
    }
    let told = warnings.0.lock().expect("whole").clone();
    assert_eq!(
        told,
        ["openai/gpt-7-x is not in the table of models and is taken to have the rules of gpt-6.1"]
    );
    let rules = Rules::of(&"openai/gpt-6.1".parse().expect("a name"));
    openai("openai/gpt-7-x")(&wire.url()).rules(rules).complete(&plain()).await.expect("a reply");
    assert_eq!(warnings.0.lock().expect("whole").len(), 1, "these are the user's own");
}
