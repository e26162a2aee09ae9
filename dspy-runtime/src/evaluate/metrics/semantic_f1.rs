//! The recall and precision of an answer's facts, as a model sees them.

use std::fmt;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Serialize;

use super::asking::Asking;
use super::texts::{answers, text};
use crate::context::Context;
use crate::error::Result;
use crate::evaluate::{Case, Metric, Score};
use crate::lm::Lm;

/// Compare an answer with the right answer by what they say, not by their words. First note what the right
/// answer says that the answer leaves out, and what the answer says that the right answer does not support.
/// Then give both shares.
#[dspy_macros::signature]
struct CompareIdeas {
    /// The question.
    #[input]
    question: String,
    /// The right answer.
    #[input]
    right_answer: String,
    /// The answer that is judged.
    #[input]
    answer: String,
    /// The facts that are left out and those that are not supported, in one or two sentences.
    #[output]
    differences: String,
    /// The share of the right answer's ideas that the answer says, from 0 to 1.
    #[output]
    recall: f64,
    /// The share of the answer's ideas that the right answer supports, from 0 to 1.
    #[output]
    precision: f64,
}

/// The harmonic mean of two shares, from 0 to 1, that a model estimates: how much of the right answer is
/// said, and how much of what is said is in the right answer. For answers that can be worded in many ways.
///
/// It makes one LM call for a row, and one more for each time that a reply cannot be read. Shares outside
/// of 0 to 1 are moved to the nearer end. The idea is that of the metric of this name in DSPy; the prompt
/// is not. The calls are for [`Purpose::Judge`](crate::context::Purpose), in a search once for equal questions.
///
/// # Example
///
/// ```
/// use dspy::evaluate::metrics::SemanticF1;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Evaluate, Predict, Rows, signature};
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
/// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\n", "capitals.csv")?;
/// let judge = dspy::Lm::from(Scripted::answering(|_| {
///     "[[ ## differences ## ]]\nIt adds a river.\n[[ ## recall ## ]]\n1\n[[ ## precision ## ]]\n0.5".into()
/// }));
/// let metric = SemanticF1::new(
///     |row: &Capital| &row.country,
///     |row: &Capital| &row.capital,
///     |out: &CapitalOutput| &out.capital,
/// );
/// let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis on the Seine".into()));
/// let report = Evaluate::new(metric.lm(judge)).run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// assert!((report.score() - 2.0 / 3.0).abs() < 1e-12);
/// assert_eq!((report.usage().calls, cx.usage().calls), (1, 2), "one of the program, one of the judge");
/// # Ok(())
/// # }
/// ```
pub struct SemanticF1<R, O> {
    question: Shown<R>,
    wanted: Shown<R>,
    given: Shown<O>,
    asking: Asking,
}

/// A view of a row or of the outputs for a model.
type Shown<T> = Arc<dyn Fn(&T) -> Result<String> + Send + Sync>;

impl<R: 'static, O: 'static> SemanticF1<R, O> {
    /// Compares a field of the row with a field of the outputs, as answers to another field of the row.
    pub fn new<Q, A, B>(
        question: impl Fn(&R) -> &Q + Send + Sync + 'static,
        wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
        given: impl Fn(&O) -> &B + Send + Sync + 'static,
    ) -> Self
    where
        Q: Serialize + ?Sized + 'static,
        A: Serialize + ?Sized + 'static,
        B: Serialize + ?Sized + 'static,
    {
        Self {
            question: Arc::new(move |row| Ok(text(&serde_json::to_value(question(row))?))),
            wanted: Arc::new(move |row| Ok(answers(&serde_json::to_value(wanted(row))?)?.join("\nor: "))),
            given: Arc::new(move |output| Ok(text(&serde_json::to_value(given(output))?))),
            asking: Asking::new("semantic_f1"),
        }
    }

    /// Asks this model; by default that of the evaluation or search.
    #[must_use]
    pub fn lm(mut self, lm: impl Into<Lm>) -> Self {
        self.asking.lm = Some(lm.into());
        self
    }

    async fn judged(&self, case: Case<'_, R, O>) -> Result<Score> {
        let input = CompareIdeasInput {
            question: (self.question)(case.row)?,
            right_answer: (self.wanted)(case.row)?,
            answer: (self.given)(case.output)?,
        };
        let said = self.asking.ask::<CompareIdeas>(case.cx, input).await?;
        Ok(Score::from(f1(said.precision, said.recall)).because(said.differences))
    }
}

/// The harmonic mean of two shares.
fn f1(precision: f64, recall: f64) -> f64 {
    let (precision, recall) = (precision.clamp(0.0, 1.0), recall.clamp(0.0, 1.0));
    if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}

impl<R: Send + Sync + 'static, O: Send + Sync + 'static> Metric<R, O> for SemanticF1<R, O> {
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        self.judged(case).boxed()
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.asking.calls(cx)
    }

    fn name(&self) -> String {
        self.asking.name(None)
    }
}

impl<R, O> fmt::Debug for SemanticF1<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemanticF1").field("lm", &self.asking.lm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::f1;

    #[test]
    fn shares_are_held_to_their_range() {
        assert!((f1(0.5, 1.0) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!((f1(0.0, 0.0), f1(2.0, 3.0), f1(-1.0, 1.0)), (0.0, 1.0, 0.0));
    }
}
