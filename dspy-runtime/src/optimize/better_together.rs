//! Optimizers one after the other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::Optimizer;
use super::any_optimizer::AnyOptimizer;
use super::compiled::{Compiled, Termination};
use super::journal::Journal;
use super::options::Options;
use super::plan::{self, Plan};
use crate::context::{Budget, Context, Meter, Purpose, Replies};
use crate::data::TuningRows;
use crate::error::{Error, Result};
use crate::lm::Usage;
use crate::module::Module;
use crate::signature::Row;

/// Runs optimizers one after the other, each from the best program of those before it, and keeps the best
/// of all by validation; of those that tie, the earliest.
///
/// Use it when two searches find different things: demonstrations first, say, then instructions that are
/// reflected on with them in place. A step may be [`Finetune`](crate::optimize::Finetune): the steps after it tune the program for
/// the trained model, which is [`Compiled::lm`] in the end. It costs what its steps cost together; one budget holds over all of them,
/// besides those that steps have of their own. An equal request is paid for once in all steps, so scoring
/// again what the step before has found costs nothing. All steps should judge by the same metric.
///
/// After Soylu et al., "Fine-Tuning and Prompt Optimization: Two Great Steps that Work Better Together"
/// (2024). DSPy's starts each step from the latest program even if it is worse.
///
/// # Example
///
/// ```
/// use dspy::optimize::{BetterTogether, Copro, LabeledFewShot};
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
/// let right = |row: &Fruit, out: &FruitOutput| row.fruit == out.fruit;
/// let train = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\nround and red,apple\n", "train.csv")?;
/// let validation = Rows::from_csv("looks,fruit\na red round thing,apple\n", "validation.csv")?;
/// let optimizer = BetterTogether::new()
///     .then("demos", LabeledFewShot::new(right).k(2))
///     .then("instructions", Copro::new(right).breadth(2).depth(1));
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
/// # Ok(())
/// # }
/// ```
pub struct BetterTogether<R, P> {
    steps: Vec<(String, Box<dyn AnyOptimizer<R, P>>)>,
    budget: Budget,
    journal: Option<PathBuf>,
}

impl<R: Row, P: Module> BetterTogether<R, P>
where
    R::Input: Into<P::Input>,
{
    /// No steps yet.
    #[must_use]
    pub fn new() -> Self {
        Self { steps: Vec::new(), budget: Budget::unlimited(), journal: None }
    }

    /// Adds a step. Its name goes before those of its candidates.
    #[must_use]
    pub fn then(
        mut self,
        name: impl Into<String>,
        optimizer: impl Optimizer<R, P> + Send + Sync + 'static,
    ) -> Self {
        self.steps.push((name.into(), Box::new(optimizer)));
        self
    }

    /// A hard limit on what all steps spend together; when it is reached, the best program so far is the
    /// result.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Keeps a journal of what all steps pay for. One that was stopped goes on where it was, to the same
    /// result, and pays for nothing again.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// The most LM calls that [`compile`](Self::compile) can make, without making any.
    pub fn plan<'a>(&self, cx: &Context, program: &P, rows: impl Into<TuningRows<'a, R>>) -> Plan
    where
        R: 'a,
    {
        let splits = rows.into();
        let options = Options { budget: self.budget, ..Options::default() };
        let plans = self.steps.iter().map(|(name, step)| (name, step.plan(cx, program, splits)));
        plans.fold(Plan::new(cx, program, splits, &options, 0), |all, (name, plan)| all.and(name, plan))
    }

    /// Runs the steps.
    ///
    /// # Errors
    ///
    /// When there are no steps, when the budget cannot pay for scoring the program as it came, or when a
    /// step fails for another reason than the budget.
    pub async fn compile<'a>(
        &self,
        cx: &Context,
        program: P,
        rows: impl Into<TuningRows<'a, R>>,
    ) -> Result<Compiled<P>>
    where
        R: 'a,
    {
        let rows = rows.into();
        let TuningRows { train, validation } = rows;
        let names: Vec<&String> = self.steps.iter().map(|(name, _)| name).collect();
        let journal = self.open(&json!({
            "optimizer": "BetterTogether",
            "steps": names,
            "model": cx.lm().id().to_string(),
            "program": plan::fingerprint(&program),
            "train": train.fingerprint()?,
            "validation": validation.fingerprint()?,
        }))?;
        let replies = journal.clone().map_or_else(Replies::default, |journal| Replies::recorded(journal));
        let meter = Arc::new(Meter::limited(cx.scope().meter().clone(), self.budget));
        let shared = cx.scoped(|scope| scope.detached().charging(meter.clone()).sharing(Arc::new(replies)));
        let mut found: Option<Found<P>> = None;
        for (name, step) in &self.steps {
            let from = found.as_ref().map_or(&program, |found| &found.best.program).clone();
            // A step may have trained a model, with which the program is the best so far.
            let cx = found.as_ref().map_or(shared.clone(), |found| shared.with_lm(found.best.lm.clone()));
            let compiled = match step.compile(&cx, from, rows).await {
                Ok(compiled) => compiled,
                Err(error) if error.is_budget() && found.is_some() => {
                    found.iter_mut().for_each(|found| found.termination = Termination::BudgetSpent);
                    break;
                }
                Err(error) => return Err(error.context(name)),
            };
            if let Some(journal) = &journal {
                let Compiled { baseline, score, termination, .. } = &compiled;
                journal.decide(json!({
                    "step": name, "baseline": baseline, "score": score, "termination": termination,
                }))?;
            }
            let all = match found.take() {
                None => Found::first(name, compiled),
                Some(found) => found.and(name, compiled),
            };
            let perfect = all.termination == Termination::Perfect;
            found = Some(all);
            if perfect {
                break;
            }
        }
        let found = found.ok_or_else(|| Error::declaration("there are no steps"))?;
        Ok(found.finish(&json!({"steps": names}), meter.usage()))
    }

    fn open(&self, search: &serde_json::Value) -> Result<Option<Arc<Journal>>> {
        let budget = serde_json::to_value(self.budget)?;
        self.journal.as_ref().map(|path| Journal::open(path, search, &budget)).transpose()
    }
}

/// The findings of the steps so far.
struct Found<P> {
    best: Compiled<P>,
    baseline: f64,
    termination: Termination,
    candidates: Vec<super::compiled::CandidateScore>,
    spent: BTreeMap<Purpose, Usage>,
}

impl<P> Found<P> {
    fn first(name: &str, mut compiled: Compiled<P>) -> Self {
        let candidates = named(name, 0, std::mem::take(&mut compiled.candidates));
        let (baseline, termination) = (compiled.baseline, compiled.termination);
        let spent = std::mem::take(&mut compiled.spent);
        compiled.steps.iter_mut().for_each(|step| *step = format!("{name}: {step}"));
        Self { best: compiled, baseline, termination, candidates, spent }
    }

    fn and(mut self, name: &str, mut compiled: Compiled<P>) -> Self {
        let more = named(name, self.candidates.len(), std::mem::take(&mut compiled.candidates));
        self.candidates.extend(more);
        for (purpose, usage) in std::mem::take(&mut compiled.spent) {
            *self.spent.entry(purpose).or_default() += usage;
        }
        self.termination = compiled.termination;
        let mut steps = std::mem::take(&mut self.best.steps);
        steps.extend(compiled.steps.drain(..).map(|step| format!("{name}: {step}")));
        if compiled.score > self.best.score {
            // What the step gained is beside what it began with, which is the best of those before.
            let before = self.best.expected;
            compiled.expected.gain += before.gain;
            compiled.expected.deviation = compiled.expected.deviation.hypot(before.deviation);
            self.best = compiled;
        }
        self.best.steps = steps;
        self
    }

    fn finish(self, settings: &serde_json::Value, usage: Usage) -> Compiled<P> {
        let Self { mut best, baseline, termination, candidates, spent } = self;
        best.provenance.optimizer = format!("BetterTogether, {}", best.provenance.optimizer);
        best.provenance.settings = json!({"together": settings, "step": best.provenance.settings});
        best.provenance.scores.insert("baseline on validation".into(), baseline);
        best.provenance.usage = usage;
        best.provenance.termination = termination.to_string();
        Compiled { baseline, termination, candidates, spent, usage, ..best }
    }
}

/// The candidates of a step, among those of all steps.
fn named(
    step: &str,
    before: usize,
    mut candidates: Vec<super::compiled::CandidateScore>,
) -> Vec<super::compiled::CandidateScore> {
    for candidate in &mut candidates {
        candidate.name = format!("{step}: {}", candidate.name);
        candidate.parents.iter_mut().for_each(|parent| *parent += before);
    }
    candidates
}

impl<R: Row, P: Module> Default for BetterTogether<R, P>
where
    R::Input: Into<P::Input>,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<R, P> fmt::Debug for BetterTogether<R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.steps.iter().map(|(name, _)| name).collect();
        f.debug_struct("BetterTogether").field("steps", &names).finish_non_exhaustive()
    }
}
