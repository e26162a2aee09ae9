//! Runs of the program, as far as the budget pays for them.

use std::sync::Arc;

use super::{Driver, Run, Split};
use crate::context::Purpose;
use crate::error::Result;
use crate::evaluate::Judged;
use crate::module::{self, Module};
use crate::optimize::compiled::Termination;
use crate::predict::ProgramState;
use crate::signature::Row;

impl<P: Module, R: Row> Driver<'_, P, R>
where
    R::Input: Into<P::Input>,
{
    /// Runs of the program that were made for this search; one that was looked up again does not count.
    pub(crate) fn runs_made(&self) -> usize {
        self.service.made()
    }

    /// Returns the number of runs that the budget surely pays for.
    pub(crate) fn runs_left(&self) -> usize {
        let left = self.service.ledger.task_calls_left() / self.calls_per_run.max(1);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// The runs of a state on rows of a split.
    pub(crate) fn runs<'r>(
        &self,
        state: &ProgramState,
        split: Split,
        rows: impl IntoIterator<Item = &'r usize>,
    ) -> Result<Vec<Run<P>>> {
        let key: Arc<str> = state.fingerprint().into();
        let program = self.program.with_state(state)?;
        Ok(rows.into_iter().map(|row| Run::new(key.clone(), program.clone(), split, *row)).collect())
    }

    /// Makes the vectors of a program's demonstrations before its runs, which choose among them, need them at the
    /// same time: in one order, so that calls and what is left of a budget are the same at any concurrency.
    pub(super) async fn embed_demos(&self, program: &P) -> Result<()> {
        let mut predictors = Vec::new();
        module::each(program, |_, predictor, _| predictors.push(predictor.clone()));
        for predictor in predictors {
            predictor.embed_demos(&self.context(Purpose::Task, None)).await?;
        }
        Ok(())
    }

    /// Embeds a state; false where that ends the budget.
    pub(crate) async fn embed_state(&mut self, state: &ProgramState) -> Result<bool> {
        match self.embed_demos(&self.program.with_state(state)?).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_budget() => {
                self.termination = Termination::BudgetSpent;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes runs, which the caller has found the budget to pay for.
    pub(crate) async fn run_all(&self, runs: Vec<Run<P>>) -> Result<Vec<Arc<Judged>>> {
        self.service.all(runs, |_| {}).await
    }

    /// Makes runs at the same time that are needed later in any case, if the budget surely pays for all of
    /// the `until_then` runs that can be made until they are.
    ///
    /// It changes no decision: later the runs are found made. Nothing but the first of them is paid for where
    /// that one fails, as a program may do on every row.
    pub(crate) async fn ahead(&self, mut runs: Vec<Run<P>>, until_then: usize) -> Result<()> {
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

    /// Runs lots of work, each whole or not at all, in their order as far as the budget surely pays;
    /// what is given back is the settled beginning.
    pub(crate) async fn settle(
        &mut self,
        what: &str,
        work: Vec<Vec<Run<P>>>,
    ) -> Result<Vec<Vec<Arc<Judged>>>> {
        let mut progress = self.progress(what, work.iter().map(Vec::len).sum());
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
            match self.service.all(wave, |judged| progress.add(judged.value())).await {
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
}
