//! A metric whose own type is forgotten.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::metric::{Metric, named};
use crate::context::Context;
use crate::error::Result;
use crate::score::Score;
use crate::trace::Trace;

/// A metric whose own type is forgotten, so that metrics of all kinds go into one list; a cheap clone.
///
/// # Example
///
/// ```
/// use dspy::evaluate::AnyMetric;
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
/// let metrics = [
///     AnyMetric::named("right", |row: &Capital, out: &CapitalOutput| row.capital == out.capital),
///     AnyMetric::named("short", |_: &Capital, out: &CapitalOutput| out.capital.len() < 20),
/// ];
/// assert_eq!(metrics[1].to_string(), "short");
/// ```
pub struct AnyMetric<R, O>(Arc<dyn Erased<R, O>>);

trait Erased<R, O>: Send + Sync {
    fn score<'a>(
        &'a self,
        cx: Option<&'a Context>,
        row: &'a R,
        output: &'a O,
        trace: &'a Trace,
    ) -> BoxFuture<'a, Result<Score>>;
    fn calls(&self, cx: &Context) -> u64;
    fn name(&self) -> String;
}

struct Shaped<F, K>(F, PhantomData<fn() -> K>);

impl<R, O, K, F: Metric<R, O, K>> Erased<R, O> for Shaped<F, K> {
    fn score<'a>(
        &'a self,
        cx: Option<&'a Context>,
        row: &'a R,
        output: &'a O,
        trace: &'a Trace,
    ) -> BoxFuture<'a, Result<Score>> {
        match cx {
            Some(cx) => self.0.score_in(cx, row, output, trace),
            None => self.0.score(row, output, trace),
        }
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.0.calls(cx)
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

impl<R, O> AnyMetric<R, O> {
    /// Forgets the type of a metric.
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self(Arc::new(Shaped(metric, PhantomData)))
    }

    /// Forgets the type of a metric and gives it a name, as [`named`] does.
    pub fn named<K: 'static>(name: impl Into<String>, metric: impl Metric<R, O, K>) -> Self
    where
        R: 'static,
        O: 'static,
    {
        Self::new(named(name, metric))
    }

    pub(crate) fn score_of<'a>(
        &'a self,
        cx: Option<&'a Context>,
        row: &'a R,
        output: &'a O,
        trace: &'a Trace,
    ) -> BoxFuture<'a, Result<Score>> {
        self.0.score(cx, row, output, trace)
    }

    pub(crate) fn calls_in(&self, cx: &Context) -> u64 {
        self.0.calls(cx)
    }
}

impl<R: 'static, O: 'static> Metric<R, O> for AnyMetric<R, O> {
    fn score<'a>(&'a self, row: &'a R, output: &'a O, trace: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        self.score_of(None, row, output, trace)
    }

    fn score_in<'a>(
        &'a self,
        cx: &'a Context,
        row: &'a R,
        output: &'a O,
        trace: &'a Trace,
    ) -> BoxFuture<'a, Result<Score>> {
        self.score_of(Some(cx), row, output, trace)
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.calls_in(cx)
    }

    fn name(&self) -> String {
        self.to_string()
    }
}

impl<R, O> Clone for AnyMetric<R, O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Its name.
impl<R, O> fmt::Display for AnyMetric<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name())
    }
}

impl<R, O> fmt::Debug for AnyMetric<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyMetric").field(&self.0.name()).finish()
    }
}
