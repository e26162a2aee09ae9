//! Single calls, beside what the official clients send: `tests/fixtures/requests/record.py` records it.

use dspy::lm::{
    Anthropic, Effort, Gemini, LanguageModel, Message, OpenAi, OpenAiResponses, Request, Secret, ToolChoice,
};
use serde_json::{Value, json};

use super::server::{Came, Canned, Wire};
use super::*;

const CASES: [&str; 5] = ["sampled", "schema", "tools", "image", "effort"];

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../fixtures/requests/requests.json")).expect("JSON")
}

/// The request of a case; `thought` is the text beside the call that the model made.
fn asked(case: &str, thought: &str) -> Request {
    let mut request = plain();
    match case {
        "sampled" => request.sampling = sampled(),
        "schema" => request.format = format(),
        "tools" => {
            let mut made = Response::new(thought);
            let call = json!({"id": "c1", "name": "find_parcel", "arguments": {"number": 7}});
            made.tool_calls = vec![serde_json::from_value(call).expect("a call")];
            request = with_tools(&made);
            request.tool_choice = Some(ToolChoice::Named("find_parcel".into()));
        }
        "image" => request = shown(),
        _ => {
            request = Request::from(vec![Message::user("Hi.")]);
            request.sampling.reasoning_effort = Some(Effort::Low);
            request.sampling.max_tokens = Some(64);
        }
    }
    request
}

/// A request in a form in which two that mean the same are equal: keys as Google writes them, no settings that are empty, and
/// without what means nothing.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                // google-genai writes some keys of parts in snake case; the service takes both.
                let name = match &*name {
                    "mime_type" => "mimeType".to_owned(),
                    "thinking_level" => "thinkingLevel".to_owned(),
                    "parameters_json_schema" => "parametersJsonSchema".to_owned(),
                    _ => name,
                };
                (name, normal(value))
            });
            Value::Object(fields.filter(|(_, value)| *value != json!({})).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(normal).collect()),
        other => other,
    }
}

/// A body of Gemini without the role of the system prompt, which means nothing, and with the level as the service's own word.
fn of_gemini(mut body: Value) -> Value {
    if let Some(system) = body.get_mut("systemInstruction").and_then(Value::as_object_mut) {
        system.remove("role");
    }
    if let Some(level) = body.pointer_mut("/generationConfig/thinkingConfig/thinkingLevel") {
        *level = level.as_str().unwrap_or_default().to_lowercase().into();
    }
    body
}

/// A body of Anthropic without the words in which bounds that a schema cannot state stand in descriptions: both clients put
/// them there, in brackets of their own.
fn of_anthropic(mut body: Value) -> Value {
    let size = body.pointer_mut("/output_config/format/schema/properties/size");
    if let Some(size) = size.and_then(Value::as_object_mut) {
        let words = size.remove("description").unwrap_or_default();
        assert!(words.as_str().is_some_and(|words| words.contains("minimum: 0")), "{words}");
    }
    body
}

/// The path, the key and the body of a request.
fn essence(came: &Came, key: &str) -> (String, Option<String>, Value) {
    (came.line.clone(), came.header(key).map(ToOwned::to_owned), normal(came.body.clone()))
}

async fn compare<M: LanguageModel>(
    package: &str,
    key: &str,
    thought: &str,
    make: impl Fn(&str, &str) -> M,
    finally: fn(Value) -> Value,
) {
    let recorded = &recorded()[package];
    for case in CASES {
        let theirs = &recorded[case];
        let name = theirs["body"]["model"].as_str().map(ToOwned::to_owned).unwrap_or_else(|| {
            let line = theirs["line"].as_str().expect("a line");
            line.rsplit('/').next().and_then(|last| last.split(':').next()).expect("a model").to_owned()
        });
        let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
        let mut request = asked(case, thought);
        if case == "sampled" && package == "anthropic" {
            // It takes one of the two, and no seed.
            (request.sampling.top_p, request.sampling.seed) = (None, None);
        }
        if case == "sampled" && package == "responses" {
            // It takes neither.
            (request.sampling.seed, request.sampling.stop) = (None, Vec::new());
        }
        if package == "anthropic" && request.sampling.max_tokens.is_none() {
            request.sampling.max_tokens = Some(64);
        }
        let _ = make(&wire.url(), &name).complete(&request).await;
        let (line, own_key, body) = essence(&wire.last(), key);
        assert_eq!(Value::from(line), theirs["line"], "{package}, {case}");
        // Anthropic's own client sends the key as a bearer's by now; the service takes both.
        let their_key = if package == "anthropic" { "sk-test".into() } else { theirs[key].clone() };
        assert_eq!(own_key.map(Value::from), Some(their_key), "{package}, {case}");
        assert_eq!(finally(body), finally(normal(theirs["body"].clone())), "{package}, {case}");
    }
}

fn secret() -> Secret {
    Secret::new("sk-test")
}

#[tokio::test]
async fn requests_are_those_of_the_official_clients_but_for_a_listed_few() {
    let id = |provider: &str, name: &str| format!("{provider}/{name}").parse().expect("a name");
    let same = |body: Value| body;
    let chat = |url: &str, name: &str| {
        OpenAi::at(id("openai", name), &format!("{url}/v1")).expect("an address").key(secret())
    };
    compare("chat", "authorization", "I look.", chat, same).await;
    let responses = |url: &str, name: &str| {
        OpenAiResponses::at(id("openai-responses", name), &format!("{url}/v1"))
            .expect("an address")
            .key(secret())
    };
    compare("responses", "authorization", "", responses, same).await;
    let anthropic =
        |url: &str, name: &str| Anthropic::at(id("anthropic", name), url).expect("an address").key(secret());
    compare("anthropic", "x-api-key", "I look.", anthropic, of_anthropic).await;
    let gemini = |url: &str, name: &str| {
        Gemini::at(id("gemini", name), &format!("{url}/v1")).expect("an address").key(secret())
    };
    compare("gemini", "x-goog-api-key", "I look.", gemini, of_gemini).await;
}
