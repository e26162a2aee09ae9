//! Embeddings of Gemini.
//!
//! Wire: <https://ai.google.dev/api/embeddings>.

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Embedder, Embeddings, in_batches};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::http::Post;
use crate::lm::provider::{Unread, json};
use crate::lm::{Gemini, ModelId, Usage};

/// The number of texts that Google takes at once.
const BATCH: usize = 100;

#[derive(Deserialize)]
struct Answer {
    embeddings: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    values: Vec<f32>,
}

impl Embedder for Gemini {
    fn id(&self) -> &ModelId {
        &self.core.id
    }

    fn batch(&self) -> Option<usize> {
        Some(BATCH)
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        let model = format!("models/{}", self.core.id.name());
        let post = move |texts: &[String]| {
            let one = |text| json!({"model": &model, "content": {"parts": [{"text": text}]}});
            let requests: Vec<Value> = texts.iter().map(one).collect();
            let body = serde_json::to_vec(&json!({"requests": requests}))?;
            Ok(Post { path: self.path("batchEmbedContents"), query: None, headers: Vec::new(), body })
        };
        async move {
            if self.core.access.is_some() {
                let message = "Vertex AI makes vectors by calls of its own, which this library does not make; use \
                               `gemini/…`";
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
            in_batches(&self.core, texts, BATCH, post, read).await
        }
        .boxed()
    }
}

/// The vectors, in the order of the texts. The answer does not report its tokens.
fn read(body: &[u8]) -> Result<Embeddings, Unread> {
    let Answer { embeddings } = json(body)?;
    let mut embeddings = Embeddings::new(embeddings.into_iter().map(|vector| vector.values).collect());
    embeddings.usage = Usage { calls: 1, ..Usage::default() };
    Ok(embeddings)
}
