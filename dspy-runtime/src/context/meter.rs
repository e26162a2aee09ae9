//! The count of usage, here and in every meter above, never beyond a limit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::budget::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::figure::counted;
use crate::lm::{Request, Usage};

/// Counts what is spent, and keeps to a budget.
///
/// A call first takes a place, with the most that it can cost, in its meter and in all above; then it is
/// settled with what it did cost.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    above: Option<Arc<Meter>>,
    budget: Budget,
    /// The most calls of one run of a program, which the plan counts on.
    run: Option<u64>,
    deadline: Option<Instant>,
    spent: Mutex<Spent>,
    /// Times that a call was made again, with those of calls under way.
    again: AtomicU64,
}

#[derive(Debug, Default)]
struct Spent {
    usage: Usage,
    /// The most that the calls under way can cost.
    held: Bound,
}

/// The most tokens that a call can cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound {
    input: u64,
    output: u64,
}

/// The most tokens that surround a message, a tool or a text.
const AROUND: u64 = 16;

impl Bound {
    /// Estimates the tokens of a prompt: no more than its bytes, since no token is shorter, and what
    /// surrounds a message or a tool; of each reply no more than was asked for.
    fn of(request: &Request) -> Self {
        let messages = request.messages.iter().map(|message| message.bytes() as u64 + AROUND);
        let tools = request.tools.iter().map(|tool| tool.bytes() as u64 + AROUND);
        let replies = u64::from(request.sampling.n.unwrap_or(1).max(1));
        let longest = u64::from(request.sampling.max_tokens.unwrap_or_default());
        Self { input: messages.chain(tools).sum(), output: longest.saturating_mul(replies) }
    }

    /// Estimates the tokens of texts that are made vectors of, likewise.
    fn of_texts(texts: &[String]) -> Self {
        Self { input: texts.iter().map(|text| text.len() as u64 + AROUND).sum(), output: 0 }
    }
}

impl Meter {
    /// A meter with a budget of its own under another; its time begins now.
    pub(crate) fn limited(above: Arc<Meter>, budget: Budget) -> Self {
        let deadline = budget.time.and_then(|time| Instant::now().checked_add(time));
        Self { above: Some(above), budget, deadline, ..Self::default() }
    }

    /// A meter for one run of a program that may make so many calls, if there is a bound.
    pub(crate) fn run(calls: Option<u64>) -> Self {
        Self { run: calls, ..Self::default() }
    }

    /// Takes a place for one call in this meter and those above, or in none of them.
    pub(super) fn reserve(&self, request: &Request) -> Result<Bound> {
        let bound = if self.bounds_tokens() { Bound::of(request) } else { Bound::default() };
        if self.bounds_tokens() && request.sampling.max_tokens.is_none() {
            let message = "a budget of tokens or money needs the longest reply: set `max_tokens`";
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        if let Some(media) = request.messages.media().next().filter(|_| self.bounds_tokens()) {
            let message = format!(
                "a budget of tokens or money cannot hold: nobody knows how many tokens {media} has; budget calls"
            );
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        self.take(bound).map(|()| bound)
    }

    /// Reserves a call that makes vectors of texts.
    pub(super) fn reserve_texts(&self, texts: &[String]) -> Result<Bound> {
        let bound = if self.bounds_tokens() { Bound::of_texts(texts) } else { Bound::default() };
        self.take(bound).map(|()| bound)
    }

    fn take(&self, bound: Bound) -> Result<()> {
        self.fits(bound)?;
        self.above.as_ref().map_or(Ok(()), |above| above.take(bound)).inspect_err(|_| {
            self.spent().give_back(bound, true);
        })
    }

    fn fits(&self, bound: Bound) -> Result<()> {
        let mut spent = self.spent();
        if let Some(limit) = self.run.filter(|limit| spent.usage.calls >= *limit) {
            return Err(unplanned(limit));
        }
        if let Some(reason) = self.reason_against(&spent, bound) {
            return Err(Error::new(ErrorKind::Budget, reason));
        }
        spent.usage.calls += 1;
        spent.held.input += bound.input;
        spent.held.output += bound.output;
        Ok(())
    }

    fn reason_against(&self, spent: &Spent, bound: Bound) -> Option<String> {
        let limit = |calls: Option<u64>| calls.filter(|limit| spent.usage.paid().calls >= *limit);
        if let Some(calls) = limit(self.budget.calls) {
            return Some(format!("the budget of {} is spent", counted(calls, "LM call")));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Some("the time of the budget is up".to_owned());
        }
        let paid = spent.usage.paid();
        let input = paid.input_tokens + spent.held.input + bound.input;
        let output = paid.output_tokens + spent.held.output + bound.output;
        if let Some(tokens) = self.budget.tokens.filter(|tokens| input + output > *tokens) {
            return Some(format!("the next call could go beyond the budget of {}", counted(tokens, "token")));
        }
        let (cost, _) = self.budget.cost.filter(|(limit, price)| price.at_most(input, output) > *limit)?;
        Some(format!("the next call could go beyond the budget of {cost}"))
    }

    /// Puts what a reserved call did cost in its place. One that was not made costs no call.
    pub(super) fn settle(&self, bound: Bound, usage: Usage) {
        let mut spent = self.spent();
        let used = match usage.partly_counted {
            0 => bound,
            // What was set aside for tokens that nobody has counted stays set aside, as it may have been spent.
            _ => Bound { output: bound.output.min(usage.output_tokens), ..bound },
        };
        spent.give_back(used, true);
        spent.usage += usage;
        drop(spent);
        if let Some(above) = &self.above {
            above.settle(bound, usage);
        }
    }

    /// Counts a call that is paid for elsewhere, against the bound of one run.
    pub(super) fn count(&self) -> Result<()> {
        self.take(Bound::default())
    }

    /// Adds what such a call cost besides its place.
    pub(super) fn add(&self, usage: Usage) {
        self.settle(Bound::default(), Usage { calls: 1, ..usage });
    }

    /// A call under way is made again.
    pub(super) fn again(&self) {
        self.again.fetch_add(1, Ordering::Relaxed);
        if let Some(above) = &self.above {
            above.again();
        }
    }

    /// Returns the spending so far, with the retries of calls that are still under way.
    pub(crate) fn so_far(&self) -> Usage {
        Usage { retries: self.again.load(Ordering::Relaxed), ..self.usage() }
    }

    pub(crate) fn usage(&self) -> Usage {
        self.spent().usage
    }

    /// Returns the number of calls that may still be made under this meter's budget and those above.
    pub(crate) fn calls_left(&self) -> u64 {
        let limit = self.budget.calls.into_iter().chain(self.run).min();
        let own = limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.spent().usage.paid().calls));
        self.above.as_ref().map_or(own, |above| above.calls_left().min(own))
    }

    /// When calls under way are cancelled.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let above = self.above.as_ref().and_then(|above| above.deadline());
        self.deadline.into_iter().chain(above).min()
    }

    fn bounds_tokens(&self) -> bool {
        self.budget.bounds_tokens() || self.above.as_ref().is_some_and(|above| above.bounds_tokens())
    }

    // Counters stay right whatever thread panicked while it held them.
    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spent {
    fn give_back(&mut self, bound: Bound, call: bool) {
        self.usage.calls -= u64::from(call);
        self.held.input -= bound.input;
        self.held.output -= bound.output;
    }
}

fn unplanned(calls: u64) -> Error {
    let message = format!(
        "one run of the program wanted more than the {} that were planned for it; \
         say how many it may make with `calls_per_row`",
        counted(calls, "LM call")
    );
    Error::new(ErrorKind::CallBound, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Price;
    use crate::lm::Message;

    fn request(bytes: usize, max_tokens: u32) -> Request {
        let mut request = Request::from(vec![Message::user("x".repeat(bytes))]);
        request.sampling.max_tokens = Some(max_tokens);
        request
    }

    #[test]
    fn a_limit_anywhere_above_holds_and_leaves_no_trace_below() {
        let top = Arc::new(Meter::limited(Arc::default(), Budget::calls(2)));
        let low = Meter::limited(top.clone(), Budget::calls(5));
        let call = request(1, 1);
        assert!(low.reserve(&call).is_ok() && low.reserve(&call).is_ok());
        assert!(low.reserve(&call).expect_err("the top is full").is_budget());
        assert_eq!((low.usage().calls, top.usage().calls, low.calls_left()), (2, 2, 0));
    }

    #[test]
    fn many_threads_never_pass_the_limit() {
        let meter = Meter::limited(Arc::default(), Budget::calls(1_000));
        let call = request(1, 1);
        let made: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..500).filter(|_| meter.reserve(&call).is_ok()).count() as u64))
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        assert_eq!((made, meter.usage().calls), (1_000, 1_000));
    }

    #[test]
    fn what_a_call_can_cost_is_set_aside_until_it_is_settled() {
        let meter = Meter::limited(Arc::default(), Budget::unlimited().with_tokens(300));
        let first = meter.reserve(&request(84, 100)).expect("200 of 300");
        assert!(meter.reserve(&request(84, 100)).expect_err("400 of 300").is_budget());
        meter.settle(first, Usage { calls: 1, input_tokens: 20, output_tokens: 30, ..Usage::default() });
        assert!(meter.reserve(&request(84, 100)).is_ok(), "250 of 300");
        assert_eq!(meter.usage().total_tokens(), 50);
    }

    #[test]
    fn money_is_bounded_at_its_price() {
        let price = Price::per_million(1.0, 2.0);
        let meter = Meter::limited(Arc::default(), Budget::unlimited().with_cost(0.001, price));
        assert!(meter.reserve(&request(184, 400)).is_ok(), "200 of prompt, 800 of reply");
        assert!(meter.reserve(&request(1, 1)).expect_err("spent").is_budget());
    }

    #[test]
    fn a_limit_on_tokens_needs_the_longest_reply() {
        let meter = Meter::limited(Arc::default(), Budget::unlimited().with_tokens(300));
        let error = meter.reserve(&Request::from(vec![Message::user("x")])).expect_err("no `max_tokens`");
        assert_eq!(error.kind(), ErrorKind::NotConfigured);
    }

    /// Calls that begin, end, fail and are cancelled in any order, under several limits at once.
    #[test]
    fn no_schedule_passes_any_limit() {
        use dspy_numbers::random::Keyed;
        for schedule in 0..10_000_u64 {
            let mut random = Keyed::new(schedule, &["meter"]);
            let price = Price::per_million(1.0, 3.0);
            let (calls, proposer, tokens) =
                (random.below(12) as u64, random.below(6) as u64, random.below(2_000) as u64);
            let cost = random.below(3_000) as f64 / 1e6;
            let top = Arc::new(Meter::limited(
                Arc::default(),
                Budget::calls(calls).with_tokens(tokens).with_cost(cost, price),
            ));
            let low = Meter::limited(top.clone(), Budget::calls(proposer));
            let mut under_way: Vec<(bool, Bound)> = Vec::new();
            for _ in 0..40 {
                let through_low = random.coin();
                let meter = if through_low { &low } else { &*top };
                let call = request(random.below(100), 1 + random.below(100) as u32);
                match random.below(4) {
                    0 | 1 => under_way.extend(meter.reserve(&call).map(|bound| (through_low, bound))),
                    2 if !under_way.is_empty() => {
                        let (through_low, bound) = under_way.swap_remove(random.below(under_way.len()));
                        let meter = if through_low { &low } else { &*top };
                        let used = |most: u64, random: &mut Keyed| random.below(most as usize + 1) as u64;
                        let (input, output) =
                            (used(bound.input, &mut random), used(bound.output, &mut random));
                        let usage = Usage {
                            calls: 1,
                            input_tokens: input,
                            output_tokens: output,
                            ..Usage::default()
                        };
                        meter.settle(bound, usage);
                    }
                    // Given up: what it could have cost stays set aside.
                    3 if !under_way.is_empty() => drop(under_way.pop()),
                    _ => {}
                }
                let (spent, all) = (low.usage(), top.usage());
                assert!(spent.calls <= proposer && all.calls <= calls, "schedule {schedule}");
                assert!(all.total_tokens() <= tokens, "schedule {schedule}");
                assert!(price.of(all.input_tokens, all.output_tokens) <= cost + 1e-12, "schedule {schedule}");
            }
        }
    }
}
