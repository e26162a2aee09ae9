//! Texts as vectors.

mod gemini;
mod hashed;
mod openai;
mod retry;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use hashed::HashedEmbedder;
pub use retry::RetryEmbedder;

use super::http::Post;
use super::openai::Dialect;
use super::provider::{Core, Unread};
use super::{Gemini, Message, ModelId, OpenAi, Request, Usage};
use crate::error::{Error, ErrorKind, Result};

/// Makes vectors of texts, of which near ones stand for texts that mean about the same.
///
/// [`OpenAi`] and [`Gemini`] are embedders under the name of an embedding model; [`HashedEmbedder`] needs no
/// network. It is object-safe; [`embedder`] makes one of a name. Called by itself it is charged to no one; a
/// [context](crate::Context::embed) charges its calls.
///
/// # Example
///
/// ```
/// use dspy::lm::{Embedder, HashedEmbedder};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let texts = ["the parcel is late".to_owned(), "where is my parcel".to_owned()];
/// let embeddings = HashedEmbedder::new().embed(&texts).await?;
/// assert_eq!((embeddings.vectors.len(), embeddings.vectors[0].len()), (2, 512));
/// # Ok(())
/// # }
/// ```
pub trait Embedder: Send + Sync + fmt::Debug {
    /// Returns the model's identity, to the exact revision.
    fn id(&self) -> &ModelId;

    /// Returns the number of texts in one call of a provider, 64 by default, or `None` where there is no
    /// provider to call. A [context](crate::Context::embed) asks for no more at once, so that it charges
    /// each call by itself; it charges nothing where it is `None`.
    fn batch(&self) -> Option<usize> {
        Some(64)
    }

    /// One vector for each text, in their order, all of one length.
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>>;
}

impl<E: Embedder + ?Sized> Embedder for Arc<E> {
    fn id(&self) -> &ModelId {
        (**self).id()
    }

    fn batch(&self) -> Option<usize> {
        (**self).batch()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        (**self).embed(texts)
    }
}

/// The vectors of texts, and what they cost.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// One for each text, in their order.
    pub vectors: Vec<Vec<f32>>,
    /// One call for each request to the provider, its retries, and the tokens of the texts.
    pub usage: Usage,
}

impl Embeddings {
    /// Vectors that cost nothing.
    pub fn new(vectors: Vec<Vec<f32>>) -> Self {
        Self { vectors, usage: Usage::default() }
    }
}

/// Makes the embedder of a name `provider/name[@revision]`, in a [`RetryEmbedder`].
///
/// There are `builtin/hashed`, `gemini/…`, and every provider of [`Lm::new`](super::Lm::new) that speaks
/// chat completions, such as `openai/text-embedding-3-small`; keys and addresses are those of the models.
///
/// # Errors
///
/// When the name is not of that form, the provider is unknown or has no embeddings, or its key is missing.
///
/// # Example
///
/// ```
/// let embedder = dspy::lm::embedder("builtin/hashed")?;
/// assert_eq!(embedder.id().to_string(), "builtin/hashed@1");
/// # Ok::<(), dspy::Error>(())
/// ```
pub fn embedder(name: &str) -> Result<Arc<dyn Embedder>> {
    let id: ModelId = name.parse()?;
    match (id.provider(), id.name()) {
        ("builtin", "hashed") => Ok(Arc::new(HashedEmbedder::new())),
        ("gemini", _) => Ok(Arc::new(RetryEmbedder::new(Gemini::from_env(id)?))),
        (provider, _) if Dialect::is_known(provider) => {
            Ok(Arc::new(RetryEmbedder::new(OpenAi::from_env(id)?)))
        }
        _ => {
            let message =
                format!("`{name}` names no embedder; there are `builtin/hashed`, `gemini/…` and `openai/…`");
            Err(Error::new(ErrorKind::NotConfigured, message))
        }
    }
}

/// Embeds so many texts at a time; `post` makes the request for some, `read` reads the answer.
async fn in_batches(
    core: &Core,
    texts: &[String],
    size: usize,
    post: impl Fn(&[String]) -> Result<Post>,
    read: impl Fn(&[u8]) -> Result<Embeddings, Unread>,
) -> Result<Embeddings> {
    let mut all = Embeddings::default();
    for batch in texts.chunks(size) {
        // The texts are looked for in the words of an error, which are then left out.
        let request = || Request::from(batch.iter().map(Message::user).collect::<Vec<_>>());
        let (head, answer) = core.open(post(batch)?).await?;
        let body = core.transport.read(answer).await?;
        if !head.status.is_success() {
            return Err(core.refused(&head, &body, &request()));
        }
        let read = read(&body).and_then(|embeddings| whole(embeddings, batch.len(), all.vectors.first()));
        let embeddings = read.map_err(|unread| core.unread(unread, &head, &request()))?;
        all.vectors.extend(embeddings.vectors);
        all.usage += embeddings.usage;
    }
    Ok(all)
}

/// Vectors, if there are as many as there should be and all are of one length.
fn whole(embeddings: Embeddings, count: usize, known: Option<&Vec<f32>>) -> Result<Embeddings, Unread> {
    let found = embeddings.vectors.len();
    if found != count {
        return Err(Unread::Broken(format!("{found} vectors for {count} texts")));
    }
    let length = known.or(embeddings.vectors.first()).map_or(0, Vec::len);
    match embeddings.vectors.iter().all(|vector| vector.len() == length && length > 0) {
        true => Ok(embeddings),
        false => Err(Unread::Broken("the vectors are not of one length".to_owned())),
    }
}

fn _is_object_safe(_: Box<dyn Embedder>) {}
