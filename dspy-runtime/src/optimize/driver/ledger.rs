//! The spending of a search, by purpose.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::{Budget, Context, Meter, Purpose};
use crate::lm::Usage;

/// A meter for each purpose, under the caps of its kind, under that of the search.
#[derive(Debug)]
pub(crate) struct Ledger {
    whole: Arc<Meter>,
    task: Arc<Meter>,
    proposer: Arc<Meter>,
    /// The most calls of one run, and of judging it.
    per_run: (u64, u64),
    purposes: BTreeMap<Purpose, Arc<Meter>>,
}

impl Ledger {
    /// A ledger that charges a context, within a budget.
    pub(crate) fn new(cx: &Context, budget: Budget) -> Self {
        let whole = Arc::new(Meter::limited(cx.scope().meter().clone(), budget));
        let task = Arc::new(Meter::limited(whole.clone(), budget.of_task()));
        let proposer = Arc::new(Meter::limited(whole.clone(), budget.of_proposer()));
        let under = |purpose| match purpose {
            Purpose::Task | Purpose::Teacher => &task,
            Purpose::Proposer | Purpose::Reflection => &proposer,
            Purpose::Judge => &whole,
        };
        let meter = |purpose| Arc::new(Meter::limited(Arc::clone(under(purpose)), Budget::unlimited()));
        let purposes = Purpose::ALL.into_iter().map(|purpose| (purpose, meter(purpose))).collect();
        Self { whole, task, proposer, per_run: (1, 0), purposes }
    }

    /// Returns the ledger for runs that are judged by a metric that makes calls, too: so many a run, so many
    /// to judge it.
    pub(crate) fn judged(mut self, run: u64, judge: u64) -> Self {
        self.per_run = (run.max(1), judge);
        self
    }

    /// The context for calls of a purpose.
    pub(crate) fn context(&self, cx: &Context, purpose: Purpose) -> Context {
        let meter = self.purposes.get(&purpose).unwrap_or(&self.whole);
        cx.scoped(|scope| scope.for_purpose(purpose).charging(meter.clone()))
    }

    /// Returns the number of calls that run the program and may still be made, such that their results can be
    /// judged.
    pub(crate) fn task_calls_left(&self) -> u64 {
        let left = self.task.calls_left();
        match self.per_run {
            (_, 0) => left,
            (run, judge) => {
                let runs = self.whole.calls_left() / (run + judge);
                left.min(runs.saturating_mul(run))
            }
        }
    }

    /// Returns the number of calls that propose and may still be made.
    pub(crate) fn proposer_calls_left(&self) -> u64 {
        self.proposer.calls_left()
    }

    /// Returns the number of calls that may still be made for any purpose, if that is limited.
    pub(crate) fn calls_left(&self) -> Option<u64> {
        Some(self.whole.calls_left()).filter(|left| *left < u64::MAX)
    }

    /// Returns the meter that counts everything.
    pub(crate) fn whole(&self) -> &Arc<Meter> {
        &self.whole
    }

    /// Returns the usage in all.
    pub(crate) fn usage(&self) -> Usage {
        self.whole.usage()
    }

    /// Returns the usage for each purpose that anything was spent for.
    pub(crate) fn by_purpose(&self) -> BTreeMap<Purpose, Usage> {
        let spent = self.purposes.iter().map(|(purpose, meter)| (*purpose, meter.usage()));
        spent.filter(|(_, usage)| usage.calls > 0).collect()
    }
}
