//! Trials: which combination, on which rows, and which of them are scored on all rows.

use serde::Serialize;
use serde_json::json;

use super::additive::{Additive, Observation};
use super::tpe;
use crate::error::Result;
use crate::module::{Module, Predictors};
use crate::optimize::demos;
use crate::optimize::driver::{Driver, Proposal, Split};
use crate::predict::ProgramState;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// With no more validation rows than these, a trial sees all.
pub(super) const ALL: usize = 50;
/// Trials that are made at the same time, and after which one is scored on all rows.
pub(super) const ROUND: usize = 5;

/// How the next combination is chosen.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MiproSearch {
    /// By a draw from an additive model of what choices contribute (Thompson sampling): it learns from
    /// every trial about every predictor.
    #[default]
    Additive,
    /// By a tree-structured Parzen estimator, as in DSPy: at random for the first ten trials.
    Tpe,
}

/// What is searched: for each tunable predictor its instructions and its demonstrations.
pub(super) struct Parameters {
    base: ProgramState,
    paths: Vec<String>,
    instructions: Vec<Vec<String>>,
    sets: Vec<ProgramState>,
}

impl Parameters {
    pub(super) fn new<P: Module>(
        program: &P,
        instructions: Vec<Vec<String>>,
        sets: Vec<ProgramState>,
    ) -> Self {
        Self { base: program.state(), paths: paths(program), instructions, sets }
    }

    pub(super) fn predictors(&self) -> usize {
        self.paths.len()
    }

    pub(super) fn has_demos(&self) -> bool {
        self.sets.len() > 1
    }

    /// The choices of each parameter: instructions of all predictors, then their demonstrations.
    fn cards(&self) -> Vec<usize> {
        let instructions = self.instructions.iter().map(Vec::len);
        instructions.chain(self.paths.iter().map(|_| self.sets.len())).collect()
    }

    /// The state that a combination comes to.
    fn state(&self, choices: &[usize]) -> ProgramState {
        let mut state = self.base.clone();
        let (instructions, demos) = choices.split_at(self.paths.len().min(choices.len()));
        for (index, path) in self.paths.iter().enumerate() {
            let (Some(own), Some(text), Some(set)) = (
                state.get_mut(path),
                self.instructions[index].get(instructions[index]),
                self.sets.get(demos[index]).and_then(|set| set.get(path)),
            ) else {
                continue;
            };
            text.clone_into(&mut own.instructions);
            own.demos.clone_from(&set.demos);
        }
        state
    }
}

fn paths<P: Predictors + ?Sized>(program: &P) -> Vec<String> {
    demos::tunable(program).into_iter().map(|(path, _)| path).collect()
}

/// One search over the parameters.
pub(super) struct Searching<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) search: MiproSearch,
    pub(super) seed: u64,
    pub(super) minibatch: usize,
}

/// A combination that was tried.
struct Tried {
    choices: Vec<usize>,
    score: f64,
    rows: usize,
    whole: bool,
}

impl Searching<'_> {
    pub(super) async fn run<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        trials: usize,
    ) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let rows = driver.validation.len();
        let start = vec![0; self.parameters.cards().len()];
        let baseline = driver.best().map_or(0.0, |best| best.score());
        let mut tried = vec![Tried { choices: start, score: baseline, rows, whole: true }];
        let mut made = 0;
        while made < trials {
            let round = self.round(&tried, made, ROUND.min(trials - made));
            made += round.len();
            let whole = match rows > ALL {
                true => {
                    if !self.minibatch(driver, &mut tried, round).await? {
                        break;
                    }
                    self.promising(&tried).into_iter().collect()
                }
                false => round,
            };
            if !self.whole(driver, &mut tried, whole).await? {
                break;
            }
        }
        Ok(())
    }

    /// The combinations of the next trials, none twice if there are others. They are chosen without
    /// knowing of each other's outcome, so that they can run at the same time.
    fn round(&self, tried: &[Tried], made: usize, count: usize) -> Vec<Vec<usize>> {
        let cards = self.parameters.cards();
        let mut round: Vec<Vec<usize>> = Vec::new();
        for number in made..made + count {
            let mut random = Keyed::new(self.seed, &["mipro", "trial", &number.to_string()]);
            let known = |choices: &[usize]| {
                tried.iter().any(|tried| tried.choices == choices)
                    || round.iter().any(|other| other == choices)
            };
            let next = match self.search {
                MiproSearch::Tpe => {
                    let trials: Vec<tpe::Trial> =
                        tried.iter().map(|tried| (tried.choices.clone(), tried.score)).collect();
                    tpe::suggest(&cards, &trials, known, &mut random)
                }
                MiproSearch::Additive => {
                    let model = self.model(tried);
                    let draws: Vec<_> = (0..24).map(|_| model.draw(&mut random)).collect();
                    let new = draws.iter().find(|choices| !known(choices));
                    new.or(draws.first()).cloned().unwrap_or_default()
                }
            };
            round.push(next);
        }
        round
    }

    fn model(&self, tried: &[Tried]) -> Additive {
        let observed: Vec<Observation> = tried
            .iter()
            .map(|tried| Observation { choices: tried.choices.clone(), score: tried.score, rows: tried.rows })
            .collect();
        Additive::new(&self.parameters.cards(), &observed)
    }

    /// Runs combinations on the minibatch; false when the budget ended it.
    async fn minibatch<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        tried: &mut Vec<Tried>,
        round: Vec<Vec<usize>>,
    ) -> Result<bool>
    where
        R::Input: Into<P::Input>,
    {
        let rows = driver.validation.len();
        let batch = Keyed::new(self.seed, &["mipro", "minibatch"]).sample(rows, self.minibatch);
        let mut lots = Vec::new();
        for choices in &round {
            let state = self.parameters.state(choices);
            lots.push(driver.runs(&state, Split::Validation, &batch)?);
        }
        let settled = driver.settle("try combinations", lots).await?;
        let all = settled.len() == round.len();
        for (choices, judged) in round.into_iter().zip(settled) {
            let sum: f64 = judged.iter().map(|judged| judged.value()).sum();
            let score = sum / judged.len().max(1) as f64;
            driver.decide(
                &json!({"trial": tried.len(), "choices": choices, "score": score, "rows": judged.len()}),
            )?;
            tried.push(Tried { choices, score, rows: judged.len(), whole: false });
        }
        Ok(all)
    }

    /// The combination that is expected to score best, of those that were not scored on every row.
    fn promising(&self, tried: &[Tried]) -> Option<Vec<usize>> {
        let model = self.model(tried);
        let open = tried.iter().filter(|one| {
            !one.whole && !tried.iter().any(|other| other.whole && other.choices == one.choices)
        });
        // Half what it scored itself, half what its choices are expected to be worth together.
        let worth = |tried: &&Tried| tried.score + model.expected(&tried.choices);
        let best = open.reduce(|best, next| if worth(&next) > worth(&best) { next } else { best });
        best.map(|best| best.choices.clone())
    }

    /// Scores combinations on every row; false when the budget ended it.
    async fn whole<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        tried: &mut Vec<Tried>,
        round: Vec<Vec<usize>>,
    ) -> Result<bool>
    where
        R::Input: Into<P::Input>,
    {
        let proposal = |choices: &Vec<usize>| {
            let mut proposal = Proposal::new(self.name(choices), self.parameters.state(choices));
            proposal.parents = vec![0];
            proposal
        };
        let scored = driver.score(round.iter().map(proposal).collect()).await?;
        let all = scored.len() == round.len();
        for (choices, (score, rows)) in
            round.into_iter().zip(scored.into_iter().map(|place| driver.scored(place)))
        {
            tried.push(Tried { choices, score, rows, whole: true });
        }
        Ok(all)
    }

    fn name(&self, choices: &[usize]) -> String {
        let (instructions, demos) = choices.split_at(self.parameters.predictors().min(choices.len()));
        let list = |choices: &[usize]| choices.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        format!("instructions {} demos {}", list(instructions), list(demos))
    }
}
