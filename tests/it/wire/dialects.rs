//! How servers with chat completions differ.

use dspy::ErrorKind;
use dspy::lm::{Effort, JsonSupport, LanguageModel, ModelId, OpenAi, ResponseFormat, Secret};
use serde_json::json;

use super::chat::{ANY, model};
use super::server::{Canned, Wire};
use super::*;

#[tokio::test]
async fn dialects_name_and_refuse_what_their_servers_do() {
    let sampled = |change: fn(&mut dspy::lm::Sampling)| {
        let mut request = plain();
        change(&mut request.sampling);
        request
    };
    let limited = sampled(|sampling| (sampling.max_tokens, sampling.seed) = (Some(9), Some(1)));
    for (id, max_tokens, seed) in [
        ("openai/gpt-4o", "max_tokens", "seed"),
        ("openai/o3", "max_completion_tokens", "seed"),
        ("openai/gpt-5-mini", "max_completion_tokens", "seed"),
        ("mistral/m", "max_tokens", "random_seed"),
        ("groq/m", "max_completion_tokens", "seed"),
        ("openai/gpt-6-sol", "max_completion_tokens", "seed"),
        ("openai/gpt-5.1-chat-latest", "max_completion_tokens", "seed"),
        ("vllm/gpt-5", "max_tokens", "seed"),
    ] {
        let sent = body(model(id), &limited).await;
        assert_eq!((&sent[max_tokens], &sent[seed]), (&json!(9), &json!(1)), "{id}: {sent}");
    }
    type Set = fn(&mut dspy::lm::Sampling);
    let wrong: [(&str, &str, Set); 8] = [
        ("openai/o3", "temperature", |sampling| sampling.temperature = Some(0.2)),
        ("openai/gpt-5-mini", "logprobs", |sampling| sampling.logprobs = Some(0)),
        ("openai/gpt-4o", "reasoning_effort", |sampling| sampling.reasoning_effort = Some(Effort::Low)),
        ("deepseek/deepseek-chat", "seed", |sampling| sampling.seed = Some(1)),
        ("deepseek/deepseek-reasoner", "top_p", |sampling| sampling.top_p = Some(0.1)),
        ("groq/m", "frequency_penalty", |sampling| sampling.frequency_penalty = Some(0.1)),
        ("ollama/m", "n", |sampling| sampling.n = Some(2)),
        ("xai/grok-4", "stop", |sampling| sampling.stop = vec!["x".into()]),
    ];
    for (id, parameter, set) in wrong {
        let wire =
            Wire::start(|_| Canned::json(200, &json!({"choices": [{"message": {"content": "hi"}}]}))).await;
        let error = model(id)(&wire.url()).complete(&sampled(set)).await.expect_err(id);
        assert_eq!((error.kind(), wire.count()), (ErrorKind::Unsupported, 0), "{id}");
        assert!(error.to_string().contains(&format!("{id} does not take `{parameter}`")), "{error}");
        let response = model(id)(&wire.url()).drop_unsupported().complete(&sampled(set)).await.expect(id);
        assert_eq!(response.dropped, [parameter], "{id}");
        assert!(wire.last().body.get(parameter).is_none(), "{id}");
    }
    for (id, set) in [
        ("openai/o3", (|sampling| sampling.temperature = Some(1.0)) as Set),
        ("openai/gpt-5.1", |sampling| {
            (sampling.temperature, sampling.reasoning_effort) = (Some(0.2), Some(Effort::None));
        }),
        ("ollama/m", |sampling| sampling.n = Some(1)),
        ("xai/grok-4-fast-non-reasoning", |sampling| sampling.stop = vec!["x".into()]),
    ] {
        assert!(body(model(id), &sampled(set)).await.is_object(), "{id}");
    }
}

#[tokio::test]
async fn keys_and_headers_go_where_each_server_wants_them() {
    let wire =
        Wire::start(|_| Canned::json(200, &json!({"choices": [{"message": {"content": "hi"}}]}))).await;
    let open = OpenAi::at("openai/m".parse().expect("a name"), &format!("{}/v1?tenant=7", wire.url()));
    let open = open.expect("an address").key(Secret::new("k")).organization("org-1").expect("a header");
    open.complete(&plain()).await.expect("a reply");
    let came = wire.last();
    assert_eq!(came.line, "POST /v1/chat/completions?tenant=7");
    assert_eq!(came.header("authorization"), Some("Bearer k"));
    assert_eq!(came.header("openai-organization"), Some("org-1"));

    let azure = OpenAi::at(ModelId::new("azure", "my-deployment"), &wire.url()).expect("an address");
    azure.key(Secret::new("k")).complete(&plain()).await.expect("a reply");
    let came = wire.last();
    assert_eq!(came.line, "POST /openai/v1/chat/completions");
    assert_eq!((came.header("api-key"), came.header("authorization")), (Some("k"), None));
}

#[tokio::test]
async fn json_is_asked_for_as_far_as_it_is_given() {
    for (id, support) in [
        ("openai/m", JsonSupport::Schema),
        ("groq/m", JsonSupport::Object),
        ("groq/openai/gpt-oss-120b", JsonSupport::Schema),
        ("deepseek/m", JsonSupport::Object),
    ] {
        assert_eq!(model(id)("http://127.0.0.1:1").json_support(), support, "{id}");
    }
    let mut request = plain();
    request.format = ResponseFormat::JsonObject;
    assert_eq!(body(model(ANY), &request).await["response_format"], json!({"type": "json_object"}));
}

#[tokio::test]
async fn what_was_left_out_is_noted_in_the_trace() {
    let wire = Wire::start(|_| {
        let text = "[[ ## fruit ## ]]\napple\n[[ ## completed ## ]]";
        Canned::json(200, &json!({"choices": [{"message": {"content": text}}]}))
            .header("x-ratelimit-remaining-tokens: 12")
    })
    .await;
    let lm = model("deepseek/deepseek-chat")(&wire.url()).drop_unsupported();
    let mut sampling = sampled();
    sampling.temperature = None;
    let cx = dspy::Context::new(lm).with_sampling(sampling);
    let predict = dspy::Predict::<crate::task::Guess>::new();
    let reply = predict.call(&cx, crate::task::guess("red")).await.expect("answered");
    let notes: Vec<String> =
        reply.trace().steps().flat_map(|step| &step.notes).map(ToString::to_string).collect();
    assert_eq!(notes, ["`seed` was not sent: deepseek/deepseek-chat does not take it"]);
    let response = model(ANY)(&wire.url()).complete(&plain()).await.expect("a reply");
    assert_eq!(response.rate_limit.and_then(|limit| limit.tokens), Some(12));
}
