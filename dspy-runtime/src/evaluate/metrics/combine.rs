//! Several metrics as one.

use std::fmt::Write as _;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Case, Metric, Score};

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
    let (weights, parts) = parts.into_iter().unzip();
    AnyMetric::new(Combined { parts, by: By::Weights(weights) })
}

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
    AnyMetric::new(Combined { parts: parts.into_iter().collect(), by: By::Lowest })
}

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
    AnyMetric::new(Combined { parts: parts.into_iter().collect(), by: By::Highest })
}

/// A metric whose score is made of its parts' scores, and its cost of their costs.
struct Combined<R, O> {
    parts: Vec<AnyMetric<R, O>>,
    by: By,
}

/// The way the whole is scored.
enum By {
    /// The mean, by a weight for each part.
    Weights(Vec<f64>),
    Lowest,
    Highest,
}

impl<R: Send + Sync + 'static, O: Send + Sync + 'static> Metric<R, O> for Combined<R, O> {
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        async move {
            self.by.check()?;
            if self.parts.is_empty() {
                return Err(Error::new(ErrorKind::Metric, "it has no parts to judge by"));
            }
            // They are asked at the same time.
            let scores = try_join_all(self.parts.iter().map(|part| part.judge(case))).await?;
            Ok(Score::from(self.by.of(&scores)).because(self.feedback(&scores)))
        }
        .boxed()
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.parts.iter().map(|part| part.calls(cx)).sum()
    }

    fn name(&self) -> String {
        let mut names = Vec::with_capacity(self.parts.len());
        for (place, part) in self.parts.iter().enumerate() {
            let mut name = String::new();
            if let By::Weights(weights) = &self.by
                && let Some(weight) = weights.get(place)
            {
                let _ = write!(name, "{weight} ");
            }
            names.push(name + &part.to_string());
        }
        format!("{}({})", self.by.name(), names.join(", "))
    }
}

impl<R, O> Combined<R, O> {
    /// Joins the feedback of the parts; those that leave nothing to improve are left out unless all do so.
    fn feedback(&self, scores: &[Score]) -> String {
        let imperfect = scores.iter().any(|score| score.value < 1.0);
        let says = self.parts.iter().zip(scores).filter(|(_, score)| !imperfect || score.value < 1.0);
        let says = says.map(|(part, score)| match &score.feedback {
            Some(feedback) => format!("{part}: {feedback}"),
            None => format!("{part}: scored {}", score.value),
        });
        says.collect::<Vec<_>>().join("; ")
    }
}

impl By {
    fn name(&self) -> &'static str {
        match self {
            Self::Weights(_) => "weighted",
            Self::Lowest => "all",
            Self::Highest => "any",
        }
    }

    fn check(&self) -> Result<()> {
        let Self::Weights(weights) = self else { return Ok(()) };
        let whole: f64 = weights.iter().sum();
        if !whole.is_finite() || whole <= 0.0 || weights.iter().any(|weight| *weight < 0.0) {
            let message = "weights are finite, not negative, and not all 0";
            return Err(Error::new(ErrorKind::Metric, message));
        }
        Ok(())
    }

    /// The score of the whole.
    fn of(&self, scores: &[Score]) -> f64 {
        let values = scores.iter().map(|score| score.value);
        match self {
            Self::Weights(weights) => {
                let sum: f64 = weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
                sum / weights.iter().sum::<f64>()
            }
            Self::Lowest => values.fold(f64::INFINITY, f64::min),
            Self::Highest => values.fold(f64::NEG_INFINITY, f64::max),
        }
    }
}
