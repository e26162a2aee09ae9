//! The release decision, on rows that no search has seen.

mod statistics;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

pub use verdict::{Decision, SliceVerdict, Verdict};

use crate::context::Context;
use crate::data::{Rows, Slice, by};
use crate::error::Result;
use crate::evaluate::{Evaluate, Metric, Scorer};
use crate::module::Module;
use crate::signature::Row;

/// Compares a candidate with the baseline on held-out rows, overall and slice by slice.
///
/// It costs the LM calls of both programs for each row. The decision rests on a paired permutation
/// test of the rows' score differences (exact where all differences have one size, as for right or
/// wrong), at a confidence of 95 %.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Decision, Gate, Predict, Rows, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
/// let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
/// let program = Predict::<Capital>::new();
/// let gate = Gate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
/// let verdict = gate.compare(&cx, &program, &program, &rows).await?;
/// assert_eq!(verdict.decision, Decision::Keep, "the same program is no better than itself");
/// # Ok(())
/// # }
/// ```
pub struct Gate<R, O> {
    scorer: Scorer<R, O>,
    slice: Option<Slice<R>>,
    minima: BTreeMap<String, f64>,
    max_drop: f64,
    confidence: f64,
    concurrency: usize,
}

impl<R: Row, O: Send + Sync + 'static> Gate<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self {
            scorer: Scorer::new(metric),
            slice: None,
            minima: BTreeMap::new(),
            max_drop: 0.1,
            confidence: 0.95,
            concurrency: 16,
        }
    }

    /// Also decides by each slice of the rows: `.slice(|row| row.kind)`.
    #[must_use]
    pub fn slice<T: Serialize>(mut self, slice: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.slice = Some(by(slice));
        self
    }

    /// The least mean score that the candidate must reach in a slice.
    #[must_use]
    pub fn minimum(mut self, slice: impl Into<String>, score: f64) -> Self {
        self.minima.insert(slice.into(), score);
        self
    }

    /// How much a slice's mean may fall below the baseline's; 0.1 by default.
    #[must_use]
    pub fn max_drop(mut self, score: f64) -> Self {
        self.max_drop = score;
        self
    }

    /// How sure the gate must be that the candidate is better; 0.95 by default.
    #[must_use]
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// How many rows run at once; 16 by default. The verdict does not depend on it.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = rows;
        self
    }

    /// Runs both programs over the rows and decides.
    ///
    /// # Errors
    ///
    /// When there are no rows. Rows that fail count as wrong; rows that were not run leave it undecided.
    pub async fn compare<P>(
        &self,
        cx: &Context,
        baseline: &P,
        candidate: &P,
        rows: &Rows<R>,
    ) -> Result<Verdict>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let evaluate = Evaluate::with_scorer(self.scorer.clone())
            .with_slice(self.slice.clone())
            .concurrency(self.concurrency);
        let before = evaluate.run(cx, baseline, rows).await?;
        let after = evaluate.run(cx, candidate, rows).await?;
        Ok(verdict::decide(self, before, after))
    }
}

impl<R, O> fmt::Debug for Gate<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("metric", &self.scorer.name())
            .field("minima", &self.minima)
            .field("max_drop", &self.max_drop)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}
