//! Several metrics that count more or less.

use super::{Seen, merged, of_parts, scores};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Score};

/// The mean of several metrics, each with a weight; the weights need not sum to 1.
///
/// The feedback is that of the parts, each with its name; parts that leave nothing to improve are left out
/// where another does not. The LM calls are those of all parts. Weights that are not finite, negative, or
/// all 0 are an error for every row.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::AnyMetric;
/// use dspy::evaluate::metrics::{exact_match, weighted};
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
/// let metric = weighted([(0.7, right), (0.3, short)]);
/// assert_eq!(metric.to_string(), "weighted(0.7 exact_match, 0.3 short)");
/// let evaluate = Evaluate::new(metric);
/// # let _ = evaluate;
/// ```
pub fn weighted<R: Send + Sync + 'static, O: Send + Sync + 'static>(
    parts: impl IntoIterator<Item = (f64, AnyMetric<R, O>)>,
) -> AnyMetric<R, O> {
    AnyMetric::new(Weighted { parts: parts.into_iter().collect() })
}

struct Weighted<R, O> {
    parts: Vec<(f64, AnyMetric<R, O>)>,
}

impl<R: Send + Sync + 'static, O: Send + Sync + 'static> Weighted<R, O> {
    fn parts(&self) -> impl Iterator<Item = &AnyMetric<R, O>> {
        self.parts.iter().map(|(_, part)| part)
    }

    fn called(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(|(weight, part)| format!("{weight} {part}")).collect();
        format!("weighted({})", parts.join(", "))
    }

    async fn judged(&self, seen: Seen<'_, R, O>) -> Result<Score> {
        let whole: f64 = self.parts.iter().map(|(weight, _)| weight).sum();
        if !whole.is_finite() || whole <= 0.0 || self.parts.iter().any(|(weight, _)| *weight < 0.0) {
            let message = "weights are finite, not negative, and not all 0";
            return Err(Error::new(ErrorKind::Metric, message));
        }
        let scores = scores(self.parts(), &seen).await?;
        let sum: f64 = self.parts.iter().zip(&scores).map(|((weight, _), score)| weight * score.value).sum();
        Ok(merged(sum / whole, self.parts(), &scores))
    }
}

of_parts!(Weighted);
