//! What `tracing` is told of calls.

mod conventions;
mod listener;
mod measures;

use dspy::lm::{Effort, FinishReason, ModelId, OpenAiResponses, Response, Scripted};
use dspy::{Context, Error, ErrorKind, Lm, Module, Result, module};
use serde_json::{Value, json};

use crate::agent::{agent, asks, native, question};
use crate::embed::Provider;
use crate::task::{Guess, GuessInput, GuessOutput, Sorter, guess};
use crate::wire::server::{Canned, Wire};
use listener::{Listener, Told};

fn model() -> Lm {
    let reply = "[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\napple";
    let model = Scripted::new(move |_, _| Ok(Response::new(reply).with_tokens(12, 3)));
    Lm::from(model.named(ModelId::new("gemini", "flash")))
}

#[tokio::test]
async fn each_call_is_a_span_in_that_of_its_program() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_temperature(0.5);
    Sorter::new().call(&cx, guess("a secret red thing")).await.expect("it runs");
    let told = listener.told();
    let (program, of_program) = &told[0];
    assert_eq!((of_program.name, of_program.text("gen_ai.agent.name")), ("invoke_workflow", "Sorter"));
    let paths: Vec<&str> = told[1..].iter().map(|(_, told)| told.text("dspy.predictor")).collect();
    assert_eq!(paths, ["guess", "recount.predict"]);
    for (_, call) in &told[1..] {
        assert_eq!((call.name, call.parent), ("chat", Some(*program)));
        for (name, value) in [
            ("otel.name", json!("chat flash")),
            ("gen_ai.operation.name", json!("chat")),
            ("gen_ai.provider.name", json!("gcp.gemini")),
            ("gen_ai.request.model", json!("flash")),
            ("gen_ai.request.temperature", json!(0.5)),
            ("gen_ai.response.finish_reasons", json!(r#"["stop"]"#)),
            ("gen_ai.usage.input_tokens", json!(12)),
            ("gen_ai.usage.output_tokens", json!(3)),
            ("dspy.purpose", json!("task")),
            ("dspy.cached", json!(false)),
        ] {
            assert_eq!(call.fields.get(name), Some(&value), "{name} of {call:?}");
        }
        assert!(!call.fields.contains_key("gen_ai.request.max_tokens"), "what is not set is not told");
    }
    assert!(!format!("{told:?}").contains("secret"), "contents are told only where that is asked for");
}

#[tokio::test]
async fn contents_and_failures_are_told() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_traced_contents(true);
    Sorter::new().call(&cx, guess("a secret red thing")).await.expect("it runs");
    let call = &listener.told()[1].1;
    let messages = call.json("gen_ai.input.messages");
    assert_eq!(messages[0]["role"], "system");
    assert!(messages[1]["parts"][0]["content"].as_str().is_some_and(|text| text.contains("secret")));
    let replies = call.json("gen_ai.output.messages");
    assert_eq!(replies[0]["finish_reason"], "stop");

    let (listener, _guard) = Listener::listen();
    let down = Scripted::new(|_, _| Err(Error::new(ErrorKind::RateLimit, "too many")));
    Sorter::new().call(&Context::new(down), guess("red")).await.expect_err("it is down");
    let told = listener.told();
    let failed: Vec<_> =
        told.iter().map(|(_, told)| (told.text("error.type"), told.text("otel.status_code"))).collect();
    assert_eq!(failed, [("rate_limit", "ERROR"), ("rate_limit", "ERROR")]);
    assert_eq!(told[1].1.json("gen_ai.response.finish_reasons"), json!(["error"]));
}

#[tokio::test]
async fn calls_for_vectors_are_spans_without_their_texts() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_traced_contents(true);
    cx.embed(["a secret"]).await.expect("in this process");
    assert!(listener.told().is_empty(), "no call, no span");
    cx.with_embedder(Provider::new(2)).embed(["a secret", "b", "c"]).await.expect("vectors");
    let down = Provider::failing(2, |_| Some(Error::new(ErrorKind::Server, "down")));
    cx.with_embedder(down).embed(["a secret"]).await.expect_err("it is down");
    let told = listener.told();
    let (first, failed) = (&told[0].1, &told[2].1);
    assert_eq!((told.len(), first.name), (3, "embeddings"));
    for (name, value) in [
        ("otel.name", json!("embeddings text-embedding-3-small")),
        ("gen_ai.operation.name", json!("embeddings")),
        ("gen_ai.provider.name", json!("openai")),
        ("gen_ai.request.model", json!("text-embedding-3-small")),
        ("gen_ai.usage.input_tokens", json!(20)),
        ("gen_ai.embeddings.dimension.count", json!(512)),
        ("dspy.predictor", json!("embed")),
        ("dspy.texts", json!(2)),
    ] {
        assert_eq!(first.fields.get(name), Some(&value), "{name} of {first:?}");
    }
    assert_eq!(failed.text("error.type"), "server");
    assert!(!format!("{told:?}").contains("secret"));
}

#[module]
struct Spawning {
    inner: dspy::Predict<Guess>,
}

#[module]
impl Spawning {
    async fn forward(&self, cx: &Context, input: GuessInput) -> Result<GuessOutput> {
        let (cx, inner) = (cx.clone(), self.inner.clone());
        let task = tokio::spawn(async move { inner.call(&cx, input).await });
        Ok(task.await.map_err(Error::program)??.into_output())
    }
}

#[tokio::test]
async fn a_task_of_its_own_is_still_in_its_program() {
    let (listener, _guard) = Listener::listen();
    Spawning::new().call(&Context::new(model()), guess("red")).await.expect("it runs");
    let told = listener.told();
    assert_eq!((told[1].1.name, told[1].1.parent), ("chat", Some(told[0].0)));
}

#[tokio::test]
async fn a_call_tells_what_it_asks_of_whom() {
    let (listener, _guard) = Listener::listen();
    let answer = json!({
        "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5.1-2026", "output": [{
            "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": "{\"fruit\": \"apple\"}", "annotations": []}],
        }],
        "usage": {"input_tokens": 40, "output_tokens": 30, "total_tokens": 70},
    });
    let server = Wire::start(move |_| Canned::json(200, &answer)).await;
    let id = ModelId::new("openai-responses", "gpt-5.1");
    let lm = OpenAiResponses::at(id, &format!("{}/v1", server.url())).expect("an address");
    let mut sampling = dspy::lm::Sampling::default();
    (sampling.max_tokens, sampling.reasoning_effort) = (Some(64), Some(Effort::Low));
    let cx = Context::new(lm).with_sampling(sampling);
    dspy::Predict::<Guess>::new().call(&cx, guess("red")).await.expect("a reply");
    let calls = listener.named("chat");
    let port: u16 = server.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    for (name, value) in [
        ("gen_ai.provider.name", json!("openai")),
        ("gen_ai.request.max_tokens", json!(64)),
        ("gen_ai.request.reasoning.level", json!("low")),
        ("gen_ai.output.type", json!("json")),
        ("gen_ai.response.id", json!("resp_1")),
        ("gen_ai.response.model", json!("gpt-5.1-2026")),
        ("server.address", json!("127.0.0.1")),
        ("server.port", json!(port)),
    ] {
        assert_eq!(calls[0].fields.get(name), Some(&value), "{name} of {calls:?}");
    }
    for name in ["gen_ai.request.stream", "gen_ai.request.choice.count", "gen_ai.request.stop_sequences"] {
        assert!(!calls[0].fields.contains_key(name), "{name} was not asked for");
    }
}

#[tokio::test]
async fn lists_are_json_and_streams_are_said() {
    let (listener, _guard) = Listener::listen();
    let scripted = Scripted::new(|_, _| {
        let mut response = Response::new("[[ ## fruit ## ]]\napple");
        response.others = vec![dspy::lm::Choice::new("[[ ## fruit ## ]]\nban", FinishReason::Length)];
        Ok(response)
    });
    let mut sampling = dspy::lm::Sampling::default();
    (sampling.frequency_penalty, sampling.presence_penalty) = (Some(0.1), Some(0.2));
    (sampling.stop, sampling.n) = (vec!["END".to_owned(), "\"".to_owned()], Some(2));
    let cx = Context::new(scripted.in_chunks(4)).with_sampling(sampling).with_traced_contents(true);
    let mut stream = Module::stream(&dspy::Predict::<Guess>::new(), &cx, guess("red"));
    while let Some(event) = futures_util::StreamExt::next(&mut stream).await {
        event.expect("a reply");
    }
    let call = &listener.named("chat")[0];
    assert_eq!(call.fields["gen_ai.request.stream"], true);
    assert_eq!(call.json("gen_ai.request.stop_sequences"), json!(["END", "\""]));
    assert_eq!(call.fields["gen_ai.request.frequency_penalty"], 0.1);
    assert_eq!(call.fields["gen_ai.request.presence_penalty"], 0.2);
    assert_eq!(call.fields["gen_ai.request.choice.count"], 2);
    assert_eq!(call.json("gen_ai.response.finish_reasons"), json!(["stop", "length"]));
    let replies = call.json("gen_ai.output.messages");
    assert_eq!(replies.as_array().map(Vec::len), Some(2), "one message for each reply");
    assert_eq!(replies[1]["parts"][0], json!({"type": "text", "content": "[[ ## fruit ## ]]\nban"}));
}

/// An agent that looks for a parcel that is not there, and for one that is.
async fn two_parcels(contents: bool) -> (Vec<Told>, Vec<Told>) {
    let (listener, _guard) = Listener::listen();
    let both = &[("find_parcel", json!({"number": 7})), ("find_parcel", json!({"number": 8}))];
    let (cx, _) = native(vec![asks(both), asks(&[("submit", json!({"word": "Lyon", "sure": 8}))])]);
    agent().call(&cx.with_traced_contents(contents), question()).await.expect("an answer");
    (listener.named("execute_tool"), listener.named("chat"))
}

#[tokio::test]
async fn calls_of_tools_are_spans_and_parts_of_messages() {
    let (tools, calls) = two_parcels(true).await;
    assert_eq!(tools.len(), 2);
    for (name, value) in [
        ("otel.name", json!("execute_tool find_parcel")),
        ("gen_ai.operation.name", json!("execute_tool")),
        ("gen_ai.agent.name", json!("ReAct")),
        ("gen_ai.tool.name", json!("find_parcel")),
        ("gen_ai.tool.type", json!("function")),
        ("gen_ai.tool.call.id", json!("id_0")),
        ("gen_ai.tool.call.arguments", json!(r#"{"number":7}"#)),
        ("gen_ai.tool.call.result", json!("Lyon")),
    ] {
        assert_eq!(tools[0].fields.get(name), Some(&value), "{name} of {tools:?}");
    }
    assert_eq!((tools[1].text("error.type"), tools[1].text("otel.status_code")), ("tool_error", "ERROR"));
    assert!(!tools[1].fields.contains_key("gen_ai.tool.call.result"), "it gave nothing");

    let definitions = calls[0].json("gen_ai.tool.definitions");
    assert_eq!(
        (&definitions[0]["type"], &definitions[0]["name"]),
        (&json!("function"), &json!("find_parcel"))
    );
    assert_eq!(definitions[0]["parameters"]["required"], json!(["number"]));
    let replies = calls[0].json("gen_ai.output.messages");
    let asked = json!({"type": "tool_call", "id": "id_0", "name": "find_parcel", "arguments": {"number": 7}});
    assert_eq!(replies[0]["parts"][1], asked);
    let messages = calls[1].json("gen_ai.input.messages");
    assert_eq!(messages[2]["parts"][1], asked);
    assert_eq!(
        messages[3],
        json!({"role": "tool", "parts": [
            {"type": "tool_call_response", "id": "id_0", "response": "Lyon"},
        ]})
    );
    assert_eq!(messages[4]["parts"][0]["response"], json!({"error": "there is no parcel 8"}));
}

#[tokio::test]
async fn what_tools_are_given_and_give_is_told_only_where_that_is_asked_for() {
    let (tools, calls) = two_parcels(false).await;
    for field in ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"] {
        assert!(!tools[0].fields.contains_key(field), "{field}");
    }
    assert!(!format!("{tools:?}{calls:?}").contains("Lyon"));
    let names = json!([
        {"type": "function", "name": "find_parcel"},
        {"type": "function", "name": "clock"},
        {"type": "function", "name": "submit"},
    ]);
    assert_eq!(calls[0].json("gen_ai.tool.definitions"), names);
}
