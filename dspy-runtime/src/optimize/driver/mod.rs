//! The one loop: runs candidates, counts, stops at the budget, and keeps the best.
//!
//! Invariant: what is run next depends only on settled results, never on which of them came first.
//! Work goes in waves; a wave is as much of the pending work as its worst case fits into the budget.

mod candidate;
mod estimate;
mod finish;
mod ledger;
mod race;
mod runs;
mod scoring;
mod service;

use std::sync::Arc;

use serde_json::{Value, json};

pub(super) use candidate::{Candidate, Proposal, best};
pub(super) use estimate::Estimate;
pub(super) use ledger::Ledger;
pub(super) use service::{Run, Service, Settings as ServiceSettings, Split};

use super::compiled::Termination;
use super::event::{SearchEvent, SearchEventKind};
use super::journal::Journal;
use super::options::Options;
use super::plan;
use crate::adapter::Adapter;
use crate::context::{Context, Purpose, Replies};
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::evaluate::{AnyMetric, Metric as _};
use crate::lm::Lm;
use crate::module::Module;
use crate::predict::ProgramState;
use crate::progress::{self, Progress, Teller};
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
    teller: Option<Teller>,
    /// The steps and their reasons, for optimizers that report them.
    steps: Vec<String>,
}

/// The identity of a search, as journals and artifacts record it.
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
        metric: &AnyMetric<R, P::Output>,
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
                    "metric": metric.to_string(),
                    "program": plan::fingerprint(&program),
                    "train": train.fingerprint()?,
                    "validation": validation.fingerprint()?,
                });
                Some(Journal::open(path, &search, &serde_json::to_value(options.budget)?)?)
            }
        };
        let replies = match (&journal, cx.scope().replies()) {
            (Some(journal), _) => Arc::new(Replies::recorded(journal.clone())),
            // A search that is a step of another shares what that one has had.
            (None, Some(replies)) => replies.clone(),
            (None, None) => Arc::default(),
        };
        let cx = cx.scoped(|scope| scope.detached().sharing(replies));
        let concurrency = cx.at_once(options.concurrency);
        let settings = ServiceSettings { calls_per_run, concurrency, range: options.score_range };
        let ledger = Ledger::new(&cx, options.budget).judged(calls_per_run, metric.calls(&cx));
        let service = Service::new(cx.clone(), ledger, (train, validation), metric.clone(), &settings);
        let teller = progress::teller("search", service.ledger.whole(), options.observer.is_none());
        Ok(Self {
            program,
            train,
            validation,
            options,
            cx,
            service: Arc::new(service),
            calls_per_run,
            about,
            metric: metric.to_string(),
            journal,
            termination: Termination::Finished,
            candidates: Vec::new(),
            teller,
            steps: Vec::new(),
        })
    }

    /// All candidates, in the order in which they were made.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    pub(super) fn candidate(&self, place: usize) -> &Candidate {
        &self.candidates[place]
    }

    /// Returns whether a candidate has this state.
    pub(super) fn knows(&self, state: &ProgramState) -> bool {
        let key = state.fingerprint();
        self.candidates.iter().any(|candidate| *candidate.fingerprint == *key)
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

    /// Returns the number of proposals that the budget surely pays for.
    pub(super) fn proposals_left(&self) -> usize {
        let (_, each) = self.cx.settings().calls_with(self.cx.adapter());
        usize::try_from(self.service.ledger.proposer_calls_left() / each).unwrap_or(usize::MAX)
    }

    /// The best candidate so far; the earliest of those that tie.
    pub(super) fn best(&self) -> Option<&Candidate> {
        best(&self.candidates).map(|place| &self.candidates[place])
    }

    /// Says what is done and why.
    pub(super) fn step(&mut self, text: String) {
        self.tell(|| SearchEventKind::Step { text: text.clone() });
        self.steps.push(text);
    }

    /// Asks in another form from now on. No run may be under way.
    pub(super) fn ask_in(&mut self, adapter: Arc<dyn Adapter>) -> Result<()> {
        self.cx = self.cx.changed(|settings| settings.adapter = Some(adapter));
        let service = Arc::get_mut(&mut self.service);
        service.ok_or_else(|| Error::internal("runs are under way"))?.ask_by(self.cx.clone());
        Ok(())
    }

    /// Records a decision, with the numbers it rests on.
    pub(super) fn decide(&self, decision: &Value) -> Result<()> {
        self.journal.as_ref().map_or(Ok(()), |journal| journal.decide(decision.clone()))
    }

    /// Returns the memory of things that are done once.
    pub(super) fn memory(&self) -> Arc<Replies> {
        self.cx.scope().replies().cloned().unwrap_or_default()
    }

    /// The progress of rows, as a part of that of the search.
    pub(super) fn progress(&self, what: &str, rows: usize) -> Progress {
        Progress::part(self.teller.as_ref(), what, rows, self.options.observer.is_none())
    }

    /// Tells who watches.
    pub(super) fn tell(&self, kind: impl FnOnce() -> SearchEventKind) {
        let Some(observer) = &self.options.observer else { return };
        observer.tell(&SearchEvent {
            kind: kind(),
            calls: self.service.ledger.usage().calls,
            calls_left: self.service.ledger.calls_left(),
            best: best(&self.candidates).map(|place| (place, self.candidates[place].score())),
        });
    }
}

impl<P> Run<P> {
    /// A first run for the task.
    pub(super) fn new(candidate: Arc<str>, program: P, split: Split, row: usize) -> Self {
        Self { candidate, program, split, row, rollout: 0, lm: None, purpose: Purpose::Task }
    }
}
