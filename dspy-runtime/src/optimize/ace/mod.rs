//! Notes that grow with what was done.

mod playbook;
mod rounds;

use serde::Serialize;

use self::rounds::Rounds;
use super::compiled::Compiled;
use super::driver::{About, Driver};
use super::options::{Options, debug, named, options, setters};
use super::plan::Plan;
use super::{Optimizer, demos};
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;

/// Grows a playbook in the instructions of each predictor: numbered notes, one thing each. In every round the
/// program runs on some train rows; one question finds out what is to be learned from the runs, a second
/// says which notes to add, revise or remove, and code makes these changes. Every round's playbook is scored
/// on the validation rows, and the best is the result.
///
/// Use it where much has to be known that can be learned row by row: tools, a field, house rules. As notes
/// are changed and never written anew as a whole, what was learned early is not lost in later rewrites. It
/// needs a metric with [feedback](crate::Score::because) or labels that say enough, and makes prompts longer.
/// It costs at most
///
/// `runs = rounds · minibatch + (1 + rounds) · validation`, `proposals = 2 · rounds · predictors`
///
/// After Zhang et al., "Agentic Context Engineering: Evolving Contexts for Self-Improving Language Models"
/// (2025). Theirs goes through the rows up to five times, one by one, to a playbook of 80,000 tokens; here
/// the defaults are 10 rounds of 8 rows and 4,000 tokens, as most programs pay for their prompt at each
/// call. A note that says the same as another, by words and parts of words, is not taken.
///
/// # Example
///
/// ```
/// use dspy::optimize::Ace;
/// use dspy::{Context, Lm, Predict, Rows, Score, signature};
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
/// fn exact(row: &Fruit, out: &FruitOutput) -> Score {
///     Score::from(row.fruit == out.fruit).because(format!("it is {}", row.fruit))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let train = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\nround and red,apple\n", "train.csv")?;
/// let validation = Rows::from_csv("looks,fruit\na red round thing,apple\n", "validation.csv")?;
/// let optimizer = Ace::new(exact).rounds(2).max_tokens(500);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert!(compiled.score >= compiled.baseline);
/// # Ok(())
/// # }
/// ```
pub struct Ace<R, O> {
    metric: AnyMetric<R, O>,
    settings: Settings,
    proposer: Option<Lm>,
    options: Options,
}

/// The settings of the search.
#[derive(Clone, Debug, Serialize)]
struct Settings {
    rounds: usize,
    minibatch: usize,
    max_tokens: usize,
}

impl<R: Row, O: Send + Sync + 'static> Ace<R, O> {
    /// Judges by a metric; 10 rounds of 8 rows.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        let settings = Settings { rounds: 10, minibatch: 8, max_tokens: 4_000 };
        Self { metric: AnyMetric::new(metric), settings, proposer: None, options: Options::default() }
    }

    setters! {
        /// Sets the number of rounds; 10 by default.
        rounds(rounds: usize) => settings.rounds = rounds;

        /// Sets the number of train rows that a round sees; 8 by default.
        minibatch(rows: usize) => settings.minibatch = rows.max(1);

        /// About how many tokens the notes of one predictor may take, at four bytes each; 4,000 by default.
        max_tokens(tokens: usize) => settings.max_tokens = tokens;

        /// Has another model reflect and keep the notes; by default it is the program's own.
        proposer(lm: impl Into<Lm>) => proposer = Some(lm.into());
    }

    options!();
}

impl<R: Row, P: Module> Optimizer<R, P> for Ace<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let Settings { rounds, minibatch, .. } = self.settings;
        let (batch, rows) = (minibatch.min(splits.train.len()), splits.validation.len());
        let questions = 2 * rounds * demos::tunable(program).len();
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_runs("score the baseline on validation", rows, rows)
            .with(format!("run {batch} train rows in {rounds} rounds"), rounds * batch)
            .with(format!("score {rounds} playbooks on validation"), rounds * rows)
            .with_optional_proposals(
                "reflect and keep notes",
                questions,
                cx.settings().calls_with(cx.adapter()),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let mut settings = serde_json::to_value(&self.settings)?;
        settings["proposer"] = named(self.proposer.as_ref());
        let about = About { optimizer: "Ace", settings };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let rounds = Rounds {
            settings: &self.settings,
            seed: self.options.seed,
            perfect: self.options.score_range.1,
            tunable: demos::tunable(&driver.program),
            proposer: self.proposer.as_ref(),
        };
        rounds.run(&mut driver).await?;
        driver.finish()
    }
}

debug!(Ace: settings, options);
