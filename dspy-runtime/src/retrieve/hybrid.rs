//! Several retrievers as one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, try_join_all};

use super::{Passage, Retriever};
use crate::context::Context;
use crate::error::Result;
use crate::signature::FieldType;

/// The constant of the published formula.
const K: f64 = 60.0;

/// Asks several retrievers at the same time and fuses what they find by rank.
///
/// Reciprocal rank fusion, of Cormack, Clarke and Büttcher (2009): a passage scores the sum of
/// `1 / (60 + rank)` over the retrievers that found it, with ranks from 1. Scores of different retrievers need
/// not be comparable. Passages are the same if they have the same id; text and metadata are those of the
/// retriever that was added first. Of equal scores the better single rank comes first, then the earlier
/// retriever.
///
/// A search costs what its retrievers cost together; if one fails, so does the search, and the others are
/// cancelled.
///
/// # Example
///
/// ```
/// use dspy::retrieve::{Bm25, VectorIndex, Hybrid, Passage, Retriever};
/// use dspy::{Context, Lm};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let passages = [Passage::new("D1", "A late parcel is traced."), Passage::new("R1", "Money is paid back.")];
/// let embeddings = VectorIndex::build(&cx, passages.clone()).await?;
/// let hybrid = Hybrid::new().with(Bm25::new(passages)?).with(embeddings);
/// let found = hybrid.search(&cx, "parcels that are late", 1).await?;
/// assert_eq!((found[0].id.as_str(), found[0].score), ("D1", 2.0 / 61.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Hybrid<M = ()> {
    retrievers: Vec<Arc<dyn Retriever<Meta = M>>>,
    depth: usize,
}

impl<M: FieldType> Hybrid<M> {
    /// Makes one without a retriever, which finds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { retrievers: Vec::new(), depth: 50 }
    }

    /// Adds one more retriever.
    #[must_use]
    pub fn with(mut self, retriever: impl Retriever<Meta = M> + 'static) -> Self {
        self.retrievers.push(Arc::new(retriever));
        self
    }

    /// Asks each retriever for so many passages; 50 by default, and never fewer than the search is asked for.
    #[must_use]
    pub fn depth(mut self, passages: usize) -> Self {
        self.depth = passages;
        self
    }
}

impl<M: FieldType> Default for Hybrid<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: FieldType> Retriever for Hybrid<M> {
    type Meta = M;

    fn search<'a>(
        &'a self,
        cx: &'a Context,
        query: &'a str,
        k: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage<M>>>> {
        async move {
            let depth = self.depth.max(k);
            let searches = self.retrievers.iter().map(|retriever| retriever.search(cx, query, depth));
            let mut fused = fuse(try_join_all(searches).await?);
            fused.truncate(k);
            Ok(fused)
        }
        .boxed()
    }
}

/// One ranking of several, the best first.
#[allow(clippy::cast_precision_loss)]
fn fuse<M>(rankings: Vec<Vec<Passage<M>>>) -> Vec<Passage<M>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    // In the order of retrievers and ranks, with the best rank of each; the sort keeps it among equals.
    let mut fused: Vec<(Passage<M>, usize)> = Vec::new();
    for ranking in rankings {
        let mut seen = HashSet::new();
        for (rank, passage) in (1..).zip(ranking) {
            // A retriever has one vote for a passage, its best rank.
            if !seen.insert(passage.id.clone()) {
                continue;
            }
            let score = 1.0 / (K + rank as f64);
            match places.get(&passage.id).and_then(|place| fused.get_mut(*place)) {
                Some((known, best)) => {
                    known.score += score;
                    *best = rank.min(*best);
                }
                None => {
                    places.insert(passage.id.clone(), fused.len());
                    fused.push((passage.with_score(score), rank));
                }
            }
        }
    }
    fused.sort_by(|(a, first), (b, second)| b.score.total_cmp(&a.score).then(first.cmp(second)));
    fused.into_iter().map(|(passage, _)| passage).collect()
}
