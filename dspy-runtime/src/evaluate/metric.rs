//! What judges a row.

use std::future::Future;
use std::marker::PhantomData;

use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::context::Context;
use crate::error::Result;
use crate::score::{IntoScore, Score};
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

    /// Judges one row with the help of a model: as [`score`](Metric::score), with the context of the
    /// evaluation or search, whose calls are for [`Purpose::Judge`](crate::Purpose). They are charged to
    /// its budget, and not to the run that is judged. This is what is called; by default it asks no model.
    fn score_in<'a>(
        &'a self,
        cx: &'a Context,
        row: &'a R,
        output: &'a O,
        trace: &'a Trace,
    ) -> BoxFuture<'a, Result<Score>> {
        let _ = cx;
        self.score(row, output, trace)
    }

    /// The most LM calls that judging one row makes in a context, for plans and budgets; 0 by default.
    fn calls(&self, cx: &Context) -> u64 {
        let _ = cx;
        0
    }

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

    fn score_in<'a>(
        &'a self,
        cx: &'a Context,
        row: &'a R,
        output: &'a O,
        trace: &'a Trace,
    ) -> BoxFuture<'a, Result<Score>> {
        self.metric.score_in(cx, row, output, trace)
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.metric.calls(cx)
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}
