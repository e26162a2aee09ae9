//! Gemini's generateContent.

use dspy::ErrorKind;
use dspy::lm::{Effort, FinishReason, Gemini, LanguageModel, Message, Request, Secret, ToolChoice};
use dspy::media::Image;
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::*;

fn model(id: &'static str) -> impl Fn(&str) -> Gemini + Copy {
    move |url| Gemini::at(id.parse().expect("a name"), &format!("{url}/v1beta")).expect("an address")
}

const FLASH: &str = "gemini/gemini-2.5-flash";

#[tokio::test]
async fn only_what_was_set_is_sent_and_all_of_it() {
    let wire = Wire::start(|_| Canned::json(200, &json!({"candidates": [{"content": {}}]}))).await;
    model(FLASH)(&wire.url()).key(Secret::new("k")).complete(&plain()).await.expect("a reply");
    let came = wire.last();
    assert_eq!(came.line, "POST /v1beta/models/gemini-2.5-flash:generateContent");
    assert_eq!(came.header("x-goog-api-key"), Some("k"));
    let (system, contents) =
        (json!({"parts": [{"text": "Be brief."}]}), json!([{"role": "user", "parts": [{"text": "Hi."}]}]));
    assert_eq!(came.body, json!({"systemInstruction": system, "contents": contents}));

    let mut request = plain();
    request.sampling = sampled();
    (request.sampling.n, request.sampling.logprobs) = (Some(2), Some(3));
    request.sampling.reasoning_effort = Some(Effort::Low);
    (request.sampling.frequency_penalty, request.sampling.presence_penalty) = (Some(0.1), Some(0.2));
    request.format = format();
    request.tool_choice = Some(ToolChoice::Named("find_parcel".into()));
    assert_eq!(
        body(|url| model(FLASH)(url).include_thoughts(), &request).await,
        json!({
            "systemInstruction": system, "contents": contents,
            "generationConfig": {
                "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 64, "seed": 7, "stopSequences": ["END"],
                "candidateCount": 2, "responseLogprobs": true, "logprobs": 3,
                "frequencyPenalty": 0.1, "presencePenalty": 0.2,
                "responseMimeType": "application/json", "responseJsonSchema": schema(),
                "thinkingConfig": {"thinkingBudget": 1_024, "includeThoughts": true},
            },
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["find_parcel"]}},
        })
    );
}

#[tokio::test]
async fn effort_is_told_as_each_model_takes_it() {
    let with = |effort| {
        let mut request = plain();
        request.sampling.reasoning_effort = Some(effort);
        request
    };
    let sent = body(model("gemini/gemini-3-pro"), &with(Effort::High)).await;
    assert_eq!(sent["generationConfig"]["thinkingConfig"], json!({"thinkingLevel": "high"}));
    let sent = body(model(FLASH), &with(Effort::None)).await;
    assert_eq!(sent["generationConfig"]["thinkingConfig"], json!({"thinkingBudget": 0}));
    for (id, effort) in [
        ("gemini/gemini-2.0-flash", Effort::Low),
        ("gemini/gemini-2.5-pro", Effort::None),
        (FLASH, Effort::Max),
    ] {
        let error = model(id)("http://127.0.0.1:1").complete(&with(effort)).await.expect_err(id);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}

fn answer() -> Value {
    json!({
        "candidates": [
            {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
                {"text": "hm", "thought": true},
                {"text": "Let me look."},
                {"functionCall": {"name": "find_parcel", "args": {"number": 7}}, "thoughtSignature": "sig"},
                {"functionCall": {"id": "g2", "name": "find_parcel", "args": {"number": 8}}},
            ]}, "logprobsResult": {
                "chosenCandidates": [{"token": "Let", "logProbability": -0.25}],
                "topCandidates": [{"candidates": [{"token": "Let", "logProbability": -0.25}]}],
            }},
            {"index": 1, "finishReason": "MAX_TOKENS", "content": {"parts": [{"text": "other"}]}},
        ],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 3,
            "cachedContentTokenCount": 4, "totalTokenCount": 18},
        "modelVersion": "gemini-2.5-flash-001", "responseId": "r1",
    })
}

#[tokio::test]
async fn a_reply_is_read_whole_and_goes_back_with_its_signature() {
    let asked = reply(model(FLASH), &answer()).await.expect("a reply");
    assert_eq!((asked.text.as_str(), &asked.finish), ("Let me look.", &FinishReason::ToolCalls));
    assert_eq!(asked.reasoning.as_ref().map(|thoughts| thoughts.text.as_str()), Some("hm"));
    assert_eq!((asked.others[0].text.as_str(), &asked.others[0].finish), ("other", &FinishReason::Length));
    assert_eq!((asked.logprobs[0].logprob, asked.logprobs[0].top.len()), (-0.25, 1));
    let usage = asked.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.reasoning_tokens), (10, 8, 3));
    assert_eq!((usage.cached_input_tokens, asked.model.as_deref()), (4, Some("gemini-2.5-flash-001")));

    let sent = body(model(FLASH), &with_tools(&asked)).await;
    assert_eq!(
        sent["contents"],
        json!([
            {"role": "user", "parts": [{"text": "Where are parcels 7 and 8?"}]},
            {"role": "model", "parts": [
                {"text": "Let me look."},
                {"functionCall": {"name": "find_parcel", "args": {"number": 7}}, "thoughtSignature": "sig"},
                {"functionCall": {"id": "g2", "name": "find_parcel", "args": {"number": 8}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "find_parcel", "response": {"result": "Lyon"}}},
                {"functionResponse": {"id": "g2", "name": "find_parcel", "response": {"result": "Lyon"}}},
            ]},
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{"functionDeclarations": [{
            "name": "find_parcel", "description": "Says where a parcel is.", "parametersJsonSchema": parameters(),
        }]}])
    );
}

#[tokio::test]
async fn images_are_inline_and_addresses_are_refused() {
    assert_eq!(
        body(model(FLASH), &shown()).await["contents"][0]["parts"],
        json!([{"text": "What is this? "}, {"inlineData": {"mimeType": "image/png", "data": PNG}}])
    );
    let model = model(FLASH)("http://127.0.0.1:1");
    let why = model.refuses(Image::url("https://example.org/fox.png").media()).expect("refused");
    assert!(why.contains("download"), "{why}");
}

fn stream() -> Vec<Value> {
    let part = |part: Value, finish: Value| {
        json!({"candidates": [{"content": {"parts": [part]}, "finishReason": finish}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5}, "responseId": "r1"})
    };
    vec![
        part(json!({"text": "hm", "thought": true}), Value::Null),
        part(json!({"text": "é"}), Value::Null),
        part(
            json!({"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "sig"}),
            Value::Null,
        ),
        part(json!({"text": "t"}), json!("STOP")),
    ]
}

#[tokio::test]
async fn a_stream_is_read_with_its_calls_and_usage() {
    let wire = Wire::start(|_| Canned::events("")).await;
    let request = plain();
    let _ = futures_util::StreamExt::collect::<Vec<_>>(model(FLASH)(&wire.url()).stream(&request)).await;
    assert_eq!(wire.last().line, "POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");

    let (texts, thoughts, response) = streamed(model(FLASH), &events(&stream())).await.expect("a reply");
    assert_eq!((texts, thoughts), (vec!["é".to_owned(), "t".into()], vec!["hm".to_owned()]));
    assert_eq!((response.text.as_str(), &response.finish), ("ét", &FinishReason::ToolCalls));
    let (call, signature) = (&response.tool_calls[0], json!({"gemini": "sig"}));
    assert_eq!((call.name.as_str(), call.state.as_ref()), ("look", Some(&signature)));
    assert_eq!((response.usage.input_tokens, response.usage.output_tokens), (10, 5));
    no_beginning_is_a_reply(model(FLASH), &stream()).await;
}

#[tokio::test]
async fn errors_and_blocks_keep_their_class() {
    let failure = |code: u16, status: &str, message: &str| json!({"error": {"code": code, "message": message, "status": status}});
    for (status, answer, kind) in [
        (429, failure(429, "RESOURCE_EXHAUSTED", "x"), ErrorKind::RateLimit),
        (
            400,
            failure(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum"),
            ErrorKind::ContextWindow,
        ),
        (400, failure(400, "INVALID_ARGUMENT", "no such field"), ErrorKind::InvalidRequest),
        (403, failure(403, "PERMISSION_DENIED", "x"), ErrorKind::Auth),
        (503, failure(503, "UNAVAILABLE", "x"), ErrorKind::Server),
    ] {
        assert_eq!(error(model(FLASH), status, &answer).await.kind(), kind);
    }
    let blocked = json!({"promptFeedback": {"blockReason": "SAFETY"}});
    let error = reply(model(FLASH), &blocked).await.expect_err("blocked");
    assert_eq!(error.kind(), ErrorKind::ContentFilter);
    assert!(error.to_string().contains("SAFETY"), "{error}");
    let withheld = json!({"candidates": [{"finishReason": "SAFETY"}]});
    assert_eq!(reply(model(FLASH), &withheld).await.expect("a reply").finish, FinishReason::ContentFilter);
    assert_eq!(reply(model(FLASH), &json!({})).await.expect_err("no reply").kind(), ErrorKind::Decode);
    let request = Request::from(vec![Message::user("Hi."), Message::system("Be brief.")]);
    assert!(model(FLASH)("http://127.0.0.1:1").complete(&request).await.is_err());
}

#[tokio::test]
async fn a_call_that_comes_in_parts_is_put_together() {
    let part = |call: Value| json!({"candidates": [{"content": {"parts": [{"functionCall": call}]}}]});
    let mut begun = part(json!({"id": "g1", "name": "find_parcel", "willContinue": true}));
    begun["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = json!("sig");
    let data = [
        begun,
        part(
            json!({"partialArgs": [{"jsonPath": "$.city", "stringValue": "Ly", "willContinue": true}], "willContinue": true}),
        ),
        part(
            json!({"partialArgs": [{"jsonPath": "$.city", "stringValue": "on"}, {"jsonPath": "$.number", "numberValue": 7.0}], "willContinue": true}),
        ),
        part(json!({})),
        part(json!({"name": "clock", "args": {}})),
        json!({"candidates": [{"finishReason": "STOP"}]}),
    ];
    let (.., response) = streamed(model("gemini/gemini-3.7-flash"), &events(&data)).await.expect("a reply");
    let arguments = json!({"city": "Lyon", "number": 7});
    let [first, second] = &response.tool_calls[..] else { panic!("{response:?}") };
    assert_eq!((first.name.as_str(), &first.arguments), ("find_parcel", &arguments));
    assert_eq!((second.name.as_str(), &second.arguments), ("clock", &json!({})));
    let sent = body(model("gemini/gemini-3.7-flash"), &with_tools(&response)).await;
    assert_eq!(
        sent["contents"][1]["parts"][0],
        json!({"functionCall": {"id": "g1", "name": "find_parcel", "args": arguments}, "thoughtSignature": "sig"})
    );
    let cut = [&data[..3], &data[5..]].concat();
    let error =
        streamed(model("gemini/gemini-3.7-flash"), &events(&cut)).await.expect_err("its end is missing");
    assert!(error.is_retryable(), "{error}");
}
