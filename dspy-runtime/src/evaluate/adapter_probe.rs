//! The search for the adapter in which a model answers best.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::report::Report;
use super::run::Evaluate;
use crate::adapter::{Adapter, ChatAdapter, JsonAdapter, XmlAdapter};
use crate::context::Context;
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::lm::Usage;
use crate::metric::Metric;
use crate::module::Module;
use crate::signature::Row;

/// Runs a program on a few rows with each adapter, and reports in which form the model answers best.
///
/// It costs the program's LM calls for each row and adapter: with the defaults, 8 rows and the
/// [`JsonAdapter`], [`ChatAdapter`] and [`XmlAdapter`], 24 runs. Predictors that have
/// [adapters of their own](crate::Predict::adapter) keep them.
///
/// # Example
///
/// ```
/// use dspy::evaluate::AdapterProbe;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, Rows, signature};
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
/// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
/// // A model that writes tags whatever it is asked for.
/// let cx = Context::new(Scripted::answering(|_| "<capital>Paris</capital>".into())).with_strict_replies(true);
/// let probe = AdapterProbe::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
/// let found = probe.run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// let best = found.best().expect("three adapters were tried");
/// assert_eq!((best.adapter.as_str(), best.typed, best.score), ("xml", 1.0, 0.5));
/// # Ok(())
/// # }
/// ```
pub struct AdapterProbe<R, O> {
    evaluate: Evaluate<R, O>,
    rows: usize,
    adapters: Vec<Arc<dyn Adapter>>,
}

/// The results of an [`AdapterProbe`], which has an example; `Display` is a table with a recommendation.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterComparison {
    /// One result for each adapter, in the order in which they were tried.
    pub results: Vec<AdapterResult>,
    /// The day of the list prices by which costs are reported; `None` where the context has prices of its
    /// own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices_as_of: Option<String>,
}

/// The result of one adapter in an [`AdapterProbe`], which has an example.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterResult {
    /// The name of the adapter.
    pub adapter: String,
    /// Tells whether it is the one that the context has.
    pub current: bool,
    /// The number of rows run.
    pub rows: usize,
    /// The share of rows whose run ended with typed outputs, 0 to 1.
    pub typed: f64,
    /// The mean score; a row that failed counts 0.
    pub score: f64,
    /// The cost of all rows.
    pub usage: Usage,
    /// The cost of all rows in US dollars, by the context's [prices](Context::with_prices); `None` where one is not
    /// known.
    pub cost: Option<f64>,
}

/// The adapters that are tried unless others are added.
pub(crate) fn usual_adapters() -> [Arc<dyn Adapter>; 3] {
    [JsonAdapter::shared().clone(), ChatAdapter::shared().clone(), Arc::new(XmlAdapter)]
}

impl<R: Row, O: Send + Sync + 'static> AdapterProbe<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::of(Evaluate::new(metric))
    }

    /// Runs rows as an evaluation does.
    pub(crate) fn of(evaluate: Evaluate<R, O>) -> Self {
        Self { evaluate: evaluate.max_errors(usize::MAX), rows: 8, adapters: usual_adapters().into() }
    }

    /// Sets the number of rows, from the first, that are run with each adapter; 8 by default.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// Tries one more adapter, such as a [`TwoStep`](crate::adapter::TwoStep) or one of your own.
    #[must_use]
    pub fn adapter(mut self, adapter: impl Adapter + 'static) -> Self {
        self.adapters.push(Arc::new(adapter));
        self
    }

    /// Runs the program with each adapter, one after the other.
    ///
    /// # Errors
    ///
    /// When there are no rows, or the budget of the context is spent.
    pub async fn run<P>(&self, cx: &Context, program: &P, rows: &Rows<R>) -> Result<AdapterComparison>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let first = rows.take(self.rows);
        let current = cx.adapter().name();
        let mut results = Vec::with_capacity(self.adapters.len());
        for adapter in &self.adapters {
            let report = self
                .evaluate
                .run(&cx.changed(|settings| settings.adapter = Some(adapter.clone())), program, &first)
                .await?;
            if let Some(why) = report.stopped() {
                return Err(Error::new(crate::ErrorKind::Budget, format!("the probe was stopped: {why}")));
            }
            results.push(AdapterResult::of(adapter.name(), adapter.name() == current, &report));
        }
        Ok(AdapterComparison { results, prices_as_of: cx.prices().as_of().map(str::to_owned) })
    }
}

impl AdapterComparison {
    /// The adapter to use: of those whose score is within one row of the best, the one that takes the fewest tokens. So
    /// few rows cannot tell more.
    #[allow(clippy::cast_precision_loss)]
    pub fn best(&self) -> Option<&AdapterResult> {
        let points = |result: &AdapterResult| result.score * result.rows as f64;
        let most = self.results.iter().map(points).fold(f64::MIN, f64::max);
        let close = self.results.iter().filter(|result| points(result) > most - 1.0);
        close.min_by_key(|result| result.usage.total_tokens())
    }
}

impl AdapterResult {
    #[allow(clippy::cast_precision_loss)]
    fn of(adapter: &str, current: bool, report: &Report) -> Self {
        let rows = report.rows().len();
        let typed = rows - report.failures().count();
        Self {
            adapter: adapter.to_owned(),
            current,
            rows,
            typed: typed as f64 / rows.max(1) as f64,
            score: report.score(),
            usage: report.usage(),
            cost: report.rows().iter().map(|row| row.cost).sum(),
        }
    }
}

impl fmt::Display for AdapterComparison {
    #[allow(clippy::cast_precision_loss)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "adapter      typed  score  calls a row  tokens in / out a row        cost")?;
        for result in &self.results {
            let AdapterResult { adapter, current, rows, typed, score, usage, cost } = result;
            let rows = (*rows).max(1) as f64;
            let mark = if *current { "*" } else { "" };
            let tokens =
                format!("{:.0} / {:.0}", usage.input_tokens as f64 / rows, usage.output_tokens as f64 / rows);
            let cost = cost.map_or_else(|| "not known".to_owned(), |cost| format!("${cost:.4}"));
            writeln!(
                f,
                "{:<12} {typed:>5.2}  {score:>5.2}  {:>11.2}  {tokens:>21}  {cost:>10}",
                format!("{adapter}{mark}"),
                usage.calls as f64 / rows
            )?;
        }
        let is_priced = self.results.iter().any(|result| result.cost.is_some_and(|cost| cost > 0.0));
        if let Some(day) = self.prices_as_of.as_ref().filter(|_| is_priced) {
            writeln!(f, "costs at list prices of {day}")?;
        }
        match self.best() {
            Some(AdapterResult { adapter, current: true, .. }) => {
                write!(f, "keep `{adapter}`, the one in use (*)")
            }
            Some(AdapterResult { adapter, .. }) => {
                write!(f, "use `{adapter}`; the one in use now is marked *")
            }
            None => Ok(()),
        }
    }
}

impl<R, O> fmt::Debug for AdapterProbe<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdapterProbe")
            .field("evaluate", &self.evaluate)
            .field("rows", &self.rows)
            .field("adapters", &self.adapters)
            .finish()
    }
}
