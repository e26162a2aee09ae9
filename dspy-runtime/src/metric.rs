//! The judges of the outputs of a program.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::score::{IntoScore, Score};
use crate::trace::Trace;

/// Judges the outputs for a row. Closures and functions are metrics:
///
/// | shape | for |
/// |---|---|
/// | `\|row: &Row, out: &Output\| …` | comparing with the labels |
/// | `\|row: &Row, out: &Output, trace: &Trace\| …` | looking at the steps too |
/// | `\|row: &Row, out: &Output\| { …; async move { … } }` | asking something else, as a service |
///
/// Each returns `bool`, `f64`, [`Score`] with feedback, or a `Result` of one of them. `K` tells the
/// shapes apart; it is inferred and never written. A custom type implements `Metric<R, O>`.
///
/// The name, which artifacts record, is that of the function; give a closure one with
/// [`named`](crate::evaluate::named).
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
///
/// One that asks a model does so in the context of the [`Case`], and says how many calls that takes:
///
/// ```
/// use dspy::evaluate::Case;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Evaluate, Metric, Predict, Result, Rows, Score, signature};
/// use futures_util::future::{BoxFuture, FutureExt};
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
/// /// Say whether the statement is true.
/// #[signature]
/// struct Check {
///     #[input]
///     statement: String,
///     #[output]
///     right: bool,
/// }
///
/// struct Checked(Predict<Check>);
///
/// impl Metric<Capital, CapitalOutput> for Checked {
///     fn judge<'a>(&'a self, case: Case<'a, Capital, CapitalOutput>) -> BoxFuture<'a, Result<Score>> {
///         async move {
///             let statement = format!("{} is the capital of {}", case.output.capital, case.row.country);
///             Ok(Score::from(self.0.call(case.cx, CheckInput { statement }).await?.right))
///         }
///         .boxed()
///     }
///
///     fn calls(&self, _: &Context) -> u64 {
///         1
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\n", "capitals.csv")?;
/// let cx = Context::new(Scripted::answering(|prompt| match prompt.contains("statement") {
///     true => "[[ ## right ## ]]\ntrue".into(),
///     false => "[[ ## capital ## ]]\nParis".into(),
/// }));
/// let evaluate = Evaluate::new(Checked(Predict::new()));
/// let report = evaluate.run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// assert_eq!((report.score(), cx.usage().calls), (1.0, 2));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric for rows of `{R}` and outputs of `{O}`",
    label = "not a metric",
    note = "write `|row: &{R}, out: &{O}| …` with the types spelled out, returning `bool`, `f64` or `Score`"
)]
pub trait Metric<R, O, K = ()>: Send + Sync + 'static {
    /// Judges the outputs for one row.
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>>;

    /// The most LM calls that judging one row makes in a context, for plans and budgets; 0 by default.
    fn calls(&self, cx: &Context) -> u64 {
        let _ = cx;
        0
    }

    /// Returns the name of the metric in reports and artifacts.
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

/// The case that a metric judges: the outputs for a row, and what it may ask.
///
/// # Example
///
/// ```
/// use dspy::evaluate::Case;
/// use dspy::lm::Scripted;
/// use dspy::trace::Trace;
/// use dspy::{Context, Metric};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let longer = |row: &String, out: &String| out.len() > row.len();
/// let cx = Context::new(Scripted::replies(["never asked"]));
/// let (row, out, trace) = ("ab".to_owned(), "abc".to_owned(), Trace::default());
/// assert_eq!(longer.judge(Case::new(&cx, &row, &out, &trace)).await?.value, 1.0);
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
#[derive(Debug)]
pub struct Case<'a, R, O> {
    /// The context with which a metric calls a model: the context of the evaluation, search or program that
    /// judges. In an evaluation or search its calls are for [`Purpose::Judge`](crate::context::Purpose), charged to
    /// its budget and not to the run that is judged; a strategy that judges its attempts pays for them
    /// itself.
    pub cx: &'a Context,
    /// The row, with its labels; the inputs alone where a strategy judges its attempts.
    pub row: &'a R,
    /// The output of the program for it.
    pub output: &'a O,
    /// The steps by which it came to that.
    pub trace: &'a Trace,
}

impl<'a, R, O> Case<'a, R, O> {
    /// A custom case, to call a metric by hand.
    #[must_use]
    pub fn new(cx: &'a Context, row: &'a R, output: &'a O, trace: &'a Trace) -> Self {
        Self { cx, row, output, trace }
    }
}

impl<R, O> Clone for Case<'_, R, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, O> Copy for Case<'_, R, O> {}

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
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        ready(self(case.row, case.output).into_score()).boxed()
    }
}

impl<F, R, O, S> Metric<R, O, Tracing> for F
where
    F: Fn(&R, &O, &Trace) -> S + Send + Sync + 'static,
    S: IntoScore,
{
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        ready(self(case.row, case.output, case.trace).into_score()).boxed()
    }
}

impl<F, R, O, T> Metric<R, O, Asynchronous> for F
where
    F: Fn(&R, &O) -> T + Send + Sync + 'static,
    T: Future + Send + 'static,
    T::Output: IntoScore,
{
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        let judging = self(case.row, case.output);
        async move { judging.await.into_score() }.boxed()
    }
}

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
pub struct AnyMetric<R, O> {
    name: Arc<str>,
    metric: Arc<dyn Metric<R, O>>,
}

/// A metric whose shape is forgotten.
struct Shapeless<F, K>(F, PhantomData<fn() -> K>);

impl<R, O, K: 'static, F: Metric<R, O, K>> Metric<R, O> for Shapeless<F, K> {
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        self.0.judge(case)
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.0.calls(cx)
    }
}

impl<R, O> AnyMetric<R, O> {
    /// Forgets the type of a metric.
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::named(metric.name(), metric)
    }

    /// Forgets the type of a metric and gives it a name, for reports and artifacts.
    pub fn named<K: 'static>(name: impl Into<String>, metric: impl Metric<R, O, K>) -> Self {
        Self { name: name.into().into(), metric: Arc::new(Shapeless(metric, PhantomData)) }
    }
}

impl<R: 'static, O: 'static> AnyMetric<R, O> {
    /// The score of a case, which is a number; an error names the metric.
    pub(crate) async fn score(&self, case: Case<'_, R, O>) -> Result<Score> {
        number(self.metric.judge(case).await, || (format!("metric `{self}`"), "returned"))
    }

    /// The score of an attempt, which is a number.
    pub(crate) async fn reward(&self, case: Case<'_, R, O>) -> Result<Score> {
        number(self.metric.judge(case).await, || ("the reward".to_owned(), "is"))
    }
}

/// A score that is a number, from what a metric gave; who that is stands in errors with its verb.
fn number(given: Result<Score>, who: impl Fn() -> (String, &'static str)) -> Result<Score> {
    let score = given.map_err(|error| match error.kind() {
        // A judge that cannot be asked says something about the set-up, and nothing about the row.
        ErrorKind::Budget | ErrorKind::CallBound | ErrorKind::NotConfigured => error,
        _ => Error::new(ErrorKind::Metric, format!("{} failed: {error:#}", who().0)),
    })?;
    if score.value.is_finite() {
        return Ok(score);
    }
    let (who, gave) = who();
    Err(Error::new(ErrorKind::Metric, format!("{who} {gave} {}, which is not a score", score.value)))
}

/// Gives a metric a name, for reports and artifacts, as [`AnyMetric::named`] does.
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
pub fn named<R, O, K: 'static>(name: impl Into<String>, metric: impl Metric<R, O, K>) -> AnyMetric<R, O> {
    AnyMetric::named(name, metric)
}

impl<R: 'static, O: 'static> Metric<R, O> for AnyMetric<R, O> {
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        self.metric.judge(case)
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.metric.calls(cx)
    }

    fn name(&self) -> String {
        self.to_string()
    }
}

impl<R, O> Clone for AnyMetric<R, O> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), metric: self.metric.clone() }
    }
}

/// Its name.
impl<R, O> fmt::Display for AnyMetric<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<R, O> fmt::Debug for AnyMetric<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyMetric").field(&self.name).finish()
    }
}
