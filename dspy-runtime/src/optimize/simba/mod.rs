//! Small steps from rows on which runs differ.

mod search;
mod variance;

use serde::Serialize;

use self::search::Search;
use super::compiled::Compiled;
use super::driver::{About, Driver};
use super::options::{Options, debug, named, options, setters};
use super::plan::{Demos, Plan};
use super::{Optimizer, demos};
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;

/// Runs the best programs so far several times on the rows of a minibatch, looks at the rows where the runs
/// differ most, and learns from each either a demonstration (what the best run did) or a rule (what the best
/// run did that the worst did not), which makes a new program. The best program of each step is scored on the
/// validation rows, and the best of these is the result.
///
/// Use it where the same program does a row right at one time and wrong at another, as agents do; where runs
/// of a row hardly differ, there is little to see for it. It costs at most
///
/// `runs = steps · minibatch · (2 · candidates + 1) + (1 + steps) · validation`,
/// `proposals = steps · (candidates + 1)`
///
/// After `SIMBA` (stochastic introspective mini-batch ascent) of DSPy 3, with its constants: minibatches of 32
/// rows, 6 candidates, 8 steps, 4 demonstrations, temperature 0.2 for the choice of programs, the 10th and
/// the 90th percentile as the bounds of what is learned from. There the program as it came has no score and
/// so is hardly chosen, a step that changes nothing still makes a candidate that is paid for, and validation
/// comes at the end; here every run counts for its program, such a step makes none, and what each step found
/// is validated at once, so that a budget may end the search at any step.
///
/// # Example
///
/// ```
/// use dspy::optimize::Simba;
/// use dspy::{Context, Lm, Predict, Rows, signature};
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
/// let optimizer = Simba::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).candidates(2).steps(2);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert!(compiled.score >= compiled.baseline);
/// # Ok(())
/// # }
/// ```
pub struct Simba<R, O> {
    metric: AnyMetric<R, O>,
    settings: Settings,
    proposer: Option<Lm>,
    options: Options,
}

/// The settings of the search.
#[derive(Clone, Debug, Serialize)]
struct Settings {
    minibatch: usize,
    candidates: usize,
    steps: usize,
    max_demos: usize,
}

impl<R: Row, O: Send + Sync + 'static> Simba<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        let settings = Settings { minibatch: 32, candidates: 6, steps: 8, max_demos: 4 };
        Self { metric: AnyMetric::new(metric), settings, proposer: None, options: Options::default() }
    }

    setters! {
        /// Sets the number of train rows that a step sees; 32 by default.
        minibatch(rows: usize) => settings.minibatch = rows.max(1);

        /// Sets the number of runs of a row in a step, one less than the number of programs that a step
        /// makes; 6 by default.
        candidates(programs: usize) => settings.candidates = programs.max(1);

        /// Sets the number of steps; 8 by default.
        steps(steps: usize) => settings.steps = steps;

        /// About how many demonstrations a predictor has; 4 by default. With 0 only rules are learned.
        max_demos(demos: usize) => settings.max_demos = demos;

        /// Has another model write the rules; by default it is the program's own.
        proposer(lm: impl Into<Lm>) => proposer = Some(lm.into());
    }

    options!();
}

impl<R: Row, P: Module> Optimizer<R, P> for Simba<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let Settings { candidates, steps, minibatch, .. } = self.settings;
        let (batch, rows) = (minibatch.min(splits.train.len()), splits.validation.len());
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(Demos { runs: self.settings.max_demos, rows: 0 })
            .with_runs("score the baseline on validation", rows, rows)
            .with(format!("run {batch} train rows in {steps} steps"), steps * batch * candidates)
            .with(format!("try programs on them in {steps} steps"), steps * batch * (candidates + 1))
            .with(format!("score {steps} programs on validation"), steps * rows)
            .with_optional_proposals(
                "write rules",
                steps * (candidates + 1),
                cx.settings().calls_with(cx.adapter()),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let mut settings = serde_json::to_value(&self.settings)?;
        settings["proposer"] = named(self.proposer.as_ref());
        let about = About { optimizer: "Simba", settings };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let tunable = demos::tunable(&driver.program).into_iter().map(|(path, _)| path).collect();
        let search = Search {
            settings: &self.settings,
            seed: self.options.seed,
            perfect: self.options.score_range.1,
            tunable,
            proposer: self.proposer.as_ref(),
        };
        search.run(&mut driver).await?;
        driver.finish()
    }
}

debug!(Simba: settings, options);
