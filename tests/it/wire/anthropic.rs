//! Anthropic's Messages.

use dspy::ErrorKind;
use dspy::lm::{
    Anthropic, Content, Effort, FinishReason, JsonSupport, LanguageModel, Message, Messages, Request, Secret,
    ToolChoice,
};
use dspy::media::{Audio, File, Image};
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::*;

fn model(id: &'static str) -> impl Fn(&str) -> Anthropic + Copy {
    move |url| Anthropic::at(id.parse().expect("a name"), url).expect("an address")
}

const NEW: &str = "anthropic/claude-sonnet-4-5";

#[tokio::test]
async fn only_what_was_set_is_sent_beside_the_limit() {
    let wire = Wire::start(|_| Canned::json(200, &json!({"content": []}))).await;
    model(NEW)(&wire.url()).key(Secret::new("k")).complete(&plain()).await.expect("a reply");
    let came = wire.last();
    assert_eq!(came.line, "POST /v1/messages");
    assert_eq!((came.header("x-api-key"), came.header("anthropic-version")), (Some("k"), Some("2023-06-01")));
    assert_eq!(
        came.body,
        json!({
            "model": "claude-sonnet-4-5", "max_tokens": 64_000, "stream": true,
            "system": "Be brief.", "messages": [{"role": "user", "content": "Hi."}],
        })
    );
    let mut request = plain();
    request.sampling = sampled();
    (request.sampling.seed, request.sampling.top_p) = (None, None);
    request.format = format();
    request.tool_choice = Some(ToolChoice::Required);
    let sent = body(|url| model(NEW)(url).thinking_budget(2_048), &request).await;
    let mut schema = schema();
    schema["properties"]["size"] = json!({"type": "integer", "description": "(minimum: 0)"});
    assert_eq!(
        sent,
        json!({
            "model": "claude-sonnet-4-5", "max_tokens": 64,
            "system": "Be brief.", "messages": [{"role": "user", "content": "Hi."}],
            "temperature": 0.5, "stop_sequences": ["END"],
            "thinking": {"type": "enabled", "budget_tokens": 2_048},
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
            "tool_choice": {"type": "any"},
        })
    );
}

#[tokio::test]
async fn limits_schemas_and_effort_depend_on_the_model() {
    for (id, limit, json) in [
        ("anthropic/claude-3-haiku-20240307", 4_096, JsonSupport::None),
        ("anthropic/claude-3-5-sonnet-latest", 8_192, JsonSupport::None),
        ("anthropic/claude-opus-4-20250514", 32_000, JsonSupport::None),
        ("anthropic/claude-opus-4-1", 32_000, JsonSupport::Schema),
        ("anthropic/claude-opus-4-6", 128_000, JsonSupport::Schema),
        ("anthropic/claude-sonata-1", 128_000, JsonSupport::Schema),
    ] {
        assert_eq!(body(model(id), &plain()).await["max_tokens"], limit, "{id}");
        assert_eq!(model(id)("http://127.0.0.1:1").json_support(), json, "{id}");
    }
    let mut request = plain();
    request.sampling.reasoning_effort = Some(Effort::High);
    let sent = body(|url| model("anthropic/claude-opus-4-6")(url).adaptive_thinking(), &request).await;
    assert_eq!(
        (&sent["output_config"], &sent["thinking"]),
        (&json!({"effort": "high"}), &json!({"type": "adaptive"}))
    );
    for set in [
        (|request| request.sampling.reasoning_effort = Some(Effort::High)) as fn(&mut Request),
        |request| request.sampling.seed = Some(1),
        |request| request.sampling.n = Some(2),
        |request| request.sampling.logprobs = Some(1),
        |request| (request.sampling.temperature, request.sampling.top_p) = (Some(0.1), Some(0.1)),
    ] {
        let mut request = plain();
        set(&mut request);
        let error = model(NEW)("http://127.0.0.1:1").complete(&request).await.expect_err("not taken");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let mut request = plain();
    request.sampling.temperature = Some(0.5);
    assert_eq!(body(model("anthropic/claude-opus-4-6"), &request).await["temperature"], 0.5);
    let error = model("anthropic/claude-opus-4-7")("http://127.0.0.1:1").complete(&request).await;
    assert_eq!(error.expect_err("one way alone").kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn marks_are_sent_at_the_end_of_what_is_worth_keeping() {
    let mark = json!({"type": "ephemeral"});
    let fixed = vec![Message::system("Be brief."), Message::user("2?"), Message::assistant("2.")];
    let request = Request::from(Messages::new(fixed.into(), vec![Message::user("3?")]));
    let sent = body(|url| model(NEW)(url).cache_prompts(), &request).await;
    assert_eq!(
        sent["messages"],
        json!([
            {"role": "user", "content": "2?"},
            {"role": "assistant", "content": [{"type": "text", "text": "2.", "cache_control": mark}]},
            {"role": "user", "content": "3?"},
        ])
    );
    let request = Request::from(vec![Message::system("Be brief.").cached(), Message::user("Hi.")]);
    let sent = body(model(NEW), &request).await;
    assert_eq!(sent["system"], json!([{"type": "text", "text": "Be brief.", "cache_control": mark}]));
}

#[tokio::test]
async fn a_system_message_in_the_middle_is_refused() {
    let request = Request::from(vec![Message::user("Hi."), Message::system("Be brief.")]);
    let error = model(NEW)("http://127.0.0.1:1").complete(&request).await.expect_err("no place");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn a_reply_is_read_whole_and_goes_back_with_its_thoughts() {
    let thought = json!({"type": "thinking", "thinking": "hm", "signature": "sig"});
    let sealed = json!({"type": "redacted_thinking", "data": "…"});
    let answer = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [
            thought, sealed, {"type": "text", "text": "Let me look.", "citations": null},
            {"type": "tool_use", "id": "t1", "name": "find_parcel", "input": {"number": 7}},
            {"type": "tool_use", "id": "t2", "name": "find_parcel", "input": {"number": 8}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 5},
    });
    let asked = reply(model(NEW), &answer).await.expect("a reply");
    assert_eq!((asked.text.as_str(), &asked.finish), ("Let me look.", &FinishReason::ToolCalls));
    assert_eq!(asked.reasoning.as_ref().map(|thoughts| thoughts.text.as_str()), Some("hm"));
    let usage = asked.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (130, 5));
    assert_eq!((usage.cached_input_tokens, usage.cache_write_tokens), (100, 20));

    let call = |id: &str, number: u32| json!({"type": "tool_use", "id": id, "name": "find_parcel", "input": {"number": number}});
    let answer = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "Lyon"});
    let sent = body(model(NEW), &with_tools(&asked)).await;
    assert_eq!(
        sent["messages"],
        json!([
            {"role": "user", "content": "Where are parcels 7 and 8?"},
            {"role": "assistant", "content": [
                thought, sealed, {"type": "text", "text": "Let me look."}, call("t1", 7), call("t2", 8),
            ]},
            {"role": "user", "content": [answer("t1"), answer("t2")]},
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{"name": "find_parcel", "description": "Says where a parcel is.", "input_schema": parameters()}])
    );
}

#[tokio::test]
async fn images_and_files_are_blocks_and_sounds_are_refused() {
    let source = json!({"type": "base64", "media_type": "image/png", "data": PNG});
    assert_eq!(
        body(model(NEW), &shown()).await["messages"][0]["content"],
        json!([{"type": "text", "text": "What is this? "}, {"type": "image", "source": source}])
    );
    let mut content = Content::default();
    content.push_media(Image::url("https://example.org/fox.png").media().clone());
    content.push_media(File::bytes("a.pdf", *b"%PDF-1.7").expect("a file").media().clone());
    content.push_media(File::bytes("a.txt", *b"plain words").expect("a file").media().clone());
    let sent = body(model(NEW), &Request::from(vec![Message::user(content)])).await;
    assert_eq!(
        sent["messages"][0]["content"],
        json!([
            {"type": "image", "source": {"type": "url", "url": "https://example.org/fox.png"}},
            {"type": "document", "title": "a.pdf", "source": {
                "type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjc=",
            }},
            {"type": "document", "title": "a.txt", "source": {
                "type": "text", "media_type": "text/plain", "data": "plain words",
            }},
        ])
    );
    let sound = Audio::bytes(*b"RIFF\x04\0\0\0WAVE").expect("a sound");
    let model = model(NEW)("http://127.0.0.1:1");
    assert!(model.refuses(sound.media()).is_some());
    assert!(model.refuses(image().media()).is_none());
    assert!(model.refuses(File::bytes("a.bin", [0_u8, 255]).expect("a file").media()).is_some());
}

fn stream() -> Vec<Value> {
    let delta =
        |index: u8, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let begin = |index: u8, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let end = |index: u8| json!({"type": "content_block_stop", "index": index});
    vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "content": [],
            "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1}}}),
        json!({"type": "ping"}),
        begin(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "hm"})),
        delta(0, json!({"type": "signature_delta", "signature": "sig"})),
        end(0),
        begin(1, json!({"type": "text", "text": ""})),
        delta(1, json!({"type": "text_delta", "text": "é"})),
        delta(1, json!({"type": "text_delta", "text": "t"})),
        end(1),
        begin(2, json!({"type": "tool_use", "id": "t1", "name": "look", "input": {}})),
        delta(2, json!({"type": "input_json_delta", "partial_json": "{\"a\":"})),
        delta(2, json!({"type": "input_json_delta", "partial_json": "1}"})),
        end(2),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

#[tokio::test]
async fn a_stream_is_read_with_its_calls_and_usage() {
    let (texts, thoughts, response) = streamed(model(NEW), &events(&stream())).await.expect("a reply");
    assert_eq!((texts, thoughts), (vec!["é".to_owned(), "t".into()], vec!["hm".to_owned()]));
    assert_eq!((response.text.as_str(), &response.finish), ("ét", &FinishReason::ToolCalls));
    let arguments = json!({"a": 1});
    assert_eq!(calls(&response), [("t1", "look", &arguments)]);
    let thought = json!({"anthropic": [{"type": "thinking", "thinking": "hm", "signature": "sig"}]});
    assert_eq!(response.reasoning.as_ref().and_then(|thoughts| thoughts.state.as_ref()), Some(&thought));
    let usage = response.usage;
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens), (15, 5, 9));
    no_beginning_is_a_reply(model(NEW), &stream()).await;

    let overloaded = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let error =
        streamed(model(NEW), &events(&[stream()[0].clone(), overloaded])).await.expect_err("an error");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Server, Some("overloaded_error")));
}

#[tokio::test]
async fn errors_keep_their_class() {
    let failure =
        |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}});
    for (status, answer, kind) in [
        (401, failure("authentication_error", "x"), ErrorKind::Auth),
        (429, failure("rate_limit_error", "x"), ErrorKind::RateLimit),
        (529, failure("overloaded_error", "x"), ErrorKind::Server),
        (413, failure("request_too_large", "x"), ErrorKind::ContextWindow),
        (
            400,
            failure("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
            ErrorKind::ContextWindow,
        ),
        (400, failure("invalid_request_error", "Your credit balance is too low"), ErrorKind::Billing),
        (400, failure("invalid_request_error", "max_tokens: too large"), ErrorKind::InvalidRequest),
    ] {
        let error = error(model(NEW), status, &answer).await;
        assert_eq!((error.kind(), error.request_id()), (kind, Some("req_7")), "{error}");
    }
    let refused = json!({"content": [], "stop_reason": "refusal"});
    assert_eq!(reply(model(NEW), &refused).await.expect("a reply").finish, FinishReason::ContentFilter);
    assert_eq!(reply(model(NEW), &json!({"a": 1})).await.expect_err("no reply").kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn thoughts_and_what_the_cache_writes_are_counted_and_a_refusal_says_why() {
    let usage = json!({
        "input_tokens": 10, "output_tokens": 9, "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens_details": {"thinking_tokens": 7},
    });
    let details = json!({"type": "refusal", "category": "cyber", "explanation": "It asks for an exploit."});
    let answer = json!({"content": [], "stop_reason": "refusal", "stop_details": details, "usage": usage});
    let events = events(&[
        json!({"type": "message_start", "message": {"usage": usage}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": details}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    let whole = reply(model(NEW), &answer).await.expect("a reply");
    let (.., in_parts) = streamed(model(NEW), &events).await.expect("a reply");
    for response in [whole, in_parts] {
        let usage = response.usage;
        assert_eq!((usage.reasoning_tokens, usage.output_tokens), (7, 9));
        assert_eq!((usage.cache_write_tokens, usage.hour_cache_write_tokens), (30, 20));
        let why = response.withheld.expect("a reason");
        assert_eq!(
            (why.category.as_deref(), why.explanation.as_deref()),
            (Some("cyber"), Some("It asks for an exploit."))
        );
    }
    let wire = Wire::start(move |_| Canned::json(200, &answer)).await;
    let cx = dspy::Context::new(model(NEW)(&wire.url()));
    let error = dspy::Predict::<crate::task::Guess>::new().call(&cx, crate::task::guess("red")).await;
    let error = error.expect_err("it is withheld");
    assert!(error.to_string().contains("withheld the reply (`cyber`)"), "{error}");
}
