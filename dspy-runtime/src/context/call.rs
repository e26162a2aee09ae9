//! One LM call: its place in the budget, the call itself, and what it has cost.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::events::received;
use super::{Call, ChunkSink, Context, Exchange, Sent, Settled, meter};
use crate::cache::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{ModelId, Request, Response, Usage, telling};

/// What is known of a call that was given up in the middle.
pub(super) const GIVEN_UP: Usage = Usage { calls: 1, stopped: 1, ..Usage::NONE };

impl Context {
    /// Makes one LM call within the budget, or takes the reply that the search has had to the same request.
    ///
    /// The usage is what the call cost whoever paid for it first, so that it does not depend on the order
    /// of events.
    pub(crate) async fn complete(&self, path: &Arc<str>, request: Arc<Request>) -> (Usage, Result<Response>) {
        let span = self.call_span(path, &request);
        let (usage, outcome) = self.answered(path, request.clone()).instrument(span.clone()).await;
        self.note(&span, &request, outcome.as_ref().map(Some));
        (usage, outcome)
    }

    async fn answered(&self, path: &Arc<str>, request: Arc<Request>) -> (Usage, Result<Response>) {
        if let Err(error) = self.lm().can_show(&request).and_then(|()| self.begin()) {
            return (Usage::default(), Err(error));
        }
        let begun = Instant::now();
        let (usage, outcome, took) = match &self.replies {
            None => {
                let (usage, outcome) = self.pay(path, request, None).await;
                (usage, outcome, begun.elapsed())
            }
            Some(replies) => {
                let key = Key::of(self.lm().model(), &request);
                let key = self.run.as_ref().map_or(key, |run| run.key(key));
                let call = Call { key, path, purpose: self.purpose, model: self.lm().id().to_string() };
                replies.once(call, |recorded| self.pay(path, request, recorded)).await
            }
        };
        let answered = outcome.as_ref().ok().and_then(|response| response.answered_by.as_ref());
        self.count(usage, took, answered.unwrap_or(self.lm().id()));
        (usage, outcome)
    }

    // What was recorded is charged like a call: a search that goes on after it was stopped has the same
    // budget left as one that never was.
    async fn pay(
        &self,
        path: &Arc<str>,
        request: Arc<Request>,
        recorded: Option<Settled>,
    ) -> (Usage, Result<Response>) {
        let bound = match self.meter.reserve(&request) {
            Ok(bound) => bound,
            Err(error) => return (Usage::default(), Err(error)),
        };
        let outcome = match recorded {
            Some(settled) => settled.outcome(),
            None => {
                let open = Open::new(|| {
                    self.settle_stopped(path, request.clone(), "");
                });
                match self.in_time(self.told(self.lm().model().complete(&request))).await {
                    Some(outcome) => open.over(outcome).inspect(|reply| self.note_reply(&request, reply)),
                    None => return (GIVEN_UP, Err(late())),
                }
            }
        };
        (self.settle(bound, path, request, &outcome), outcome)
    }

    /// As [`complete`](Self::complete), handing on each text of the reply as it comes.
    pub(crate) async fn complete_in_chunks(
        &self,
        path: &Arc<str>,
        request: Arc<Request>,
        each: &mut (impl ChunkSink + ?Sized),
    ) -> (Usage, Result<Sent>) {
        let span = self.call_span(path, &request);
        let (usage, outcome) = self.received(path, request.clone(), each).instrument(span.clone()).await;
        self.note(&span, &request, outcome.as_ref().map(Sent::whole));
        (usage, outcome)
    }

    async fn received(
        &self,
        path: &Arc<str>,
        request: Arc<Request>,
        each: &mut (impl ChunkSink + ?Sized),
    ) -> (Usage, Result<Sent>) {
        let begun = self.lm().can_show(&request).and_then(|()| self.begin());
        let bound = match begun.and_then(|()| self.meter.reserve(&request)) {
            Ok(bound) => bound,
            Err(error) => return (Usage::default(), Err(error)),
        };
        let begun = Instant::now();
        let open = Open::new(|| {
            self.settle_stopped(path, request.clone(), "");
        });
        let sent = self.in_time(self.told(received(self.lm().model().stream(&request), each))).await;
        let outcome = match sent {
            None => {
                drop(open);
                (GIVEN_UP, Err(late()))
            }
            Some(sent) => match open.over(sent) {
                Ok(Sent::Stopped(text)) => {
                    (self.settle_stopped(path, request, &text), Ok(Sent::Stopped(text)))
                }
                Ok(Sent::Whole(response)) => {
                    self.note_reply(&request, &response);
                    let outcome = Ok(response);
                    (self.settle(bound, path, request, &outcome), outcome.map(Sent::Whole))
                }
                Err(error) => {
                    let outcome = Err(error);
                    (self.settle(bound, path, request, &outcome), outcome.map(Sent::Whole))
                }
            },
        };
        let whole = outcome.1.as_ref().ok().and_then(Sent::whole);
        let answered = whole.and_then(|response| response.answered_by.as_ref());
        self.count(outcome.0, begun.elapsed(), answered.unwrap_or(self.lm().id()));
        outcome
    }

    /// A call whose retries are counted while it is under way.
    pub(super) async fn told<T>(&self, call: impl Future<Output = T>) -> T {
        let meter = self.meter.clone();
        telling(move || meter.again(), call).await
    }

    /// What a call comes to, or `None` if the time of the budget is up before.
    pub(super) async fn in_time<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        match self.meter.deadline() {
            None => Some(call.await),
            Some(deadline) => tokio::time::timeout_at(deadline.into(), call).await.ok(),
        }
    }

    fn settle(
        &self,
        bound: meter::Bound,
        path: &Arc<str>,
        request: Arc<Request>,
        outcome: &Result<Response>,
    ) -> Usage {
        let usage = match outcome {
            Ok(response) => response.usage,
            Err(error) => failed(error),
        };
        self.meter.settle(bound, usage);
        let answered = outcome.as_ref().ok().and_then(|response| response.answered_by.as_ref());
        self.accounts.add(path, answered.unwrap_or(self.lm().id()), self.purpose, usage);
        self.history.push(Exchange::new(path, self.lm().id(), request, outcome));
        usage
    }

    /// A call that was given up in the middle has no tokens that anybody knows of. What was set aside for
    /// it stays set aside, as it may have been spent.
    fn settle_stopped(&self, path: &Arc<str>, request: Arc<Request>, text: &str) -> Usage {
        let usage = GIVEN_UP;
        self.meter.add(usage);
        self.accounts.add(path, self.lm().id(), self.purpose, usage);
        self.history.push(Exchange::stopped(path, self.lm().id(), request, text));
        usage
    }

    // A place among the calls of the run.
    pub(super) fn begin(&self) -> Result<()> {
        self.run.as_ref().map_or(Ok(()), |run| run.begin())
    }

    pub(super) fn count(&self, usage: Usage, took: Duration, model: &ModelId) {
        if let Some(run) = &self.run {
            run.end(usage, took, model);
        }
    }
}

/// A call under way. One that is given up in the middle is settled when this is dropped.
pub(super) struct Open<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Open<F> {
    pub(super) fn new(settle: F) -> Self {
        Self(Some(settle))
    }

    pub(super) fn over<T>(mut self, outcome: T) -> T {
        self.0 = None;
        outcome
    }
}

impl<F: FnOnce()> Drop for Open<F> {
    fn drop(&mut self) {
        if let Some(settle) = self.0.take() {
            settle();
        }
    }
}

pub(super) fn late() -> Error {
    Error::new(ErrorKind::Budget, "the time of the budget is up; a call was given up")
}

/// A failed call was a call, if it was made, and so was each retry.
pub(super) fn failed(error: &Error) -> Usage {
    Usage { calls: u64::from(error.was_sent()), retries: u64::from(error.retries()), ..Usage::default() }
}
