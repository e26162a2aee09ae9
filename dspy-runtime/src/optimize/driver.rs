//! The one loop: runs candidates, counts, stops at the budget, and keeps the best.
//!
//! Invariant: what is run next depends only on settled results, never on which of them came first.
//! Work goes in waves; a wave is as much of the pending work as its worst case fits into the budget.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::Value;

use super::compiled::{CandidateScore, Compiled, Termination};
use super::options::Options;
use super::plan;
use crate::artifact::{DataRecord, Provenance};
use crate::context::{Context, Meter};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{Judged, Progress, Scorer, judge, pooled};
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::Row;

/// One search over one program.
pub(super) struct Driver<'a, P: Module, R: Row> {
    pub(super) program: P,
    pub(super) train: &'a Rows<R>,
    validation: &'a Rows<R>,
    cx: Context,
    scorer: Scorer<R, P::Output>,
    options: &'a Options,
    calls_per_run: u64,
    termination: Termination,
    candidates: Vec<CandidateScore>,
    /// Scores by state, so that two candidates with one state are paid for once.
    scored: HashMap<String, f64>,
}

/// One run of the program on one row.
pub(super) struct Run<P> {
    pub(super) program: P,
    pub(super) cx: Context,
    pub(super) row: usize,
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
    ) -> Result<Self> {
        for (name, rows) in [("train", train), ("validation", validation)] {
            if rows.is_empty() {
                return Err(Error::data(format!("there are no {name} rows")));
            }
        }
        crate::module::name(&program);
        Ok(Self {
            calls_per_run: options.calls_per_row.unwrap_or_else(|| plan::calls_per_run(cx, &program)),
            program,
            train,
            validation,
            cx: cx.detached().with_budget(options.budget),
            scorer: scorer.clone(),
            options,
            termination: Termination::Finished,
            candidates: Vec::new(),
            scored: HashMap::new(),
        })
    }

    /// The context that everything is charged to.
    pub(super) fn cx(&self) -> &Context {
        &self.cx
    }

    /// Scores the program as it came.
    pub(super) async fn baseline(&mut self) -> Result<()> {
        let needed = self.validation.len() as u64 * self.calls_per_run;
        let left = self.cx.meter().calls_left();
        if needed > left {
            let message =
                format!("scoring the baseline can take {needed} LM calls, the budget has {left} left");
            return Err(Error::new(ErrorKind::Budget, message));
        }
        self.score(vec![("baseline".to_owned(), self.program.state())]).await
    }

    /// Scores candidates on the validation rows, as many as the budget can surely pay for.
    pub(super) async fn score(&mut self, candidates: Vec<(String, ProgramState)>) -> Result<()> {
        let rows = self.validation;
        let mut new: Vec<(String, P)> = Vec::new();
        for (_, state) in &candidates {
            let key = state.fingerprint();
            if !self.scored.contains_key(&key) && new.iter().all(|(other, _)| *other != key) {
                new.push((key, self.program.with_state(state)?));
            }
        }
        let run = |program: &P, row| Run { program: program.clone(), cx: self.cx.clone(), row };
        let work: Vec<Vec<Run<P>>> =
            new.iter().map(|(_, program)| (0..rows.len()).map(|row| run(program, row)).collect()).collect();
        let settled = self.settle("score candidates", rows, work).await?;
        for ((key, _), judged) in new.iter().zip(settled) {
            self.all_failed(&judged)?;
            self.scored.insert(key.clone(), mean(&judged));
        }
        for (name, state) in candidates {
            if let Some(score) = self.scored.get(&state.fingerprint()) {
                self.candidates.push(CandidateScore { name, score: *score, state });
            }
        }
        Ok(())
    }

    /// Runs lots of work, each whole or not at all, in their order as far as the budget surely pays;
    /// what is given back is the settled beginning.
    pub(super) async fn settle(
        &mut self,
        what: &str,
        rows: &Rows<R>,
        work: Vec<Vec<Run<P>>>,
    ) -> Result<Vec<Vec<Judged>>> {
        let mut progress = Progress::new(what, work.iter().map(Vec::len).sum(), true);
        let mut waiting = work.into_iter().peekable();
        let mut settled = Vec::new();
        while waiting.peek().is_some() {
            let mut left = self.cx.meter().calls_left();
            let mut wave = Vec::new();
            while let Some(lot) = waiting.next_if(|lot| lot.len() as u64 * self.calls_per_run <= left) {
                left -= lot.len() as u64 * self.calls_per_run;
                wave.push(lot);
            }
            if wave.is_empty() {
                self.termination = Termination::BudgetSpent;
                break;
            }
            settled.extend(self.wave(rows, wave, &mut progress).await?);
        }
        Ok(settled)
    }

    async fn wave(
        &self,
        rows: &Rows<R>,
        wave: Vec<Vec<Run<P>>>,
        progress: &mut Progress,
    ) -> Result<Vec<Vec<Judged>>> {
        let mut settled: Vec<Vec<Option<Judged>>> =
            wave.iter().map(|lot| lot.iter().map(|_| None).collect()).collect();
        let mut runs = Vec::new();
        for (at, lot) in wave.into_iter().enumerate() {
            runs.extend(lot.into_iter().enumerate().map(|(place, run)| (at, place, run)));
        }
        let jobs = runs.into_iter().map(|(at, place, run)| {
            let (rows, scorer, calls) = (rows.clone(), self.scorer.clone(), self.calls_per_run);
            async move {
                let cx = run.cx.with_meter(Meter::run(run.cx.meter().clone(), calls));
                (at, place, judge(&cx, &run.program, &rows, run.row, &scorer).await)
            }
        });
        let mut fatal = None;
        pooled(jobs, self.options.concurrency, |(at, place, judged)| {
            match &judged.score {
                Ok(score) => progress.add(score.value),
                Err(error) if error.kind() == ErrorKind::CallBound => fatal = Some(error.to_string()),
                Err(_) => progress.add(0.0),
            }
            settled[at][place] = Some(judged);
            if fatal.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await;
        match fatal {
            Some(message) => Err(Error::new(ErrorKind::CallBound, message)),
            None => Ok(settled.into_iter().map(|lot| lot.into_iter().flatten().collect()).collect()),
        }
    }

    /// A candidate that fails on every row says something about the set-up, not about the candidate.
    fn all_failed(&self, judged: &[Judged]) -> Result<()> {
        let first = self.candidates.is_empty() && judged.iter().all(|judged| judged.score.is_err());
        match judged.first().map(|judged| &judged.score) {
            Some(Err(error)) if first => {
                let message = format!("the program failed on every validation row; the first time: {error}");
                Err(Error::new(error.kind(), message))
            }
            _ => Ok(()),
        }
    }

    /// The best candidate; the earliest of those that tie.
    pub(super) fn finish(self, optimizer: &str, settings: Value) -> Result<Compiled<P>> {
        let none = || Error::new(ErrorKind::Budget, "the budget is spent before the baseline was scored");
        let baseline = self.candidates.first().ok_or_else(none)?.score;
        let best =
            self.candidates.iter().reduce(|best, next| if next.score > best.score { next } else { best });
        let best = best.ok_or_else(none)?;
        let record = |rows: &Rows<R>| {
            Ok::<_, Error>(DataRecord { rows: rows.len(), fingerprint: rows.fingerprint()? })
        };
        let provenance = Provenance {
            optimizer: optimizer.to_owned(),
            settings,
            seed: self.options.seed,
            metric: self.scorer.name(),
            data: [("train".into(), record(self.train)?), ("validation".into(), record(self.validation)?)]
                .into(),
            scores: [
                ("baseline on validation".into(), baseline),
                ("compiled on validation".into(), best.score),
            ]
            .into(),
            usage: self.cx.usage(),
            termination: self.termination.to_string(),
            verdict: Value::Null,
        };
        Ok(Compiled {
            program: self.program.with_state(&best.state)?,
            score: best.score,
            baseline,
            termination: self.termination,
            usage: self.cx.usage(),
            lm: self.cx.lm().clone(),
            provenance,
            candidates: self.candidates,
        })
    }
}

/// The mean score, a failed row counting 0, summed in row order.
#[allow(clippy::cast_precision_loss)]
fn mean(judged: &[Judged]) -> f64 {
    let sum: f64 = judged.iter().map(|judged| judged.score.as_ref().map_or(0.0, |score| score.value)).sum();
    sum / judged.len().max(1) as f64
}
