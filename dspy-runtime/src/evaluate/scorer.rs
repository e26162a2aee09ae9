//! A metric as evaluations and searches use it.

use super::any_metric::AnyMetric;
use super::metric::Metric;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::score::Score;
use crate::trace::Trace;

/// A metric whose scores are checked and whose errors name it.
pub(crate) struct Scorer<R, O>(AnyMetric<R, O>);

impl<R, O> Scorer<R, O> {
    pub(crate) fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self(AnyMetric::new(metric))
    }

    pub(crate) fn name(&self) -> String {
        self.0.to_string()
    }

    /// The most LM calls that judging one row makes.
    pub(crate) fn calls(&self, cx: &Context) -> u64 {
        self.0.calls_in(cx)
    }

    /// The score of a row, which is a number. The context is for calls of the metric.
    pub(crate) async fn score(&self, cx: &Context, row: &R, output: &O, trace: &Trace) -> Result<Score> {
        let failed = |error: Error| match error.kind() {
            // A judge that cannot be asked says something about the set-up, and nothing about the row.
            ErrorKind::Budget | ErrorKind::NotConfigured => error,
            _ => Error::new(ErrorKind::Metric, format!("metric `{}` failed: {error:#}", self.name())),
        };
        let score = self.0.score_of(Some(cx), row, output, trace).await.map_err(failed)?;
        if score.value.is_finite() {
            return Ok(score);
        }
        let message = format!("metric `{}` returned {}, which is not a score", self.name(), score.value);
        Err(Error::new(ErrorKind::Metric, message))
    }
}

impl<R, O> Clone for Scorer<R, O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R, O> std::fmt::Debug for Scorer<R, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Scorer").field(&self.name()).finish()
    }
}
