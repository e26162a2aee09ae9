//! Candidates scored on the validation rows.

use std::collections::HashMap;
use std::sync::Arc;

use super::candidate::Scores;
use super::{Candidate, Driver, Proposal, Run, Split};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Judged;
use crate::figure::{count, counted};
use crate::lm::ModelId;
use crate::module::Module;
use crate::optimize::compiled::Termination;
use crate::optimize::event::SearchEventKind;
use crate::progress::Progress;
use crate::signature::Row;

impl<P: Module, R: Row> Driver<'_, P, R>
where
    R::Input: Into<P::Input>,
{
    /// The runs that score the program as it came.
    pub(crate) fn baseline_runs(&self) -> Result<Vec<Run<P>>> {
        let rows: Vec<usize> = (0..self.validation.len()).collect();
        self.runs(&self.program.state(), Split::Validation, &rows)
    }

    /// Scores the program as it came.
    pub(crate) async fn baseline(&mut self) -> Result<()> {
        // Some of its runs may have been made ahead.
        let open = self.baseline_runs()?.iter().filter(|run| !self.service.knows(run)).count();
        let needed = open as u64 * self.calls_per_run;
        let left = self.service.ledger.task_calls_left();
        if needed > left {
            let message = format!(
                "scoring the baseline can take {}, the budget has {} left",
                counted(needed, "LM call"),
                count(left)
            );
            return Err(Error::new(ErrorKind::Budget, message));
        }
        let made = self.score(vec![Proposal::new("baseline", self.program.state())]).await?;
        match self.candidates.first() {
            Some(baseline) if !made.is_empty() => baseline.check_not_all_failed(),
            _ => Err(Error::new(ErrorKind::Budget, "the budget is spent before the baseline was scored")),
        }
    }

    /// Scores candidates on the validation rows, as many as the budget can surely pay for, each until it
    /// cannot win. What is given back are the places of those that were scored.
    pub(crate) async fn score(&mut self, proposals: Vec<Proposal>) -> Result<Vec<usize>> {
        let keys: Vec<Arc<str>> =
            proposals.iter().map(|proposal| proposal.state.fingerprint().into()).collect();
        let mut scored: HashMap<Arc<str>, Scores> = HashMap::new();
        let mut fresh: Vec<(Arc<str>, P)> = Vec::new();
        for (proposal, key) in proposals.iter().zip(keys.iter().cloned()) {
            if let Some(known) = self.candidates.iter().find(|known| known.fingerprint == key) {
                scored.insert(key, known.scores.clone());
            } else if fresh.iter().all(|(other, _)| *other != key) {
                fresh.push((key, self.program.with_state(&proposal.state)?));
            }
        }
        let mut progress = self.progress("score candidates", fresh.len() * self.validation.len());
        let mut waiting = fresh.into_iter();
        loop {
            let wave: Vec<_> = waiting.by_ref().take(self.affordable()).collect();
            if wave.is_empty() {
                break;
            }
            match self.shown_and_raced(&wave, &mut progress).await {
                Ok(scores) => scored.extend(wave.iter().map(|(key, _)| key.clone()).zip(scores)),
                Err(error) if error.is_budget() && !self.candidates.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        if keys.iter().any(|key| !scored.contains_key(key)) {
            self.termination = Termination::BudgetSpent;
        }
        let mut made = Vec::new();
        for (proposal, key) in proposals.into_iter().zip(keys) {
            if let Some(scores) = scored.get(&key) {
                made.push(self.admit(proposal, key, scores.clone())?);
            }
        }
        Ok(made)
    }

    async fn shown_and_raced(&self, wave: &[(Arc<str>, P)], progress: &mut Progress) -> Result<Vec<Scores>> {
        for (_, program) in wave {
            self.embed_demos(program).await?;
        }
        self.race(wave, progress).await
    }

    /// Returns the number of candidates that the budget can surely score.
    fn affordable(&self) -> usize {
        let each = (self.validation.len() as u64 * self.calls_per_run).max(1);
        usize::try_from(self.service.ledger.task_calls_left() / each).unwrap_or(usize::MAX)
    }

    fn admit(&mut self, proposal: Proposal, key: Arc<str>, scores: Scores) -> Result<usize> {
        let place = self.candidates.len();
        let calls = self.service.ledger.usage().calls;
        let candidate = Candidate::new(proposal, key, scores, calls);
        self.decide(&candidate.decision(place)?)?;
        let (name, parents, score) = (candidate.name.clone(), candidate.parents.clone(), candidate.score());
        let rows = candidate.scores.rows().flatten().count();
        self.candidates.push(candidate);
        self.tell(|| SearchEventKind::Candidate { place, name, parents, score, rows });
        Ok(place)
    }

    /// Takes a state that another model was run with as a candidate of its own, scored by these runs.
    pub(crate) fn admit_with_model(
        &mut self,
        proposal: Proposal,
        model: &ModelId,
        runs: &[Arc<Judged>],
    ) -> Result<usize> {
        let key = format!("{} with {model}", proposal.state.fingerprint());
        let scores = self.scores_of(runs);
        self.admit(proposal, key.into(), scores)
    }

    /// Takes a state as a candidate, scored by these runs, which raced against nothing.
    pub(crate) fn admit_runs(&mut self, proposal: Proposal, runs: &[Arc<Judged>]) -> Result<usize> {
        let (key, scores) = (proposal.state.fingerprint(), self.scores_of(runs));
        self.admit(proposal, key.into(), scores)
    }

    fn scores_of(&self, runs: &[Arc<Judged>]) -> Scores {
        let mut scores = Scores::new(self.validation.len());
        runs.iter().for_each(|judged| scores.add(judged));
        scores
    }

    /// Returns the score of a candidate, and the number of its rows.
    pub(crate) fn scored(&self, place: usize) -> (f64, usize) {
        let scores = &self.candidates[place].scores;
        (scores.mean(), scores.rows().flatten().count())
    }
}
