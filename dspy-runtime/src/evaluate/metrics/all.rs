//! Several metrics that all count.

use super::{Seen, merged, names, of_parts, scores};
use crate::error::Result;
use crate::evaluate::{AnyMetric, Score};

/// The lowest score of several metrics: of those that say yes or no, whether all say yes.
///
/// The feedback is that of the parts, each with its name; parts that leave nothing to improve are left out
/// where another does not. Every part is asked, for its feedback, so the LM calls are those of all parts.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::AnyMetric;
/// use dspy::evaluate::metrics::{all, exact_match};
/// # use dspy::signature;
/// # /// Name the capital of a country.
/// # #[signature]
/// # struct Capital {
/// #     #[input]
/// #     country: String,
/// #     /// Its name alone.
/// #     #[output]
/// #     capital: String,
/// # }
///
/// let right = exact_match(|row: &Capital| &row.capital, |out: &CapitalOutput| &out.capital);
/// let short = AnyMetric::named("short", |_: &Capital, out: &CapitalOutput| out.capital.len() < 20);
/// let metric = all([right, short]);
/// assert_eq!(metric.to_string(), "all(exact_match, short)");
/// let evaluate = Evaluate::new(metric);
/// # let _ = evaluate;
/// ```
pub fn all<R: Send + Sync + 'static, O: Send + Sync + 'static>(
    parts: impl IntoIterator<Item = AnyMetric<R, O>>,
) -> AnyMetric<R, O> {
    AnyMetric::new(All { parts: parts.into_iter().collect() })
}

struct All<R, O> {
    parts: Vec<AnyMetric<R, O>>,
}

impl<R: Send + Sync + 'static, O: Send + Sync + 'static> All<R, O> {
    fn parts(&self) -> impl Iterator<Item = &AnyMetric<R, O>> {
        self.parts.iter()
    }

    fn called(&self) -> String {
        format!("all({})", names(self.parts()))
    }

    async fn judged(&self, seen: Seen<'_, R, O>) -> Result<Score> {
        let scores = scores(self.parts(), &seen).await?;
        let value = scores.iter().map(|score| score.value).fold(f64::INFINITY, f64::min);
        Ok(merged(value, self.parts(), &scores))
    }
}

of_parts!(All);
