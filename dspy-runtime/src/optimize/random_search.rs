//! The best of many sets of demonstrations.

use super::Optimizer;
use super::bootstrap::{Bootstrap, Wish, bootstrap_options};
use super::compiled::Compiled;
use super::driver::{About, Driver, Proposal};
use super::labeled_few_shot::sampled;
use super::options::{Options, debug, options};
use super::plan::Plan;
use super::racing::Racing;
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::module::Module;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// The sizes of sets: all labelled rows that are allowed, two thirds, one third.
const SIZES: usize = 3;

/// Scores many sets of demonstrations on the validation rows and keeps the best: the program as it
/// came, labelled rows, bootstrapped demonstrations in the order of the rows, and 16 more such sets
/// of random rows and sizes.
///
/// A set is filled up with labelled rows, a row of every label before two of one: all of 48 in every third set, 32 and 16 in
/// the others, so that a shorter prompt wins where it does as well. In a first round all sets are scored on an eighth of the
/// validation rows, and the better half goes on, three times ([`Racing::Halving`]): two fifths of the calls that scoring all
/// of them takes. With [`Racing::Lossless`] none is left that could still win.
///
/// Use it when there are enough validation rows to tell sets apart (50 or more). Costs at most the
/// train rows times the rounds, and three candidates more than asked for on the validation rows. Each
/// train row is taught once, however many candidates use it. After Khattab et al., "DSPy: Compiling
/// Declarative Language Model Calls into Self-Improving Pipelines" (2023), where sets have 16 labelled rows, drawn at random,
/// and all are scored on every row.
///
/// # Example
///
/// ```
/// use dspy::{Context, Lm, Predict, RandomSearch, Rows, signature};
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
/// let optimizer = RandomSearch::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).candidates(3).seed(7);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!(compiled.candidates.len(), 6);
/// assert!(compiled.score >= compiled.baseline);
/// # Ok(())
/// # }
/// ```
pub struct RandomSearch<R, O> {
    metric: AnyMetric<R, O>,
    bootstrap: Bootstrap,
    candidates: usize,
    options: Options,
}

impl<R: Row, O: Send + Sync + 'static> RandomSearch<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            bootstrap: Bootstrap { max_labelled: 48, ..Bootstrap::default() },
            candidates: 16,
            options: Options { racing: Racing::Halving, ..Options::default() },
        }
    }

    /// Sets the number of random sets that are tried besides the three fixed candidates; 16 by default.
    #[must_use]
    pub fn candidates(mut self, sets: usize) -> Self {
        self.candidates = sets;
        self
    }

    bootstrap_options!();
    options!();

    /// The bootstrapped sets: one in the order of the rows, then shuffled ones of random size.
    fn wishes(&self, rows: usize) -> Vec<Wish> {
        let (most, labelled) = (self.bootstrap.max_bootstrapped, self.bootstrap.max_labelled);
        let unshuffled =
            Wish { name: "bootstrap".to_owned(), order: (0..rows).collect(), size: most, labelled };
        let shuffled = (1..=self.candidates).map(|number| {
            let mut random = Keyed::new(self.options.seed, &["random search", "set", &number.to_string()]);
            let order = random.sample(rows, rows);
            // At least one demonstration, unless none is wanted.
            let size = if most == 0 { 0 } else { 1 + random.below(most) };
            // Fewer rows in two of three sets: shorter prompts may do as well.
            let labelled = (labelled * (SIZES - number % SIZES)).div_ceil(SIZES);
            Wish { name: format!("bootstrap {number}"), order, size, labelled }
        });
        std::iter::once(unshuffled).chain(shuffled).collect()
    }
}

impl<R: Row, P: Module> Optimizer<R, P> for RandomSearch<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let (candidates, rows) = (3 + self.candidates, splits.validation.len());
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(self.bootstrap.max_demos())
            .with("bootstrap from train rows", self.bootstrap.max_runs(splits.train.len()))
            .with_expected_runs(
                format!("score {candidates} candidates on validation"),
                rows,
                rows + self.options.racing.runs(candidates - 1, rows),
                candidates * rows,
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let seed = self.options.seed;
        let mut settings = self.bootstrap.settings();
        settings["candidates"] = self.candidates.into();
        let about = About { optimizer: "RandomSearch", settings };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        let wishes = self.wishes(train.len());
        let mut first = driver.baseline_runs()?;
        first.extend(self.bootstrap.first_runs(&driver, &wishes, seed)?);
        driver.ahead(first, validation.len() + self.bootstrap.max_runs(train.len())).await?;
        driver.baseline().await?;
        let labelled = sampled(&driver.program, train, self.bootstrap.max_labelled, seed);
        let mut candidates = vec![Proposal::new("labelled rows", labelled)];
        candidates.extend(self.bootstrap.candidates(&mut driver, wishes, seed).await?);
        driver.score(candidates).await?;
        driver.finish()
    }
}

debug!(RandomSearch: candidates, bootstrap, options);
