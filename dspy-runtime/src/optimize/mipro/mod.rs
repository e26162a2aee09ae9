//! Instructions and demonstrations, searched together.

mod counts;
mod parameters;
mod proposals;
mod search;
mod tpe;

pub use counts::MiproCounts;
pub use search::MiproSearch;

pub(super) use self::parameters::Parameters;
pub(super) use self::proposals::Proposing;
use self::search::Searching;
use super::bootstrap::{Bootstrap, Wish, bootstrap_options};
use super::compiled::Compiled;
use super::driver::{About, Driver};
use super::options::{Options, debug, named, options, setters};
use super::plan::Plan;
use super::propose::Grounding;
use super::{Optimizer, demos};
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// Searches instructions and demonstrations of all predictors together. Sets of demonstrations are made once; then, round after
/// round, new instructions are proposed that go on from the best combination so far, from the data, the program and rows with
/// their labels, and are tried beside other combinations of what is there.
///
/// Use it when a model for proposals is at hand and there are 40 or more validation rows. The three
/// constructors of effort decide how much is tried, here of a program with one predictor:
///
/// | effort | demonstration sets | trials | instructions proposed | validation rows, at most |
/// |---|---|---|---|---|
/// | [`light`](Mipro::light) | 6 | 7 | 4 | 40 |
/// | [`medium`](Mipro::medium) | 12 | 12 | 6 | 300 |
/// | [`heavy`](Mipro::heavy) | 18 | 18 | 9 | 1000 |
///
/// With up to 50 validation rows each trial sees all of them. With more it sees a minibatch, the same for all, so that trials
/// can be compared pair by pair; after every five trials the most promising combination is scored on all rows, which pays
/// only for those that are left. Only what was scored on every row can win. Half of the trials have new instructions, all of
/// them where there are no demonstrations (both limits 0).
///
/// The number of trials is `0.7 max(2 v log2 n, 1.5 n)` for `v` parameters and `n` sets. It costs at most
/// `train + validation * (1 + fulls) + trials * minibatch` runs of the program, and `min(train / 10, 10) + 2` calls of the
/// proposer that describe data and program, with three for each of the instructions; [`plan`](Mipro::plan) says the
/// numbers.
///
/// After Opsahl-Ong et al., "Optimizing Instructions and Demonstrations for Multi-Stage Language Model
/// Programs" (2024), and `MIPROv2` in DSPy 3. That proposes once, before the first trial, from half of a hundred rows; here
/// proposals see all of them, and build on what was found.
///
/// # Example
///
/// ```
/// use dspy::{Context, Lm, Mipro, Predict, Rows, signature};
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
/// let optimizer = Mipro::light(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).seed(7);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
/// # Ok(())
/// # }
/// ```
pub struct Mipro<R, O> {
    metric: AnyMetric<R, O>,
    bootstrap: Bootstrap,
    counts: MiproCounts,
    search: MiproSearch,
    minibatch: usize,
    passes: usize,
    proposer: Option<Lm>,
    options: Options,
}

impl<R: Row, O: Send + Sync + 'static> Mipro<R, O> {
    /// A quick search.
    #[must_use]
    pub fn light<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with_counts(metric, MiproCounts::LIGHT)
    }

    /// A search of about three times the trials of the quick one.
    #[must_use]
    pub fn medium<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with_counts(metric, MiproCounts::MEDIUM)
    }

    /// A thorough search.
    #[must_use]
    pub fn heavy<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with_counts(metric, MiproCounts::HEAVY)
    }

    /// A search of so many sets, instructions and trials.
    #[must_use]
    pub fn with_counts<K: 'static>(metric: impl Metric<R, O, K>, counts: MiproCounts) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            bootstrap: Bootstrap { max_labelled: 4, ..Bootstrap::default() },
            counts,
            search: MiproSearch::default(),
            minibatch: 35,
            passes: 3,
            proposer: None,
            options: Options::default(),
        }
    }

    setters! {
        /// Sets the way the next combination is chosen; by default by the additive model.
        search(search: MiproSearch) => search = search;

        /// Sets the number of validation rows that a trial sees; 35 by default. With no more than 50 rows in
        /// all, a trial sees all of them.
        minibatch(rows: usize) => minibatch = rows.max(1);

        /// Sets the number of times instructions are rewritten, each time in the light of other rows, before
        /// they are tried; 3 by default. Each is a call of the proposer.
        passes(times: usize) => passes = times.max(1);

        /// Has another model propose; by default it is the program's own.
        proposer(lm: impl Into<Lm>) => proposer = Some(lm.into());
    }

    bootstrap_options!();
    options!();

    fn shows_demos(&self) -> bool {
        self.bootstrap.max_bootstrapped > 0 || self.bootstrap.max_labelled > 0
    }

    /// The demonstration sets that are made besides the empty one.
    fn wishes(&self, rows: usize) -> Vec<Wish> {
        let (most, labelled) = (self.bootstrap.max_bootstrapped, self.bootstrap.max_labelled);
        let sets = if self.shows_demos() { self.counts.demo_sets } else { 0 };
        let set = |number: usize| match number {
            1 => Wish { name: "labelled rows".to_owned(), order: (0..rows).collect(), size: 0, labelled },
            2 => Wish { name: "rows in order".to_owned(), order: (0..rows).collect(), size: most, labelled },
            _ => {
                let mut random = Keyed::new(self.options.seed, &["mipro", "set", &number.to_string()]);
                let order = random.sample(rows, rows);
                let size = if most == 0 { 0 } else { 1 + random.below(most) };
                Wish { name: format!("random rows {number}"), order, size, labelled }
            }
        };
        (1..sets).map(set).collect()
    }

    fn settings(&self) -> serde_json::Value {
        let mut settings = self.bootstrap.settings();
        settings["counts"] = serde_json::to_value(self.counts).unwrap_or_default();
        settings["search"] = serde_json::to_value(self.search).unwrap_or_default();
        settings["minibatch"] = self.minibatch.into();
        settings["passes"] = self.passes.into();
        settings["proposer"] = named(self.proposer.as_ref());
        settings
    }

    /// Returns the number of instructions proposed for all predictors together.
    fn proposals(&self, predictors: usize) -> usize {
        self.counts.proposals(predictors, self.shows_demos())
    }
}

impl<R: Row, P: Module> Optimizer<R, P> for Mipro<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let predictors = demos::tunable(program).len();
        let rows = splits.validation.len().min(self.counts.max_rows);
        let trials = self.counts.trials(predictors, self.shows_demos());
        let (tried, fulls) = match rows > search::ALL {
            true => (self.minibatch.min(rows), trials.div_ceil(search::FULL)),
            false => (rows, 0),
        };
        let proposals = self.proposals(predictors) * self.passes;
        let proposals = if proposals > 0 { Grounding::calls(splits.train.len()) + proposals } else { 0 };
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(self.bootstrap.max_demos())
            .with("bootstrap from train rows", self.bootstrap.max_runs(splits.train.len()))
            .with_runs("score the baseline on validation", rows, rows)
            .with(format!("try {trials} combinations on {tried} validation rows"), trials * tried)
            .with(format!("score {fulls} combinations on validation"), fulls * rows)
            .with_optional_proposals(
                "propose instructions",
                proposals,
                cx.settings().calls_with(cx.adapter()),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let seed = self.options.seed;
        let sampled =
            validation.sampled(self.counts.max_rows, &mut Keyed::new(seed, &["mipro", "validation"]))?;
        let about = About { optimizer: "Mipro", settings: self.settings() };
        let mut driver = Driver::new(cx, program, (train, &sampled), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let sets = self.sets(&mut driver).await?;
        let mut parameters = Parameters::new(&driver.program, sets);
        let most = self.proposals(parameters.predictors());
        let proposing = Proposing::new(&driver, self.proposer.as_ref(), most, seed).await?;
        let trials = self.counts.trials(parameters.predictors(), self.shows_demos());
        let round = self.counts.round(parameters.predictors(), parameters.has_demos());
        let searching = Searching {
            search: self.search,
            seed,
            minibatch: self.minibatch,
            trials,
            passes: self.passes,
            round,
        };
        searching.run(&mut driver, &mut parameters, proposing).await?;
        driver.finish()
    }
}

impl<R: Row, O: Send + Sync + 'static> Mipro<R, O> {
    /// The states of the demonstration sets; the first is the program as it came.
    async fn sets<P>(&self, driver: &mut Driver<'_, P, R>) -> Result<Vec<ProgramState>>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let mut sets = vec![driver.program.state()];
        if self.shows_demos() {
            let wishes = self.wishes(driver.train.len());
            let made = self.bootstrap.candidates(driver, wishes, self.options.seed).await?;
            sets.extend(made.into_iter().map(|made| made.state));
        }
        Ok(sets)
    }
}

debug!(Mipro: counts, bootstrap, options);
