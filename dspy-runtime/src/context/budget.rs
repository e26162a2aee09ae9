//! The budget of a run.

use std::fmt;
use std::time::Duration;

use super::Price;
use crate::figure::counted;

/// A limit on what may be spent. Nothing is ever spent beyond it: what a call can cost at most is set
/// aside before it is made.
///
/// Several limits hold together. For [tokens](Budget::with_tokens) and [money](Budget::with_cost) the
/// most that a call can cost must be known, so the context must set `max_tokens`.
///
/// # Example
///
/// ```
/// use dspy::context::Price;
/// use dspy::Budget;
///
/// let budget = Budget::calls(2_000).with_proposer_calls(50).with_cost(1.5, Price::per_million(0.15, 0.6));
/// assert_eq!(budget.to_string(), "at most 2,000 LM calls, 50 proposer calls, cost 1.5");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Budget {
    pub(super) calls: Option<u64>,
    pub(super) task_calls: Option<u64>,
    pub(super) proposer_calls: Option<u64>,
    pub(super) tokens: Option<u64>,
    pub(super) cost: Option<(f64, Price)>,
    pub(super) time: Option<Duration>,
}

impl Budget {
    /// Limits LM calls of every purpose to so many; retries after a provider's failure do not count.
    #[must_use]
    pub fn calls(calls: u64) -> Self {
        Self { calls: Some(calls), ..Self::default() }
    }

    /// Sets no limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Limits LM calls that run the program to so many, for a student or a teacher. Only optimizers tell
    /// purposes apart; elsewhere all calls are such.
    #[must_use]
    pub fn with_task_calls(mut self, calls: u64) -> Self {
        self.task_calls = Some(calls);
        self
    }

    /// Limits LM calls by which an optimizer proposes and reflects to so many.
    #[must_use]
    pub fn with_proposer_calls(mut self, calls: u64) -> Self {
        self.proposer_calls = Some(calls);
        self
    }

    /// Limits tokens, of prompts and replies together, to so many.
    #[must_use]
    pub fn with_tokens(mut self, tokens: u64) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Limits the cost to so much at this price, which is taken for every model that is called. For a model that
    /// answers in [batches](crate::batched::Batched) it is that of [`ServiceTier::Batch`](crate::lm::ServiceTier::Batch).
    #[must_use]
    pub fn with_cost(mut self, limit: f64, price: Price) -> Self {
        self.cost = Some((limit, price));
        self
    }

    /// Limits the time to so much from when the budget is given to a context or a search begins. Calls that
    /// are under way then are cancelled.
    #[must_use]
    pub fn with_time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// The most LM calls, if there is a limit.
    #[must_use]
    pub fn max_calls(&self) -> Option<u64> {
        self.calls
    }

    /// The most LM calls that run the program, if there is a limit.
    #[must_use]
    pub fn max_task_calls(&self) -> Option<u64> {
        least(self.calls, self.task_calls)
    }

    /// The most LM calls that propose, if there is a limit.
    #[must_use]
    pub fn max_proposer_calls(&self) -> Option<u64> {
        least(self.calls, self.proposer_calls)
    }

    /// Returns whether it is known before a call is made what is left after it.
    pub(crate) fn limits_calls_alone(&self) -> bool {
        !self.bounds_tokens() && self.time.is_none()
    }

    /// Returns whether a limit needs the most tokens of a call to be known.
    pub(crate) fn bounds_tokens(&self) -> bool {
        self.tokens.is_some() || self.cost.is_some()
    }

    /// The share of the budget that calls of one kind have to themselves.
    pub(crate) fn of_task(&self) -> Self {
        Self { calls: self.task_calls, ..Self::default() }
    }

    /// The share of the budget that proposals have to themselves.
    pub(crate) fn of_proposer(&self) -> Self {
        Self { calls: self.proposer_calls, ..Self::default() }
    }
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = [
            self.calls.map(|calls| counted(calls, "LM call")),
            self.task_calls.map(|calls| counted(calls, "task call")),
            self.proposer_calls.map(|calls| counted(calls, "proposer call")),
            self.tokens.map(|tokens| counted(tokens, "token")),
            self.cost.map(|(limit, _)| format!("cost {limit}")),
            self.time.map(|time| format!("{time:?}")),
        ];
        let limits: Vec<String> = limits.into_iter().flatten().collect();
        match limits.is_empty() {
            true => f.write_str("no limit"),
            false => write!(f, "at most {}", limits.join(", ")),
        }
    }
}
