//! The cost of a search, before it costs anything.

mod batches;
mod tokens;
mod training;

use std::fmt;

use serde::Serialize;

pub use batches::BatchEstimate;
pub use tokens::{TokenEstimate, Tokens};
pub use training::TrainingEstimate;

use super::options::Options;
use crate::context::{Budget, Context};
use crate::data::TuningRows;
use crate::figure::{count, counted};
use crate::module::{self, Predictors};
use crate::signature::Row;
use batches::BatchPrices;
pub(super) use tokens::Demos;
use tokens::Sizes;

/// The cost of a search, part by part: the least, the expected and the most LM calls, those that run
/// the program, those that propose, and those of a metric that asks a model.
///
/// The most is what it takes when every reply has to be asked for again as often as the context allows, and
/// is never exceeded. Expected is one call of each predictor for each run. The least is what is left when
/// candidates share all calls that they can. [Tokens](Plan::tokens) are estimated from the rows.
///
/// # Example
///
/// ```
/// use dspy::optimize::Plan;
///
/// fn affordable(plan: &Plan) -> bool {
///     println!("{plan}");
///     plan.max_calls() <= 5_000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    parts: Vec<Part>,
    calls_per_run: u64,
    expected_per_run: u64,
    /// The most calls of the metric for one run.
    judge_per_run: u64,
    /// The most demonstrations that a prompt shows.
    demos: Demos,
    sizes: Sizes,
    /// Texts that vectors are made of.
    #[serde(skip_serializing_if = "is_zero")]
    embedded: u64,
    /// The number of validation rows the baseline is scored on, which comes before all else that counts.
    #[serde(skip)]
    baseline: u64,
    budget: Budget,
    /// The examples that are sent to train a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<TrainingEstimate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batches: Option<BatchPrices>,
    /// A note on the model's sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Part {
    what: String,
    /// Runs of the program or proposals, at most.
    times: u64,
    kind: Kind,
    calls: Calls,
}

/// The purpose of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Run,
    Proposal,
    /// Vectors of demonstrations, for programs that choose among them.
    Vectors,
}

/// The number of LM calls that something takes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// At least.
    pub least: u64,
    /// If all goes well.
    pub expected: u64,
    /// At most.
    pub most: u64,
}

impl Plan {
    /// A plan for runs that a metric judges with at most so many calls each.
    pub(super) fn new<P: Predictors + ?Sized, R: Row>(
        cx: &Context,
        program: &P,
        splits: TuningRows<'_, R>,
        options: &Options,
        judge_per_run: u64,
    ) -> Self {
        let expected_per_run = expected_per_run(cx, program);
        let calls_per_run = options.calls_per_row.unwrap_or_else(|| calls_per_run(cx, program));
        let (sizes, budget) = (Sizes::of(cx, program, splits), options.budget);
        let parts = Vec::new();
        Self {
            parts,
            calls_per_run,
            expected_per_run,
            judge_per_run,
            demos: Demos::default(),
            sizes,
            embedded: 0,
            baseline: splits.validation.len() as u64,
            budget,
            training: None,
            batches: BatchPrices::of(cx),
            note: cx.settings().unset_temperature(),
        }
    }

    /// Says how many demonstrations a prompt shows at most, beside those that the program came with.
    pub(super) fn with_demos(self, demos: Demos) -> Self {
        Self { demos, ..self }
    }

    /// Adds runs of the program that may all be made.
    pub(super) fn with(self, what: impl Into<String>, runs: usize) -> Self {
        self.with_runs(what, 0, runs)
    }

    /// Adds runs of which so many are made in any case, each with at least one call of its own.
    pub(super) fn with_runs(mut self, what: impl Into<String>, least: usize, most: usize) -> Self {
        let (least, times) = (least as u64, most as u64);
        let calls = Calls {
            least,
            expected: times * self.expected_per_run.min(self.calls_per_run),
            most: times * self.calls_per_run,
        };
        self.parts.push(Part { what: what.into(), times, kind: Kind::Run, calls });
        self
    }

    /// Adds runs like these, of which so many are expected.
    pub(super) fn with_expected_runs(
        mut self,
        what: impl Into<String>,
        least: usize,
        expected: usize,
        most: usize,
    ) -> Self {
        self = self.with_runs(what, least, most);
        let each = self.expected_per_run.min(self.calls_per_run);
        if let Some(part) = self.parts.last_mut() {
            part.calls.expected = expected as u64 * each;
        }
        self
    }

    /// Adds the calls that make vectors of demonstrations, of so many train rows for each predictor beside its own,
    /// if that takes calls.
    pub(super) fn with_vectors<P: Predictors + ?Sized>(
        mut self,
        cx: &Context,
        program: &P,
        rows: &[usize],
    ) -> Self {
        let (mut most, mut texts) = (0, 0);
        module::each(program, |_, predictor, _| {
            let own = predictor.state().demos.len();
            for demos in rows.iter().chain([&own]) {
                most += predictor.demo_calls(cx, *demos);
                texts += *demos as u64;
            }
        });
        if most > 0 {
            let calls = Calls { least: 0, expected: most, most };
            self.parts.push(Part {
                what: "embed demonstrations".into(),
                times: most,
                kind: Kind::Vectors,
                calls,
            });
            self.embedded = texts;
        }
        self
    }

    /// Adds proposals, each with so many calls if all goes well, and at most.
    pub(super) fn with_proposals(
        mut self,
        what: impl Into<String>,
        proposals: usize,
        (expected, most): (u64, u64),
    ) -> Self {
        let times = proposals as u64;
        let calls = Calls { least: times * expected, expected: times * expected, most: times * most };
        self.parts.push(Part { what: what.into(), times, kind: Kind::Proposal, calls });
        self
    }

    /// Adds proposals that may all be made, each with so many calls if all goes well, and at most.
    pub(super) fn with_optional_proposals(
        mut self,
        what: impl Into<String>,
        proposals: usize,
        each: (u64, u64),
    ) -> Self {
        self = self.with_proposals(what, proposals, each);
        if let Some(part) = self.parts.last_mut() {
            part.calls.least = 0;
        }
        self
    }

    /// Says that the calls of so many runs are sent to train a model, each gone through so often.
    pub(super) fn with_training(mut self, runs: usize, epochs: Option<u32>) -> Self {
        let runs = runs as u64;
        let (expected, most) =
            (runs * self.expected_per_run.min(self.calls_per_run), runs * self.calls_per_run);
        let calls = Calls { least: 0, expected, most };
        let tokens = self.sizes.task(calls, Demos::default());
        let tokens = tokens.input.expected.saturating_add(tokens.output.expected);
        self.training = Some(TrainingEstimate { examples: expected, tokens, epochs });
        self
    }

    /// Returns the examples that are sent to train a model, if any are. The provider bills it apart: no call
    /// of the plan is part of it, and no budget.
    pub fn training(&self) -> Option<TrainingEstimate> {
        self.training
    }

    /// Returns what the runs of the program are expected to cost as usual and in batches, within the budget of calls,
    /// where the provider of the context's model has batches and both prices are known.
    pub fn batches(&self) -> Option<BatchEstimate> {
        let [task, ..] = self.together();
        let tokens = self.sizes.task(task, self.demos);
        Some(self.batches?.estimate(tokens.input.expected, tokens.output.expected))
    }

    /// Adds all parts of another plan.
    pub(super) fn and(mut self, name: &str, other: Self) -> Self {
        let named = |part: Part| Part { what: format!("{name}: {}", part.what), ..part };
        self.parts.extend(other.parts.into_iter().map(named));
        self.calls_per_run = self.calls_per_run.max(other.calls_per_run);
        self.judge_per_run = self.judge_per_run.max(other.judge_per_run);
        self.demos.runs = self.demos.runs.max(other.demos.runs);
        self.demos.rows = self.demos.rows.max(other.demos.rows);
        self.embedded += other.embedded;
        self.training = match (self.training, other.training) {
            (Some(own), Some(more)) => Some(own + more),
            (own, more) => own.or(more),
        };
        self
    }

    /// The most LM calls, within the budget.
    pub fn max_calls(&self) -> u64 {
        let most = self.task_calls().most + self.proposer_calls().most + self.judge_calls().most;
        self.budget.max_calls().map_or(most, |budget| budget.min(most))
    }

    /// The most LM calls, were there no budget.
    pub fn needed_calls(&self) -> u64 {
        self.parts.iter().map(|part| part.calls.most).sum::<u64>() + self.judge_calls().most
    }

    /// The LM calls of the metric, were there no budget: for every run as many as it makes at most for a
    /// row. Runs that come to the same outputs share them.
    pub fn judge_calls(&self) -> Calls {
        let runs: u64 = self.parts.iter().filter(|part| part.kind == Kind::Run).map(|part| part.times).sum();
        let most = runs * self.judge_per_run;
        Calls { least: 0, expected: most, most }
    }

    /// The LM calls that run the program, within the budget.
    pub fn task_calls(&self) -> Calls {
        self.calls(false).within(self.budget.max_task_calls())
    }

    /// The LM calls that propose, within the budget.
    pub fn proposer_calls(&self) -> Calls {
        self.calls(true).within(self.budget.max_proposer_calls())
    }

    /// An estimate of the tokens of the calls that run the program and of those that propose, within the
    /// budget of calls. Those of a metric that asks a model are not known.
    pub fn tokens(&self) -> TokenEstimate {
        let [task, proposer, _] = self.together();
        let calls = self.sizes.task(task, self.demos) + self.sizes.proposals(proposer);
        calls + self.sizes.vectors(self.embedded)
    }

    /// The calls of the program, of proposals and of the metric, where all come together within the budget: each its
    /// share of it. The most is of each alone, since no one knows which of them come first.
    fn together(&self) -> [Calls; 3] {
        let mut kinds = [self.task_calls(), self.proposer_calls(), self.judge_calls()];
        let Some(limit) = self.budget.max_calls() else { return kinds };
        let counts: [fn(&mut Calls) -> &mut u64; 2] = [|calls| &mut calls.least, |calls| &mut calls.expected];
        for count in counts {
            let sum: u128 = kinds.iter_mut().map(|calls| u128::from(*count(calls))).sum();
            let share = |calls: u64| {
                u64::try_from(u128::from(calls) * u128::from(limit) / sum.max(1)).unwrap_or(limit)
            };
            if sum > u128::from(limit) {
                kinds.iter_mut().for_each(|calls| *count(calls) = share(*count(calls)));
                let shared: u64 = kinds.iter_mut().map(|calls| *count(calls)).sum();
                // What is lost by rounding.
                *count(&mut kinds[0]) += limit.saturating_sub(shared);
            }
        }
        kinds
    }

    /// The most calls that scoring the baseline takes, if the budget does not pay for them.
    fn unpaid_baseline(&self) -> Option<u64> {
        let run = self.baseline.saturating_mul(self.calls_per_run);
        let judged = run.saturating_add(self.baseline.saturating_mul(self.judge_per_run));
        let beyond =
            |calls: u64, limit: Option<u64>| limit.is_some_and(|limit| calls > limit).then_some(calls);
        beyond(judged, self.budget.max_calls()).or_else(|| beyond(run, self.budget.max_task_calls()))
    }

    /// The most LM calls of one run of the program: one for each predictor, and one for each time
    /// that a reply may be asked for again; two each where an adapter has its answers read by a second call.
    pub fn calls_per_run(&self) -> u64 {
        self.calls_per_run
    }

    fn calls(&self, proposes: bool) -> Calls {
        let parts = self.parts.iter().filter(|part| (part.kind == Kind::Proposal) == proposes);
        parts.fold(Calls::default(), |sum, Part { calls, .. }| Calls {
            least: sum.least + calls.least,
            expected: sum.expected + calls.expected,
            most: sum.most + calls.most,
        })
    }
}

impl Calls {
    fn within(self, limit: Option<u64>) -> Self {
        let limit = limit.unwrap_or(u64::MAX);
        Self { least: self.least.min(limit), expected: self.expected.min(limit), most: self.most.min(limit) }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (most, needed) = (self.max_calls(), self.needed_calls());
        let (calls, run) = (counted(most, "LM call"), count(self.calls_per_run));
        match most < needed {
            true => writeln!(
                f,
                "at most {calls}, where the budget stops the search (all of it can take {}), {run} for one run of the \
                 program:",
                count(needed)
            )?,
            false => writeln!(f, "at most {calls}, {run} for one run of the program:")?,
        }
        self.parts.iter().try_for_each(|part| self.line(f, part))?;
        if self.judge_per_run > 0 {
            let judge = self.judge_calls().within(self.budget.max_calls()).most;
            writeln!(f, "  {:>7}  judge runs ({} for each)", count(judge), count(self.judge_per_run))?;
        }
        let all = self.together();
        let expected = all.iter().map(|calls| calls.expected).sum::<u64>();
        let least = all.iter().map(|calls| calls.least).sum::<u64>();
        writeln!(f, "  {:>7}  expected, and at least {}", count(expected), count(least))?;
        writeln!(f, "  {}, if all goes as expected", self.tokens())?;
        self.batches().iter().try_for_each(|cost| writeln!(f, "  {cost}"))?;
        self.training.iter().try_for_each(|training| writeln!(f, "  {training}"))?;
        self.note.iter().try_for_each(|note| writeln!(f, "  note: {note}"))?;
        match self.unpaid_baseline() {
            Some(calls) => writeln!(
                f,
                "  the budget does not pay for scoring the baseline, which can take {}: nothing can be searched with it",
                counted(calls, "call")
            ),
            None if most < needed => {
                writeln!(f, "  the budget stops it at {}, with the best program so far", count(most))
            }
            None => Ok(()),
        }
    }
}

impl Plan {
    /// One part, as far as the budget goes.
    fn line(&self, f: &mut fmt::Formatter<'_>, part: &Part) -> fmt::Result {
        let Part { what, times, kind, calls } = part;
        let (unit, limit) = match kind {
            Kind::Run => ("run", self.budget.max_task_calls()),
            Kind::Proposal => ("proposal", self.budget.max_proposer_calls()),
            Kind::Vectors => ("call", self.budget.max_task_calls()),
        };
        let times = counted(*times, unit);
        match limit.filter(|limit| calls.most > *limit) {
            None => writeln!(f, "  {:>7}  {what} ({times})", count(calls.most)),
            Some(limit) => {
                let who = if self.budget.max_calls() == Some(limit) { "the search" } else { "these" };
                let (all, limit) = (count(calls.most), count(limit));
                writeln!(f, "  {limit:>7}  {what} ({times}, up to {all}; the budget stops {who} at {limit})")
            }
        }
    }
}

// A reference is what serde gives.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Returns the fingerprint of the program, whatever its states: the signatures of its predictors by path.
pub(super) fn fingerprint<P: Predictors + ?Sized>(program: &P) -> String {
    let mut parts = serde_json::Map::new();
    module::each(program, |path, predictor, frozen| {
        let state = serde_json::to_value(predictor.state()).unwrap_or_default();
        parts.insert(path.to_owned(), serde_json::json!([predictor.schema().fingerprint(), frozen, state]));
    });
    crate::fingerprint::of(&parts.into())
}

/// The most LM calls of one run, if each predictor is called at most as often in it as its module says: once, if
/// that says nothing.
pub(super) fn calls_per_run<P: Predictors + ?Sized>(cx: &Context, program: &P) -> u64 {
    let calls = module::calls(program);
    calls.iter().fold(module::judge_calls(cx, program), |sum: u64, (predictor, times)| {
        sum.saturating_add(predictor.calls(cx).1.saturating_mul(*times))
    })
}

/// Those of a run in which all goes well. A judge of attempts may be asked as often as at most.
pub(super) fn expected_per_run<P: Predictors + ?Sized>(cx: &Context, program: &P) -> u64 {
    let calls = module::calls(program);
    calls.iter().fold(module::judge_calls(cx, program), |sum: u64, (predictor, times)| {
        sum.saturating_add(predictor.calls(cx).0.saturating_mul(*times))
    })
}
