//! Waves of proposals, what is kept of them, and merges.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::Feedback;
use super::credit::{Credit, faults};
use super::merge::{self, Family, Merge};
use super::pool::{Member, undominated};
use super::reflect::{InstructionProposer, Reflection, labelled, reflected, rewritten};
use super::settings::{Settings, Verdict};
use crate::context::Purpose;
use crate::error::Result;
use crate::evaluate::Judged;
use crate::lm::Lm;
use crate::module::Module;
use crate::optimize::compiled::Termination;
use crate::optimize::driver::{Driver, Proposal, Split};
use crate::optimize::minibatch::minibatch;
use crate::optimize::propose::Material;
use crate::predict::ProgramState;
use crate::signature::{Row, Schema};
use dspy_numbers::random::Keyed;
use dspy_numbers::statistics::mean;

/// One search.
pub(super) struct Engine<'a, R> {
    pub(super) settings: &'a Settings,
    pub(super) seed: u64,
    /// The score of a row that leaves nothing to improve.
    pub(super) perfect: f64,
    /// The most runs of the program.
    pub(super) runs: usize,
    pub(super) tunable: Vec<(String, Arc<Schema>)>,
    pub(super) material: Material,
    pub(super) reflection_lm: Option<&'a Lm>,
    pub(super) proposer: &'a dyn InstructionProposer,
    pub(super) feedback: Option<&'a Feedback<R>>,
}

/// A proposal of a wave, before it is made.
struct Slot {
    number: usize,
    parent: usize,
    /// The number of times the parent's line was proposed for: which predictor is next in turn.
    turn: usize,
    /// One draw of what changing each predictor may gain.
    draws: Vec<f64>,
    /// The train rows that it is made from and tried on, then those that it is tried on where these do not tell.
    batches: Vec<Vec<usize>>,
}

impl Slot {
    /// The rows that the proposal is made from.
    fn first(&self) -> &[usize] {
        self.batches.first().map_or(&[], Vec::as_slice)
    }
}

/// The outcome of a proposal.
enum Tried {
    /// The parent does all of the minibatch right.
    Perfect,
    /// No new instructions were proposed.
    NoProposal,
    Child {
        state: ProgramState,
        /// The places of the predictors that were changed.
        changed: Vec<usize>,
        kept: bool,
        before: f64,
        after: f64,
    },
}

/// The memory of the search from wave to wave.
#[derive(Default)]
struct Memory {
    proposals: usize,
    merges: usize,
    /// Pairs and ancestors that were merged.
    merged: BTreeSet<(usize, usize, usize)>,
    /// The number of times each candidate's line was proposed for.
    turns: Vec<usize>,
    credit: Credit,
    waves_without_best: usize,
}

impl<R: Row> Engine<'_, R> {
    pub(super) async fn run<P: Module>(&self, driver: &mut Driver<'_, P, R>) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let mut memory = Memory::default();
        loop {
            let best = driver.best().map_or(0.0, |best| best.score());
            if best >= self.perfect {
                driver.stop(Termination::Perfect);
                return Ok(());
            }
            let slots = self.slots(driver, &mut memory);
            if slots.is_empty() {
                return Ok(());
            }
            let made = match self.wave(driver, slots).await {
                Ok(children) => self.keep(driver, &mut memory, children).await?,
                Err(error) if error.is_budget() => {
                    driver.stop(Termination::BudgetSpent);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            if made && memory.merges < self.settings.max_merges {
                self.merge(driver, &mut memory).await?;
            }
            let now = driver.best().map_or(0.0, |best| best.score());
            memory.waves_without_best = if now > best { 0 } else { memory.waves_without_best + 1 };
            if self.settings.patience.is_some_and(|waves| memory.waves_without_best >= waves) {
                driver.stop(Termination::NoImprovement);
                return Ok(());
            }
        }
    }

    /// The next wave: as many proposals as the budgets surely pay for, with what trying them takes.
    fn slots<P: Module>(&self, driver: &mut Driver<'_, P, R>, memory: &mut Memory) -> Vec<Slot>
    where
        R::Input: Into<P::Input>,
    {
        let Settings { wave, max_proposals, .. } = *self.settings;
        let each = self.settings.components.count(self.tunable.len()).max(1);
        // The parent and the child on the minibatches.
        let rows = (self.settings.minibatch * self.settings.accept.batches()).min(driver.train.len());
        let reflections = each * self.settings.reflections.max(1);
        let affordable = (driver.runs_left() / (2 * rows).max(1)).min(driver.proposals_left() / reflections);
        let left = self.runs.saturating_sub(driver.runs_made());
        let room = (left / (2 * rows).max(1)).min(max_proposals - memory.proposals.min(max_proposals));
        if affordable == 0 && room > 0 {
            driver.stop(Termination::BudgetSpent);
        }
        let members = members(driver);
        // A child goes on where its parents are.
        for candidate in driver.candidates().iter().skip(memory.turns.len()) {
            let turns = candidate.parents.iter().filter_map(|parent| memory.turns.get(*parent));
            memory.turns.push(turns.max().copied().unwrap_or_default());
        }
        let first = memory.proposals;
        let count = if self.tunable.is_empty() { 0 } else { wave.min(affordable).min(room) };
        memory.proposals += count;
        let (turns, credit) = (&mut memory.turns, &memory.credit);
        let slot = |number: usize| {
            let mut random = Keyed::new(self.seed, &["gepa", "parent", &number.to_string()]);
            let parent = self.settings.parents.choose(&members, self.settings.frontier, &mut random);
            let turn = turns[parent];
            turns[parent] += 1;
            let mut random = Keyed::new(self.seed, &["gepa", "credit", &number.to_string()]);
            let draws = credit.draw(self.tunable.len(), &mut random);
            Slot { number, parent, turn, draws, batches: self.batches(driver.train.len(), number) }
        };
        (first..first + count).map(slot).collect()
    }

    /// The minibatches of a proposal, none of which has a row of those before it.
    fn batches(&self, rows: usize, number: usize) -> Vec<Vec<usize>> {
        let size = self.settings.minibatch.min(rows);
        let first = minibatch(rows, size, number, self.seed);
        let mut others: Vec<usize> = (0..rows).filter(|row| !first.contains(row)).collect();
        Keyed::new(self.seed, &["gepa", "gate", &number.to_string()]).shuffle(&mut others);
        let more = others.chunks(size.max(1)).take(self.settings.accept.batches() - 1).map(<[usize]>::to_vec);
        std::iter::once(first).chain(more).collect()
    }

    /// Makes and tries the proposals of a wave, all at the same time; what came of them is in their order.
    async fn wave<P: Module>(&self, driver: &Driver<'_, P, R>, slots: Vec<Slot>) -> Result<Vec<(Slot, Tried)>>
    where
        R::Input: Into<P::Input>,
    {
        let tries = slots.into_iter().map(|slot| async move {
            let tried = self.attempt(driver, &slot).await?;
            Ok((slot, tried))
        });
        futures_util::future::try_join_all(tries).await
    }

    async fn attempt<P: Module>(&self, driver: &Driver<'_, P, R>, slot: &Slot) -> Result<Tried>
    where
        R::Input: Into<P::Input>,
    {
        let parent = driver.candidate(slot.parent);
        let before = on_rows(driver, &parent.state, slot.first()).await?;
        if before.iter().all(|judged| judged.value() >= self.perfect) {
            return Ok(Tried::Perfect);
        }
        let cx = driver.context(Purpose::Reflection, self.reflection_lm);
        let mut state = parent.state.clone();
        let faults = || faults(driver.train, &self.tunable, &before, self.perfect);
        let changed = self.settings.components.of(slot.turn, &slot.draws, faults);
        for component in changed.iter().copied() {
            let (path, schema) = &self.tunable[component];
            let Some(own) = state.get_mut(path) else { continue };
            let seen = Reflection {
                path: path.clone(),
                schema: schema.clone(),
                instructions: own.instructions.clone(),
                runs: reflected(driver.train, path, &before, self.feedback, (self.seed, slot.number)),
                rows: Vec::new(),
                rollout: 0,
            };
            let first = slot.number * self.settings.reflections;
            let numbers = first..first + self.settings.reflections;
            let others = |number| {
                labelled(driver.train, &self.material.rows(number, self.settings.labelled, slot.first()))
            };
            own.instructions = rewritten(self.proposer, &cx, seen, numbers, others).await?;
        }
        if state == parent.state {
            return Ok(Tried::NoProposal);
        }
        let (kept, before, after) = self.gate(driver, slot, &state, before).await?;
        Ok(Tried::Child { kept, before, after, state, changed })
    }

    /// Decides whether a child is kept, with the mean scores of its parent and of itself on the rows that
    /// decided.
    async fn gate<P: Module>(
        &self,
        driver: &Driver<'_, P, R>,
        slot: &Slot,
        child: &ProgramState,
        first: Vec<Arc<Judged>>,
    ) -> Result<(bool, f64, f64)>
    where
        R::Input: Into<P::Input>,
    {
        let accept = self.settings.accept;
        let values =
            |judged: &[Arc<Judged>]| judged.iter().map(|judged| judged.value()).collect::<Vec<f64>>();
        let parent = &driver.candidate(slot.parent).state;
        let (mut before, mut after) = (values(&first), Vec::new());
        let mut verdict = Verdict::Open;
        for (number, rows) in slot.batches.iter().enumerate() {
            if number > 0 {
                before.extend(values(&on_rows(driver, parent, rows).await?));
            }
            after.extend(values(&on_rows(driver, child, rows).await?));
            verdict = accept.verdict(&before, &after);
            if verdict != Verdict::Open {
                break;
            }
        }
        let kept = match verdict {
            Verdict::Open => after.iter().sum::<f64>() > before.iter().sum::<f64>(),
            decided => decided == Verdict::Keep,
        };
        Ok((kept, mean(&before), mean(&after)))
    }

    /// Scores the children that did better than their parents, and makes candidates of them, in the order of
    /// the wave; true if there is one.
    async fn keep<P: Module>(
        &self,
        driver: &mut Driver<'_, P, R>,
        memory: &mut Memory,
        tried: Vec<(Slot, Tried)>,
    ) -> Result<bool>
    where
        R::Input: Into<P::Input>,
    {
        let mut kept: Vec<Proposal> = Vec::new();
        for (slot, tried) in tried {
            let known =
                |state: &ProgramState| driver.knows(state) || kept.iter().any(|other| other.state == *state);
            let (outcome, before, after) = match &tried {
                Tried::Perfect => ("nothing to improve", None, None),
                Tried::NoProposal => ("no proposal", None, None),
                Tried::Child { state, .. } if known(state) => ("known", None, None),
                Tried::Child { kept, before, after, .. } => {
                    (if *kept { "kept" } else { "no better" }, Some(*before), Some(*after))
                }
            };
            driver.decide(&json!({
                "proposal": slot.number, "parent": slot.parent, "rows": slot.batches,
                "outcome": outcome, "before": before, "after": after,
            }))?;
            if let Tried::Child { changed, kept, before, after, .. } = &tried {
                let gain = if *kept { after - before } else { 0.0 };
                changed.iter().for_each(|predictor| memory.credit.learn(*predictor, gain));
            }
            if let (Tried::Child { state, .. }, "kept") = (tried, outcome) {
                let name = format!("reflection {}", slot.number + 1);
                kept.push(Proposal { name, parents: vec![slot.parent], state });
            }
        }
        self.score(driver, kept).await
    }

    /// Scores proposals, as far as the runs reach; true if there is one more candidate.
    async fn score<P: Module>(
        &self,
        driver: &mut Driver<'_, P, R>,
        mut proposals: Vec<Proposal>,
    ) -> Result<bool>
    where
        R::Input: Into<P::Input>,
    {
        let left = self.runs.saturating_sub(driver.runs_made());
        proposals.truncate(left / driver.validation.len().max(1));
        if proposals.is_empty() {
            return Ok(false);
        }
        Ok(!driver.score(proposals).await?.is_empty())
    }

    /// Tries to merge two candidates that are best at something.
    async fn merge<P: Module>(&self, driver: &mut Driver<'_, P, R>, memory: &mut Memory) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let left = self.runs.saturating_sub(driver.runs_made()).min(driver.runs_left());
        if left < driver.validation.len() + merge::SUBSAMPLE {
            return Ok(());
        }
        let members = members(driver);
        let best = undominated(&self.settings.frontier.fronts(&members), &members);
        let candidates = merge::mergeable(&best, &members);
        let mut random = Keyed::new(self.seed, &["gepa", "merge", &memory.proposals.to_string()]);
        let found = {
            let all = driver.candidates();
            let family = Family {
                states: all.iter().map(|candidate| &candidate.state).collect(),
                parents: all.iter().map(|candidate| candidate.parents.as_slice()).collect(),
                members: &members,
            };
            family.merge(&candidates, &memory.merged, &mut random)
        };
        let Some(Merge { parents: (one, other), ancestor, state }) = found else { return Ok(()) };
        memory.merged.insert((one, other, ancestor));
        if driver.knows(&state) {
            return Ok(());
        }
        let rows = merge::subsample(&members[one], &members[other], &mut random);
        let sum_of = |member: &Member| rows.iter().filter_map(|row| member.rows[*row]).sum::<f64>();
        let bar = sum_of(&members[one]).max(sum_of(&members[other]));
        let lot = driver.runs(&state, Split::Validation, &rows)?;
        let Some(judged) = driver.settle("try a merge", vec![lot]).await?.pop() else { return Ok(()) };
        let after: f64 = judged.iter().map(|judged| judged.value()).sum();
        driver.decide(&json!({
            "merge": [one, other], "ancestor": ancestor, "rows": rows, "before": bar, "after": after,
        }))?;
        if after >= bar {
            let name = format!("merge of {one} and {other}");
            if self.score(driver, vec![Proposal { name, parents: vec![one, other], state }]).await? {
                memory.merges += 1;
            }
        }
        Ok(())
    }
}

/// Returns the facts by which the candidates are known.
#[allow(clippy::cast_precision_loss)]
fn members<P: Module, R: Row>(driver: &Driver<'_, P, R>) -> Vec<Member>
where
    R::Input: Into<P::Input>,
{
    let member = |candidate: &crate::optimize::driver::Candidate| {
        let rows: Vec<Option<f64>> = candidate.scores.rows().collect();
        let run = rows.iter().flatten().count().max(1) as f64;
        Member {
            mean: candidate.score(),
            tokens: candidate.scores.usage().total_tokens() as f64 / run,
            whole: candidate.scores.is_whole(),
            rows,
        }
    };
    driver.candidates().iter().map(member).collect()
}

/// The runs of a state on train rows.
async fn on_rows<P: Module, R: Row>(
    driver: &Driver<'_, P, R>,
    state: &ProgramState,
    rows: &[usize],
) -> Result<Vec<Arc<Judged>>>
where
    R::Input: Into<P::Input>,
{
    driver.run_all(driver.runs(state, Split::Train, rows)?).await
}
