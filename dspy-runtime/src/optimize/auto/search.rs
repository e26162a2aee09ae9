//! The rounds of the search.

use serde_json::json;

use super::moves::{Move, Moves};
use crate::context::Purpose;
use crate::error::Result;
use crate::evaluate::Judged;
use crate::lm::Lm;
use crate::module::Module;
use crate::optimize::compiled::Termination;
use crate::optimize::demos;
use crate::optimize::driver::{Driver, Proposal, Split};
use crate::optimize::effects::{Effects, Seen, sum};
use crate::optimize::gepa::{Reflecting, Reflection, labelled, reflected, rewritten};
use crate::optimize::minibatch::minibatch;
use crate::optimize::mipro::{Parameters, Proposing};
use crate::optimize::propose::Material;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// Changes that are tried at the same time.
pub(super) const ROUND: usize = 3;
/// Rounds, at most.
pub(super) const ROUNDS: usize = 24;
/// Train rows that a predictor's mistakes are read off.
pub(super) const MISTAKES: usize = 8;
/// Other train rows that are shown with their labels.
const LABELLED: usize = 32;
/// The number of times instructions are rewritten before they are tried.
pub(super) const PASSES: usize = 3;
/// The gain below which no kind of change is worth trying and the search ends.
const LITTLE: f64 = 0.008;
/// Rounds without a better program after which the search ends.
pub(super) const PATIENCE: usize = 8;

/// One search.
pub(super) struct Searching<'a> {
    pub(super) seed: u64,
    pub(super) perfect: f64,
    pub(super) proposer: Option<&'a Lm>,
}

/// A combination that was tried, and its place among the candidates.
struct Tried {
    choices: Vec<usize>,
    place: usize,
}

impl Searching<'_> {
    pub(super) async fn run<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        parameters: &mut Parameters,
        mut proposing: Option<Proposing<'_>>,
    ) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let mut moves = Moves::new(parameters.predictors(), proposing.is_some());
        let mut tried = vec![Tried { choices: parameters.start(), place: 0 }];
        let mut idle = 0;
        for round in 0..ROUNDS {
            let best = driver.best().map_or(0.0, |best| best.score());
            if best >= self.perfect {
                driver.step(format!("stopped: {best:.3} is all that can be scored"));
                driver.stop(Termination::Perfect);
                return Ok(());
            }
            if moves.most() < LITTLE || idle >= PATIENCE {
                let why = match idle >= PATIENCE {
                    true => format!("{idle} rounds without a better program"),
                    false => format!("no kind of change is likely to gain {LITTLE}"),
                };
                driver.step(format!("stopped: {why}"));
                driver.stop(Termination::NoImprovement);
                return Ok(());
            }
            let from = self.start(parameters, driver, &tried, round);
            let passes = PASSES + idle;
            let kinds = moves.next(ROUND);
            let changes = self.changes(
                driver,
                parameters,
                proposing.as_mut(),
                (&from, &kinds),
                &tried,
                (round, passes),
            );
            let changes = match changes.await {
                Ok(changes) => changes,
                Err(error) if error.is_budget() => {
                    driver.step(format!("stopped: {error}"));
                    driver.stop(Termination::BudgetSpent);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            if changes.is_empty() {
                kinds.into_iter().for_each(|kind| moves.learn(kind, 0.0));
                idle += 1;
                continue;
            }
            let parent = tried.iter().find(|tried| tried.choices == from).map_or(0, |tried| tried.place);
            let proposal = |(_, choices): &(Move, Vec<usize>)| {
                let mut proposal = Proposal::new(parameters.name(choices), parameters.state(choices));
                proposal.parents = vec![parent];
                proposal
            };
            let places = driver.score(changes.iter().map(proposal).collect()).await?;
            let spent = places.len() < changes.len();
            let changes = changes.get(..places.len()).unwrap_or_default();
            tried.extend(
                changes
                    .iter()
                    .zip(places)
                    .map(|((_, choices), place)| Tried { choices: choices.clone(), place }),
            );
            let effects = effects(parameters, driver, &tried);
            for (kind, choices) in changes {
                let (gain, _) = effects.lead(&parameters.parts(choices), &parameters.parts(&from));
                moves.learn(*kind, gain);
            }
            let kinds: Vec<String> = changes.iter().map(|(kind, _)| named(parameters, *kind)).collect();
            let now = driver.best().map_or(0.0, |best| best.score());
            if !kinds.is_empty() {
                let gains = gains(parameters, &moves);
                driver.step(format!("tried {}: best {now:.3}, {gains}", kinds.join(" and ")));
            }
            driver.decide(&json!({"round": round, "from": from, "tried": kinds, "best": now}))?;
            idle = if now > best { 0 } else { idle + 1 };
            if spent {
                driver.step("stopped: the budget has no room for another candidate".to_owned());
                return Ok(());
            }
        }
        driver.step(format!("stopped: after {ROUNDS} rounds"));
        Ok(())
    }

    /// The combination that changes go on from: the best of those that were tried by one draw of what their parts may be
    /// worth. So a change that is hardly worse than the best, and may be a step to something better, is gone on from, too.
    fn start<P: Module, R: Row>(
        &self,
        parameters: &Parameters,
        driver: &Driver<'_, P, R>,
        tried: &[Tried],
        round: usize,
    ) -> Vec<usize>
    where
        R::Input: Into<P::Input>,
    {
        let mut random = Keyed::new(self.seed, &["auto", "from", &round.to_string()]);
        let drawn = effects(parameters, driver, tried).draw(&mut random);
        let worth = |tried: &Tried| sum(&drawn, &parameters.parts(&tried.choices));
        let best = tried.iter().reduce(|best, next| if worth(next) > worth(best) { next } else { best });
        best.map_or_else(|| parameters.start(), |best| best.choices.clone())
    }

    /// The combinations that the moves of a round come to, without those that were tried.
    #[allow(clippy::too_many_arguments)]
    async fn changes<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        parameters: &mut Parameters,
        mut proposing: Option<&mut Proposing<'_>>,
        (from, kinds): (&[usize], &[Move]),
        tried: &[Tried],
        (round, passes): (usize, usize),
    ) -> Result<Vec<(Move, Vec<usize>)>>
    where
        R::Input: Into<P::Input>,
    {
        let mut changes: Vec<(Move, Vec<usize>)> = Vec::new();
        for kind in kinds {
            let made = match (*kind, proposing.as_deref_mut()) {
                (Move::Data(predictor), Some(proposing)) => {
                    proposing.next(driver, parameters, from, &[predictor], passes).await?.pop()
                }
                (Move::Mistakes(predictor), Some(proposing)) => {
                    let material = proposing.material();
                    self.reflect(driver, parameters, material, from, predictor, (round, passes)).await?
                }
                _ => {
                    let known = |choices: &Vec<usize>| {
                        tried.iter().any(|tried| tried.choices == *choices)
                            || changes.iter().any(|(_, other)| other == choices)
                    };
                    let effects = effects(parameters, driver, tried);
                    let mut random = Keyed::new(self.seed, &["auto", "combine", &round.to_string()]);
                    let mut draws = (0..24).map(|_| parameters.best(&effects.draw(&mut random)));
                    draws.find(|choices| !known(choices))
                }
            };
            changes.extend(made.map(|choices| (*kind, choices)));
        }
        Ok(changes)
    }

    /// Instructions that go on from a combination by what its predictor did wrong on train rows.
    async fn reflect<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        parameters: &mut Parameters,
        material: &Material,
        from: &[usize],
        predictor: usize,
        (round, passes): (usize, usize),
    ) -> Result<Option<Vec<usize>>>
    where
        R::Input: Into<P::Input>,
    {
        let tunable = demos::tunable(&driver.program);
        let Some((path, schema)) = tunable.get(predictor) else { return Ok(None) };
        let state = parameters.state(from);
        let rows = minibatch(driver.train.len(), MISTAKES, round, self.seed);
        if driver.runs_left() < rows.len() || driver.proposals_left() < passes {
            return Ok(None);
        }
        let judged = driver.run_all(driver.runs(&state, Split::Train, &rows)?).await?;
        let is_right = |judged: &std::sync::Arc<Judged>| judged.value() >= self.perfect;
        if judged.iter().all(is_right) {
            return Ok(None);
        }
        let cx = driver.context(Purpose::Reflection, self.proposer);
        let seen = Reflection {
            path: path.clone(),
            schema: schema.clone(),
            instructions: parameters.text(predictor, from).to_owned(),
            runs: reflected(driver.train, path, &judged, None, (self.seed, round)),
            rows: Vec::new(),
            rollout: 0,
        };
        let first = round * (PASSES + PATIENCE);
        let others = |number| labelled(driver.train, &material.rows(number, LABELLED, &rows));
        let instructions = rewritten(&Reflecting, &cx, seen, first..first + passes, others).await?;
        driver.decide(&json!({"reflected on": rows, "predictor": path, "instructions": instructions}))?;
        Ok(parameters.add(predictor, instructions, from))
    }
}

fn named(parameters: &Parameters, kind: Move) -> String {
    match kind {
        Move::Data(predictor) => format!("instructions of `{}` from the data", parameters.path(predictor)),
        Move::Mistakes(predictor) => {
            format!("instructions of `{}` from mistakes", parameters.path(predictor))
        }
        Move::Combine => "another combination".to_owned(),
    }
}

/// Describes the gains of the kinds of changes so far.
fn gains(parameters: &Parameters, moves: &Moves) -> String {
    let tried = moves.gains().filter(|(.., tried)| *tried > 0);
    let gains = tried.map(|(kind, gain, tried)| format!("{} {gain:+.3} in {tried}", named(parameters, kind)));
    format!("expected gains: {}", gains.collect::<Vec<_>>().join(", "))
}

fn effects<P: Module, R: Row>(parameters: &Parameters, driver: &Driver<'_, P, R>, tried: &[Tried]) -> Effects
where
    R::Input: Into<P::Input>,
{
    let seen = tried.iter().map(|tried| Seen {
        parts: parameters.parts(&tried.choices),
        scores: driver.candidate(tried.place).scores.known().collect(),
    });
    Effects::new(parameters.count(), &seen.collect::<Vec<_>>())
}
