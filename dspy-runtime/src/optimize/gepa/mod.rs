//! Instructions that evolve by reflection on runs.

mod credit;
mod engine;
mod merge;
mod pool;
mod reflect;
mod settings;

use std::sync::Arc;

pub use pool::{Frontier, Parents};
pub use reflect::{InstructionProposer, ReflectedRun, Reflection};
pub(super) use reflect::{Reflecting, labelled, reflected, rewritten};
pub use settings::{Accept, Components};

use self::engine::Engine;
use self::settings::Settings;
use super::compiled::Compiled;
use super::driver::{About, Driver};
use super::options::{Options, debug, named, options, setters};
use super::plan::Plan;
use super::propose::Material;
use super::{Optimizer, demos};
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;
use crate::trace::Trace;

/// Custom feedback for a predictor: from a row, the trace of its run, and the predictor's path.
pub(super) type Feedback<R> = Arc<dyn Fn(&R, &Trace, &str) -> Option<String> + Send + Sync>;

/// Evolves the instructions of all predictors: a candidate is run on a few train rows, a model reads what it
/// did there with the metric's feedback, and other train rows with their labels, and writes better instructions
/// for one predictor, three times over. The child is kept if it is more likely better than not on the same rows,
/// or on some more where these do not tell. Children are scored on the validation rows; parents are chosen
/// from those that are best at some row, so that a strength once found is not lost. Now and then two
/// descendants that improved different predictors are merged.
///
/// Use it when the metric gives [feedback](crate::Score::because) and instructions matter more than
/// demonstrations, which it leaves as they are. Several proposals are under way at once. It costs at most
/// the given number of runs of the program and three reflections for each proposal:
///
/// | effort | runs, for one predictor and 100 validation rows | proposals, at most |
/// |---|---|---|
/// | [`light`](Gepa::light) | 780 | 24 |
/// | [`medium`](Gepa::medium) | 1190 | 48 |
/// | [`heavy`](Gepa::heavy) | 1735 | 72 |
///
/// After Agrawal et al., "GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning" (2025),
/// with the numbers of runs of DSPy 3. There a proposal is made from three rows by one reflection and kept if it does better
/// on them, which leaves most of the proposals that are better; a budget may be overrun by a whole iteration, rows are run
/// again for a parent that was run on them, and a third of the effort can go to parents that have nothing
/// left to improve; here a budget holds, a run is made once, and such parents cost nothing but the rows that
/// show it.
///
/// # Example
///
/// ```
/// use dspy::{Context, Gepa, Lm, Predict, Rows, Score, signature};
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
/// let optimizer = Gepa::with_runs(exact, 40).seed(7);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert!(compiled.score >= compiled.baseline);
/// # Ok(())
/// # }
/// ```
pub struct Gepa<R, O> {
    metric: AnyMetric<R, O>,
    effort: Effort,
    reflection_lm: Option<Lm>,
    proposer: Arc<dyn InstructionProposer>,
    feedback: Option<Feedback<R>>,
    settings: Settings,
    options: Options,
}

/// The extent of the runs.
#[derive(Clone, Copy, Debug)]
enum Effort {
    /// As much as a search over so many candidates would take.
    Candidates(usize),
    Runs(usize),
}

impl<R: Row, O: Send + Sync + 'static> Gepa<R, O> {
    /// A quick search.
    #[must_use]
    pub fn light<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with(metric, Effort::Candidates(6), 24)
    }

    /// A search of about one and a half times the runs of the quick one.
    #[must_use]
    pub fn medium<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with(metric, Effort::Candidates(12), 48)
    }

    /// A thorough search.
    #[must_use]
    pub fn heavy<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with(metric, Effort::Candidates(18), 72)
    }

    /// A search of at most so many runs of the program, and a proposal for every six of them.
    #[must_use]
    pub fn with_runs<K: 'static>(metric: impl Metric<R, O, K>, runs: usize) -> Self {
        Self::with(metric, Effort::Runs(runs), runs / 6)
    }

    fn with<K: 'static>(metric: impl Metric<R, O, K>, effort: Effort, proposals: usize) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            effort,
            reflection_lm: None,
            proposer: Arc::new(Reflecting),
            feedback: None,
            settings: Settings { max_proposals: proposals, ..Settings::default() },
            options: Options::default(),
        }
    }

    setters! {
        /// Has another model reflect; by default it is the program's own.
        reflection_lm(lm: impl Into<Lm>) => reflection_lm = Some(lm.into());

        /// Has something else write the proposals.
        proposer(proposer: impl InstructionProposer + 'static) => proposer = Arc::new(proposer);

        /// Feedback for single predictors, from a row, the trace of its run and the predictor's path; where it
        /// gives nothing, that of the metric counts.
        feedback(feedback: impl Fn(&R, &Trace, &str) -> Option<String> + Send + Sync + 'static) => feedback = Some(Arc::new(feedback));

        /// Sets the number of train rows that a proposal is made from and tried on; 8 by default.
        minibatch(rows: usize) => settings.minibatch = rows.max(1);

        /// Sets the number of times instructions are rewritten, each time in the light of other labelled rows, before they are tried; 3 by
        /// default. Each is one reflection.
        reflections(times: usize) => settings.reflections = times.max(1);

        /// Sets the number of other train rows that a reflection is shown with their labels, a row of every label before two of one; 32 by
        /// default. They cost no runs of the program.
        labelled_rows(rows: usize) => settings.labelled = rows;

        /// Sets the number of proposals under way at once; 4 by default. Unlike the concurrency it is part of the
        /// search: proposals of one wave do not know of each other.
        wave(proposals: usize) => settings.wave = proposals.max(1);

        /// The most proposals, each with [so many](Self::reflections) reflections for each predictor that it changes.
        max_proposals(proposals: usize) => settings.max_proposals = proposals;

        /// Sets the way parents are chosen; by default from the Pareto front.
        parents(parents: Parents) => settings.parents = parents;

        /// At what candidates are compared; by default at each validation row.
        frontier(frontier: Frontier) => settings.frontier = frontier;

        /// Sets the predictors that a proposal changes; by default one, in turn.
        components(components: Components) => settings.components = components;

        /// When a child is kept; by default when it is more likely better than not.
        accept(accept: Accept) => settings.accept = accept;

        /// The most merges that are kept; 5 by default, 0 for none.
        max_merges(merges: usize) => settings.max_merges = merges;

        /// Stops after so many waves without a new best candidate; by default it does not.
        patience(waves: usize) => settings.patience = Some(waves);
    }

    options!();

    /// The runs of the program, at most, over so many predictors and validation rows.
    fn runs(&self, predictors: usize, rows: usize) -> usize {
        match self.effort {
            Effort::Runs(runs) => runs,
            Effort::Candidates(candidates) => runs(candidates, predictors, rows),
        }
    }

    fn settings(&self) -> serde_json::Value {
        let mut settings = serde_json::to_value(&self.settings).unwrap_or_default();
        settings["runs"] = match self.effort {
            Effort::Runs(runs) => runs.into(),
            Effort::Candidates(candidates) => format!("as for {candidates} candidates").into(),
        };
        settings["reflection_lm"] = named(self.reflection_lm.as_ref());
        settings["proposer"] = format!("{:?}", self.proposer).into();
        settings
    }
}

/// The numbers of DSPy's `auto`: a full scoring, five for each candidate, 35 for each trial that a joint
/// search would make, and a full scoring after every fifth of these.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
fn runs(candidates: usize, predictors: usize, rows: usize) -> usize {
    let n = candidates as f64;
    let trials = (4.0 * predictors as f64 * n.log2()).max(1.5 * n) as usize;
    let fulls = (trials + 1) / 5 + 1 + usize::from(trials < 5);
    rows + 5 * candidates + 35 * trials + fulls * rows
}

impl<R: Row, P: Module> Optimizer<R, P> for Gepa<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let (predictors, rows) = (demos::tunable(program).len(), splits.validation.len());
        let runs = self.runs(predictors, rows).max(rows);
        let each = self.settings.components.count(predictors);
        let proposals = self.settings.max_proposals * each * self.settings.reflections;
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_runs("score the baseline on validation", rows, rows)
            .with("try and score candidates", runs - rows)
            .with_optional_proposals("reflect on runs", proposals, cx.settings().calls_with(cx.adapter()))
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let about = About { optimizer: "Gepa", settings: self.settings() };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let tunable = demos::tunable(&driver.program);
        let engine = Engine {
            settings: &self.settings,
            seed: self.options.seed,
            perfect: self.options.score_range.1,
            runs: self.runs(tunable.len(), validation.len()),
            tunable,
            material: Material::new(train, self.options.seed),
            reflection_lm: self.reflection_lm.as_ref(),
            proposer: &*self.proposer,
            feedback: self.feedback.as_ref(),
        };
        engine.run(&mut driver).await?;
        driver.finish()
    }
}

debug!(Gepa: effort, settings, options);

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn runs_are_those_of_dspy() {
        let row = |predictors, rows| [6, 12, 18].map(|candidates| runs(candidates, predictors, rows));
        assert_eq!(row(1, 20), [460, 790, 1175]);
        assert_eq!(row(1, 50), [580, 940, 1385]);
        assert_eq!(row(1, 100), [780, 1190, 1735]);
        assert_eq!(row(1, 300), [1580, 2190, 3135]);
        assert_eq!(row(2, 100), [1330, 1740, 2045]);
        assert_eq!(row(4, 100), [2465, 3355, 3900]);
    }
}
