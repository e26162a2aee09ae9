//! Turns of an agent go back to each provider as they came.

use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::Context;
use dspy::lm::{
    Anthropic, Bedrock, Effort, Gemini, LanguageModel, Message, OpenAi, OpenAiResponses, Reasoning,
};
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::*;
use crate::agent::{agent, question};

/// The bodies that an agent sends whose model answers so in its turns.
async fn sent<M: LanguageModel + 'static>(make: impl FnOnce(&str) -> M, answers: [Value; 3]) -> Vec<Value> {
    let turn = AtomicUsize::new(0);
    let wire =
        Wire::start(move |_| Canned::json(200, &answers[turn.fetch_add(1, Ordering::SeqCst).min(2)])).await;
    let cx = Context::new(make(&wire.url()));
    let reply = agent().call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.trajectory.len()), ("Lyon", 2));
    let bodies: Vec<Value> = wire.all().into_iter().map(|came| came.body).collect();
    assert_eq!(bodies.len(), 3);
    bodies
}

/// The turns of the model in a list of messages.
fn own<'a>(messages: &'a Value, role: &str) -> Vec<&'a Value> {
    messages.as_array().expect("a list").iter().filter(|message| message["role"] == role).collect()
}

fn anthropic(url: &str) -> Anthropic {
    Anthropic::at("anthropic/claude-opus-5-5".parse().expect("a name"), url)
        .expect("an address")
        .adaptive_thinking()
}

fn responses(url: &str) -> OpenAiResponses {
    OpenAiResponses::at("openai-responses/gpt-6-sol".parse().expect("a name"), &format!("{url}/v1"))
        .expect("an address")
}

fn bedrock(url: &str) -> Bedrock {
    Bedrock::at("bedrock/us.anthropic.claude-opus-5-5".parse().expect("a name"), url)
        .expect("an address")
        .tools(true)
}

fn gemini(url: &str) -> Gemini {
    Gemini::at("gemini/gemini-3.7-flash".parse().expect("a name"), &format!("{url}/v1beta"))
        .expect("an address")
}

fn chat(id: &'static str) -> impl Fn(&str) -> OpenAi + Copy {
    super::chat::model(id)
}

fn submit() -> Value {
    json!({"word": "Lyon", "sure": 9})
}

fn thinking() -> [Value; 2] {
    let thought =
        |text: &str| json!({"type": "thinking", "thinking": text, "signature": format!("sig-{text}")});
    let call = |id: &str, name: &str, input: Value| json!({"type": "tool_use", "id": id, "name": name, "input": input});
    [
        json!([
            thought("a"), {"type": "text", "text": "Let me look."}, call("t1", "find_parcel", json!({"number": 7})),
            thought("b"), call("t2", "clock", json!({})),
        ]),
        json!([
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
            {"type": "redacted_thinking", "data": "sealed"}, call("t3", "clock", json!({})),
        ]),
    ]
}

#[tokio::test]
async fn thoughts_stay_between_the_calls_of_claude() {
    let [first, second] = thinking();
    let third = json!([{"type": "tool_use", "id": "t4", "name": "submit", "input": submit()}]);
    let answer = |content: &Value| json!({"content": content, "stop_reason": "tool_use"});
    let bodies = sent(anthropic, [answer(&first), answer(&second), answer(&third)]).await;
    let turns = own(&bodies[1]["messages"], "assistant");
    assert_eq!(turns.iter().map(|turn| &turn["content"]).collect::<Vec<_>>(), [&first]);
    let turns = own(&bodies[2]["messages"], "assistant");
    assert_eq!(turns.iter().map(|turn| &turn["content"]).collect::<Vec<_>>(), [&first, &second]);
}

/// A turn as the events of a stream, in parts.
fn streamed_blocks(blocks: &Value) -> Vec<Value> {
    let mut data = vec![json!({"type": "message_start", "message": {}})];
    for (index, block) in blocks.as_array().expect("blocks").iter().enumerate() {
        let mut began = block.clone();
        let mut deltas = Vec::new();
        match block["type"].as_str() {
            Some("text") => {
                let text = block["text"].as_str().expect("text");
                began["text"] = "".into();
                deltas.extend(
                    text.split_inclusive(' ').map(|part| json!({"type": "text_delta", "text": part})),
                );
                for citation in block["citations"].as_array().into_iter().flatten() {
                    deltas.push(json!({"type": "citations_delta", "citation": citation}));
                }
            }
            Some("thinking") => {
                (began["thinking"], began["signature"]) = ("".into(), "".into());
                deltas.push(json!({"type": "thinking_delta", "thinking": block["thinking"]}));
                deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
            }
            Some("tool_use" | "server_tool_use") => {
                began["input"] = json!({});
                deltas.push(json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}));
            }
            _ => {}
        }
        data.push(json!({"type": "content_block_start", "index": index, "content_block": began}));
        let delta = |delta| json!({"type": "content_block_delta", "index": index, "delta": delta});
        data.extend(deltas.into_iter().map(delta));
        data.push(json!({"type": "content_block_stop", "index": index}));
    }
    data.push(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}));
    data.push(json!({"type": "message_stop"}));
    data
}

#[tokio::test]
async fn a_streamed_turn_of_claude_goes_back_as_it_would_have_come_whole() {
    let [mut first, second] = thinking();
    first[1]["citations"] = json!([{"type": "char_location", "cited_text": "x"}]);
    for blocks in [first, second] {
        let (.., response) = streamed(anthropic, &events(&streamed_blocks(&blocks))).await.expect("a reply");
        let sent = body(anthropic, &with_tools(&response)).await;
        assert_eq!(sent["messages"][1]["content"], blocks);
    }
}

#[tokio::test]
async fn thoughts_stay_between_the_calls_at_bedrock() {
    let thought =
        |text: &str| json!({"reasoningContent": {"reasoningText": {"text": text, "signature": "sig"}}});
    let call = |id: &str, name: &str, input: Value| json!({"toolUse": {"toolUseId": id, "name": name, "input": input}});
    let first = json!([
        thought("a"), {"text": "Let me look."}, call("b1", "find_parcel", json!({"number": 7})), thought("b"),
        call("b2", "clock", json!({})),
    ]);
    let second = json!([
        {"toolUse": {"toolUseId": "s1", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}},
        {"citationsContent": {"content": [{"text": "It is "}, {"text": "noon."}], "citations": []}},
        {"reasoningContent": {"redactedContent": "sealed"}}, call("b3", "clock", json!({})),
    ]);
    let third = json!([call("b4", "submit", submit())]);
    let answer = |content: &Value| json!({"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "tool_use"});
    let bodies = sent(bedrock, [answer(&first), answer(&second), answer(&third)]).await;
    let turns = own(&bodies[2]["messages"], "assistant");
    assert_eq!(turns.iter().map(|turn| &turn["content"]).collect::<Vec<_>>(), [&first, &second]);

    let response = reply(bedrock, &answer(&second)).await.expect("a reply");
    assert_eq!(
        (response.text.as_str(), response.tool_calls.len()),
        ("It is noon.", 1),
        "the server's call is its own"
    );
}

#[tokio::test]
async fn items_of_responses_keep_their_phase_and_order() {
    let thought =
        |id: &str| json!({"type": "reasoning", "id": id, "summary": [], "encrypted_content": "sealed"});
    let message = |id: &str, phase: &str, text: &str| {
        json!({"type": "message", "id": id, "role": "assistant", "status": "completed", "phase": phase,
            "content": [{"type": "output_text", "text": text, "annotations": []}]})
    };
    let call = |id: &str, name: &str, arguments: Value| {
        json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
            "arguments": arguments.to_string(), "status": "completed"})
    };
    let first = json!([
        thought("rs_1"),
        message("msg_1", "commentary", "I look."),
        call("c1", "find_parcel", json!({"number": 7})),
        thought("rs_2"),
        call("c2", "clock", json!({})),
    ]);
    let second = json!([message("msg_2", "final_answer", "Lyon?"), call("c3", "clock", json!({}))]);
    let third = json!([call("c4", "submit", submit())]);
    let answer = |output: &Value| json!({"status": "completed", "output": output});
    let answers = || [answer(&first), answer(&second), answer(&third)];
    let by_chat = |url: &str| chat("openai/gpt-6-sol")(url);
    for bodies in [sent(responses, answers()).await, sent(by_chat, answers()).await] {
        let input = bodies[2]["input"].as_array().expect("items");
        let first_at = input.iter().position(|item| item["type"] == "reasoning").expect("it goes back");
        let end = first_at + 5;
        assert_eq!(input[first_at..end], first.as_array().expect("items")[..]);
        let answered: Vec<_> = input[end..end + 2].iter().map(|item| &item["call_id"]).collect();
        assert_eq!(answered, ["c1", "c2"]);
        assert_eq!(input[end + 2..end + 4], second.as_array().expect("items")[..]);
    }
}

#[tokio::test]
async fn what_is_said_on_the_way_is_no_part_of_the_answer() {
    let message = |phase: Value, text: &str| json!({"type": "message", "phase": phase, "content": [{"type": "output_text", "text": text}]});
    let output = json!([message(json!("commentary"), "I look."), message(json!("final_answer"), "Lyon")]);
    let answer = json!({"status": "completed", "output": output});
    let response = reply(responses, &answer).await.expect("a reply");
    assert_eq!(response.text, "Lyon");
    assert_eq!(response.reasoning.as_ref().map(|aside| aside.text.as_str()), Some("I look."));

    let begun = |index: u64, phase: Value| json!({"type": "response.output_item.added", "output_index": index, "item": {"type": "message", "phase": phase}});
    let delta = |index: u64, text: &str| json!({"type": "response.output_text.delta", "output_index": index, "delta": text});
    let end = json!({"type": "response.completed", "response": answer});
    let told = [
        begun(0, json!("commentary")),
        delta(0, "I look."),
        begun(1, Value::Null),
        delta(1, "Lyon"),
        end.clone(),
    ];
    let (texts, asides, response) = streamed(responses, &events(&told)).await.expect("a reply");
    assert_eq!(
        (texts.concat().as_str(), asides.concat().as_str(), response.text.as_str()),
        ("Lyon", "I look.", "Lyon")
    );
    let not_told = [delta(0, "I look."), delta(1, "Lyon"), end];
    let (.., response) = streamed(responses, &events(&not_told)).await.expect("the end tells it");
    assert_eq!(response.text, "Lyon");
}

#[tokio::test]
async fn parts_of_gemini_keep_their_signatures_and_order() {
    let call = |name: &str, args: Value, signature: &str| json!({"functionCall": {"name": name, "args": args}, "thoughtSignature": signature});
    let first = json!([
        call("find_parcel", json!({"number": 7}), "s1"), {"text": "And the time."}, call("clock", json!({}), "s2"),
    ]);
    let second = json!([{"text": "Noon.", "thoughtSignature": "s3"}, call("clock", json!({}), "s4")]);
    let third = json!([call("submit", submit(), "s5")]);
    let answer = |parts: &Value| {
        let mut all = vec![json!({"text": "hm", "thought": true})];
        all.extend(parts.as_array().expect("parts").iter().cloned());
        json!({"candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": all}}]})
    };
    let bodies = sent(gemini, [answer(&first), answer(&second), answer(&third)]).await;
    let turns = own(&bodies[2]["contents"], "model");
    assert_eq!(turns.iter().map(|turn| &turn["parts"]).collect::<Vec<_>>(), [&first, &second]);

    let part = |part: Value| json!({"candidates": [{"content": {"parts": [part]}}]});
    let parts = [
        part(json!({"text": "No"})),
        part(json!({"text": "on."})),
        part(call("clock", json!({}), "s1")),
        part(json!({"text": "", "thoughtSignature": "s2"})),
        json!({"candidates": [{"finishReason": "STOP"}]}),
    ];
    let (.., response) = streamed(gemini, &events(&parts)).await.expect("a reply");
    let sent = body(gemini, &with_tools(&response)).await;
    let whole =
        json!([{"text": "Noon."}, call("clock", json!({}), "s1"), {"text": "", "thoughtSignature": "s2"}]);
    assert_eq!(sent["contents"][1]["parts"], whole);
}

fn chat_call(id: &str, name: &str, arguments: Value) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments.to_string()}})
}

fn chat_answer(message: Value) -> Value {
    json!({"choices": [{"finish_reason": "tool_calls", "message": message}]})
}

#[tokio::test]
async fn thoughts_of_deepseek_go_back_with_each_turn() {
    let turn = |thought: &str, call: Value| json!({"content": "", "reasoning_content": thought, "tool_calls": [call]});
    let answers = || {
        [
            chat_answer(turn("a", chat_call("c1", "find_parcel", json!({"number": 7})))),
            chat_answer(turn("b", chat_call("c2", "clock", json!({})))),
            chat_answer(turn("c", chat_call("c3", "submit", submit()))),
        ]
    };
    let bodies = sent(chat("deepseek/deepseek-v4-pro"), answers()).await;
    let turns = own(&bodies[2]["messages"], "assistant");
    let thoughts: Vec<_> = turns.iter().map(|turn| &turn["reasoning_content"]).collect();
    assert_eq!(thoughts, ["a", "b"]);
    assert_eq!(turns[1]["tool_calls"][0]["id"], "c2");
    let bodies = sent(|url: &str| chat("vllm/deepseek-v4")(url).tools(true), answers()).await;
    assert!(
        own(&bodies[2]["messages"], "assistant")[0].get("reasoning_content").is_none(),
        "others refuse it"
    );

    let call = dspy::lm::ToolCall::new("c1", "clock", json!({}));
    let mut request = plain();
    request.messages.push(Message::assistant("").with_tool_calls(vec![call]));
    request.sampling.reasoning_effort = Some(Effort::None);
    let sent = body(chat("deepseek/deepseek-v4-pro"), &request).await;
    assert_eq!(sent["messages"][2]["reasoning_content"], " ", "what another model called has no thoughts");
    assert_eq!((&sent["thinking"], sent.get("reasoning_effort")), (&json!({"type": "disabled"}), None));
}

#[tokio::test]
async fn details_of_thoughts_go_back_to_openrouter() {
    let details = |text: &str| {
        json!([
            {"type": "reasoning.text", "text": text, "signature": "sig", "format": "anthropic-claude-v1", "index": 0},
            {"type": "reasoning.encrypted", "data": "sealed", "id": "rs_1", "index": 1},
        ])
    };
    let turn = |thought: &str, call: Value| {
        chat_answer(json!({
            "content": "", "reasoning": thought, "reasoning_details": details(thought), "tool_calls": [call],
        }))
    };
    let bodies = sent(
        chat("openrouter/anthropic/claude-opus-5.5"),
        [
            turn("a", chat_call("c1", "find_parcel", json!({"number": 7}))),
            turn("b", chat_call("c2", "clock", json!({}))),
            turn("c", chat_call("c3", "submit", submit())),
        ],
    )
    .await;
    let turns = own(&bodies[2]["messages"], "assistant");
    let told: Vec<_> = turns.iter().map(|turn| &turn["reasoning_details"]).collect();
    assert_eq!(told, [&details("a"), &details("b")]);

    let part = |details: Value| json!({"choices": [{"index": 0, "delta": {"reasoning_details": [details]}, "finish_reason": null}]});
    let text = |text: Value, signature: Value| json!({"type": "reasoning.text", "text": text, "signature": signature, "format": "anthropic-claude-v1", "index": 0});
    let parts = [
        part(text(json!("a"), Value::Null)),
        part(text(json!("b"), Value::Null)),
        part(text(Value::Null, json!("sig"))),
        part(json!({"type": "reasoning.encrypted", "data": "sea", "id": "rs_1", "index": 1})),
        part(json!({"type": "reasoning.encrypted", "data": "led", "index": 1})),
        json!({"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}),
    ];
    let (.., response) = streamed(chat("openrouter/m"), &events(&parts)).await.expect("a reply");
    let sent = body(chat("openrouter/m"), &with_tools(&response)).await;
    assert_eq!(sent["messages"][1]["reasoning_details"], details("ab"));
    let elsewhere = body(chat("groq/m"), &with_tools(&response)).await;
    assert!(elsewhere["messages"][1].get("reasoning_details").is_none());
}

#[tokio::test]
async fn a_turn_that_was_changed_is_made_of_its_text_and_calls() {
    let [first, _] = thinking();
    let answer = json!({"content": first, "stop_reason": "tool_use"});
    let mut response = reply(anthropic, &answer).await.expect("a reply");
    response.tool_calls.truncate(1);
    let sent = body(anthropic, &with_tools(&response)).await;
    let kinds: Vec<_> = sent["messages"][1]["content"]
        .as_array()
        .expect("blocks")
        .iter()
        .map(|block| &block["type"])
        .collect();
    assert_eq!(kinds, ["thinking", "thinking", "text", "tool_use"]);
    let other = Reasoning::new("of another provider");
    let mut request = plain();
    request.messages.push(Message::assistant("hi").with_reasoning(other));
    assert_eq!(body(anthropic, &request).await["messages"][1]["content"], "hi");
}
