//! Embeddings of all who have them.

use dspy::ErrorKind;
use dspy::lm::{Embedder, Gemini, HashedEmbedder, OpenAi, RetryEmbedder};
use serde_json::{Value, json};

use super::server::{Canned, Wire};

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("text {number}")).collect()
}

fn openai(url: &str) -> OpenAi {
    OpenAi::at("openai/text-embedding-3-small".parse().expect("a name"), &format!("{url}/v1"))
        .expect("an address")
}

#[tokio::test]
async fn openais_are_sorted_by_number_and_made_in_batches() {
    let wire = Wire::start(|came| {
        let count = came.body["input"].as_array().map_or(0, Vec::len);
        let vector = |index: usize| json!({"object": "embedding", "index": index, "embedding": [index, 0.5]});
        let data: Vec<Value> = (0..count).rev().map(vector).collect();
        Canned::json(200, &json!({"data": data, "usage": {"prompt_tokens": count, "total_tokens": count}}))
    })
    .await;
    let embeddings = openai(&wire.url()).embed(&texts(300)).await.expect("vectors");
    assert_eq!(embeddings.vectors.len(), 300);
    assert_eq!((&embeddings.vectors[7], &embeddings.vectors[257]), (&vec![7.0, 0.5], &vec![1.0, 0.5]));
    assert_eq!((embeddings.usage.calls, embeddings.usage.input_tokens, wire.count()), (2, 300, 2));
    let last = wire.last();
    assert_eq!(last.line, "POST /v1/embeddings");
    assert_eq!(last.body["model"], "text-embedding-3-small");
    assert_eq!(last.body.as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test]
async fn geminis_are_made_in_batches() {
    let wire = Wire::start(|came| {
        let count = came.body["requests"].as_array().map_or(0, Vec::len);
        Canned::json(200, &json!({"embeddings": vec![json!({"values": [1.0, 2.0]}); count]}))
    })
    .await;
    let id = "gemini/gemini-embedding-001".parse().expect("a name");
    let gemini = Gemini::at(id, &format!("{}/v1beta", wire.url())).expect("an address");
    let embeddings = gemini.embed(&texts(101)).await.expect("vectors");
    assert_eq!((embeddings.vectors.len(), wire.count()), (101, 2));
    let last = wire.last();
    assert_eq!(last.line, "POST /v1beta/models/gemini-embedding-001:batchEmbedContents");
    let content =
        json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "text 100"}]}});
    assert_eq!(last.body, json!({"requests": [content]}));
}

#[tokio::test]
async fn what_is_not_one_vector_for_each_text_is_an_error() {
    for data in [json!([]), json!([{"embedding": [1.0]}]), json!([{"embedding": [1.0]}, {"embedding": []}])] {
        let wire = Wire::start(move |_| Canned::json(200, &json!({"data": data}))).await;
        let error = openai(&wire.url()).embed(&texts(2)).await.expect_err("too few");
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
    assert!(HashedEmbedder::new().embed(&[]).await.expect("nothing").vectors.is_empty());
}

#[tokio::test]
async fn a_failed_call_is_made_again_and_counted() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let wire = Wire::start(move |_| match first.swap(false, std::sync::atomic::Ordering::SeqCst) {
        true => Canned::json(503, &json!({})).header("retry-after-ms: 1"),
        false => Canned::json(200, &json!({"data": [{"embedding": [1.0]}]})),
    })
    .await;
    let embeddings = RetryEmbedder::new(openai(&wire.url())).embed(&texts(1)).await.expect("a vector");
    assert_eq!((embeddings.usage.calls, embeddings.usage.retries), (1, 1));
}
