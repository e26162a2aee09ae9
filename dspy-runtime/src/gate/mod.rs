//! The release decision, on rows that no search has seen.
//!
//! Both programs are run on the same rows, so each row is compared with itself, and what the rows differ in
//! does not count. [`Gate`] then asks in this order:
//!
//! 1. **Is anything too bad?** A slice below its [`minimum`](Gate::minimum), one that falls by more than
//!    [`max_drop`](Gate::max_drop), one that falls by less but surely, a program that costs or takes more than it
//!    [may](Gate::max_cost_ratio), or a mean that is no better: the answer is [`Keep`](Decision::Keep), however
//!    much better the mean is.
//! 2. **Could it be chance?** If so, [`Undecided`](Decision::Undecided), with the number of rows that would be
//!    likely to tell.
//! 3. Else [`Promote`](Decision::Promote).
//!
//! # The tests
//!
//! | question | test | exact |
//! |---|---|---|
//! | right or wrong: better? | McNemar's, on the rows that changed: of so many, at least so many fixed, by a fair coin (McNemar, Note on the Sampling Error of the Difference between Correlated Proportions, Psychometrika 1947) | yes |
//! | graded scores: better? | the paired permutation test: of all signs that the differences could have, how many give such a sum (Fisher, The Design of Experiments, 1935) | for scores in hundredths and for up to 16 changed rows; else up to 10,000 drawn signs, fewer where the chance is large (Besag and Clifford, Sequential Monte Carlo p-values, Biometrika 1991) |
//! | between which is the difference? | bootstrap over rows, bias-corrected and accelerated (Efron, Better Bootstrap Confidence Intervals, JASA 1987), two-sided at the gate's confidence | no |
//! | did a slice fall? | the same tests the other way round, corrected for the number of slices (Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979) | as above |
//! | is it ruled out that a slice falls by more than `max_drop`? | right or wrong: Tango's score test (Statistics in Medicine 1998); graded: Student's paired test of the mean; both corrected likewise | no |
//! | how many rows would tell? | for a chance of 80 %: Connor's number (Biometrics 1987), which for graded scores is that of the paired test of the mean | no |
//!
//! All tests of a direction are one-sided at the gate's [confidence](Gate::confidence). Random draws are keyed, so
//! the same scores give the same verdict.
//!
//! That a slice fell by chance, though surely, keeps out at most 5 of 100 candidates that it should not, however many
//! slices there are.
//!
//! A slice of twenty rows cannot rule out a fall of 0.1 even where nothing changed in it. So that is a remark by the
//! decision, and a condition of it only with [`prove_slices`](Gate::prove_slices).
//!
//! [`Gate::calibrate`] tells how often a gate would promote where there is no difference.

mod calibrate;
mod compare;
mod page;
mod rules;
mod spending;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use calibrate::Calibration;
pub use dspy_numbers::statistics::Test;
pub use rules::SliceVerdict;
pub use spending::Spending;
pub use verdict::{Changes, Decision, Verdict};

use crate::data::{Slice, by};
use crate::evaluate::{AnyMetric, Metric};
use crate::signature::Row;
use rules::Rules;
use spending::Limits;

/// A mean that differs by less does not differ: sums of fractions have such errors.
const NO_GAIN: f64 = 1e-12;

/// Compares a candidate with the baseline on held-out rows, overall and slice by slice.
///
/// It costs the LM calls of both programs for each row. The decision rests on a paired test of the rows' scores
/// (exact for right or wrong), at a confidence of 95 %, and on what no slice may do; [`mod@crate::gate`] explains
/// each test.
///
/// # Example
///
/// ```
/// use dspy::gate::Decision;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Gate, Predict, Rows, signature};
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
    metric: AnyMetric<R, O>,
    slice: Option<Slice<R>>,
    rules: Rules,
    limits: Limits,
    concurrency: Option<usize>,
    keep_exchanges: bool,
    progress: bool,
}

impl<R: Row, O: Send + Sync + 'static> Gate<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        let rules = Rules { minima: BTreeMap::new(), max_drop: 0.1, confidence: 0.95, prove_slices: false };
        Self {
            metric: AnyMetric::new(metric),
            slice: None,
            rules,
            limits: Limits::default(),
            concurrency: None,
            keep_exchanges: false,
            progress: true,
        }
    }

    /// Also decides by each slice of the rows: `.slice(|row| row.kind)`.
    #[must_use]
    pub fn slice<T: Serialize>(mut self, slice: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.slice = Some(by(slice));
        self
    }

    #[cfg(feature = "app")]
    pub(crate) fn with_slice(mut self, slice: Option<Slice<R>>) -> Self {
        self.slice = slice;
        self
    }

    /// The least mean score that the candidate must reach in a slice.
    #[must_use]
    pub fn minimum(mut self, slice: impl Into<String>, score: f64) -> Self {
        self.rules.minima.insert(slice.into(), score);
        self
    }

    /// Sets the most that a slice's mean may fall below the baseline's; 0.1 by default. A smaller fall keeps
    /// the candidate out, too, if it is hardly chance.
    #[must_use]
    pub fn max_drop(mut self, score: f64) -> Self {
        self.rules.max_drop = score;
        self
    }

    /// Sets whether each slice must have rows enough to rule out that it falls by more than
    /// [`max_drop`](Gate::max_drop); without them it stays undecided. Not by default: it takes some 25 rows
    /// where nothing changed, more where something did, and more for each further slice.
    #[must_use]
    pub fn prove_slices(mut self, prove: bool) -> Self {
        self.rules.prove_slices = prove;
        self
    }

    /// Sets the confidence with which the candidate must be better; 0.95 by default. It is above 0.5 and
    /// below 1.
    #[must_use]
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.rules.confidence = confidence;
        self
    }

    /// Sets the highest mean cost of a run of the candidate, in the currency of the context's
    /// [prices](crate::Context::with_prices).
    #[must_use]
    pub fn max_cost(mut self, cost: f64) -> Self {
        self.limits.cost = Some(cost);
        self
    }

    /// Sets the highest ratio of the cost of a run of the candidate to one of the baseline: 1.5 for half as
    /// much again.
    #[must_use]
    pub fn max_cost_ratio(mut self, ratio: f64) -> Self {
        self.limits.cost_ratio = Some(ratio);
        self
    }

    /// Limits the ratio of tokens, which are known where prices are not.
    #[must_use]
    pub fn max_tokens_ratio(mut self, ratio: f64) -> Self {
        self.limits.tokens_ratio = Some(ratio);
        self
    }

    /// Sets the longest time for the LM calls of a run of the candidate, as if one after another, in 95 % of
    /// the runs (see [`latency_percentile`](Gate::latency_percentile)). Latency is measured, so a verdict
    /// that it decides may be another the next time.
    #[must_use]
    pub fn max_latency(mut self, latency: Duration) -> Self {
        self.limits.latency = Some(latency);
        self
    }

    /// Sets the highest ratio of that time to the baseline's.
    #[must_use]
    pub fn max_latency_ratio(mut self, ratio: f64) -> Self {
        self.limits.latency_ratio = Some(ratio);
        self
    }

    /// Sets the part of the runs for which a limit on latency holds; 0.95 by default.
    #[must_use]
    pub fn latency_percentile(mut self, part: f64) -> Self {
        self.limits.percentile = part;
        self
    }

    /// Sets the number of rows that run at once; by default 16, or as many as the model
    /// [wants](crate::lm::LanguageModel::calls_at_once). The verdict does not depend on it, but for latency.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = Some(rows);
        self
    }

    /// Sets whether the verdict's reports keep the exact prompts and replies of each step; see
    /// [`Evaluate::keep_exchanges`](crate::Evaluate::keep_exchanges) for what memory that takes. They do not by default.
    #[must_use]
    pub fn keep_exchanges(mut self, keep: bool) -> Self {
        self.keep_exchanges = keep;
        self
    }

    /// Sets whether progress is shown on standard error, as
    /// [`Evaluate::progress`](crate::Evaluate::progress) shows it; it is by default.
    #[must_use]
    pub fn progress(mut self, shown: bool) -> Self {
        self.progress = shown;
        self
    }
}

impl<R, O> fmt::Debug for Gate<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("metric", &self.metric.to_string())
            .field("rules", &self.rules)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
