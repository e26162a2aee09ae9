//! The passages that are searched and found.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that can be found, with an id and metadata of a type of the user's own.
///
/// It can be a field of a signature, and shows itself as `[id] text`, a line that a model can cite.
///
/// # Example
///
/// ```
/// use dspy::retrieve::Passage;
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct Page {
///     number: u32,
/// }
///
/// let passage = Passage::new("D1", "A late parcel is traced.").with_meta(Page { number: 7 });
/// assert_eq!((passage.meta.number, passage.to_string().as_str()), (7, "[D1] A late parcel is traced."));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passage<M = ()> {
    /// The name; once in a collection.
    pub id: String,
    /// The text that is searched.
    pub text: String,
    /// The fit to the query, higher is better; 0 as long as nobody has searched for it.
    pub score: f64,
    /// The metadata.
    pub meta: M,
}

impl Passage {
    /// A passage without metadata, score 0.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), score: 0.0, meta: () }
    }
}

impl<M> Passage<M> {
    /// Returns the passage with other metadata, of any type.
    #[must_use]
    pub fn with_meta<N>(self, meta: N) -> Passage<N> {
        Passage { id: self.id, text: self.text, score: self.score, meta }
    }

    /// Returns the passage with another score; for retrievers.
    #[must_use]
    pub fn with_score(self, score: f64) -> Self {
        Self { score, ..self }
    }
}

impl<M> fmt::Display for Passage<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.id, self.text)
    }
}
