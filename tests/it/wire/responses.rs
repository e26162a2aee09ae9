//! OpenAI's Responses.

use dspy::ErrorKind;
use dspy::lm::{Effort, FinishReason, LanguageModel, OpenAiResponses, ToolChoice};
use serde_json::{Value, json};

use super::*;

fn model(url: &str) -> OpenAiResponses {
    let id = "openai-responses/gpt-5.1".parse().expect("a name");
    OpenAiResponses::at(id, &format!("{url}/v1")).expect("an address")
}

#[tokio::test]
async fn only_what_was_set_is_sent_and_all_of_it() {
    let input = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}]);
    assert_eq!(body(model, &plain()).await, json!({"model": "gpt-5.1", "input": input}));
    let mut request = plain();
    request.sampling = sampled();
    (request.sampling.seed, request.sampling.stop) = (None, Vec::new());
    (request.sampling.logprobs, request.sampling.reasoning_effort) = (Some(3), Some(Effort::None));
    request.format = format();
    request.tool_choice = Some(ToolChoice::Required);
    assert_eq!(
        body(|url| model(url).store(false).reasoning_summary(), &request).await,
        json!({
            "model": "gpt-5.1", "input": input,
            "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 64, "top_logprobs": 3,
            "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
            "reasoning": {"effort": "none", "summary": "auto"},
            "text": {"format": {"type": "json_schema", "name": "Size", "schema": schema(), "strict": true}},
            "tool_choice": "required", "store": false,
        })
    );
    let mut request = plain();
    request.sampling.seed = Some(1);
    let error = model("http://127.0.0.1:1").complete(&request).await.expect_err("no seed");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

fn answer() -> Value {
    json!({
        "id": "resp_1", "object": "response", "status": "completed", "error": null, "model": "gpt-5.1-2026",
        "incomplete_details": null,
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "…"},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [
                {"type": "output_text", "text": "ét", "annotations": [], "logprobs": [
                    {"token": "ét", "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": -1.0}]},
                ]},
            ]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find_parcel", "arguments": "{\"number\": 7}"},
        ],
        "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 8,
            "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 18},
    })
}

fn assert_whole(response: &Response) {
    assert_eq!((response.text.as_str(), &response.finish), ("ét", &FinishReason::ToolCalls));
    assert_eq!(response.reasoning.as_ref().map(|thoughts| thoughts.text.as_str()), Some("hm"));
    assert_eq!(response.logprobs[0].top[0].token, "a");
    let usage = response.usage;
    assert_eq!((usage.input_tokens, usage.cached_input_tokens), (10, 4));
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (8, 3));
}

#[tokio::test]
async fn a_reply_is_read_whole_and_goes_back_with_its_reasoning() {
    let asked = reply(model, &answer()).await.expect("a reply");
    assert_whole(&asked);
    let sent = body(model, &with_tools(&asked)).await;
    assert_eq!(
        sent["input"],
        json!([
            {"role": "user", "content": "Where are parcels 7 and 8?"},
            answer()["output"][0],
            {"role": "assistant", "content": "ét"},
            {"type": "function_call", "call_id": "c1", "name": "find_parcel", "arguments": "{\"number\":7}"},
            {"type": "function_call_output", "call_id": "c1", "output": "Lyon"},
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{"type": "function", "name": "find_parcel", "description": "Says where a parcel is.",
            "parameters": parameters(), "strict": false}])
    );
}

#[tokio::test]
async fn images_are_parts() {
    let url = format!("data:image/png;base64,{PNG}");
    assert_eq!(
        body(model, &shown()).await["input"][0]["content"],
        json!([{"type": "input_text", "text": "What is this? "}, {"type": "input_image", "image_url": url}])
    );
}

fn stream() -> Vec<Value> {
    vec![
        json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}),
        json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "delta": "hm"}),
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "delta": "é", "logprobs": []}),
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "delta": "t"}),
        json!({"type": "response.function_call_arguments.delta", "delta": "{"}),
        json!({"type": "response.completed", "response": answer()}),
    ]
}

#[tokio::test]
async fn a_stream_ends_with_the_whole() {
    let (texts, thoughts, response) = streamed(model, &events(&stream())).await.expect("a reply");
    assert_eq!((texts, thoughts), (vec!["é".to_owned(), "t".into()], vec!["hm".to_owned()]));
    assert_whole(&response);
    no_beginning_is_a_reply(model, &stream()).await;
    let other = json!({"type": "response.output_text.delta", "delta": "other"});
    let error = streamed(model, &events(&[other, stream()[5].clone()])).await.expect_err("another text");
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn what_is_no_reply_is_an_error_of_its_class() {
    let whole = |status: &str, more: Value| {
        let mut answer = json!({"status": status, "output": []});
        answer.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        answer
    };
    let cut = whole("incomplete", json!({"incomplete_details": {"reason": "max_output_tokens"}}));
    assert_eq!(reply(model, &cut).await.expect("a reply").finish, FinishReason::Length);
    let failed = whole("failed", json!({"error": {"code": "rate_limit_exceeded", "message": "slow"}}));
    assert_eq!(reply(model, &failed).await.expect_err("it failed").kind(), ErrorKind::RateLimit);
    let failed = json!({"type": "response.failed", "response": failed});
    assert_eq!(
        streamed(model, &events(&[failed])).await.expect_err("it failed").kind(),
        ErrorKind::RateLimit
    );
    let running = whole("in_progress", json!({}));
    assert_eq!(reply(model, &running).await.expect_err("not yet").kind(), ErrorKind::Decode);
    let refused = json!({"status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]});
    assert_eq!(reply(model, &refused).await.expect_err("refused").kind(), ErrorKind::ContentFilter);
    let empty = json!({"error": {"code": "insufficient_quota", "message": "pay"}});
    assert_eq!(error(model, 429, &empty).await.kind(), ErrorKind::Billing);
}
