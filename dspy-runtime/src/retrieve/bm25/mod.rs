//! Passages by the words that they share with a query.

mod index;

use std::fmt;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::collection::Collection;
use super::{Passage, Retriever};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::signature::FieldType;
use index::{Index, Weights};

/// Makes words of a text.
type Words = Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

/// Finds passages by the words that they share with the query: BM25, in memory, at no cost.
///
/// The score is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond"
/// (2009), with `k1` 1.2 and `b` 0.75 by default. For each word of the query (a repeated one counts as often
/// as it stands there) that is `times` in a text of `length` words, it adds
///
/// ```text
/// ln(1 + (texts - holders + 0.5) / (holders + 0.5)) · times · (k1 + 1)
///     / (times + k1 · (1 - b + b · length / average length))
/// ```
///
/// where `holders` of the `texts` have the word. The logarithm is that of Lucene, which is never negative; that
/// of Robertson and Spärck Jones, without `1 +`, would count against a text the words that most texts have.
/// Passages that share no word are not found, and of equal ones the one that was added first comes first.
///
/// Words are made by [`words`], by default: no stemming, no stop words, as both belong to one
/// language.
///
/// The index is our own and lives in memory: it is rebuilt from the passages when a program starts, so there
/// are no files that could be out of date, and it needs no further crate. A search library such as `tantivy`
/// does more, among it indexes larger than memory, at the price of many more crates; implement [`Retriever`]
/// over it where that is wanted.
///
/// # Example
///
/// ```
/// use dspy::retrieve::{Bm25, Passage, Retriever};
/// use dspy::{Context, Lm};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let mut bm25 = Bm25::new([Passage::new("a", "the late parcel"), Passage::new("b", "the money")])?;
/// bm25.add([Passage::new("c", "a parcel that is not the late one")])?;
/// let ids: Vec<_> = bm25.search(&cx, "Late parcel?", 3).await?.into_iter().map(|found| found.id).collect();
/// assert_eq!(ids, ["a", "c"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Bm25<M = ()> {
    passages: Collection<M>,
    index: Index,
    weights: Weights,
    words: Words,
}

impl<M: FieldType> Bm25<M> {
    /// An index of passages.
    ///
    /// # Errors
    ///
    /// When two passages have the same id.
    pub fn new(passages: impl IntoIterator<Item = Passage<M>>) -> Result<Self> {
        Self::with_words(words, passages)
    }

    /// An index of passages whose words, and those of queries, are made by a function: one that knows the
    /// language, leaves stop words out or cuts endings off.
    ///
    /// # Errors
    ///
    /// When two passages have the same id.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::retrieve::{Bm25, Passage, words};
    ///
    /// let stem = |text: &str| {
    ///     let cut = |word: String| word.strip_suffix('s').map_or(word.clone(), str::to_owned);
    ///     words(text).into_iter().map(cut).collect()
    /// };
    /// let bm25 = Bm25::with_words(stem, [Passage::new("a", "two parcels")])?;
    /// assert_eq!(bm25.len(), 1);
    /// # Ok::<(), dspy::Error>(())
    /// ```
    pub fn with_words(
        words: impl Fn(&str) -> Vec<String> + Send + Sync + 'static,
        passages: impl IntoIterator<Item = Passage<M>>,
    ) -> Result<Self> {
        let mut bm25 = Self {
            passages: Collection::default(),
            index: Index::default(),
            weights: Weights::default(),
            words: Arc::new(words),
        };
        bm25.add(passages)?;
        Ok(bm25)
    }

    /// Sets other constants: `k1`, from 0, how much it counts that a word is repeated, and `b`, from 0 to 1,
    /// how much long texts are held back.
    ///
    /// # Errors
    ///
    /// When they are out of these bounds.
    pub fn with_constants(mut self, k1: f64, b: f64) -> Result<Self> {
        if !(k1.is_finite() && k1 >= 0.0 && (0.0..=1.0).contains(&b)) {
            return Err(Error::data(format!(
                "BM25 takes a `k1` of 0 or more and a `b` from 0 to 1, not k1 = {k1} and b = {b}"
            )));
        }
        self.weights = Weights { k1, b };
        Ok(self)
    }

    /// Adds passages: all of them, or none where one has an id that is taken.
    ///
    /// # Errors
    ///
    /// When an id is taken.
    pub fn add(&mut self, passages: impl IntoIterator<Item = Passage<M>>) -> Result<()> {
        let passages: Vec<_> = passages.into_iter().collect();
        self.passages.check(&passages)?;
        for passage in &passages {
            self.index.add((self.words)(&passage.text))?;
        }
        self.passages.extend(passages);
        Ok(())
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

    /// Searches as [`search`](Retriever::search) does, without a context and at once.
    pub fn find(&self, query: &str, k: usize) -> Vec<Passage<M>> {
        self.passages.found(self.index.search(&(self.words)(query), k, self.weights))
    }
}

impl<M: FieldType> Retriever for Bm25<M> {
    type Meta = M;

    fn search<'a>(
        &'a self,
        _: &'a Context,
        query: &'a str,
        k: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage<M>>>> {
        ready(Ok(self.find(query, k))).boxed()
    }
}

impl<M> fmt::Debug for Bm25<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weights { k1, b } = self.weights;
        f.debug_struct("Bm25")
            .field("passages", &self.passages.len())
            .field("k1", &k1)
            .field("b", &b)
            .finish_non_exhaustive()
    }
}

/// The words of a text as [`Bm25`] takes them by default: runs of letters and digits of any script, in lower
/// case, in their order.
///
/// # Example
///
/// ```
/// assert_eq!(dspy::retrieve::words("Won't fit: ÄPFEL, 2x!"), ["won", "t", "fit", "äpfel", "2x"]);
/// ```
pub fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
