//! Trials: which combination, on which rows, and which of them are scored on all rows.

use serde::Serialize;
use serde_json::json;

use super::parameters::Parameters;
use super::proposals::Proposing;
use super::tpe;
use crate::error::Result;
use crate::module::Module;
use crate::optimize::driver::{Driver, Proposal, Split};
use crate::optimize::effects::{Effects, Seen};
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// With no more validation rows than these, a trial sees all.
pub(super) const ALL: usize = 50;
/// Trials after which one is scored on all rows.
pub(super) const FULL: usize = 5;

/// The way the next combination is chosen.
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

/// One search over the parameters.
pub(super) struct Searching {
    pub(super) search: MiproSearch,
    pub(super) seed: u64,
    pub(super) minibatch: usize,
    pub(super) trials: usize,
    /// The number of times instructions are rewritten before they are tried.
    pub(super) passes: usize,
    /// The number of combinations of a round that have new instructions, and the number of others.
    pub(super) round: (usize, usize),
}

/// A combination that was tried.
struct Tried {
    choices: Vec<usize>,
    scores: Vec<(usize, f64)>,
    whole: bool,
}

impl Tried {
    /// The mean score of its rows.
    fn score(&self) -> f64 {
        self.scores.iter().map(|(_, score)| score).sum::<f64>() / self.scores.len().max(1) as f64
    }
}

impl Searching {
    pub(super) async fn run<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        parameters: &mut Parameters,
        mut proposing: Option<Proposing<'_>>,
    ) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let rows = driver.validation.len();
        let mut tried = vec![Tried {
            choices: parameters.start(),
            scores: driver.candidate(0).scores.known().collect(),
            whole: true,
        }];
        let mut made = 0;
        while made < self.trials {
            let (fresh, others) = self.round;
            let count = (fresh + others).min(self.trials - made);
            let mut round = Vec::new();
            if let Some(proposing) = proposing.as_mut() {
                let from = likeliest(parameters, &tried, |_| true).unwrap_or_else(|| parameters.start());
                let whose = proposing.turns(count.min(fresh));
                round = proposing.next(driver, parameters, &from, &whose, self.passes).await?;
            }
            self.fill(parameters, &tried, made, count, &mut round);
            if round.is_empty() {
                break;
            }
            let before = made;
            made += round.len();
            let whole = match rows > ALL {
                true => {
                    if !self.minibatch(driver, parameters, &mut tried, round).await? {
                        break;
                    }
                    match made / FULL > before / FULL || made >= self.trials {
                        true => {
                            likeliest(parameters, &tried, |one| !is_whole(&tried, one)).into_iter().collect()
                        }
                        false => continue,
                    }
                }
                false => round,
            };
            if !self.whole(driver, parameters, &mut tried, whole).await? {
                break;
            }
        }
        Ok(())
    }

    /// Fills up the combinations of the next trials, none twice if there are others. They are chosen without
    /// knowing of each other's outcome, so that they can run at the same time.
    fn fill(
        &self,
        parameters: &Parameters,
        tried: &[Tried],
        made: usize,
        count: usize,
        round: &mut Vec<Vec<usize>>,
    ) {
        let cards = parameters.cards();
        let effects = effects(parameters, tried);
        for number in made + round.len()..made + count {
            let mut random = Keyed::new(self.seed, &["mipro", "trial", &number.to_string()]);
            let known = |choices: &[usize]| {
                tried.iter().any(|tried| tried.choices == choices)
                    || round.iter().any(|other| other == choices)
            };
            let next = match self.search {
                MiproSearch::Tpe => {
                    let trials: Vec<tpe::Trial> =
                        tried.iter().map(|tried| (tried.choices.clone(), tried.score())).collect();
                    tpe::suggest(&cards, &trials, known, &mut random)
                }
                MiproSearch::Additive => {
                    let draws: Vec<_> =
                        (0..24).map(|_| parameters.best(&effects.draw(&mut random))).collect();
                    let new = draws.iter().find(|choices| !known(choices));
                    new.or(draws.first()).cloned().unwrap_or_default()
                }
            };
            round.push(next);
        }
    }

    /// Runs combinations on the minibatch; false when the budget ended it.
    async fn minibatch<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        parameters: &Parameters,
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
            let state = parameters.state(choices);
            lots.push(driver.runs(&state, Split::Validation, &batch)?);
        }
        let settled = driver.settle("try combinations", lots).await?;
        let all = settled.len() == round.len();
        for (choices, judged) in round.into_iter().zip(settled) {
            let scores = judged.iter().map(|judged| (judged.index, judged.value())).collect();
            let one = Tried { choices, scores, whole: false };
            driver.decide(&json!({
                "trial": tried.len(), "choices": one.choices, "score": one.score(), "rows": one.scores.len(),
            }))?;
            tried.push(one);
        }
        Ok(all)
    }

    /// Scores combinations on every row; false when the budget ended it.
    async fn whole<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        parameters: &Parameters,
        tried: &mut Vec<Tried>,
        round: Vec<Vec<usize>>,
    ) -> Result<bool>
    where
        R::Input: Into<P::Input>,
    {
        let proposal = |choices: &Vec<usize>| {
            let mut proposal = Proposal::new(parameters.name(choices), parameters.state(choices));
            proposal.parents = vec![0];
            proposal
        };
        let scored = driver.score(round.iter().map(proposal).collect()).await?;
        let all = scored.len() == round.len();
        for (choices, place) in round.into_iter().zip(scored) {
            let scores = driver.candidate(place).scores.known().collect();
            tried.push(Tried { choices, scores, whole: true });
        }
        Ok(all)
    }
}

/// Returns whether the combination of a trial was scored on every row, in this trial or in another.
fn is_whole(tried: &[Tried], one: &Tried) -> bool {
    tried.iter().any(|other| other.whole && other.choices == one.choices)
}

/// The combination that is expected to score best of some that were tried; the earliest of those that tie.
fn likeliest(parameters: &Parameters, tried: &[Tried], some: impl Fn(&Tried) -> bool) -> Option<Vec<usize>> {
    let effects = effects(parameters, tried);
    let worth = |tried: &Tried| effects.expected(&parameters.parts(&tried.choices));
    let some = tried.iter().filter(|one| some(one));
    let best = some.reduce(|best, next| if worth(next) > worth(best) { next } else { best });
    best.map(|best| best.choices.clone())
}

/// Returns the beliefs after trials; a combination that was scored on every row counts by that alone.
fn effects(parameters: &Parameters, tried: &[Tried]) -> Effects {
    let counts = |one: &&Tried| one.whole || !is_whole(tried, one);
    let seen = tried
        .iter()
        .filter(counts)
        .map(|tried| Seen { parts: parameters.parts(&tried.choices), scores: tried.scores.clone() });
    Effects::new(parameters.count(), &seen.collect::<Vec<_>>())
}
