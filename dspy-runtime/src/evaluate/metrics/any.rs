//! Several metrics of which one is enough.

use super::{Seen, merged, names, of_parts, scores};
use crate::error::Result;
use crate::evaluate::{AnyMetric, Score};

/// The highest score of several metrics: of those that say yes or no, whether one says yes.
///
/// The feedback is that of the parts, each with its name; parts that leave nothing to improve are left out
/// where another does not. Every part is asked, for its feedback, so the LM calls are those of all parts.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::AnyMetric;
/// use dspy::evaluate::metrics::{any, exact_match};
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
/// let metric = any([right, short]);
/// assert_eq!(metric.to_string(), "any(exact_match, short)");
/// let evaluate = Evaluate::new(metric);
/// # let _ = evaluate;
/// ```
pub fn any<R: Send + Sync + 'static, O: Send + Sync + 'static>(
    parts: impl IntoIterator<Item = AnyMetric<R, O>>,
) -> AnyMetric<R, O> {
    AnyMetric::new(Any { parts: parts.into_iter().collect() })
}

struct Any<R, O> {
    parts: Vec<AnyMetric<R, O>>,
}

impl<R: Send + Sync + 'static, O: Send + Sync + 'static> Any<R, O> {
    fn parts(&self) -> impl Iterator<Item = &AnyMetric<R, O>> {
        self.parts.iter()
    }

    fn called(&self) -> String {
        format!("any({})", names(self.parts()))
    }

    async fn judged(&self, seen: Seen<'_, R, O>) -> Result<Score> {
        let scores = scores(self.parts(), &seen).await?;
        let value = scores.iter().map(|score| score.value).fold(f64::NEG_INFINITY, f64::max);
        Ok(merged(value, self.parts(), &scores))
    }
}

of_parts!(Any);
