//! One LM call: its place in the budget, the call itself, and what it has cost.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::events::received;
use super::{Call, ChunkSink, Scope, Sent, Settings, Settled, measures, meter, spans};
use crate::cache::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{ModelId, Request, Response, ServiceTier, Usage, telling};
use crate::trace::Exchange;

/// The usage of a call that was dropped midway.
pub(super) const GIVEN_UP: Usage = Usage { calls: 1, stopped: 1, ..Usage::NONE };

impl Scope {
    /// Makes one LM call within the budget, or takes the reply that the search has had to the same request.
    ///
    /// The usage is what the call cost whoever paid for it first, so that it does not depend on the order
    /// of events.
    pub(crate) async fn complete(
        &self,
        settings: &Settings,
        path: &Arc<str>,
        request: &Arc<Request>,
    ) -> (Usage, Result<Response>) {
        let span = self.call_span(&settings.lm, path, request, false);
        let asking = Asking { scope: self, settings, path, request };
        let (usage, outcome) = asking.answered().instrument(span.clone()).await;
        spans::note(&span, settings.traced_contents, request, outcome.as_ref().map(Some));
        (usage, outcome)
    }

    /// Completes as [`complete`](Self::complete) does, handing on each text of the reply as it comes.
    pub(crate) async fn complete_in_chunks(
        &self,
        settings: &Settings,
        path: &Arc<str>,
        request: &Arc<Request>,
        each: &mut (impl ChunkSink + ?Sized),
    ) -> (Usage, Result<Sent>) {
        let span = self.call_span(&settings.lm, path, request, true);
        let asking = Asking { scope: self, settings, path, request };
        let (usage, outcome) = asking.received(each).instrument(span.clone()).await;
        spans::note(&span, settings.traced_contents, request, outcome.as_ref().map(Sent::whole));
        (usage, outcome)
    }

    /// A call whose retries are counted while it is under way.
    pub(super) async fn told<T>(&self, call: impl Future<Output = T>) -> T {
        let meter = self.meter.clone();
        telling(move || meter.again(), call).await
    }

    /// Returns the result of a call, or `None` if the time of the budget is up before.
    pub(super) async fn in_time<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        match self.meter.deadline() {
            None => Some(call.await),
            Some(deadline) => tokio::time::timeout_at(deadline.into(), call).await.ok(),
        }
    }

    // A place among the calls of the run.
    pub(super) fn begin(&self) -> Result<()> {
        self.run.as_ref().map_or(Ok(()), |run| run.begin())
    }

    pub(super) fn count(&self, usage: Usage, took: Duration, model: &ModelId, tier: Option<ServiceTier>) {
        if let Some(run) = &self.run {
            run.end(usage, took, model, tier);
        }
    }
}

/// A request on its way, and all that it takes to pay for it.
struct Asking<'a> {
    scope: &'a Scope,
    settings: &'a Settings,
    path: &'a Arc<str>,
    request: &'a Arc<Request>,
}

impl Asking<'_> {
    async fn answered(&self) -> (Usage, Result<Response>) {
        let Self { scope, settings, path, request } = *self;
        let lm = &settings.lm;
        if let Err(error) = lm.can_show(request).and_then(|()| scope.begin()) {
            return (Usage::default(), Err(error));
        }
        let begun = Instant::now();
        let (usage, outcome, took) = match &scope.replies {
            None => {
                let (usage, outcome) = self.pay(None).await;
                (usage, outcome, begun.elapsed())
            }
            Some(replies) => {
                let key = Key::of(lm.model(), request);
                let key = scope.run.as_ref().map_or(key, |run| run.key(key));
                let call = Call { key, path, purpose: scope.purpose, model: lm.id().to_string() };
                replies.once(call, |recorded| self.pay(recorded)).await
            }
        };
        let reply = outcome.as_ref().ok();
        scope.count(usage, took, self.answered_by(reply), self.tier(reply));
        (usage, outcome)
    }

    // What was recorded is charged like a call: a search that goes on after it was stopped has the same
    // budget left as one that never was.
    async fn pay(&self, recorded: Option<Settled>) -> (Usage, Result<Response>) {
        let Self { scope, settings, request, .. } = *self;
        let bound = match scope.meter.reserve(request) {
            Ok(bound) => bound,
            Err(error) => return (Usage::default(), Err(error)),
        };
        let outcome = match recorded {
            Some(settled) => settled.outcome(),
            None => {
                let open = Open::new(|| {
                    self.settle_stopped("");
                });
                let begun = Instant::now();
                let outcome = scope.in_time(scope.told(settings.lm.model().complete(request))).await;
                let Some(outcome) = outcome else { return (GIVEN_UP, Err(self.late(begun))) };
                measures::inference(&settings.lm, begun.elapsed(), outcome.as_ref());
                open.over(outcome).inspect(|reply| self.note_reply(reply))
            }
        };
        (self.settle(bound, &outcome), outcome)
    }

    async fn received(&self, each: &mut (impl ChunkSink + ?Sized)) -> (Usage, Result<Sent>) {
        let Self { scope, settings, request, .. } = *self;
        let lm = &settings.lm;
        let begun = lm.can_show(request).and_then(|()| scope.begin());
        let bound = match begun.and_then(|()| scope.meter.reserve(request)) {
            Ok(bound) => bound,
            Err(error) => return (Usage::default(), Err(error)),
        };
        let begun = Instant::now();
        let open = Open::new(|| {
            self.settle_stopped("");
        });
        let sent = scope.in_time(scope.told(received(lm.model().stream(request), each))).await;
        let (usage, outcome) = match sent.map(|sent| open.over(sent)) {
            None => (GIVEN_UP, Err(self.late(begun))),
            Some(Ok(Sent::Stopped(text))) => {
                measures::called(lm, begun.elapsed(), None, None);
                (self.settle_stopped(&text), Ok(Sent::Stopped(text)))
            }
            Some(Ok(Sent::Whole(response))) => {
                measures::inference(lm, begun.elapsed(), Ok(&response));
                self.note_reply(&response);
                let outcome = Ok(response);
                (self.settle(bound, &outcome), outcome.map(Sent::Whole))
            }
            Some(Err(error)) => {
                measures::inference(lm, begun.elapsed(), Err(&error));
                let outcome = Err(error);
                (self.settle(bound, &outcome), outcome.map(Sent::Whole))
            }
        };
        let whole = outcome.as_ref().ok().and_then(Sent::whole);
        scope.count(usage, begun.elapsed(), self.answered_by(whole), self.tier(whole));
        (usage, outcome)
    }

    /// The model that has answered, or that was asked.
    fn answered_by<'r>(&'r self, response: Option<&'r Response>) -> &'r ModelId {
        let answered = response.and_then(|response| response.answered_by.as_ref());
        answered.unwrap_or(self.settings.lm.id())
    }

    /// The tier of the reply, or else the one that was asked for.
    fn tier(&self, response: Option<&Response>) -> Option<ServiceTier> {
        let asked = || self.request.sampling.service_tier.as_deref().and_then(ServiceTier::of_word);
        let answered = response.and_then(|response| response.service_tier);
        answered.or_else(asked).or_else(|| self.settings.lm.model().service_tier())
    }

    /// The error of a call that was cancelled because time was up.
    fn late(&self, begun: Instant) -> Error {
        let error = late();
        measures::called(&self.settings.lm, begun.elapsed(), None, Some(error.kind().name()));
        error
    }

    fn note_reply(&self, response: &Response) {
        if let Some(asked) = &self.scope.asked {
            asked.note(&self.settings.lm, self.request, response);
        }
    }

    fn settle(&self, bound: meter::Bound, outcome: &Result<Response>) -> Usage {
        let Self { scope, settings, path, request } = *self;
        let usage = match outcome {
            Ok(response) => response.usage,
            Err(error) => failed(error),
        };
        scope.meter.settle(bound, usage);
        let reply = outcome.as_ref().ok();
        scope.accounts.add(path, self.answered_by(reply), scope.purpose, self.tier(reply), usage);
        scope.history.push(Exchange::new(path, settings.lm.id(), request.clone(), outcome));
        usage
    }

    /// A call that was cancelled in the middle has no tokens that anybody knows of. What was set aside for
    /// it stays set aside, as it may have been spent.
    fn settle_stopped(&self, text: &str) -> Usage {
        let Self { scope, settings, path, request } = *self;
        let (usage, model) = (GIVEN_UP, settings.lm.id());
        scope.meter.add(usage);
        scope.accounts.add(path, model, scope.purpose, self.tier(None), usage);
        scope.history.push(Exchange::stopped(path, model, request.clone(), text));
        usage
    }
}

/// A call under way. One that is cancelled in the middle is settled when this is dropped.
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
    Error::new(ErrorKind::Budget, "the time of the budget is up; a call was cancelled")
}

/// A failed call was a call, if it was made, and so was each retry.
pub(super) fn failed(error: &Error) -> Usage {
    Usage { calls: u64::from(error.was_sent()), retries: u64::from(error.retries()), ..Usage::default() }
}
