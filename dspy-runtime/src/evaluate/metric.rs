//! What judges a row.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::score::{IntoScore, Score};
use crate::error::{Error, ErrorKind, Result};
use crate::trace::Trace;

/// Judges the outputs for a row. Closures and functions are metrics:
///
/// | shape | for |
/// |---|---|
/// | `\|row: &Row, out: &Output\| …` | comparing with the labels |
/// | `\|row: &Row, out: &Output, trace: &Trace\| …` | looking at the steps too |
/// | `\|row: &Row, out: &Output\| { …; async move { … } }` | asking something else, as another model |
///
/// Each returns `bool`, `f64`, [`Score`] with feedback, or a `Result` of one of them. `K` tells the
/// shapes apart; it is inferred and never written. A type of one's own implements `Metric<R, O>`.
///
/// The name, which artifacts record, is that of the function; give a closure one with [`named`].
///
/// # Example
///
/// ```
/// use dspy::{Evaluate, Score, signature};
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
/// fn exact(row: &Capital, out: &CapitalOutput) -> Score {
///     match row.capital == out.capital {
///         true => Score::from(1.0),
///         false => Score::from(0.0).because(format!("it is {}", row.capital)),
///     }
/// }
///
/// let evaluate = Evaluate::new(exact);
/// # let _ = evaluate;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric for rows of `{R}` and outputs of `{O}`",
    label = "not a metric",
    note = "write `|row: &{R}, out: &{O}| …` with the types spelled out, returning `bool`, `f64` or `Score`"
)]
pub trait Metric<R, O, K = ()>: Send + Sync + 'static {
    /// Judges one row.
    fn score<'a>(&'a self, row: &'a R, output: &'a O, trace: &'a Trace) -> BoxFuture<'a, Result<Score>>;

    /// What the metric is called in reports and artifacts.
    fn name(&self) -> String {
        let name = std::any::type_name::<Self>();
        // The path inside the crate says enough, and does not change with the name of a test binary.
        let name = name.split_once("::").map_or(name, |(_, rest)| rest);
        match name.split_once("::{{closure}}") {
            Some((function, _)) => format!("closure in {function}"),
            None => name.to_owned(),
        }
    }
}

/// Marks a metric that looks at the outputs alone.
#[derive(Debug)]
pub struct Plain;

/// Marks a metric that looks at the trace too.
#[derive(Debug)]
pub struct Tracing;

/// Marks a metric that returns a future.
#[derive(Debug)]
pub struct Asynchronous;

impl<F, R, O, S> Metric<R, O, Plain> for F
where
    F: Fn(&R, &O) -> S + Send + Sync + 'static,
    S: IntoScore,
{
    fn score<'a>(&'a self, row: &'a R, output: &'a O, _: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        ready(self(row, output).into_score()).boxed()
    }
}

impl<F, R, O, S> Metric<R, O, Tracing> for F
where
    F: Fn(&R, &O, &Trace) -> S + Send + Sync + 'static,
    S: IntoScore,
{
    fn score<'a>(&'a self, row: &'a R, output: &'a O, trace: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        ready(self(row, output, trace).into_score()).boxed()
    }
}

impl<F, R, O, T> Metric<R, O, Asynchronous> for F
where
    F: Fn(&R, &O) -> T + Send + Sync + 'static,
    T: Future + Send + 'static,
    T::Output: IntoScore,
{
    fn score<'a>(&'a self, row: &'a R, output: &'a O, _: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        let judging = self(row, output);
        async move { judging.await.into_score() }.boxed()
    }
}

/// A metric with a name of its own.
#[derive(Clone, Debug)]
pub struct Named<F, K> {
    name: String,
    metric: F,
    shape: PhantomData<fn() -> K>,
}

/// Gives a metric a name, for reports and artifacts.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::named;
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
/// let evaluate = Evaluate::new(named("exact", |row: &Capital, out: &CapitalOutput| row.capital == out.capital));
/// # let _ = evaluate;
/// ```
pub fn named<R, O, K, F: Metric<R, O, K>>(name: impl Into<String>, metric: F) -> Named<F, (R, O, K)> {
    Named { name: name.into(), metric, shape: PhantomData }
}

impl<R: 'static, O: 'static, K: 'static, F: Metric<R, O, K>> Metric<R, O> for Named<F, (R, O, K)> {
    fn score<'a>(&'a self, row: &'a R, output: &'a O, trace: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        self.metric.score(row, output, trace)
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// A metric whose own type is forgotten.
pub(crate) struct Scorer<R, O>(Arc<dyn Judge<R, O>>);

trait Judge<R, O>: Send + Sync {
    fn score<'a>(&'a self, row: &'a R, output: &'a O, trace: &'a Trace) -> BoxFuture<'a, Result<Score>>;
    fn name(&self) -> String;
}

struct Shaped<F, K>(F, PhantomData<fn() -> K>);

impl<R, O, K, F: Metric<R, O, K>> Judge<R, O> for Shaped<F, K> {
    fn score<'a>(&'a self, row: &'a R, output: &'a O, trace: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        self.0.score(row, output, trace)
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

impl<R, O> Scorer<R, O> {
    pub(crate) fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self(Arc::new(Shaped(metric, PhantomData)))
    }

    pub(crate) fn name(&self) -> String {
        self.0.name()
    }

    /// The score of a row, which is a number.
    pub(crate) async fn score(&self, row: &R, output: &O, trace: &Trace) -> Result<Score> {
        let failed =
            |error: Error| Error::new(ErrorKind::Metric, format!("metric `{}` failed: {error}", self.name()));
        let score = self.0.score(row, output, trace).await.map_err(failed)?;
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
