//! Why replies end: only what is known to mean a whole one is a value, whatever the wire.

use dspy::lm::{Anthropic, Bedrock, Gemini, LanguageModel, OpenAi, OpenAiResponses, ToolSpec};
use dspy::{Context, Error, ErrorKind, Lm, Predict, Result, signature};
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::{events, plain, reply};

/// Name the capital.
#[signature]
#[derive(Debug)]
pub struct Capital {
    #[input]
    pub country: String,
    /// Its name, and a word about it.
    #[output]
    pub answer: String,
}

/// What every wire carries here: any beginning of it could be read as a whole answer.
const TEXT: &str = "[[ ## answer ## ]]\nParis, which is not Lyon.";

/// Makes the model of a wire at an address.
pub type Make = fn(&str) -> Lm;

pub fn chat(url: &str) -> Lm {
    OpenAi::at("acme/m".parse().expect("a name"), &format!("{url}/v1")).expect("an address").into()
}

pub fn responses(url: &str) -> Lm {
    let id = "openai-responses/gpt-5.1".parse().expect("a name");
    OpenAiResponses::at(id, &format!("{url}/v1")).expect("an address").into()
}

pub fn anthropic(url: &str) -> Lm {
    Anthropic::at("anthropic/claude-opus-4-8".parse().expect("a name"), url).expect("an address").into()
}

pub fn gemini(url: &str) -> Lm {
    let id = "gemini/gemini-2.5-flash".parse().expect("a name");
    Gemini::at(id, &format!("{url}/v1beta")).expect("an address").into()
}

pub fn bedrock(url: &str) -> Lm {
    Bedrock::at("bedrock/amazon.nova-pro-v1:0".parse().expect("a name"), url).expect("an address").into()
}

fn chat_body(reason: Value) -> Value {
    json!({"choices": [{"index": 0, "finish_reason": reason, "message": {"content": TEXT}}]})
}

fn responses_body(reason: &str) -> Value {
    let output = json!([{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}]);
    let status = |status: &str, reason: Value| json!({"status": status, "output": output, "incomplete_details": reason});
    match reason.strip_prefix("incomplete/") {
        Some(reason) => status("incomplete", json!({"reason": reason})),
        None => status(reason, Value::Null),
    }
}

fn anthropic_body(reason: &str) -> Value {
    json!({"type": "message", "content": [{"type": "text", "text": TEXT}], "stop_reason": reason})
}

fn gemini_body(reason: &str) -> Value {
    json!({"candidates": [{"content": {"parts": [{"text": TEXT}]}, "finishReason": reason}]})
}

fn bedrock_body(reason: &str) -> Value {
    json!({"output": {"message": {"content": [{"text": TEXT}]}}, "stopReason": reason})
}

async fn ask(lm: Lm) -> Result<String> {
    let input = CapitalInput { country: "France".into() };
    let asked =
        Predict::<Capital>::new().adapter(dspy::adapter::ChatAdapter).call(&Context::new(lm), input).await;
    asked.map(|reply| reply.answer.clone())
}

/// What a predictor makes of a body.
async fn of_body(make: Make, body: Value) -> Result<String> {
    let wire = Wire::start(move |_| Canned::json(200, &body)).await;
    ask(make(&wire.url())).await
}

/// What a model makes of a stream.
async fn of_stream(make: Make, text: &str) -> Result<String> {
    let text = text.to_owned();
    let wire = Wire::start(move |_| Canned::events(&text)).await;
    let (lm, request) = (make(&wire.url()), plain());
    let chunks: Vec<_> = futures_util::StreamExt::collect(lm.model().stream(&request)).await;
    match chunks.into_iter().next_back().expect("a chunk")? {
        dspy::lm::Chunk::End(response) => Ok(response.text),
        part => panic!("a stream without an end: {part:?}"),
    }
}

#[derive(Debug, PartialEq)]
enum End {
    Whole,
    /// An error of this class, in whose text this stands.
    Fails(ErrorKind, &'static str),
}

use End::{Fails, Whole};

#[tokio::test]
async fn only_what_is_known_to_be_whole_is_a_value() {
    use ErrorKind::{Cancelled, ContentFilter, Decode, Parse, Server};
    let unknown = |word: &'static str| (word, Fails(Parse, word));
    let cut = |word: &'static str| (word, Fails(Parse, "the token limit cut the reply off"));
    let withheld = |word: &'static str| (word, Fails(ContentFilter, "withheld"));
    let failed = |word: &'static str, kind| (word, Fails(kind, word));
    let chat_words = vec![
        ("stop", Whole),
        ("eos", Whole),
        ("STOP", Whole),
        ("", Whole),
        cut("length"),
        cut("max_tokens"),
        cut("MAX_TOKENS"),
        cut("model_length"),
        withheld("content_filter"),
        withheld("SAFETY"),
        failed("error", Server),
        failed("abort", Server),
        failed("insufficient_system_resource", Server),
        failed("MALFORMED_FUNCTION_CALL", Parse),
        unknown("pause_turn"),
        unknown("load_shed"),
    ];
    let responses_words = vec![
        ("completed", Whole),
        cut("incomplete/max_output_tokens"),
        withheld("incomplete/content_filter"),
        ("incomplete/steered_away", Fails(Parse, "steered_away")),
        unknown("incomplete"),
        unknown("expired"),
        failed("failed", Server),
        failed("cancelled", Cancelled),
        ("queued", Fails(Decode, "it is queued")),
    ];
    let anthropic_words = vec![
        ("end_turn", Whole),
        ("stop_sequence", Whole),
        cut("max_tokens"),
        cut("model_context_window_exceeded"),
        withheld("refusal"),
        unknown("pause_turn"),
        unknown("compaction"),
    ];
    let gemini_words = vec![
        ("STOP", Whole),
        cut("MAX_TOKENS"),
        withheld("SAFETY"),
        withheld("LANGUAGE"),
        withheld("MODEL_ARMOR"),
        withheld("IMAGE_PROHIBITED_CONTENT"),
        failed("MALFORMED_FUNCTION_CALL", Parse),
        unknown("OTHER"),
        unknown("CONTINUATION"),
        unknown("ESCALATION"),
    ];
    let bedrock_words = vec![
        ("end_turn", Whole),
        cut("max_tokens"),
        withheld("guardrail_intervened"),
        failed("malformed_tool_use", Parse),
        failed("malformed_model_output", Parse),
        unknown("pause_turn"),
    ];
    let chat_of = |word: &str| chat_body(word.into());
    check(chat, chat_of, chat_words).await;
    check(responses, responses_body, responses_words).await;
    check(anthropic, anthropic_body, anthropic_words).await;
    check(gemini, gemini_body, gemini_words).await;
    check(bedrock, bedrock_body, bedrock_words).await;
    assert_eq!(
        of_body(chat, chat_body(Value::Null)).await.expect("a body is whole"),
        "Paris, which is not Lyon."
    );
}

async fn check(make: Make, body: impl Fn(&str) -> Value, words: Vec<(&'static str, End)>) {
    for (word, end) in words {
        let came = of_body(make, body(word)).await;
        match (&came, &end) {
            (Ok(answer), Whole) => assert_eq!(answer, "Paris, which is not Lyon.", "{word}"),
            (Err(error), Fails(kind, says)) => {
                assert!(error.kind() == *kind && error.to_string().contains(says), "{word}: {error:?}");
            }
            _ => panic!("{word}: {came:?} is not {end:?}"),
        }
    }
}

#[tokio::test]
async fn an_error_inside_a_choice_is_of_its_class() {
    for (error, kind) in [
        (json!({"code": 502, "message": "upstream is down"}), ErrorKind::Server),
        (json!({"code": 429, "message": "slow down"}), ErrorKind::RateLimit),
        (json!({"code": "content_filter", "message": "no"}), ErrorKind::ContentFilter),
    ] {
        let mut body = chat_body("error".into());
        body["choices"][0]["error"] = error.clone();
        assert_eq!(of_body(chat, body).await.expect_err("it failed").kind(), kind);
        let mut event =
            json!({"choices": [{"index": 0, "delta": {"content": "Par"}, "finish_reason": "error"}]});
        event["choices"][0]["error"] = error;
        assert_eq!(of_stream(chat, &events(&[event])).await.expect_err("it failed").kind(), kind);
    }
    let beside =
        json!({"object": "error", "message": "the engine died", "type": "server_error", "code": 500});
    let error = of_body(chat, beside.clone()).await.expect_err("it failed");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(500)));
    let error = of_stream(chat, &events(&[beside])).await.expect_err("it failed");
    assert!(error.to_string().contains("the engine died"), "{error}");
}

#[tokio::test]
async fn a_whole_reply_without_a_word_for_its_end_is_kept() {
    for reason in [json!(""), Value::Null, json!("EOS")] {
        let body = chat_body(reason);
        let wire = Wire::start(move |_| Canned::json(200, &body)).await;
        let cached = dspy::cache::Cached::new(chat(&wire.url()), &dspy::cache::Cache::memory(1 << 20));
        for _ in 0..2 {
            cached.complete(&plain()).await.expect("a reply");
        }
        assert_eq!(wire.count(), 1, "the second is a hit");
    }
}

#[tokio::test]
async fn what_further_replies_end_with_is_theirs() {
    let mut body = chat_body("stop".into());
    let choices = body["choices"].as_array_mut().expect("a list");
    choices.push(json!({"index": 1, "finish_reason": "error", "message": {"content": "Par"}}));
    choices.push(
        json!({"index": 2, "finish_reason": "stop", "error": {"code": 502}, "message": {"content": "L"}}),
    );
    let model = |url: &str| OpenAi::at("acme/m".parse().expect("a name"), url).expect("an address");
    let response = reply(model, &body).await.expect("the first is whole");
    let other = dspy::lm::FinishReason::Other("error".to_owned());
    assert!(response.others.iter().all(|choice| choice.finish == other), "{response:?}");
}

fn part(text: &str, finish: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})
}

#[tokio::test]
async fn a_stream_without_its_reason_to_end_is_cut() {
    let empty = || json!("");
    for (wrong, text) in [
        ("no word before `[DONE]`", events(&[part("Paris", Value::Null)]) + "data: [DONE]\n\n"),
        ("empty words", events(&[part("Par", empty()), part("is", empty())]) + "data: [DONE]\n\n"),
        ("empty words and no more", events(&[part("Paris", empty())])),
        ("nothing but an end", "data: [DONE]\n\n".to_owned()),
    ] {
        let error = of_stream(chat, &text).await.expect_err(wrong);
        assert!(error.is_retryable() && error.kind() == ErrorKind::Transport, "{wrong}: {error:?}");
    }
    let ended = events(&[part("Par", empty()), part("is", empty()), part("", json!("stop"))]);
    assert_eq!(of_stream(chat, &ended).await.expect("a whole reply"), "Paris");
    let second = |finish: Value| json!({"choices": [{"index": 1, "delta": {"content": "Ly"}, "finish_reason": finish}]});
    let cut = events(&[second(Value::Null), part("Paris", json!("stop"))]);
    of_stream(chat, &cut).await.expect_err("the second reply is cut");
    let whole = events(&[second(json!("stop")), part("Paris", json!("stop"))]);
    assert_eq!(of_stream(chat, &whole).await.expect("both are whole"), "Paris");
}

#[tokio::test]
async fn a_stream_that_goes_on_after_its_end_is_none() {
    for after in [part(" and Lyon", Value::Null), part(" and Lyon", json!("stop")), part("", json!("length"))]
    {
        let error = of_stream(chat, &events(&[part("Paris", json!("stop")), after])).await.expect_err("more");
        assert!(error.kind() == ErrorKind::Decode && !error.is_retryable(), "{error:?}");
    }
    let candidate = |text: &str| json!({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}]});
    of_stream(gemini, &events(&[candidate("Par"), candidate("is")])).await.expect_err("more");
    let stop = json!({"type": "message_stop"});
    let begun =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Par"}});
    of_stream(anthropic, &events(&[begun, stop])).await.expect_err("it has no reason to end");
}

#[tokio::test]
async fn an_error_line_in_a_stream_is_an_error() {
    let said = r#"{"code": 503, "message": "out of memory", "type": "unavailable_error"}"#;
    for line in [
        format!("error: {said}\n\ndata: [DONE]\n\n"),
        format!("event: error\ndata: {said}\n\n"),
        format!("data: {{\"error\": {said}}}\n\n"),
    ] {
        for before in
            ["", "data: {\"choices\": [{\"delta\": {\"content\": \"Par\"}, \"finish_reason\": null}]}\n\n"]
        {
            let error = of_stream(chat, &format!("{before}{line}")).await.expect_err("it failed");
            assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(503)), "{line}");
        }
    }
}

#[tokio::test]
async fn events_of_nothing_are_no_error() {
    let whole = events(&[part("Paris", json!("stop"))]);
    for before in ["data:\n\n", ": ping\ndata: \n\n", "data:\r\n\r\n: OPENROUTER PROCESSING\n\n"] {
        assert_eq!(
            of_stream(chat, &format!("{before}{whole}")).await.expect("a reply"),
            "Paris",
            "{before:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_get_better_is_not_asked_for_again() {
    let settled = |error: &Error| error.kind() == ErrorKind::Decode && !error.is_retryable();
    let mut body = chat_body("stop".into());
    body["choices"][0].as_object_mut().expect("an object").remove("message");
    let error = of_body(chat, body).await.expect_err("no message");
    assert!(settled(&error), "{error:?}");
    let odd = json!({"choices": [{"finish_reason": "stop", "message": {"content": 7}}]});
    assert!(settled(&of_body(chat, odd).await.expect_err("a number")));
    let odd = json!({"candidates": [{"content": {"parts": "Paris"}, "finishReason": "STOP"}]});
    assert!(settled(&of_body(gemini, odd).await.expect_err("no parts")));
    // Something else may have answered, and nothing of a reply was paid for.
    for other in [json!("upstream timeout"), json!([]), json!({"message": "no healthy upstream"})] {
        assert!(of_body(chat, other).await.expect_err("no reply").is_retryable());
    }
}

#[tokio::test]
async fn a_reply_is_none_the_worse_for_what_stands_beside_it() {
    for usage in [
        json!({"prompt_tokens": -1, "completion_tokens": 5, "total_tokens": 15}),
        json!({"prompt_tokens": null, "completion_tokens": 5.0}),
        json!({"prompt_tokens": 7.5, "completion_tokens": 5, "prompt_tokens_details": "none"}),
        json!({"prompt_tokens": u64::MAX, "completion_tokens": 5, "total_tokens": u64::MAX}),
    ] {
        let mut body = chat_body("stop".into());
        body["usage"] = usage.clone();
        body["choices"][0]["message"]["refusal"] = json!("");
        (body["id"], body["choices"][0]["logprobs"]) =
            (json!(7), json!({"content": [{"token": "P", "logprob": null}]}));
        let model = |url: &str| OpenAi::at("acme/m".parse().expect("a name"), url).expect("an address");
        let response = reply(model, &body).await.expect("a reply");
        assert_eq!((response.text.as_str(), response.usage.calls), (TEXT, 1));
        assert_eq!((response.usage.input_tokens, response.usage.output_tokens), (0, 5), "{usage}");
    }
    let odd = json!({"input_tokens": -3, "inputTokens": -3, "promptTokenCount": -3, "output_tokens": null,
        "outputTokens": null, "candidatesTokenCount": null});
    let bodies: [(Make, Value, &str); 4] = [
        (responses, responses_body("completed"), "usage"),
        (anthropic, anthropic_body("end_turn"), "usage"),
        (gemini, gemini_body("STOP"), "usageMetadata"),
        (bedrock, bedrock_body("end_turn"), "usage"),
    ];
    for (make, body, name) in bodies {
        for usage in [odd.clone(), json!("none"), Value::Null] {
            let mut body = body.clone();
            body[name] = usage;
            assert_eq!(of_body(make, body).await.expect("a reply"), "Paris, which is not Lyon.");
        }
    }
}

#[tokio::test]
async fn a_message_that_is_missing_may_have_been_cut_off() {
    let gone = |finish: &str| json!({"choices": [{"finish_reason": finish}]});
    let error = of_body(chat, gone("length")).await.expect_err("cut off");
    assert!(error.to_string().contains("raise `max_tokens`"), "{error}");
    let error = of_body(chat, json!({"choices": [{"finish_reason": "length", "message": null}]})).await;
    assert!(error.expect_err("cut off").to_string().contains("raise `max_tokens`"));
    let error = of_body(chat, gone("content_filter")).await.expect_err("withheld");
    assert_eq!(error.kind(), ErrorKind::ContentFilter);
}

#[tokio::test]
async fn a_model_of_text_that_is_shown_an_image_is_told_and_not_tried_again() {
    let llamacpp =
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj";
    for (status, message) in [
        (500, llamacpp),
        (
            500,
            "audio input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        ),
        (400, "m is not a multimodal model"),
        (404, "No endpoints found that support image input"),
        (400, "Invalid content type. image_url is only supported by certain models."),
    ] {
        let answer = json!({"error": {"code": status, "message": message, "type": "server_error"}});
        let wire = Wire::start(move |_| Canned::json(status, &answer)).await;
        let lm = Lm::from(dspy::lm::Retry::new(chat(&wire.url())));
        let error = lm.model().complete(&super::shown()).await.expect_err("it takes text alone");
        assert_eq!(
            (error.kind(), error.retries(), wire.count()),
            (ErrorKind::Unsupported, 0, 1),
            "{message}"
        );
    }
    // The words of the request that failed well may name images.
    let busy =
        json!({"error": {"code": 503, "message": "the image encoder is busy", "type": "server_error"}});
    assert_eq!(
        super::error(
            |url| OpenAi::at("acme/m".parse().expect("a name"), url).expect("an address"),
            503,
            &busy
        )
        .await
        .kind(),
        ErrorKind::Server
    );
}

#[tokio::test]
async fn usage_of_one_reply_among_several_is_a_lower_bound() {
    let model = |url: &str| OpenAi::at("llamacpp/m".parse().expect("a name"), url).expect("an address");
    let choice =
        |index: usize| json!({"index": index, "finish_reason": "stop", "message": {"content": "Paris"}});
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15});
    let body = |choices: usize, timings: Value| {
        let choices: Vec<Value> = (0..choices).map(choice).collect();
        json!({"choices": choices, "usage": usage, "timings": timings})
    };
    let timings = json!({"predicted_n": 5});
    for (choices, timings, lower_bound) in
        [(3, timings.clone(), 1), (1, timings.clone(), 0), (3, Value::Null, 0)]
    {
        let spent = reply(model, &body(choices, timings)).await.expect("a reply").usage;
        assert_eq!((spent.partly_counted, spent.output_tokens), (lower_bound, 5), "{spent}");
        assert_eq!(spent.to_string().contains("at least 5 out"), lower_bound == 1, "{spent}");
    }
    // In a stream each reply is counted by itself, and the counts are added up.
    let part = |index: usize| json!({"choices": [{"index": index, "delta": {"content": "Paris"}, "finish_reason": "stop"}]});
    let counted = |tokens: u64| {
        json!({"choices": [], "timings": timings, "usage": {
        "prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}})
    };
    for (counts, output, lower_bound) in [(vec![5, 7, 9], 21, 0), (vec![5], 5, 1), (vec![5, 7], 7, 1)] {
        let mut data = vec![part(0), part(1), part(2)];
        data.extend(counts.into_iter().map(counted));
        let (_, _, response) =
            super::streamed(model, &(events(&data) + "data: [DONE]\n\n")).await.expect("replies");
        assert_eq!((response.usage.output_tokens, response.usage.partly_counted), (output, lower_bound));
    }
}

#[tokio::test]
async fn tools_without_arguments_say_so() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Nothing {}

    let now = |_: Nothing| std::future::ready(Ok::<_, String>("noon"));
    let closure = dspy::tool::ToolFn::new("now", "Says the time.", now).expect("a tool");
    let of = |parameters: Value| ToolSpec::new("now", "Says the time.", parameters);
    let tools = [
        ToolSpec::from(&closure),
        // As servers of MCP list them.
        of(json!({"type": "object"})),
        of(json!({})),
        of(json!({"type": "object", "properties": null})),
        of(Value::Null),
    ];
    let sent: [(Make, &str); 5] = [
        (chat, "/tools/0/function/parameters"),
        (responses, "/tools/0/parameters"),
        (anthropic, "/tools/0/input_schema"),
        (gemini, "/tools/0/functionDeclarations/0/parametersJsonSchema"),
        (bedrock, "/toolConfig/tools/0/toolSpec/inputSchema/json"),
    ];
    for tool in tools {
        let mut request = plain();
        request.tools = vec![tool];
        for (make, place) in sent {
            let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
            let _ = make(&wire.url()).model().complete(&request).await;
            let body = wire.last().body;
            let parameters = body.pointer(place).expect(place);
            assert_eq!(
                (&parameters["type"], &parameters["properties"]),
                (&json!("object"), &json!({})),
                "{place}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_policy_refuses_is_never_tried_again() {
    for (code, kind) in [
        ("bio_policy", ErrorKind::ContentFilter),
        ("misalignment_policy_violation", ErrorKind::ContentFilter),
        ("image_content_policy_violation", ErrorKind::ContentFilter),
        ("cyber_policy", ErrorKind::ContentFilter),
        ("invalid_prompt", ErrorKind::InvalidRequest),
        ("invalid_image_url", ErrorKind::InvalidRequest),
        ("image_too_large", ErrorKind::InvalidRequest),
        ("failed_to_download_image", ErrorKind::InvalidRequest),
        ("server_error", ErrorKind::Server),
    ] {
        let failed = json!({"status": "failed", "error": {"code": code, "message": "no"}, "output": []});
        let ended = events(&[json!({"type": "response.failed", "response": failed})]);
        for error in [
            of_body(responses, failed).await.expect_err("it failed"),
            of_stream(responses, &ended).await.expect_err("it failed"),
        ] {
            assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{error}");
            assert_eq!(error.is_retryable(), kind == ErrorKind::Server, "{code}");
        }
    }
    let invalid = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}});
    let error = of_stream(anthropic, &events(&[invalid])).await.expect_err("it failed");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}
