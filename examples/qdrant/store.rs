//! A collection of [Qdrant](https://api.qdrant.tech/api-reference) as a retriever.

use std::fmt;
use std::marker::PhantomData;

use dspy::retrieve::{Passage, Retriever};
use dspy::signature::FieldType;
use dspy::{Context, Error, ErrorKind, Result};
use futures_util::future::{BoxFuture, FutureExt};
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::{Value, json};

/// Finds passages by the vectors that the context's embedder makes of their texts; the server keeps both.
pub struct Qdrant<M = ()> {
    client: Client,
    url: String,
    collection: String,
    key: Option<String>,
    meta: PhantomData<fn() -> M>,
}

/// The server's record of a passage beside its vector.
#[derive(Deserialize)]
struct Payload<M> {
    id: String,
    text: String,
    meta: M,
}

impl<M: FieldType> Qdrant<M> {
    /// A collection at an address such as `http://127.0.0.1:6333`.
    pub fn new(client: Client, url: &str, collection: &str, key: Option<String>) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { client, url, collection: collection.to_owned(), key, meta: PhantomData }
    }

    /// Makes the collection, for vectors of the context's embedder.
    pub async fn create(&self, cx: &Context) -> Result<()> {
        let dimensions = self.vectors(cx, &["a text"]).await?.first().map_or(0, Vec::len);
        let body = json!({"vectors": {"size": dimensions, "distance": "Cosine"}});
        self.ask(Method::PUT, "", &body).await.map(drop)
    }

    /// Embeds passages and puts them into the collection, in place of those with the same id.
    pub async fn add(&self, cx: &Context, passages: &[Passage<M>]) -> Result<()> {
        let texts: Vec<_> = passages.iter().map(|passage| passage.text.as_str()).collect();
        let vectors = self.vectors(cx, &texts).await?;
        let point = |(passage, vector): (&Passage<M>, Vec<f32>)| {
            let Passage { id, text, meta, .. } = passage;
            json!({"id": point_id(id), "vector": vector, "payload": {"id": id, "text": text, "meta": meta}})
        };
        let points: Vec<Value> = passages.iter().zip(vectors).map(point).collect();
        // Found by the next search, and not only some time after.
        self.ask(Method::PUT, "/points?wait=true", &json!({"points": points})).await.map(drop)
    }

    async fn vectors(&self, cx: &Context, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        Ok(cx.embed(texts.iter().copied()).await?.vectors)
    }

    /// Sends a request about the collection and gives back its result.
    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/collections/{}{path}", self.url, self.collection);
        let mut request = self.client.request(method, url).header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("api-key", key);
        }
        // Without its address, which may hold a password.
        let failed = |error: reqwest::Error| {
            Error::new(ErrorKind::Transport, format!("Qdrant cannot be reached: {}", error.without_url()))
        };
        let response = request.body(body.to_string()).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(failed)?;
        let mut answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if status == 200 {
            return Ok(answer["result"].take());
        }
        let why = answer["status"]["error"].as_str().unwrap_or("it does not say why");
        let kind = match status {
            401 | 403 => ErrorKind::Auth,
            429 => ErrorKind::RateLimit,
            500.. => ErrorKind::Server,
            _ => ErrorKind::InvalidRequest,
        };
        let message = format!("Qdrant refused the collection `{}` (status {status}): {why}", self.collection);
        Err(Error::new(kind, message).with_status(status))
    }

    /// A point that was found, as a passage.
    fn passage(point: &Value) -> Result<Passage<M>> {
        let wrong = |what: String| {
            let message = format!("Qdrant's point {} is none of ours: {what}", point["id"]);
            Error::new(ErrorKind::Decode, message)
        };
        let payload =
            Payload::<M>::deserialize(&point["payload"]).map_err(|error| wrong(error.to_string()))?;
        let score = point["score"].as_f64().ok_or_else(|| wrong("it has no score".to_owned()))?;
        Ok(Passage::new(payload.id, payload.text).with_score(score).with_meta(payload.meta))
    }
}

impl<M: FieldType> Retriever for Qdrant<M> {
    type Meta = M;

    fn search<'a>(
        &'a self,
        cx: &'a Context,
        query: &'a str,
        k: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage<M>>>> {
        async move {
            // The server refuses a limit of none.
            if k == 0 {
                return Ok(Vec::new());
            }
            let vector = self.vectors(cx, &[query]).await?.pop().unwrap_or_default();
            let body = json!({"query": vector, "limit": k, "with_payload": true});
            let result = self.ask(Method::POST, "/points/query", &body).await?;
            let points = result["points"].as_array().ok_or_else(|| {
                Error::new(ErrorKind::Decode, "Qdrant answered without points; is it 1.10 or newer?")
            })?;
            points.iter().map(Self::passage).collect()
        }
        .boxed()
    }
}

impl<M> fmt::Debug for Qdrant<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Qdrant").field("collection", &self.collection).finish_non_exhaustive()
    }
}

/// Returns the server's name for a passage: ids of points are numbers or UUIDs, so this is the id's hash
/// (FNV-1a, of 128 bits) written as one.
fn point_id(id: &str) -> String {
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    let hash = id.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    let hex = format!("{hash:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
