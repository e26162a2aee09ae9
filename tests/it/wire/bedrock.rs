//! Bedrock's Converse.

use dspy::ErrorKind;
use dspy::lm::{
    Bedrock, Effort, FinishReason, JsonSupport, LanguageModel, Message, Request, Secret, ToolChoice,
};
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::*;

fn model(url: &str) -> Bedrock {
    Bedrock::at("bedrock/us.amazon.nova-lite-v1:0".parse().expect("a name"), url).expect("an address")
}

fn answer() -> Value {
    let thought = json!({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}});
    json!({
        "output": {"message": {"role": "assistant", "content": [
            thought, {"text": "Let me look."},
            {"toolUse": {"toolUseId": "b1", "name": "find_parcel", "input": {"number": 7}}},
        ]}},
        "stopReason": "tool_use", "metrics": {"latencyMs": 1},
        "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 20},
    })
}

#[tokio::test]
async fn only_what_was_set_is_sent_and_all_of_it() {
    let wire = Wire::start(|_| Canned::json(200, &answer())).await;
    model(&wire.url()).key(Secret::new("k")).complete(&plain()).await.expect("a reply");
    let came = wire.last();
    assert_eq!(came.line, "POST /model/us.amazon.nova-lite-v1%3A0/converse");
    assert_eq!(came.header("authorization"), Some("Bearer k"));
    let (system, messages) =
        (json!([{"text": "Be brief."}]), json!([{"role": "user", "content": [{"text": "Hi."}]}]));
    assert_eq!(came.body, json!({"messages": messages, "system": system}));

    let mut request = plain();
    request.sampling = sampled();
    request.sampling.seed = None;
    request.format = format();
    assert_eq!(
        body(model, &request).await,
        json!({
            "messages": messages, "system": system,
            "inferenceConfig": {"maxTokens": 64, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
        })
    );
    request.sampling.seed = Some(1);
    let error = model("http://127.0.0.1:1").complete(&request).await.expect_err("no seed");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let marked = Request::from(vec![Message::user("Hi.").cached()]);
    assert_eq!(
        body(model, &marked).await["messages"][0]["content"][1],
        json!({"cachePoint": {"type": "default"}})
    );
}

#[tokio::test]
async fn the_name_of_a_model_may_be_an_address_of_amazons() {
    let wire = Wire::start(|_| Canned::json(200, &answer())).await;
    let id = "bedrock/arn:aws:bedrock:eu-west-1:1:inference-profile/x".parse().expect("a name");
    Bedrock::at(id, &wire.url()).expect("an address").complete(&plain()).await.expect("a reply");
    assert_eq!(
        wire.last().line,
        "POST /model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fx/converse"
    );
}

#[tokio::test]
async fn a_reply_is_read_whole_and_goes_back_with_its_thoughts() {
    let asked = reply(model, &answer()).await.expect("a reply");
    assert_eq!((asked.text.as_str(), &asked.finish), ("Let me look.", &FinishReason::ToolCalls));
    assert_eq!(asked.reasoning.as_ref().map(|thoughts| thoughts.text.as_str()), Some("hm"));
    let usage = asked.usage;
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens), (130, 100, 20));

    let mut request = with_tools(&asked);
    request.tool_choice = Some(ToolChoice::Named("find_parcel".into()));
    let sent = body(model, &request).await;
    let content = &answer()["output"]["message"]["content"];
    assert_eq!(
        sent,
        json!({
            "messages": [
                {"role": "user", "content": [{"text": "Where are parcels 7 and 8?"}]},
                {"role": "assistant", "content": content},
                {"role": "user", "content": [{"toolResult": {"toolUseId": "b1", "content": [{"text": "Lyon"}]}}]},
            ],
            "toolConfig": {
                "tools": [{"toolSpec": {"name": "find_parcel", "description": "Says where a parcel is.",
                    "inputSchema": {"json": parameters()}}}],
                "toolChoice": {"tool": {"name": "find_parcel"}},
            },
        })
    );
}

#[tokio::test]
async fn images_are_blocks_and_a_stream_is_the_whole_reply() {
    assert_eq!(
        body(model, &shown()).await["messages"][0]["content"],
        json!([{"text": "What is this? "}, {"image": {"format": "png", "source": {"bytes": PNG}}}])
    );
    let wire = Wire::start(|_| Canned::json(200, &answer())).await;
    let (model, request) = (model(&wire.url()), plain());
    let chunks: Vec<_> = futures_util::StreamExt::collect(model.stream(&request)).await;
    assert!(
        matches!(chunks.last(), Some(Ok(dspy::lm::Chunk::End(end))) if end.text == "Let me look."),
        "{chunks:?}"
    );
}

#[tokio::test]
async fn exceptions_keep_their_class() {
    for (status, exception, message, kind) in [
        (429, "ThrottlingException", "slow", ErrorKind::RateLimit),
        (403, "AccessDeniedException", "no", ErrorKind::Auth),
        (400, "ValidationException", "Input is too long for requested model.", ErrorKind::ContextWindow),
        (400, "ValidationException", "no such field", ErrorKind::InvalidRequest),
        (500, "InternalServerException", "x", ErrorKind::Server),
    ] {
        let wire = Wire::start(move |_| {
            Canned::json(status, &json!({"message": message}))
                .header(&format!("x-amzn-errortype: {exception}:http://x/"))
        })
        .await;
        let error = model(&wire.url()).complete(&plain()).await.expect_err(exception);
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{exception}");
    }
}

#[tokio::test]
async fn a_schema_and_an_effort_are_sent_to_the_models_that_take_them() {
    let at = |id: &'static str| {
        move |url: &str| Bedrock::at(id.parse().expect("a name"), url).expect("an address")
    };
    let mut request = plain();
    (request.format, request.sampling.reasoning_effort) = (format(), Some(Effort::High));
    let claude = at("bedrock/us.anthropic.claude-opus-4-6-v1");
    assert_eq!(claude("http://127.0.0.1:1").json_support(), JsonSupport::Schema);
    let sent = body(claude, &request).await;
    assert_eq!(sent["outputConfig"]["effort"], "high");
    let structure = &sent["outputConfig"]["textFormat"]["structure"]["jsonSchema"];
    assert_eq!(
        (&sent["outputConfig"]["textFormat"]["type"], &structure["name"]),
        (&json!("json_schema"), &json!("Size"))
    );
    let told: Value = serde_json::from_str(structure["schema"].as_str().expect("a text")).expect("JSON");
    assert_eq!(told["properties"]["size"], json!({"type": "integer", "description": "(minimum: 0)"}));

    let newer = at("bedrock/us.anthropic.claude-opus-5");
    assert_eq!(newer("http://127.0.0.1:1").json_support(), JsonSupport::None);
    assert_eq!(body(newer, &request).await["outputConfig"], json!({"effort": "high"}));
    let told = |url: &str| newer(url).json(JsonSupport::Schema);
    assert!(body(told, &request).await["outputConfig"]["textFormat"].is_object());
    request.sampling.reasoning_effort = Some(Effort::None);
    let sent = body(newer, &request).await;
    assert_eq!(sent["additionalModelRequestFields"], json!({"thinking": {"type": "disabled"}}));
    assert!(sent.get("outputConfig").is_none());
    let error = model("http://127.0.0.1:1").complete(&request).await.expect_err("Nova has no effort");
    assert_eq!(error.kind(), ErrorKind::Unsupported);

    let usage = json!({"inputTokens": 1, "outputTokens": 1, "cacheWriteInputTokens": 30,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 10}, {"ttl": "1h", "inputTokens": 20}]});
    let mut answer = answer();
    answer["usage"] = usage;
    let usage = reply(claude, &answer).await.expect("a reply").usage;
    assert_eq!((usage.cache_write_tokens, usage.hour_cache_write_tokens), (30, 20));
}
