//! Demonstrations from runs that the metric accepts, once.

use super::Optimizer;
use super::bootstrap::{Bootstrap, Wish, bootstrap_options};
use super::compiled::Compiled;
use super::driver::{About, Driver};
use super::options::{Options, debug, options};
use super::plan::Plan;
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::module::Module;
use crate::signature::Row;

/// Runs a teacher over the train rows, in order, and shows each predictor what it saw and said in the
/// runs that the metric accepts; labelled rows fill the rest.
///
/// Use it when rows are few, or when predictors inside the program have no labels. Costs at most the
/// train rows times the rounds, and two candidates on the validation rows. After Khattab et al.,
/// "DSPy: Compiling Declarative Language Model Calls into Self-Improving Pipelines" (2023); the
/// default numbers are theirs.
///
/// # Example
///
/// ```
/// use dspy::{BootstrapFewShot, Context, Lm, Predict, Rows, signature};
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
/// let optimizer = BootstrapFewShot::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).max_labeled_demos(2);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
/// # Ok(())
/// # }
/// ```
pub struct BootstrapFewShot<R, O> {
    metric: AnyMetric<R, O>,
    bootstrap: Bootstrap,
    options: Options,
}

impl<R: Row, O: Send + Sync + 'static> BootstrapFewShot<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self { metric: AnyMetric::new(metric), bootstrap: Bootstrap::default(), options: Options::default() }
    }

    bootstrap_options!();
    options!();
}

impl<R: Row, P: Module> Optimizer<R, P> for BootstrapFewShot<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(self.bootstrap.max_demos())
            .with("bootstrap from train rows", self.bootstrap.max_runs(splits.train.len()))
            .with_runs(
                "score 2 candidates on validation",
                splits.validation.len(),
                2 * splits.validation.len(),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let about = About { optimizer: "BootstrapFewShot", settings: self.bootstrap.settings() };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let wish = Wish {
            name: "bootstrap".to_owned(),
            order: (0..train.len()).collect(),
            size: self.bootstrap.max_bootstrapped,
            labelled: self.bootstrap.max_labelled,
        };
        let candidates = self.bootstrap.candidates(&mut driver, vec![wish], self.options.seed).await?;
        driver.score(candidates).await?;
        driver.finish()
    }
}

debug!(BootstrapFewShot: bootstrap, options);
