//! Passages by what they mean, as far as an embedder knows.

mod cells;
mod file;
mod index;
mod kmeans;
mod vectors;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};

use super::collection::Collection;
use super::{Passage, Retriever};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::signature::FieldType;
use index::Index;

pub use cells::Cells;

/// More numbers than these are compared on a thread that may take its time: about a millisecond.
const AT_ONCE: usize = 1 << 22;

/// Finds passages whose vectors are nearest to that of the query, by cosine: exactly, every vector is looked at, or
/// in a part of them, after [`approximate`](Self::approximate).
///
/// Vectors are made by the context's [embedder](Context::with_embedder), the built-in one by default, within the
/// budget: one call for each batch of passages that are added, and one for each query. A search compares the
/// query with every passage, so its time grows with their number; 100,000 passages of 512 numbers are 205 MB.
///
/// Scores are cosines, from -1 to 1. All passages are candidates, however far; of equally near ones the one
/// that was added first comes first.
///
/// # Example
///
/// ```
/// use dspy::retrieve::{VectorIndex, Passage, Retriever};
/// use dspy::{Context, Lm};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let passages = [Passage::new("D1", "Late parcels are traced."), Passage::new("R1", "Money is paid back.")];
/// let embeddings = VectorIndex::build(&cx, passages).await?;
/// let file = std::env::temp_dir().join(format!("dspy-doc-embeddings-{}", std::process::id()));
/// embeddings.save(&file)?;
///
/// let mut embeddings = VectorIndex::load(&file, &cx)?; // no passage is embedded again
/// embeddings.add(&cx, [Passage::new("R2", "A refund is money paid back in five days.")]).await?;
/// assert_eq!(embeddings.search(&cx, "the parcel is late", 1).await?[0].id, "D1");
/// # std::fs::remove_file(file)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VectorIndex<M = ()> {
    passages: Collection<M>,
    index: Index,
    /// The name of the embedder that made the vectors, to its revision.
    embedder: String,
}

impl<M: FieldType> VectorIndex<M> {
    /// Embeds passages with the context's embedder.
    ///
    /// # Errors
    ///
    /// When two passages have the same id, or the embedder fails.
    pub async fn build(cx: &Context, passages: impl IntoIterator<Item = Passage<M>>) -> Result<Self> {
        let embedder = cx.embedder().id().to_string();
        let mut embeddings =
            Self { passages: Collection::default(), index: Index::Flat(Arc::default()), embedder };
        embeddings.add(cx, passages.into_iter().collect::<Vec<_>>()).await?;
        Ok(embeddings)
    }

    /// Embeds and adds passages: all of them, or none where an id is taken, the embedder fails, or the future is
    /// dropped.
    ///
    /// # Errors
    ///
    /// When an id is taken, the context has another embedder, or it fails.
    pub async fn add(&mut self, cx: &Context, passages: impl IntoIterator<Item = Passage<M>>) -> Result<()> {
        let passages: Vec<_> = passages.into_iter().collect();
        self.fits(cx)?;
        self.passages.check(&passages)?;
        let made = cx.embed(passages.iter().map(|passage| passage.text.as_str())).await?;
        self.index.extend(made.vectors)?;
        self.passages.extend(passages);
        Ok(())
    }

    /// Looks only at the vectors near the query from now on: faster where there are more than some ten
    /// thousand passages, at the price that some near ones are missed.
    ///
    /// Vectors are put into cells by their nearest centre, which k-means finds (an inverted file: Jégou, Douze and
    /// Schmid, "Product Quantization for Nearest Neighbor Search", 2011, without the quantization), and a search
    /// looks in the cells whose centres are nearest to the query. How many of the exact best it finds depends on the
    /// texts: nearly all where these have topics, few where directions are random; measure it on your own, against
    /// the same embeddings without cells. Never fewer passages are found than exactly would be.
    ///
    /// It computes for some seconds for 100,000 passages, on all processors, and asks no embedder. Passages that are
    /// added later go to the cells that there are; do it again when they have become most of them. [`save`](Self::save)
    /// keeps the cells.
    ///
    /// # Errors
    ///
    /// When there are to be no cells, or none is looked at.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::retrieve::{Cells, VectorIndex, Passage, Retriever};
    /// use dspy::{Context, Lm};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let cx = Context::new(Lm::new("builtin/lexical")?);
    /// let passages = (0..400).map(|n| Passage::new(n.to_string(), format!("Parcel {n} came to street {}.", n % 20)));
    /// let embeddings = VectorIndex::build(&cx, passages).await?.approximate(Cells::default().probes(4))?;
    /// assert_eq!(embeddings.search(&cx, "Parcel 7 came to street 7.", 1).await?[0].id, "7");
    /// # Ok(())
    /// # }
    /// ```
    pub fn approximate(mut self, cells: Cells) -> Result<Self> {
        self.index = self.index.in_cells(cells.check()?);
        Ok(self)
    }

    /// Looks at every vector again.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.index = Index::Flat(self.index.flat());
        self
    }

    /// Reads what [`save`](Self::save) has written; no passage is embedded again.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is damaged or of another version, its passages have other metadata, or its
    /// vectors were made by another embedder than the context's; the error names both.
    pub fn load(path: impl AsRef<Path>, cx: &Context) -> Result<Self> {
        let (path, embedder) = (path.as_ref(), cx.embedder().id().to_string());
        let file::Saved { passages: saved, index } = file::read(path, &embedder)?;
        let mut passages = Collection::default();
        passages.check(&saved).map_err(|error| error.context(path.display()))?;
        passages.extend(saved);
        Ok(Self { passages, index, embedder })
    }

    /// Writes passages and vectors to a file, which is there whole or as it was before. The file says which
    /// embedder made the vectors, and has a hash of its content.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or a passage's metadata has no JSON form.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(path.as_ref(), &self.embedder, self.passages.iter(), &self.index)
    }

    /// The passage of an id.
    pub fn get(&self, id: &str) -> Option<&Passage<M>> {
        self.passages.get(id)
    }

    /// Returns the number of passages.
    pub fn len(&self) -> usize {
        self.passages.len()
    }

    /// Returns whether there is no passage.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fits(&self, cx: &Context) -> Result<()> {
        let embedder = cx.embedder().id().to_string();
        if embedder == self.embedder {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotConfigured,
            format!(
                "the passages were embedded by `{}` and the context's embedder is `{embedder}`, whose vectors are \
                 not comparable; set the first with `Context::with_embedder`, or build them anew",
                self.embedder
            ),
        ))
    }

    async fn nearest(&self, query: Vec<f32>, k: usize) -> Result<Vec<(usize, f64)>> {
        let index = self.index.clone();
        let query = vectors::unit(query, index.dimensions())?;
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if index.looked_at() > AT_ONCE => {
                let nearest = runtime.spawn_blocking(move || index.nearest(&query, k));
                nearest.await.map_err(|error| Error::internal(error.to_string()))
            }
            _ => Ok(index.nearest(&query, k)),
        }
    }
}

impl<M: FieldType> Retriever for VectorIndex<M> {
    type Meta = M;

    fn search<'a>(
        &'a self,
        cx: &'a Context,
        query: &'a str,
        k: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage<M>>>> {
        async move {
            self.fits(cx)?;
            if k == 0 || self.is_empty() {
                return Ok(Vec::new());
            }
            let made = cx.embed([query]).await?;
            let query = made.vectors.into_iter().next().unwrap_or_default();
            Ok(self.passages.found(self.nearest(query, k).await?))
        }
        .boxed()
    }
}

impl<M> fmt::Debug for VectorIndex<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VectorIndex")
            .field("passages", &self.passages.len())
            .field("dimensions", &self.index.dimensions())
            .field("cells", &self.index.cells().map(cells::Inverted::len))
            .field("embedder", &self.embedder)
            .finish()
    }
}
