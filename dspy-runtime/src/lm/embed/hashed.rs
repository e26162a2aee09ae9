//! The built-in embedder.

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::{Embedder, Embeddings};
use crate::error::Result;
use crate::lm::ModelId;
use dspy_numbers::embedding::Embedding;

/// Makes vectors of 512 numbers out of the words of a text, pairs of them and their parts of three letters,
/// in this process and at no cost.
///
/// It knows no meanings: near texts are those that share words or parts of words. The same text has the same
/// vector on every machine; it has length 1, or 0 where the text has no words.
///
/// # Example
///
/// ```
/// use dspy::lm::{Embedder, HashedEmbedder};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let texts = ["a broken box", "the box was broken", "I want my money back"].map(str::to_owned);
/// let vectors = HashedEmbedder::new().embed(&texts).await?.vectors;
/// let near = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum::<f32>();
/// assert!(near(0, 1) > near(0, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HashedEmbedder(ModelId);

impl HashedEmbedder {
    /// The embedder, of which there is one.
    pub fn new() -> Self {
        Self(ModelId::new("builtin", "hashed").with_revision("1"))
    }
}

impl Default for HashedEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for HashedEmbedder {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn batch(&self) -> Option<usize> {
        None
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        let vectors = texts.iter().map(|text| Embedding::new(text).into_values()).collect();
        ready(Ok(Embeddings::new(vectors))).boxed()
    }
}
