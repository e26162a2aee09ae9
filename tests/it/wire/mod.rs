//! What is sent to each provider to the letter, and what is made of its answers.
//!
//! The answers have the shapes of the providers' public references.

mod anthropic;
mod aws;
mod batches;
mod bedrock;
mod chat;
mod clouds;
mod cuts;
mod dialects;
mod embed;
mod ends;
mod extras;
mod finetuning;
mod gemini;
mod names;
mod packages;
mod reasoning;
mod responses;
mod rules;
mod secrets;
pub mod server;
mod turns;
mod vertex;

use dspy::lm::{Chunk, LanguageModel, Message, Request, Response, ResponseFormat, Sampling, ToolSpec};
use dspy::media::Image;
use futures_util::StreamExt;
use serde_json::{Value, json};

use server::{Canned, Wire};

/// A question and nothing else.
fn plain() -> Request {
    Request::from(vec![Message::system("Be brief."), Message::user("Hi.")])
}

/// Everything that can be sampled.
fn sampled() -> Sampling {
    let mut sampling = Sampling::default();
    (sampling.temperature, sampling.top_p) = (Some(0.5), Some(0.9));
    (sampling.max_tokens, sampling.seed) = (Some(64), Some(7));
    sampling.stop = vec!["END".to_owned()];
    sampling
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"size": {"type": "integer", "minimum": 0}},
        "required": ["size"],
        "additionalProperties": false,
    })
}

fn format() -> ResponseFormat {
    serde_json::from_value(json!({"json_schema": {"name": "Size", "schema": schema(), "strict": true}}))
        .expect("a format")
}

fn parameters() -> Value {
    json!({"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]})
}

/// A question with a tool, the calls of the model and their answers.
fn with_tools(asked: &Response) -> Request {
    let mut messages = vec![Message::user("Where are parcels 7 and 8?"), asked.message()];
    messages.extend(asked.tool_calls.iter().map(|call| Message::tool(call, "Lyon")));
    let mut request = Request::from(messages);
    request.tools = vec![ToolSpec::new("find_parcel", "Says where a parcel is.", parameters())];
    request
}

fn calls(response: &Response) -> Vec<(&str, &str, &Value)> {
    response.tool_calls.iter().map(|call| (&*call.id, &*call.name, &call.arguments)).collect()
}

/// The smallest PNG that counts as one.
fn image() -> Image {
    Image::bytes(*b"\x89PNG\r\n\x1a\n").expect("a PNG")
}

const PNG: &str = "iVBORw0KGgo=";

fn shown() -> Request {
    let mut content = dspy::lm::Content::from("What is this? ");
    content.push_media(image().media().clone());
    Request::from(vec![Message::user(content)])
}

/// The body that a model sends for a request, whatever is answered.
async fn body<M: LanguageModel>(make: impl FnOnce(&str) -> M, request: &Request) -> Value {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let _ = make(&wire.url()).complete(request).await;
    wire.last().body
}

/// What a model makes of an answer.
async fn reply<M: LanguageModel>(make: impl FnOnce(&str) -> M, answer: &Value) -> dspy::Result<Response> {
    let answer = answer.clone();
    let wire = Wire::start(move |_| Canned::json(200, &answer)).await;
    make(&wire.url()).complete(&plain()).await
}

/// What a model makes of an error.
async fn error<M: LanguageModel>(make: impl FnOnce(&str) -> M, status: u16, answer: &Value) -> dspy::Error {
    let answer = answer.clone();
    let wire = Wire::start(move |_| Canned::json(status, &answer)).await;
    make(&wire.url()).complete(&plain()).await.expect_err("an error")
}

/// The texts, thoughts and end of a stream of events, sent in pieces of a few bytes.
async fn streamed<M: LanguageModel>(
    make: impl FnOnce(&str) -> M,
    events: &str,
) -> dspy::Result<(Vec<String>, Vec<String>, Response)> {
    let events = events.to_owned();
    let wire = Wire::start(move |_| Canned::events(&events)).await;
    let model = make(&wire.url());
    let request = plain();
    let mut stream = model.stream(&request);
    let (mut texts, mut thoughts) = (Vec::new(), Vec::new());
    let mut parts: Vec<(String, String)> = Vec::new();
    while let Some(chunk) = stream.next().await {
        match chunk? {
            Chunk::Text(text) => texts.push(text),
            Chunk::Reasoning(text) => thoughts.push(text),
            Chunk::Call(part) => {
                parts.resize(parts.len().max(part.index + 1), Default::default());
                parts[part.index].0.push_str(&part.name);
                parts[part.index].1.push_str(&part.arguments);
            }
            Chunk::End(response) => {
                let calls = response.tool_calls.iter();
                let calls: Vec<_> = calls.map(|call| (call.name.clone(), call.arguments.clone())).collect();
                let read = |text: &str| match text.trim() {
                    "" => json!({}),
                    text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
                };
                let told: Vec<_> = parts.iter().map(|(name, text)| (name.clone(), read(text))).collect();
                assert_eq!(told, calls, "the parts of calls are the calls");
                assert!(stream.next().await.is_none(), "nothing comes after the end");
                return Ok((texts, thoughts, response));
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("a stream without an end")
}

/// Events as they are sent, from their data.
fn events(data: &[Value]) -> String {
    data.iter().map(|data| format!("data: {data}\n\n")).collect()
}

/// Every beginning of a stream is an error, never a short reply.
async fn no_beginning_is_a_reply<M: LanguageModel>(make: impl Fn(&str) -> M, data: &[Value]) {
    for count in 0..data.len() {
        let cut = streamed(&make, &events(&data[..count])).await;
        let error = cut.expect_err("a stream that was cut");
        assert!(error.is_retryable(), "{count} events: {error:?}");
    }
}

/// The error of a request that is refused before anything is sent.
pub async fn refused<M: LanguageModel>(make: impl FnOnce(&str) -> M, request: &Request) -> dspy::Error {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let error = make(&wire.url()).complete(request).await.expect_err("it is refused");
    assert_eq!(wire.count(), 0, "nothing is sent: {error}");
    error
}
