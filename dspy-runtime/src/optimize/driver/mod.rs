//! The one loop: runs candidates, counts, stops at the budget, and keeps the best.
//!
//! Invariant: what is run next depends only on settled results, never on which of them came first.
//! Work goes in waves; a wave is as much of the pending work as its worst case fits into the budget.

mod candidate;
mod ledger;
mod race;
mod service;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use candidate::Scores;
pub(super) use candidate::{Candidate, Proposal, best};
pub(super) use ledger::Ledger;
pub(super) use service::{Run, Service, Settings as ServiceSettings, Split};

use super::compiled::{Compiled, Termination};
use super::event::{Happened, SearchEvent};
use super::journal::Journal;
use super::options::Options;
use super::plan;
use crate::artifact::{DataRecord, Provenance};
use crate::context::{Context, Purpose, Replies};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{Judged, Progress, Scorer};
use crate::lm::Lm;
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::Row;

/// One search over one program.
pub(super) struct Driver<'a, P: Module, R: Row> {
    pub(super) program: P,
    pub(super) train: &'a Rows<R>,
    pub(super) validation: &'a Rows<R>,
    options: &'a Options,
    cx: Context,
    service: Arc<Service<P, R>>,
    calls_per_run: u64,
    about: About<'a>,
    metric: String,
    journal: Option<Arc<Journal>>,
    termination: Termination,
    candidates: Vec<Candidate>,
}

/// Which search it is, as journals and artifacts record it.
pub(super) struct About<'a> {
    pub(super) optimizer: &'a str,
    pub(super) settings: Value,
}

impl<'a, P: Module, R: Row> Driver<'a, P, R>
where
    R::Input: Into<P::Input>,
{
    pub(super) fn new(
        cx: &Context,
        program: P,
        (train, validation): (&'a Rows<R>, &'a Rows<R>),
        scorer: &Scorer<R, P::Output>,
        options: &'a Options,
        about: About<'a>,
    ) -> Result<Self> {
        for (name, rows) in [("train", train), ("validation", validation)] {
            if rows.is_empty() {
                return Err(Error::data(format!("there are no {name} rows")));
            }
        }
        crate::module::name(&program);
        let calls_per_run = options.calls_per_row.unwrap_or_else(|| plan::calls_per_run(cx, &program));
        let journal = match &options.journal {
            None => None,
            Some(path) => {
                let search = json!({
                    "optimizer": about.optimizer,
                    "settings": about.settings,
                    "seed": options.seed,
                    "racing": options.racing,
                    "calls_per_row": calls_per_run,
                    "model": cx.lm().id().to_string(),
                    "metric": scorer.name(),
                    "program": plan::fingerprint(&program),
                    "train": train.fingerprint()?,
                    "validation": validation.fingerprint()?,
                });
                Some(Journal::open(path, &search, &serde_json::to_value(options.budget)?)?)
            }
        };
        let replies = match (&journal, cx.replies()) {
            (Some(journal), _) => Arc::new(Replies::recorded(journal.clone())),
            // A search that is a step of another shares what that one has had.
            (None, Some(replies)) => replies.clone(),
            (None, None) => Arc::default(),
        };
        let cx = cx.detached().with_replies(replies);
        let settings =
            ServiceSettings { calls_per_run, concurrency: options.concurrency, range: options.score_range };
        let ledger = Ledger::new(&cx, options.budget).judged(calls_per_run, scorer.calls(&cx));
        let service = Service::new(cx.clone(), ledger, (train, validation), scorer.clone(), &settings);
        Ok(Self {
            program,
            train,
            validation,
            options,
            cx,
            service: Arc::new(service),
            calls_per_run,
            about,
            metric: scorer.name(),
            journal,
            termination: Termination::Finished,
            candidates: Vec::new(),
        })
    }

    /// All candidates, in the order in which they were made.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    pub(super) fn candidate(&self, place: usize) -> &Candidate {
        &self.candidates[place]
    }

    /// Whether a candidate has this state.
    pub(super) fn knows(&self, state: &ProgramState) -> bool {
        let key = state.fingerprint();
        self.candidates.iter().any(|candidate| *candidate.fingerprint == *key)
    }

    /// Runs of the program that were made for this search; one that was looked up again does not count.
    pub(super) fn runs_made(&self) -> usize {
        self.service.made()
    }

    /// How many runs the budget surely pays for.
    pub(super) fn runs_left(&self) -> usize {
        let left = self.service.ledger.task_calls_left() / self.calls_per_run.max(1);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// The runs of a state on rows of a split.
    pub(super) fn runs<'r>(
        &self,
        state: &ProgramState,
        split: Split,
        rows: impl IntoIterator<Item = &'r usize>,
    ) -> Result<Vec<Run<P>>> {
        let key: Arc<str> = state.fingerprint().into();
        let program = self.program.with_state(state)?;
        Ok(rows.into_iter().map(|row| Run::new(key.clone(), program.clone(), split, *row)).collect())
    }

    /// Makes runs, which the caller has found the budget to pay for.
    pub(super) async fn run_all(&self, runs: Vec<Run<P>>) -> Result<Vec<Arc<Judged>>> {
        self.service.all(runs, |_| {}).await
    }

    /// Says why the search ends before everything was tried.
    pub(super) fn stop(&mut self, why: Termination) {
        self.termination = why;
    }

    /// The context for calls of a purpose, to another model if one is given.
    pub(super) fn context(&self, purpose: Purpose, lm: Option<&Lm>) -> Context {
        let cx = self.service.context(purpose);
        lm.map_or(cx.clone(), |lm| cx.with_lm(lm.clone()))
    }

    /// How many proposals the budget surely pays for.
    pub(super) fn proposals_left(&self) -> usize {
        let (_, each) = self.cx.calls_with(self.cx.adapter());
        usize::try_from(self.service.ledger.proposer_calls_left() / each).unwrap_or(usize::MAX)
    }

    /// What a candidate scored, and on how many rows.
    pub(super) fn scored(&self, place: usize) -> (f64, usize) {
        let scores = &self.candidates[place].scores;
        (scores.mean(), scores.rows().flatten().count())
    }

    /// Makes runs at the same time that are needed later in any case, if the budget surely pays for all of
    /// the `until_then` runs that can be made until they are.
    ///
    /// It changes no decision: later the runs are found made. Nothing but the first of them is paid for where
    /// that one fails, as a program may do on every row.
    pub(super) async fn ahead(&self, mut runs: Vec<Run<P>>, until_then: usize) -> Result<()> {
        if !self.options.budget.limits_calls_alone() || self.runs_left() < until_then {
            return Ok(());
        }
        let rest = runs.split_off(runs.len().min(1));
        let made = match self.run_all(runs).await {
            Ok(first) if first.iter().all(|judged| judged.score.is_ok()) => self.run_all(rest).await,
            first => first,
        };
        match made {
            Err(error) if !error.is_budget() => Err(error),
            _ => Ok(()),
        }
    }

    /// The runs that score the program as it came.
    pub(super) fn baseline_runs(&self) -> Result<Vec<Run<P>>> {
        let rows: Vec<usize> = (0..self.validation.len()).collect();
        self.runs(&self.program.state(), Split::Validation, &rows)
    }

    /// Scores the program as it came.
    pub(super) async fn baseline(&mut self) -> Result<()> {
        let needed = self.validation.len() as u64 * self.calls_per_run;
        let left = self.service.ledger.task_calls_left();
        if needed > left {
            let message =
                format!("scoring the baseline can take {needed} LM calls, the budget has {left} left");
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
    pub(super) async fn score(&mut self, proposals: Vec<Proposal>) -> Result<Vec<usize>> {
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
        let mut progress = Progress::new(
            "score candidates",
            fresh.len() * self.validation.len(),
            self.options.observer.is_none(),
        );
        let mut waiting = fresh.into_iter();
        loop {
            let wave: Vec<_> = waiting.by_ref().take(self.affordable()).collect();
            if wave.is_empty() {
                break;
            }
            match self.race(&wave, &mut progress).await {
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

    /// How many candidates the budget can surely score.
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
        self.tell(|| Happened::Candidate { place, name, parents, score, rows });
        Ok(place)
    }

    /// Tells who watches.
    fn tell(&self, happened: impl FnOnce() -> Happened) {
        let Some(observer) = &self.options.observer else { return };
        observer.tell(&SearchEvent {
            happened: happened(),
            calls: self.service.ledger.usage().calls,
            calls_left: self.service.ledger.calls_left(),
            best: best(&self.candidates).map(|place| (place, self.candidates[place].score())),
        });
    }

    /// The best candidate so far; the earliest of those that tie.
    pub(super) fn best(&self) -> Option<&Candidate> {
        best(&self.candidates).map(|place| &self.candidates[place])
    }

    /// Runs lots of work, each whole or not at all, in their order as far as the budget surely pays;
    /// what is given back is the settled beginning.
    pub(super) async fn settle(
        &mut self,
        what: &str,
        work: Vec<Vec<Run<P>>>,
    ) -> Result<Vec<Vec<Arc<Judged>>>> {
        let mut progress =
            Progress::new(what, work.iter().map(Vec::len).sum(), self.options.observer.is_none());
        let mut waiting = work.into_iter().peekable();
        let mut settled = Vec::new();
        while waiting.peek().is_some() {
            let mut left = self.service.ledger.task_calls_left();
            let (mut wave, mut sizes) = (Vec::new(), Vec::new());
            while let Some(lot) = waiting.next_if(|lot| lot.len() as u64 * self.calls_per_run <= left) {
                left -= lot.len() as u64 * self.calls_per_run;
                sizes.push(lot.len());
                wave.extend(lot);
            }
            if sizes.is_empty() {
                self.termination = Termination::BudgetSpent;
                break;
            }
            match self.service.all(wave, |judged| progress.judged(judged)).await {
                Ok(judged) => {
                    let mut judged = judged.into_iter();
                    settled.extend(sizes.into_iter().map(|size| judged.by_ref().take(size).collect()));
                }
                Err(error) if error.is_budget() => {
                    self.termination = Termination::BudgetSpent;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(settled)
    }

    /// Records a decision, with the numbers it rests on.
    pub(super) fn decide(&self, decision: &Value) -> Result<()> {
        self.journal.as_ref().map_or(Ok(()), |journal| journal.decide(decision.clone()))
    }

    /// The best candidate by the rule of the options, as a program.
    pub(super) fn finish(self) -> Result<Compiled<P>> {
        let none = || Error::new(ErrorKind::Budget, "the budget is spent before the baseline was scored");
        let baseline = self.candidates.first().ok_or_else(none)?.score();
        let picked = self.options.pick.of(&self.candidates).ok_or_else(none)?;
        let (best, score) = (&self.candidates[picked], self.candidates[picked].score());
        let usage = self.service.ledger.usage();
        self.decide(&json!({
            "picked": picked,
            "rule": self.options.pick,
            "score": score,
            "termination": self.termination,
            "usage": usage,
        }))?;
        self.tell(|| Happened::Finished { picked, score, termination: self.termination });
        let record = |rows: &Rows<R>| {
            Ok::<_, Error>(DataRecord { rows: rows.len(), fingerprint: rows.fingerprint()? })
        };
        let provenance = Provenance {
            optimizer: self.about.optimizer.to_owned(),
            settings: self.about.settings.clone(),
            seed: self.options.seed,
            metric: self.metric.clone(),
            data: [("train".into(), record(self.train)?), ("validation".into(), record(self.validation)?)]
                .into(),
            scores: [("baseline on validation".into(), baseline), ("compiled on validation".into(), score)]
                .into(),
            usage,
            termination: self.termination.to_string(),
            verdict: Value::Null,
        };
        Ok(Compiled {
            program: self.program.with_state(&best.state)?,
            score,
            baseline,
            termination: self.termination,
            usage,
            spent: self.service.ledger.by_purpose(),
            lm: self.cx.lm().clone(),
            provenance,
            candidates: self.candidates.iter().map(Candidate::summary).collect(),
            picked,
            latencies: self.candidates.iter().map(|candidate| candidate.scores.latency()).collect(),
        })
    }
}

impl<P> Run<P> {
    /// A first run for the task.
    pub(super) fn new(candidate: Arc<str>, program: P, split: Split, row: usize) -> Self {
        Self { candidate, program, split, row, rollout: 0, lm: None, purpose: Purpose::Task }
    }
}
