//! What was spent, and what may be.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};
use crate::lm::Usage;

/// A limit on what may be spent. Nothing is ever spent beyond it.
///
/// # Example
///
/// ```
/// use dspy::Budget;
///
/// assert_eq!(Budget::calls(2_000).to_string(), "at most 2000 LM calls");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Budget {
    calls: Option<u64>,
}

impl Budget {
    /// At most so many LM calls; retries after a provider's failure do not count.
    pub fn calls(calls: u64) -> Self {
        Self { calls: Some(calls) }
    }

    /// No limit.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// The most LM calls, if there is a limit.
    pub fn max_calls(&self) -> Option<u64> {
        self.calls
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.calls {
            Some(calls) => write!(f, "at most {calls} LM calls"),
            None => f.write_str("no limit"),
        }
    }
}

/// Counts what is spent, here and in every meter above.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    above: Option<Arc<Meter>>,
    limit: Limit,
    calls: AtomicU64,
    retries: AtomicU64,
    stopped: AtomicU64,
    input_tokens: AtomicU64,
    output_tokens: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
enum Limit {
    #[default]
    None,
    Budget(u64),
    /// The most calls of one run of a program, which the plan counts on.
    Run(u64),
}

impl Meter {
    /// A meter with a budget of its own under another.
    pub(crate) fn limited(above: Arc<Meter>, budget: Budget) -> Self {
        Self { above: Some(above), limit: budget.calls.map_or(Limit::None, Limit::Budget), ..Self::default() }
    }

    /// A meter for one run of a program that may make so many calls.
    pub(crate) fn run(above: Arc<Meter>, calls: u64) -> Self {
        Self { above: Some(above), limit: Limit::Run(calls), ..Self::default() }
    }

    /// A meter without a limit of its own, to tell what one run spends.
    pub(crate) fn counting(above: Arc<Meter>) -> Self {
        Self { above: Some(above), ..Self::default() }
    }

    /// Takes a place for one call in this meter and those above, or in none of them.
    pub(super) fn reserve(&self) -> Result<()> {
        let (limit, error) = match self.limit {
            Limit::None => (u64::MAX, None),
            Limit::Budget(calls) => (calls, Some(spent(calls))),
            Limit::Run(calls) => (calls, Some(unplanned(calls))),
        };
        let taken = self
            .calls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |calls| (calls < limit).then_some(calls + 1));
        if let (Err(_), Some(error)) = (taken, error) {
            return Err(error);
        }
        let above = self.above.as_ref().map_or(Ok(()), |above| above.reserve());
        above.inspect_err(|_| {
            self.calls.fetch_sub(1, Ordering::Relaxed);
        })
    }

    /// Adds what a reserved call cost besides its place.
    pub(super) fn settle(&self, usage: Usage) {
        self.retries.fetch_add(usage.retries, Ordering::Relaxed);
        self.stopped.fetch_add(usage.stopped, Ordering::Relaxed);
        self.input_tokens.fetch_add(usage.input_tokens, Ordering::Relaxed);
        self.output_tokens.fetch_add(usage.output_tokens, Ordering::Relaxed);
        if let Some(above) = &self.above {
            above.settle(usage);
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage {
            calls: self.calls.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            stopped: self.stopped.load(Ordering::Relaxed),
            input_tokens: self.input_tokens.load(Ordering::Relaxed),
            output_tokens: self.output_tokens.load(Ordering::Relaxed),
        }
    }

    /// How many calls may still be made under this meter's budget and those above.
    pub(crate) fn calls_left(&self) -> u64 {
        let own = match self.limit {
            Limit::None => u64::MAX,
            Limit::Budget(calls) | Limit::Run(calls) => {
                calls.saturating_sub(self.calls.load(Ordering::Relaxed))
            }
        };
        self.above.as_ref().map_or(own, |above| above.calls_left().min(own))
    }
}

fn spent(calls: u64) -> Error {
    Error::new(ErrorKind::Budget, format!("the budget of {calls} LM calls is spent"))
}

fn unplanned(calls: u64) -> Error {
    let message = format!(
        "one run of the program wanted more than the {calls} LM calls that were planned for it; \
         say how many it may make with `calls_per_row`"
    );
    Error::new(ErrorKind::CallBound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_anywhere_above_holds_and_leaves_no_trace_below() {
        let top = Arc::new(Meter::limited(Arc::default(), Budget::calls(2)));
        let low = Meter::limited(top.clone(), Budget::calls(5));
        assert!(low.reserve().is_ok() && low.reserve().is_ok());
        assert!(low.reserve().expect_err("the top is full").is_budget());
        assert_eq!((low.usage().calls, top.usage().calls, low.calls_left()), (2, 2, 0));
    }

    #[test]
    fn many_threads_never_pass_the_limit() {
        let meter = Meter::limited(Arc::default(), Budget::calls(1_000));
        let made: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..500).filter(|_| meter.reserve().is_ok()).count() as u64))
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        assert_eq!((made, meter.usage().calls), (1_000, 1_000));
    }
}
