//! The steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::Settings;
use super::variance::{Bucket, percentile, poisson, softmax};
use crate::context::Purpose;
use crate::error::Result;
use crate::evaluate::Judged;
use crate::lm::Lm;
use crate::module::Module;
use crate::optimize::compiled::Termination;
use crate::optimize::demos;
use crate::optimize::driver::{Driver, Proposal, Run, Split};
use crate::optimize::minibatch::minibatch;
use crate::optimize::propose::{self, ask, cleaned, shown};
use crate::predict::ProgramState;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// One search.
pub(super) struct Search<'a> {
    pub(super) settings: &'a Settings,
    pub(super) seed: u64,
    pub(super) perfect: f64,
    pub(super) tunable: Vec<String>,
    pub(super) proposer: Option<&'a Lm>,
}

/// A program that steps go on from; the first is the program as it came.
struct Member {
    name: String,
    state: ProgramState,
    /// The sum of its scores on the rows that it was run on.
    sum: f64,
    rows: usize,
}

/// A new program in the making.
struct Draft {
    name: String,
    state: ProgramState,
    /// The runs that a rule is to be learned from.
    rule: Option<AdviseStepsInput>,
}

impl Member {
    #[allow(clippy::cast_precision_loss)]
    fn mean(&self) -> f64 {
        self.sum / self.rows.max(1) as f64
    }
}

impl Search<'_> {
    pub(super) async fn run<P: Module, R: Row>(&self, driver: &mut Driver<'_, P, R>) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let came = Member { name: "baseline".to_owned(), state: driver.program.state(), sum: 0.0, rows: 0 };
        let mut pool = vec![came];
        for step in 0..self.settings.steps {
            if self.tunable.is_empty() {
                break;
            }
            if driver.best().is_some_and(|best| best.score() >= self.perfect) {
                driver.stop(Termination::Perfect);
                break;
            }
            let batch = minibatch(driver.train.len(), self.settings.minibatch, step, self.seed);
            if !self.affords(driver, &batch) {
                driver.stop(Termination::BudgetSpent);
                break;
            }
            let top = self.top(&pool);
            let Some(runs) = self.rollouts(driver, &mut pool, &top, step, &batch).await? else { break };
            let drafts = self.drafts(driver, &pool, &top, step, &runs)?;
            let made = self.with_advice(driver, step, drafts).await;
            let new = pool.len();
            self.tried(driver, &mut pool, made, &batch).await?;
            let best = (new..pool.len())
                .reduce(|best, next| if pool[next].mean() > pool[best].mean() { next } else { best });
            let means: Vec<f64> = pool[new..].iter().map(Member::mean).collect();
            driver.decide(&json!({"step": step + 1, "rows": batch, "made": means, "best": best}))?;
            let Some(Member { name, state, .. }) = best.map(|best| &pool[best]) else { continue };
            let winner = Proposal { name: name.clone(), parents: vec![0], state: state.clone() };
            driver.score(vec![winner]).await?;
        }
        Ok(())
    }

    /// Returns whether the budget pays for a step in which one program is tried, and for scoring that
    /// program: what a step finds is worth nothing unless it is scored.
    fn affords<P: Module, R: Row>(&self, driver: &Driver<'_, P, R>, batch: &[usize]) -> bool
    where
        R::Input: Into<P::Input>,
    {
        driver.runs_left() >= batch.len() * (self.settings.candidates + 1) + driver.validation.len()
    }

    /// The best programs so far, the one that came always among them.
    fn top(&self, pool: &[Member]) -> Vec<usize> {
        let mut ranked: Vec<usize> = (0..pool.len()).collect();
        ranked.sort_by(|a, b| pool[*b].mean().total_cmp(&pool[*a].mean()));
        ranked.truncate(self.settings.candidates);
        if !ranked.contains(&0) {
            ranked.pop();
            ranked.push(0);
        }
        ranked
    }

    fn source(&self, pool: &[Member], top: &[usize], key: &[&str]) -> usize {
        let means: Vec<f64> = top.iter().map(|place| pool[*place].mean()).collect();
        top[softmax(&means, &mut Keyed::new(self.seed, key))]
    }

    /// Several runs of each row, each of one of the best programs, for which they count, too; nothing if the
    /// budget has no room.
    async fn rollouts<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        pool: &mut [Member],
        top: &[usize],
        step: usize,
        batch: &[usize],
    ) -> Result<Option<Vec<Arc<Judged>>>>
    where
        R::Input: Into<P::Input>,
    {
        let (mut runs, mut members) = (Vec::new(), Vec::new());
        for number in 0..self.settings.candidates {
            let rollout = (1 + step * self.settings.candidates + number) as u64;
            for row in batch {
                let key = ["simba", "run", &step.to_string(), &number.to_string(), &row.to_string()];
                let member = self.source(pool, top, &key);
                let run = driver.runs(&pool[member].state, Split::Train, [row])?;
                runs.extend(run.into_iter().map(|run| Run { rollout, ..run }));
                members.push(member);
            }
        }
        let settled = driver.settle("run rows", vec![runs]).await?.pop();
        for (member, judged) in members.into_iter().zip(settled.iter().flatten()) {
            pool[member].sum += judged.value();
            pool[member].rows += 1;
        }
        Ok(settled)
    }

    /// One program from each of the rows whose runs differ most, until there are enough; a row that nothing
    /// can be learned from makes none.
    fn drafts<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        pool: &[Member],
        top: &[usize],
        step: usize,
        runs: &[Arc<Judged>],
    ) -> Result<Vec<Draft>>
    where
        R::Input: Into<P::Input>,
    {
        let scores: Vec<f64> = runs.iter().map(|judged| judged.value()).collect();
        let (low, high) = (percentile(&scores, 0.1), percentile(&scores, 0.9));
        let rows = runs.len() / self.settings.candidates;
        let bucket = |row: usize| {
            Bucket::new((row..runs.len()).step_by(rows.max(1)).map(|run| (run, scores[run])).collect())
        };
        let mut buckets: Vec<Bucket> = (0..rows).map(bucket).collect();
        buckets.sort_by(Bucket::order);
        let mut rules_left = driver.proposals_left();
        let mut drafts = Vec::new();
        for (number, bucket) in buckets.iter().enumerate() {
            let (Some(good), Some(bad)) = (bucket.runs.first(), bucket.runs.last()) else { continue };
            if drafts.len() > self.settings.candidates || scores[*good] <= low {
                continue;
            }
            let key =
                |what: &str| ["simba".to_owned(), what.to_owned(), step.to_string(), number.to_string()];
            let source = self.source(pool, top, &key("source").each_ref().map(String::as_str));
            let mut random = Keyed::new(self.seed, &key("change").each_ref().map(String::as_str));
            let mut state = self.forgetful(&pool[source].state, &mut random);
            let (good, bad) = (&runs[*good], &runs[*bad]);
            let name = format!("step {}, program {}", step + 1, drafts.len() + 1);
            if self.settings.max_demos > 0 && random.coin() {
                if self.add_demos(&mut state, good) {
                    drafts.push(Draft { name, state, rule: None });
                }
            } else if bad.value() < high && rules_left > 0 {
                rules_left -= 1;
                let rule = Some(question(driver, &driver.program.with_state(&state)?, good, bad));
                drafts.push(Draft { name, state, rule });
            }
        }
        Ok(drafts)
    }

    /// The state with some demonstrations dropped, the same places in all predictors.
    #[allow(clippy::cast_precision_loss)]
    fn forgetful(&self, state: &ProgramState, random: &mut Keyed) -> ProgramState {
        // DSPy takes 3 where no demonstrations are wanted.
        let most = if self.settings.max_demos == 0 { 3 } else { self.settings.max_demos };
        let own = |path: &String| state.get(path).map_or(0, |own| own.demos.len());
        let shown = self.tunable.iter().map(own).max().unwrap_or_default();
        let drawn = poisson(shown as f64 / most as f64, random);
        let drop = drawn.max(usize::from(shown >= most)).min(shown);
        let dropped: Vec<usize> = (0..drop).map(|_| random.below(shown)).collect();
        let mut state = state.clone();
        for path in &self.tunable {
            if let Some(own) = state.get_mut(path) {
                let mut place = 0;
                own.demos.retain(|_| {
                    place += 1;
                    !dropped.contains(&(place - 1))
                });
            }
        }
        state
    }

    /// Adds each predictor's last inputs and outputs in a run as a demonstration; false if there is none.
    fn add_demos(&self, state: &mut ProgramState, good: &Judged) -> bool {
        let mut added = false;
        for path in &self.tunable {
            if let (Some(own), Some(demo)) = (state.get_mut(path), demos::last(&good.trace, path))
                && !own.demos.contains(&demo)
            {
                own.demos.push(demo);
                added = true;
            }
        }
        added
    }

    /// Asks for all rules at the same time; a draft that gets none is dropped.
    async fn with_advice<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        step: usize,
        drafts: Vec<Draft>,
    ) -> Vec<(String, ProgramState)>
    where
        R::Input: Into<P::Input>,
    {
        let cx = driver.context(Purpose::Reflection, self.proposer);
        let questions =
            drafts.iter().filter_map(|draft| Some((draft.rule.clone()?, 1 + step as u64))).collect();
        let mut answers = ask::<AdviseSteps>(&cx, "simba.advise", questions).await.into_iter();
        let mut made = Vec::new();
        for Draft { name, mut state, rule } in drafts {
            if rule.is_some() {
                let Some(Ok(answer)) = answers.next() else { continue };
                let mut advised = false;
                for path in &self.tunable {
                    let advice = answer.advice.get(path).and_then(|advice| cleaned(advice));
                    if let (Some(advice), Some(own)) = (advice, state.get_mut(path)) {
                        own.instructions = format!("{}\n\n{advice}", own.instructions.trim_end());
                        advised = true;
                    }
                }
                if !advised {
                    continue;
                }
            }
            made.push((name, state));
        }
        made
    }

    /// Tries new programs on the rows of the step, as many as leave enough to score one; they join the pool.
    async fn tried<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        pool: &mut Vec<Member>,
        made: Vec<(String, ProgramState)>,
        batch: &[usize],
    ) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let mut fresh: Vec<(String, ProgramState)> = Vec::new();
        for (name, state) in made {
            let known = pool.iter().map(|member| &member.state).chain(fresh.iter().map(|(_, state)| state));
            if known.into_iter().all(|known| *known != state) {
                fresh.push((name, state));
            }
        }
        let room = driver.runs_left().saturating_sub(driver.validation.len());
        fresh.truncate(room / batch.len().max(1));
        let lots: Result<Vec<Vec<Run<P>>>> =
            fresh.iter().map(|(_, state)| driver.runs(state, Split::Train, batch)).collect();
        let settled = driver.settle("try programs", lots?).await?;
        let sums = settled.iter().map(|lot| lot.iter().map(|judged| judged.value()).sum::<f64>());
        let members = fresh.into_iter().zip(sums);
        pool.extend(members.map(|((name, state), sum)| Member { name, state, sum, rows: batch.len() }));
        Ok(())
    }
}

/// Asks about a row's best and worst run. Where they are equally good, only the best is shown.
fn question<P: Module, R: Row>(
    driver: &Driver<'_, P, R>,
    program: &P,
    good: &Judged,
    bad: &Judged,
) -> AdviseStepsInput
where
    R::Input: Into<P::Input>,
{
    AdviseStepsInput {
        program: propose::outline(program),
        row: propose::lines(std::iter::once(&driver.train[good.index])),
        better: shown(good),
        worse: if good.value() > bad.value() { shown(bad) } else { NOTHING.to_owned() },
    }
}

/// Two runs of the same program on the same input came out differently. Find out which step made the
/// difference, and give each step that could have done better a piece of advice that would have led it from
/// the worse run to the better one. Advice is a rule that holds beyond this input: when something like this
/// comes, do that. It is added to what the step is told already, so say only what is new, and nothing on the
/// form of replies. A step that did well needs none.
#[dspy_macros::signature]
struct AdviseSteps {
    /// The steps of the program: name, inputs and outputs with their types, present instructions.
    #[input]
    program: String,
    /// The input with its labels.
    #[input]
    row: String,
    /// The better run, with its score and what was said of it.
    #[input]
    better: String,
    /// The worse run.
    #[input]
    worse: String,
    /// For each step that needs it, by its name, the advice.
    #[output]
    advice: BTreeMap<String, String>,
}

/// A run that says nothing, because it was no worse.
const NOTHING: &str = "(no other run)";
