use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::lm::{FinishReason, Message, ToolSpec};

/// A server that answers once, and what it was sent.
async fn server(status: u16, answer: Value) -> (String, tokio::task::JoinHandle<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/v1/", listener.local_addr().expect("bound"));
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a call");
        let mut came = Vec::new();
        loop {
            let mut part = [0; 4_096];
            let count = stream.read(&mut part).await.expect("bytes");
            came.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&came);
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
            if let Ok(body) = serde_json::from_str(body) {
                let answer = answer.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    answer.len()
                );
                stream.write_all(format!("{head}{answer}").as_bytes()).await.expect("sent");
                return body;
            }
        }
    });
    (url, served)
}

fn model(url: String) -> Genai {
    Genai::new(ModelId::new("genai", "openai::gpt-4o")).key(Secret::new("sk-secret")).base_url(url)
}

#[tokio::test]
async fn a_call_goes_there_and_back() {
    let answer = json!({
        "id": "x", "model": "gpt-4o-2024",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "hm",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}}]}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
    });
    let (url, served) = server(200, answer).await;
    let mut request = Request::from(vec![Message::system("Be brief."), Message::user("Hi.")]);
    request.sampling.temperature = Some(0.5);
    request.tools = vec![ToolSpec::new("look", "Looks.", json!({"type": "object", "properties": {}}))];
    let response = model(url).complete(&request).await.expect("a reply");
    assert_eq!((response.text.as_str(), &response.finish), ("hm", &FinishReason::ToolCalls));
    assert_eq!(response.tool_calls[0].arguments, json!({"a": 1}));
    let usage = response.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.cached_input_tokens), (10, 5, 4));
    let sent = served.await.expect("served");
    assert_eq!((&sent["model"], &sent["temperature"]), (&json!("gpt-4o"), &json!(0.5)));
    assert_eq!(sent["messages"][1]["content"], "Hi.");
}

#[tokio::test]
async fn only_what_is_known_to_be_whole_is_a_reply() {
    let request = Request::from(vec![Message::user("Hi.")]);
    let ended = async |word: &str| {
        let message = json!({"role": "assistant", "content": "hm"});
        let answer = json!({"choices": [{"index": 0, "finish_reason": word, "message": message}]});
        let (url, _served) = server(200, answer).await;
        model(url).complete(&request).await
    };
    for word in ["error", "abort", "insufficient_system_resource"] {
        let error = ended(word).await.expect_err("it failed");
        assert!(error.kind() == ErrorKind::Server && error.to_string().contains(word), "{error}");
    }
    for (word, finish) in [
        ("stop", FinishReason::Stop),
        ("eos", FinishReason::Stop),
        ("max_output_tokens", FinishReason::Length),
        ("pause_turn", FinishReason::Other("pause_turn".to_owned())),
    ] {
        assert_eq!(ended(word).await.expect("a reply").finish, finish, "{word}");
    }
}

#[tokio::test]
async fn errors_keep_their_class_and_no_secret() {
    let prompt = "My card is 4111 1111 1111 1111, use it.";
    let body =
        json!({"error": {"message": format!("bad: {prompt} sk-secret"), "code": "context_length_exceeded"}});
    let (url, _served) = server(400, body).await;
    let model = model(url);
    let request = Request::from(vec![Message::user(prompt)]);
    let error = model.complete(&request).await.expect_err("an error");
    assert_eq!((error.kind(), error.status()), (ErrorKind::ContextWindow, Some(400)));
    for text in [format!("{error} {error:?}"), format!("{model:?}")] {
        assert!(!text.contains("4111") && !text.contains("sk-secret"), "{text}");
    }
    let mut several = request.clone();
    several.sampling.n = Some(2);
    assert_eq!(model.complete(&several).await.expect_err("one alone").kind(), ErrorKind::Unsupported);
}
