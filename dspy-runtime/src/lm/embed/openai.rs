//! Embeddings of OpenAI and all that speak like it.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/embeddings>.

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::json;

use super::{Embedder, Embeddings, in_batches};
use crate::error::Result;
use crate::lm::aside::{count, or_default};
use crate::lm::http::Post;
use crate::lm::provider::{Unread, json};
use crate::lm::{ModelId, OpenAi, Usage};

/// The number of texts in one request; self-hosted servers take fewer than OpenAI.
const BATCH: usize = 256;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Vector>,
    #[serde(default, deserialize_with = "or_default")]
    usage: Tokens,
}

#[derive(Deserialize)]
struct Vector {
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
}

impl Embedder for OpenAi {
    fn id(&self) -> &ModelId {
        &self.core.id
    }

    fn batch(&self) -> Option<usize> {
        Some(BATCH)
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        let post = |texts: &[String]| {
            let body = serde_json::to_vec(&json!({"model": self.core.id.name(), "input": texts}))?;
            Ok(Post { path: vec!["embeddings".to_owned()], query: None, headers: Vec::new(), body })
        };
        async move { in_batches(&self.core, texts, BATCH, post, read).await }.boxed()
    }
}

/// The vectors by their numbers, in whatever order they stand.
fn read(body: &[u8]) -> Result<Embeddings, Unread> {
    let Answer { mut data, usage } = json(body)?;
    data.sort_by_key(|vector| vector.index);
    let mut embeddings = Embeddings::new(data.into_iter().map(|vector| vector.embedding).collect());
    embeddings.usage =
        Usage { calls: 1, input_tokens: usage.prompt_tokens.unwrap_or_default(), ..Usage::default() };
    Ok(embeddings)
}
