//! Chat completions and their dialects.

use dspy::ErrorKind;
use dspy::lm::{Effort, FinishReason, LanguageModel, Message, OpenAi, Request, ToolChoice};
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::*;

pub fn model(id: &'static str) -> impl Fn(&str) -> OpenAi + Copy {
    move |url| OpenAi::at(id.parse().expect("a name"), &format!("{url}/v1")).expect("an address")
}

pub const ANY: &str = "acme/m";

#[tokio::test]
async fn only_what_was_set_is_sent_and_all_of_it() {
    assert_eq!(
        body(model(ANY), &plain()).await,
        json!({"model": "m", "messages": [
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."},
        ]})
    );
    let mut request = Request::from(vec![Message::user("Hi.").cached()]);
    request.sampling = sampled();
    (request.sampling.n, request.sampling.logprobs) = (Some(2), Some(3));
    request.sampling.reasoning_effort = Some(Effort::Low);
    (request.sampling.frequency_penalty, request.sampling.presence_penalty) = (Some(0.1), Some(0.2));
    request.format = format();
    request.tool_choice = Some(ToolChoice::Named("find_parcel".into()));
    request.rollout = 3;
    assert_eq!(
        body(model(ANY), &request).await,
        json!({
            "model": "m",
            "messages": [{"role": "user", "content": "Hi."}],
            "temperature": 0.5, "top_p": 0.9, "max_tokens": 64, "seed": 7, "stop": ["END"], "n": 2,
            "logprobs": true, "top_logprobs": 3, "reasoning_effort": "low",
            "frequency_penalty": 0.1, "presence_penalty": 0.2,
            "tool_choice": {"type": "function", "function": {"name": "find_parcel"}},
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "Size", "schema": schema(), "strict": true,
            }},
        })
    );
}

#[tokio::test]
async fn a_reply_is_read_whole() {
    let answer = json!({
        "id": "chatcmpl-1", "model": "m-2026",
        "choices": [
            {"index": 0, "finish_reason": "length", "message": {
                "role": "assistant", "content": "he", "reasoning_content": "hm", "refusal": null,
             }, "logprobs": {"content": [{"token": "he", "logprob": -0.5, "bytes": [104, 101], "top_logprobs": [
                {"token": "he", "logprob": -0.5}, {"token": "hi", "logprob": -1.0},
             ]}]}},
            {"index": 1, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}},
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 8}, "completion_tokens_details": {"reasoning_tokens": 3}},
        "timings": {"predicted_ms": 1.5},
    });
    let response = reply(model(ANY), &answer).await.expect("a reply");
    assert_eq!((response.text.as_str(), &response.finish), ("he", &FinishReason::Length));
    assert_eq!(response.reasoning.as_ref().map(|thoughts| thoughts.text.as_str()), Some("hm"));
    assert_eq!((response.model.as_deref(), response.request_id.as_deref()), (Some("m-2026"), Some("req_7")));
    assert_eq!((response.others[0].text.as_str(), &response.others[0].finish), ("hi", &FinishReason::Stop));
    let token = &response.logprobs[0];
    assert_eq!((token.token.as_str(), token.logprob, token.top[1].token.as_str()), ("he", -0.5, "hi"));
    let usage = response.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.total_tokens()), (10, 5, 15));
    assert_eq!((usage.cached_input_tokens, usage.reasoning_tokens), (8, 3));
}

#[tokio::test]
async fn thoughts_and_tokens_are_read_under_the_names_of_each_server() {
    let message = |message: Value, usage: Value| json!({"choices": [{"message": message}], "usage": usage});
    let thoughts = |response: &dspy::lm::Response| response.reasoning.clone().map(|thoughts| thoughts.text);
    // OpenRouter and Groq; xAI counts thoughts in the total alone.
    let answer = message(
        json!({"content": "a", "reasoning": "b"}),
        json!({"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 9}),
    );
    let response = reply(model(ANY), &answer).await.expect("a reply");
    assert_eq!((thoughts(&response).as_deref(), response.usage.output_tokens), (Some("b"), 4));
    // Mistral; DeepSeek's name for cached tokens.
    let answer = message(
        json!({"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "b"}]}, {"type": "text", "text": "a"},
            {"type": "reference", "reference_ids": [1]},
        ]}),
        json!({"prompt_tokens": 5, "completion_tokens": 1, "prompt_cache_hit_tokens": 4}),
    );
    let response = reply(model(ANY), &answer).await.expect("a reply");
    assert_eq!((thoughts(&response).as_deref(), response.text.as_str()), (Some("b"), "a"));
    assert_eq!(response.usage.cached_input_tokens, 4);
}

#[tokio::test]
async fn tools_go_there_and_back() {
    let answer = json!({"choices": [{"finish_reason": "tool_calls", "message": {"content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "find_parcel", "arguments": "{\"number\": 7}"}},
        {"id": "c2", "type": "function", "function": {"name": "find_parcel", "arguments": "{\"number\": "}},
    ]}}]});
    let asked = reply(model(ANY), &answer).await.expect("a reply");
    assert_eq!(asked.finish, FinishReason::ToolCalls);
    let (good, broken) = (json!({"number": 7}), json!("{\"number\": "));
    assert_eq!(calls(&asked), [("c1", "find_parcel", &good), ("c2", "find_parcel", &broken)]);
    let function = |id: &str, arguments: &str| {
        json!({
            "id": id, "type": "function", "function": {"name": "find_parcel", "arguments": arguments},
        })
    };
    assert_eq!(
        body(model(ANY), &with_tools(&asked)).await,
        json!({
            "model": "m",
            "messages": [
                {"role": "user", "content": "Where are parcels 7 and 8?"},
                {"role": "assistant", "content": null, "tool_calls": [
                    function("c1", "{\"number\":7}"), function("c2", "{\"number\": "),
                ]},
                {"role": "tool", "content": "Lyon", "tool_call_id": "c1"},
                {"role": "tool", "content": "Lyon", "tool_call_id": "c2"},
            ],
            "tools": [{"type": "function", "function": {
                "name": "find_parcel", "description": "Says where a parcel is.", "parameters": parameters(),
            }}],
        })
    );
}

#[tokio::test]
async fn images_are_parts() {
    let sent = body(model(ANY), &shown()).await;
    let url = format!("data:image/png;base64,{PNG}");
    assert_eq!(
        sent["messages"][0]["content"],
        json!([{"type": "text", "text": "What is this? "}, {"type": "image_url", "image_url": {"url": url}}])
    );
}

fn stream() -> Vec<Value> {
    let choice = |delta: Value, finish: Value| {
        json!({"id": "x", "model": "m-2026", "choices": [
            {"index": 0, "delta": delta, "finish_reason": finish},
        ]})
    };
    let call = |index: usize, call: Value| {
        let mut call = call;
        call["index"] = index.into();
        json!({"tool_calls": [call]})
    };
    vec![
        choice(json!({"role": "assistant", "content": null}), Value::Null),
        choice(json!({"reasoning_content": "h"}), Value::Null),
        choice(json!({"reasoning_content": "m"}), Value::Null),
        choice(json!({"content": "é"}), Value::Null),
        json!({"choices": [{"index": 1, "delta": {"content": "hi"}, "finish_reason": "stop"}]}),
        choice(json!({"content": "t"}), Value::Null),
        choice(call(0, json!({"id": "c1", "function": {"name": "look", "arguments": ""}})), Value::Null),
        choice(call(0, json!({"function": {"arguments": "{\"a\""}})), Value::Null),
        choice(call(1, json!({"id": "c2", "function": {"name": "look", "arguments": "{}"}})), Value::Null),
        choice(call(0, json!({"function": {"arguments": ":1}"}})), Value::Null),
        choice(json!({}), json!("tool_calls")),
    ]
}

#[tokio::test]
async fn a_stream_is_read_with_its_calls_and_usage() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
    let text = format!("{}data: [DONE]\n\n", events(&[stream(), vec![usage]].concat()));
    let (texts, thoughts, response) = streamed(model(ANY), &text).await.expect("a reply");
    assert_eq!((texts, thoughts), (vec!["é".to_owned(), "t".into()], vec!["h".to_owned(), "m".into()]));
    assert_eq!((response.text.as_str(), &response.finish), ("ét", &FinishReason::ToolCalls));
    assert_eq!(response.reasoning.as_ref().expect("thoughts").text, "hm");
    let (first, second) = (json!({"a": 1}), json!({}));
    assert_eq!(calls(&response), [("c1", "look", &first), ("c2", "look", &second)]);
    assert_eq!((response.others[0].text.as_str(), response.usage.input_tokens), ("hi", 3));
    no_beginning_is_a_reply(model(ANY), &stream()).await;
}

#[tokio::test]
async fn a_stream_asks_for_its_usage_and_a_server_that_does_not_stream_is_read() {
    let wire = Wire::start(|_| {
        Canned::json(200, &json!({"choices": [{"message": {"content": "hi", "reasoning": "hm"}}]}))
    })
    .await;
    let model = model(ANY)(&wire.url());
    let request = plain();
    let chunks: Vec<_> = futures_util::StreamExt::collect(model.stream(&request)).await;
    assert_eq!(chunks.len(), 3, "{chunks:?}");
    let sent = wire.last().body;
    assert_eq!((&sent["stream"], &sent["stream_options"]), (&json!(true), &json!({"include_usage": true})));
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_keeps_its_class() {
    let overloaded = json!({"error": {"code": 429, "message": "slow down", "type": "rate_limit_exceeded"}});
    let error =
        streamed(model(ANY), &events(&[stream()[3].clone(), overloaded])).await.expect_err("an error");
    assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimit, Some(429)));
    let error = streamed(model(ANY), "data: {\"choices\": [{]\n\n").await.expect_err("no JSON");
    assert_eq!(error.kind(), ErrorKind::Decode);
    let refused = json!({"choices": [{"index": 0, "delta": {"refusal": "I cannot."}}]});
    let more = json!({"choices": [{"index": 0, "delta": {"refusal": " help."}}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let whole = events(&[refused.clone(), more, end]);
    let error = streamed(model(ANY), &whole).await.expect_err("a refusal");
    assert!(error.to_string().ends_with("I cannot. help."), "all of it is told: {error}");
    let error = streamed(model(ANY), &events(&[refused])).await.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::ContentFilter);
}

#[tokio::test]
async fn an_error_under_a_good_status_is_an_error() {
    let answer = json!({"error": {"code": 502, "message": "the model is down"}});
    let error = reply(model("openrouter/m"), &answer).await.expect_err("an error");
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Server, Some("req_7")));
}

#[tokio::test]
async fn a_stream_that_stands_still_is_a_timeout() {
    let begun = events(&stream()[..4]);
    let server = crate::server::Server::start(move |_, _| crate::server::Act::Begin(begun.clone())).await;
    let open = OpenAi::at("acme/m".parse().expect("a name"), &server.url()).expect("an address");
    let model = open.first_byte_timeout(std::time::Duration::from_millis(100));
    let request = plain();
    let chunks: Vec<_> = futures_util::StreamExt::collect(model.stream(&request)).await;
    let error = chunks.into_iter().next_back().expect("chunks").expect_err("it stands still");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("100ms"), "{error}");
}

#[tokio::test]
async fn a_call_of_a_tool_that_takes_text_has_its_name() {
    let custom = json!({"id": "c1", "type": "custom", "custom": {"name": "run", "input": "print(7)"}});
    let answer = json!({"choices": [{"finish_reason": "tool_calls", "message": {"tool_calls": [custom]}}]});
    let asked = reply(model(ANY), &answer).await.expect("a reply");
    assert_eq!(calls(&asked), [("c1", "run", &json!("print(7)"))]);
    let part = |custom: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "c1", "type": "custom", "custom": custom}]}}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    let parts = [part(json!({"name": "run", "input": "print"})), part(json!({"input": "(7)"})), end];
    let (.., asked) = streamed(model(ANY), &events(&parts)).await.expect("a reply");
    assert_eq!(calls(&asked), [("c1", "run", &json!("print(7)"))]);
}

#[tokio::test]
async fn log_probabilities_of_mistral_are_read() {
    let mut request = plain();
    request.sampling.logprobs = Some(0);
    let sent = body(model("mistral/mistral-large-4"), &request).await;
    assert_eq!((&sent["logprobs"], sent.get("top_logprobs")), (&json!(true), None));
    let token =
        json!({"token": "hi", "bytes": [104, 105], "token_id": 7, "logprob": -0.5, "top_logprobs": null});
    let answer = json!({"choices": [{"message": {"content": "hi"}, "logprobs": {"content": [token]}}]});
    let response = reply(model("mistral/mistral-large-4"), &answer).await.expect("a reply");
    assert_eq!((response.logprobs[0].token.as_str(), response.logprobs[0].top.len()), ("hi", 0));
}
