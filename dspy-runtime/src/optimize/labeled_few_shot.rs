//! Demonstrations straight from labelled rows.

use super::compiled::Compiled;
use super::driver::{About, Driver, Proposal};
use super::options::{Options, debug, options};
use super::plan::{Demos, Plan};
use super::propose::Material;
use super::{Optimizer, demos};
use crate::context::Context;
use crate::data::{Rows, TuningRows};
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::{Row, Schema};
/// Shows each predictor a random sample of the train rows, a row of every label before two of one, where a row has all of the
/// predictor's fields with the same names and types.
///
/// A [`ChainOfThought`](crate::ChainOfThought) gets none, as rows have no reasoning to show; use
/// [`BootstrapFewShot`](crate::BootstrapFewShot) for it. Costs two candidates on the validation rows.
///
/// # Example
///
/// ```
/// use dspy::optimize::LabeledFewShot;
/// use dspy::{Context, Lm, Module, Predict, Rows, signature};
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Fruit {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let train = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\nround and red,apple\n", "train.csv")?;
/// let validation = Rows::from_csv("looks,fruit\na red round thing,apple\n", "validation.csv")?;
/// let optimizer = LabeledFewShot::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).k(2);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
/// assert_eq!(compiled.program.state().get("self").expect("one predictor").demos.len(), 2);
/// # Ok(())
/// # }
/// ```
pub struct LabeledFewShot<R, O> {
    metric: AnyMetric<R, O>,
    k: usize,
    options: Options,
}

impl<R: Row, O: Send + Sync + 'static> LabeledFewShot<R, O> {
    /// Judges by a metric; shows 16 rows.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self { metric: AnyMetric::new(metric), k: 16, options: Options::default() }
    }

    /// Sets the number of rows that each predictor is shown; 16 by default.
    #[must_use]
    pub fn k(mut self, rows: usize) -> Self {
        self.k = rows;
        self
    }

    options!();
}

/// The program's state with `k` sampled rows shown to each predictor.
pub(super) fn sampled<P: Module, R: Row>(program: &P, train: &Rows<R>, k: usize, seed: u64) -> ProgramState {
    let material = Material::new(train, seed);
    let order: Vec<usize> = material.all(&[]).collect();
    let mut state = program.state();
    let tunable: Vec<(String, std::sync::Arc<Schema>)> = demos::tunable(program);
    for (path, _) in &tunable {
        if let Some(state) = state.get_mut(path) {
            state.demos.clear();
        }
    }
    demos::add_labelled(&mut state, &tunable, order.iter().map(|row| &train[*row]), |_| k);
    state
}

impl<R: Row, P: Module> Optimizer<R, P> for LabeledFewShot<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(Demos { runs: 0, rows: self.k })
            .with_runs(
                "score 2 candidates on validation",
                splits.validation.len(),
                2 * splits.validation.len(),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let about = About { optimizer: "LabeledFewShot", settings: serde_json::json!({"k": self.k}) };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let state = sampled(&driver.program, train, self.k, self.options.seed);
        driver.score(vec![Proposal::new(format!("{} labelled rows", self.k), state)]).await?;
        driver.finish()
    }
}

debug!(LabeledFewShot: k, options);
