//! Finding passages for a query: by words, by vectors, by both, or by your own store.
//!
//! | retriever | finds | cost of a search |
//! |---|---|---|
//! | [`Bm25`] | passages that share words with the query, rare ones above all | none |
//! | [`VectorIndex`] | passages whose vectors are near that of the query, exactly or in [`Cells`] | one call of the context's embedder |
//! | [`Hybrid`] | what several retrievers rank high, fused by rank | what they cost together |
//! | your own [`Retriever`] | what a search server finds | yours |
//!
//! `Documents`, with the feature `documents`, makes passages of files. All give [`Passage`]s, which carry metadata of a type of your own. In a program a retriever is a field
//! [`Retrieve`], so that each search is a step of the trace: a metric reads what was found, by type.
//!
//! # Example
//!
//! ```
//! use dspy::retrieve::{Bm25, Passage, Retriever};
//! use dspy::{Context, Lm};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> dspy::Result<()> {
//! let cx = Context::new(Lm::new("builtin/lexical")?);
//! let bm25 = Bm25::new([
//!     Passage::new("D1", "A parcel that is late is traced with the carrier."),
//!     Passage::new("R1", "Money is paid back to the card it came from."),
//! ])?;
//! let found = bm25.search(&cx, "late parcel", 3).await?;
//! assert_eq!((found.len(), found[0].id.as_str()), (1, "D1"));
//! # Ok(())
//! # }
//! ```

mod bm25;
mod collection;
#[cfg(feature = "documents")]
mod documents;
mod hybrid;
mod passage;
mod step;
mod top;
mod vector_index;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use bm25::{Bm25, words};
#[cfg(feature = "documents")]
pub use documents::{Documents, Source};
pub use hybrid::Hybrid;
pub use passage::Passage;
#[doc(hidden)]
pub use step::SearchInput;
pub use step::{Found, Retrieve, Search};
pub use vector_index::{Cells, VectorIndex};

use crate::context::Context;
use crate::error::Result;
use crate::signature::FieldType;

/// Finds passages for a query.
///
/// It is object-safe: `Arc<dyn Retriever<Meta = ()>>` is a retriever, too. Implement it for a search server
/// of your own; what it asks of an embedder or a model goes through the context, which charges it.
///
/// # Example
///
/// ```
/// use dspy::retrieve::{Passage, Retriever};
/// use dspy::{Context, Lm, Result};
/// use futures_util::future::{BoxFuture, FutureExt, ready};
///
/// /// Finds the passage whose id is the query.
/// #[derive(Debug)]
/// struct ById(Vec<Passage>);
///
/// impl Retriever for ById {
///     type Meta = ();
///
///     fn search<'a>(&'a self, _: &'a Context, query: &'a str, k: usize) -> BoxFuture<'a, Result<Vec<Passage>>> {
///         let found = self.0.iter().filter(|passage| passage.id == query).take(k);
///         ready(Ok(found.cloned().map(|passage| passage.with_score(1.0)).collect())).boxed()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let by_id = ById(vec![Passage::new("D1", "A late parcel is traced.")]);
/// assert_eq!(by_id.search(&cx, "D1", 3).await?[0].text, "A late parcel is traced.");
/// # Ok(())
/// # }
/// ```
pub trait Retriever: Send + Sync + fmt::Debug {
    /// The metadata of passages; `()` for nothing.
    type Meta: FieldType;

    /// The best passages for a query, at most `k`, the best first, no id twice.
    ///
    /// Fewer come where fewer fit. Scores can be compared within one answer of one retriever only.
    ///
    /// # Errors
    ///
    /// When the retriever cannot be reached, or what it asks of the context fails.
    fn search<'a>(
        &'a self,
        cx: &'a Context,
        query: &'a str,
        k: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage<Self::Meta>>>>;
}

impl<R: Retriever + ?Sized> Retriever for Arc<R> {
    type Meta = R::Meta;

    fn search<'a>(
        &'a self,
        cx: &'a Context,
        query: &'a str,
        k: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage<Self::Meta>>>> {
        (**self).search(cx, query, k)
    }
}

fn _is_object_safe(_: Box<dyn Retriever<Meta = ()>>) {}
