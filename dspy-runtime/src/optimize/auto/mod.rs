//! A budget, spent where it pays.

mod forms;
mod moves;
mod search;
mod shorten;

use self::search::Searching;
use super::bootstrap::{Bootstrap, Wish, bootstrap_options};
use super::compiled::Compiled;
use super::driver::{About, Driver};
use super::mipro::{Parameters, Proposing};
use super::options::{Options, debug, named, options, setters};
use super::plan::{self, Plan};
use super::propose::Grounding;
use super::racing::Racing;
use super::{Optimizer, demos};
use crate::context::{Budget, Context};
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// Spends a budget on whatever improves the program most, and says why at each step.
///
/// Use it when you have a budget and no opinion on optimizers. In the order in which it goes:
///
/// 1. The *form*: the program is run on a few rows. Where replies cannot be read, every
///    [adapter](crate::adapter::Adapter) is tried on them, and the search goes on in the one that
///    [`AdapterProbe`](crate::evaluate::AdapterProbe) recommends; the artifact records it.
/// 2. The *baseline*, on as many validation rows as the budget reasonably pays for: a ninth of the runs that its calls pay for, from 24 to 100.
/// 3. *Rounds* of three changes each, which go on from the program that is expected to be best: instructions of a predictor
///    from the data, as [`Mipro`](crate::Mipro) proposes them; instructions from what the predictor did wrong, as
///    [`Gepa`](crate::Gepa) does; and combinations of instructions and sets of demonstrations that were not tried yet. A kind
///    of change that pays, at a predictor where it pays, gets the next turn. A change that falls behind is left early.
/// 4. The *end*: when the budget is spent, when no kind of change is likely to gain anything, after eight rounds without a
///    better program, or when there is nothing left to improve. [`Compiled::steps`] has each step with its reason.
/// 5. With what is left of the budget, instructions of four lines and more are *shortened*: a part that can be left out without
///    a loss on the validation rows is left out.
///
/// What candidates are worth is estimated from all results together: a mean, how easy each row is, and a contribution of each
/// change, which a candidate shares with those that were made from it. So two changes at different predictors add up before
/// they were tried together.
///
/// Without a budget it makes at most 24 rounds. In a round each change costs at most the validation rows that are used, and
/// instructions three calls of the proposer, those from mistakes eight runs on train rows besides.
///
/// # Example
///
/// ```
/// use dspy::{Auto, Budget, Context, Lm, Predict, Rows, signature};
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
/// let optimizer = Auto::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).budget(Budget::calls(60));
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
/// compiled.steps.iter().for_each(|step| println!("{step}"));
/// # Ok(())
/// # }
/// ```
pub struct Auto<R, O> {
    metric: AnyMetric<R, O>,
    bootstrap: Bootstrap,
    proposer: Option<Lm>,
    options: Options,
}

/// Runs that the budget pays for, for each validation row that is used.
const RUNS_A_ROW: u64 = 9;
/// The fewest and the most validation rows that are used.
const ROWS: (usize, usize) = (24, 100);
/// Sets of demonstrations that are tried, besides none: labelled rows of each of three sizes, and two of runs.
const SETS: usize = 5;

impl<R: Row, O: Send + Sync + 'static> Auto<R, O> {
    /// Judges by a metric, with at most 500 LM calls.
    #[must_use]
    pub fn light<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::new(metric).budget(Budget::calls(500))
    }

    /// Judges by a metric, with at most 1,500 LM calls.
    #[must_use]
    pub fn medium<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::new(metric).budget(Budget::calls(1_500))
    }

    /// Judges by a metric, with at most 5,000 LM calls.
    #[must_use]
    pub fn heavy<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::new(metric).budget(Budget::calls(5_000))
    }

    /// Judges by a metric; without a [budget](Self::budget) it goes on for as long as it makes sense.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            bootstrap: Bootstrap { max_labelled: 48, ..Bootstrap::default() },
            proposer: None,
            options: Options { racing: Racing::Futility { delta: 0.1 }, ..Options::default() },
        }
    }

    setters! {
        /// Has another model propose and reflect; by default it is the program's own.
        proposer(lm: impl Into<Lm>) => proposer = Some(lm.into());
    }

    bootstrap_options!();
    options!();

    /// Returns the number of validation rows used, by a program that makes so many calls a run.
    fn rows(&self, there_are: usize, each: u64) -> usize {
        let budget = self.options.budget;
        let calls = [budget.max_calls(), budget.max_task_calls()].into_iter().flatten().min();
        let rows = |calls: u64| usize::try_from(calls / (RUNS_A_ROW * each.max(1))).unwrap_or(usize::MAX);
        let paid = calls.map_or(ROWS.1, rows);
        paid.clamp(ROWS.0, ROWS.1).min(there_are)
    }

    fn wishes(&self, rows: usize) -> Vec<Wish> {
        let (runs, most) = (self.bootstrap.max_bootstrapped, self.bootstrap.max_labelled);
        let set = |number: usize| {
            let mut random = Keyed::new(self.options.seed, &["auto", "set", &number.to_string()]);
            let order = random.sample(rows, rows);
            match number {
                0..3 => Wish {
                    name: "labelled rows".to_owned(),
                    order,
                    size: 0,
                    labelled: (most * (number + 1)).div_ceil(3),
                },
                _ => Wish { name: format!("runs {number}"), order, size: runs, labelled: most / 3 },
            }
        };
        let sets = (0..SETS).map(set).filter(|wish| wish.size > 0 || wish.labelled > 0);
        sets.collect()
    }
}

impl<R: Row, P: Module> Optimizer<R, P> for Auto<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let predictors = demos::tunable(program).len();
        let (train, each) = (splits.train.len(), plan::expected_per_run(cx, program));
        let rows = self.rows(splits.validation.len(), each);
        let changes = search::ROUNDS * search::ROUND;
        let proposals = match predictors {
            0 => 0,
            _ => Grounding::calls(train) + changes * (search::PASSES + search::PATIENCE),
        };
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(self.bootstrap.max_demos())
            .with("choose the form on validation rows", forms::most(rows))
            .with_runs("score the baseline on validation", rows, rows)
            .with("bootstrap from train rows", self.bootstrap.max_runs(train))
            .with("see mistakes on train rows", changes * search::MISTAKES.min(train))
            .with(format!("try {changes} changes on {rows} validation rows"), changes * rows)
            .with("leave out what earns nothing", shorten::most(predictors) * rows)
            .with_optional_proposals(
                "propose instructions",
                proposals,
                cx.settings().calls_with(cx.adapter()),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let seed = self.options.seed;
        let rows = self.rows(validation.len(), plan::expected_per_run(cx, &program));
        let sampled = validation.sampled(rows, &mut Keyed::new(seed, &["auto", "validation"]))?;
        let mut settings = self.bootstrap.settings();
        settings["proposer"] = named(self.proposer.as_ref());
        let about = About { optimizer: "Auto", settings };
        let mut driver = Driver::new(cx, program, (train, &sampled), &self.metric, &self.options, about)?;
        forms::choose(&mut driver, &self.metric).await?;
        driver.baseline().await?;
        let came = driver.best().map_or(0.0, |best| best.score());
        driver.step(format!(
            "the program as it came: {came:.3} on {rows} of {} validation rows",
            validation.len()
        ));
        let mut sets = vec![driver.program.state()];
        let made = self.bootstrap.candidates(&mut driver, self.wishes(train.len()), seed).await?;
        for made in made {
            if !sets.contains(&made.state) {
                sets.push(made.state);
            }
        }
        let mut parameters = Parameters::new(&driver.program, sets);
        let most = search::ROUNDS * search::ROUND;
        let proposing = Proposing::new(&driver, self.proposer.as_ref(), most, seed).await?;
        if proposing.is_none() {
            driver.step("no instructions are proposed: the budget does not pay for them".to_owned());
        }
        let searching =
            Searching { seed, perfect: self.options.score_range.1, proposer: self.proposer.as_ref() };
        searching.run(&mut driver, &mut parameters, proposing).await?;
        shorten::shorten(&mut driver).await?;
        driver.finish()
    }
}

debug!(Auto: bootstrap, options);
