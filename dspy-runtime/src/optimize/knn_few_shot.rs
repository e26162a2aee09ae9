//! Demonstrations to choose from at each call.

use super::bootstrap::{Bootstrap, Wish};
use super::compiled::Compiled;
use super::driver::{About, Driver, Proposal};
use super::labeled_few_shot::sampled;
use super::options::{Options, debug, settings};
use super::plan::{Demos, Plan};
use super::{Optimizer, demos};
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::{Knn, Module};
use crate::signature::Row;

/// Labelled rows that the teacher is shown.
const TEACHER_SHOWN: usize = 16;

/// Makes demonstrations of all train rows, from labels and from runs that the metric accepts, for a program
/// that shows at each call the few whose inputs are nearest: what is given back is a [`Knn`].
///
/// Use it when rows are many and of many kinds, so that no fixed set of demonstrations fits all inputs. It
/// costs at most the train rows times the rounds, and three candidates on the validation rows:
///
/// `runs = train · rounds + 3 · validation`
///
/// A call of the program then costs what it did before: demonstrations are made when it is compiled.
/// (`KNNFewShot` of DSPy 3, after which it is called, bootstraps anew inside every call.) Neighbours
/// are chosen for each predictor by what it is given itself, so they fit inside a program, too.
///
/// Near is by the context's [embedder](Context::with_embedder), the built-in one by default. Another one is called
/// once for each predictor in each run, and for the demonstrations in batches; the plan counts all of it. Call the
/// program with the embedder that it was compiled with, which the artifact names.
///
/// # Example
///
/// ```
/// use dspy::optimize::KnnFewShot;
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
/// let optimizer = KnnFewShot::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit, 1);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score, compiled.program.k()), (0.0, 1.0, 1));
/// # Ok(())
/// # }
/// ```
pub struct KnnFewShot<R, O> {
    metric: AnyMetric<R, O>,
    k: usize,
    bootstrap: Bootstrap,
    options: Options,
}

impl<R: Row, O: Send + Sync + 'static> KnnFewShot<R, O> {
    /// Judges by a metric; each call shows the `k` nearest demonstrations.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>, k: usize) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            k,
            bootstrap: Bootstrap::default(),
            options: Options::default(),
        }
    }

    /// Sets the number of times a row may be tried; 1 by default. After the first time the teacher runs at
    /// temperature 1.
    #[must_use]
    pub fn max_rounds(mut self, rounds: u64) -> Self {
        self.bootstrap.max_rounds = rounds;
        self
    }

    /// The score from which on a run is a demonstration; 1 by default, fully right.
    #[must_use]
    pub fn threshold(mut self, score: f64) -> Self {
        self.bootstrap.threshold = score;
        self
    }

    /// Has another model run the teacher; by default it is the program's own.
    #[must_use]
    pub fn teacher(mut self, lm: impl Into<Lm>) -> Self {
        self.bootstrap.teacher_lm = Some(lm.into());
        self
    }

    settings!();

    /// The most LM calls that [`compile`](Self::compile) can make, without making any.
    pub fn plan<'a, P>(&self, cx: &Context, program: &P, rows: impl Into<TuningRows<'a, R>>) -> Plan
    where
        R: 'a,
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        Optimizer::plan(self, cx, &Knn::new(program.clone(), self.k), rows.into())
    }

    /// Wraps a program so that it shows the nearest demonstrations, and makes these from the train rows.
    ///
    /// # Errors
    ///
    /// When the program fails on every validation row, makes more calls than planned for, or the budget
    /// cannot pay for scoring it as it came.
    pub async fn compile<'a, P>(
        &self,
        cx: &Context,
        program: P,
        rows: impl Into<TuningRows<'a, R>>,
    ) -> Result<Compiled<Knn<P>>>
    where
        R: 'a,
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        Optimizer::compile(self, cx, Knn::new(program, self.k), rows.into()).await
    }
}

/// For a program that is wrapped already; how many are shown is as it says.
impl<R: Row, P: Module> Optimizer<R, Knn<P>> for KnnFewShot<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &Knn<P>, splits: TuningRows<'_, R>) -> Plan {
        let rows = splits.validation.len();
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(Demos { runs: program.k(), rows: program.k() })
            .with_vectors(cx, program, &[splits.train.len(), splits.train.len()])
            .with("bootstrap from train rows", self.bootstrap.max_runs(splits.train.len()))
            .with_runs("score 3 candidates on validation", rows, 3 * rows)
    }

    async fn compile(
        &self,
        cx: &Context,
        program: Knn<P>,
        rows: TuningRows<'_, R>,
    ) -> Result<Compiled<Knn<P>>> {
        let TuningRows { train, validation } = rows;
        let seed = self.options.seed;
        let mut bootstrap =
            Bootstrap { max_bootstrapped: train.len(), max_labelled: train.len(), ..self.bootstrap.clone() };
        // All of the rows would be shown to no effect: the nearest few are what counts.
        bootstrap.teacher_state = Some(sampled(&program, train, TEACHER_SHOWN, seed));
        let mut settings = self.bootstrap.settings();
        settings["k"] = program.k().into();
        if cx.embedder().batch().is_some() {
            settings["embedder"] = cx.embedder().id().to_string().into();
        }
        let about = About { optimizer: "KnnFewShot", settings };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let tunable = demos::tunable(&driver.program);
        let mut labelled = driver.program.state();
        for (path, _) in &tunable {
            if let Some(own) = labelled.get_mut(path) {
                own.demos.clear();
            }
        }
        demos::add_labelled(&mut labelled, &tunable, train.iter(), |_| train.len());
        // The teacher's are among them.
        if !driver.embed_state(&labelled).await? {
            return driver.finish();
        }
        let wish = Wish {
            name: "bootstrapped and labelled rows".to_owned(),
            order: (0..train.len()).collect(),
            size: train.len(),
            labelled: self.bootstrap.max_labelled,
        };
        let mut candidates = vec![Proposal::new("labelled rows", labelled)];
        candidates.extend(bootstrap.candidates(&mut driver, vec![wish], seed).await?);
        driver.score(candidates).await?;
        driver.finish()
    }
}

debug!(KnnFewShot: k, options);
