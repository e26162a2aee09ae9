//! What a search spends, by purpose.

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
    purposes: BTreeMap<Purpose, Arc<Meter>>,
}

impl Ledger {
    /// A ledger that charges a context, within a budget.
    pub(crate) fn new(cx: &Context, budget: Budget) -> Self {
        let whole = Arc::new(Meter::limited(cx.meter().clone(), budget));
        let task = Arc::new(Meter::limited(whole.clone(), budget.of_task()));
        let proposer = Arc::new(Meter::limited(whole.clone(), budget.of_proposer()));
        let under = |purpose| match purpose {
            Purpose::Task | Purpose::Teacher => &task,
            Purpose::Proposer | Purpose::Reflection => &proposer,
            Purpose::Judge => &whole,
        };
        let meter = |purpose| Arc::new(Meter::limited(Arc::clone(under(purpose)), Budget::unlimited()));
        let purposes = Purpose::ALL.into_iter().map(|purpose| (purpose, meter(purpose))).collect();
        Self { whole, task, proposer, purposes }
    }

    /// The context for calls of a purpose.
    pub(crate) fn context(&self, cx: &Context, purpose: Purpose) -> Context {
        let meter = self.purposes.get(&purpose).unwrap_or(&self.whole);
        cx.for_purpose(purpose, meter.clone())
    }

    /// How many calls that run the program may still be made.
    pub(crate) fn task_calls_left(&self) -> u64 {
        self.task.calls_left()
    }

    /// How many calls that propose may still be made.
    pub(crate) fn proposer_calls_left(&self) -> u64 {
        self.proposer.calls_left()
    }

    /// What was spent in all.
    pub(crate) fn usage(&self) -> Usage {
        self.whole.usage()
    }

    /// What was spent for each purpose that anything was spent for.
    pub(crate) fn by_purpose(&self) -> BTreeMap<Purpose, Usage> {
        let spent = self.purposes.iter().map(|(purpose, meter)| (*purpose, meter.usage()));
        spent.filter(|(_, usage)| usage.calls > 0).collect()
    }
}
