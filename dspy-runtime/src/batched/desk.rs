//! The place at which calls wait for the outcome of their request.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tokio::sync::{Notify, oneshot};

use super::Pace;
use super::book::{Book, Entry, Past};
use crate::cache::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{BatchApi, BatchEntry, BatchIntent, BatchOrder, BatchOutcome, Lm, Request, Response, now};
use crate::{figure, fingerprint};

#[derive(Debug)]
pub(super) struct Desk {
    pub(super) lm: Lm,
    pub(super) book: Book,
    pub(super) pace: Pace,
    /// Rings when a request has come.
    pub(super) came: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seats: HashMap<Key, Seat>,
    /// Requests that are in no batch yet, in the order in which they came, and their bytes.
    queue: Vec<(Key, BatchEntry)>,
    queued: usize,
    /// Tells whether somebody makes batches of them.
    collecting: bool,
    batches: HashMap<String, Open>,
    /// The provider's names of all batches that are known to be submitted.
    ids: HashSet<String>,
    /// The number of batches that were made.
    made: u64,
}

/// A request, and those who wait for its outcome.
#[derive(Debug)]
struct Seat {
    place: Place,
    waiting: Vec<oneshot::Sender<Told>>,
}

#[derive(Debug)]
enum Place {
    Queued,
    Sent(String),
    Settled { outcome: Arc<BatchOutcome>, had: bool, is_noted: bool },
}

/// A batch that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) intent: BatchIntent,
    /// The provider's name for it.
    pub(super) id: Option<String>,
    /// Tells whether somebody follows it.
    followed: bool,
}

/// The word for a call that waits.
#[derive(Debug)]
enum Told {
    /// The outcome, and whether another call paid for it.
    Outcome(Arc<BatchOutcome>, bool),
    /// The request is in no batch after all.
    Again,
    Failed(Error),
}

enum Joined {
    Settled(Arc<BatchOutcome>, bool),
    Wait(oneshot::Receiver<Told>),
}

/// The bytes around the body of a request, at most.
const AROUND: usize = 200;

impl Desk {
    pub(super) fn new(lm: Lm, mut book: Book, pace: Pace) -> Self {
        let Past { open, ids, outcomes } = std::mem::take(&mut book.past);
        let mut state = State { ids, ..State::default() };
        for (key, (outcome, had)) in outcomes {
            state
                .seats
                .insert(key, Seat::at(Place::Settled { outcome: Arc::new(outcome), had, is_noted: true }));
        }
        for (batch, (intent, id)) in open {
            for key in intent.requests.iter().filter_map(|key| Key::from_hex(key)) {
                // Some outcomes may have been noted before the process ended.
                state.seats.entry(key).or_insert_with(|| Seat::at(Place::Sent(batch.clone())));
            }
            state.batches.insert(batch, Open { intent, id, followed: false });
        }
        Self { lm, book, pace, came: Notify::new(), state: Mutex::new(state) }
    }

    pub(super) fn api(&self) -> Result<&dyn BatchApi> {
        let none = || Error::new(ErrorKind::Internal, "the model had batches and has them no more");
        self.lm.model().batches().ok_or_else(none)
    }

    /// Makes one call.
    pub(super) async fn complete(self: &Arc<Self>, request: &Request) -> Result<Response> {
        let api = self.api()?;
        let entry = api.entry(request).map_err(Error::unsent)?;
        if entry.body.len() + AROUND > self.pace.bytes {
            let message = format!(
                "the request has {} bytes, and a batch of {} may have {}",
                figure::count(entry.body.len()),
                api.name(),
                figure::count(self.pace.bytes)
            );
            return Err(Error::new(ErrorKind::ContextWindow, message).unsent());
        }
        let first = Key::of(self.lm.model(), request);
        loop {
            self.book.is_whole().map_err(Error::unsent)?;
            let (key, joined) = self.join(first, request.cache.shares(), &entry);
            let (outcome, shared) = match joined {
                Joined::Settled(outcome, shared) => (outcome, shared),
                Joined::Wait(told) => match told.await {
                    Ok(Told::Outcome(outcome, shared)) => (outcome, shared),
                    // Or whoever followed the batch is gone, with its runtime.
                    Ok(Told::Again) | Err(_) => continue,
                    Ok(Told::Failed(error)) => return Err(error),
                },
            };
            return self.read(api, request, key, &outcome, shared);
        }
    }

    fn read(
        &self,
        api: &dyn BatchApi,
        request: &Request,
        key: Key,
        outcome: &Arc<BatchOutcome>,
        shared: bool,
    ) -> Result<Response> {
        let read = match &**outcome {
            BatchOutcome::Reply(said) => api.read(request, said),
            BatchOutcome::Error(said) => api.read(request, said).and_then(|_| {
                Err(Error::new(ErrorKind::Decode, "the batch has a reply where it says that there is none"))
            }),
            BatchOutcome::Missing(missing) => Err(missing.error()),
        };
        match read {
            Ok(mut response) if shared => {
                response.usage = response.usage.as_hit();
                Ok(response)
            }
            Ok(response) => Ok(response),
            Err(error) => {
                self.let_go(key, outcome);
                Err(if shared { error.unsent() } else { error })
            }
        }
    }

    /// Lets go of a reply that nobody can use.
    pub(super) fn forget(&self, request: &Request, reply: &str) {
        let Ok(api) = self.api() else { return };
        let first = Key::of(self.lm.model(), request);
        for times in 0.. {
            let key = first.again(times);
            let Some(outcome) = self.settled(key) else { return };
            let is_it = match &*outcome {
                BatchOutcome::Reply(said) => {
                    api.read(request, said).is_ok_and(|response| response.text == reply)
                }
                _ => false,
            };
            if is_it {
                return self.let_go(key, &outcome);
            }
        }
    }

    fn settled(&self, key: Key) -> Option<Arc<BatchOutcome>> {
        match &self.state().seats.get(&key)?.place {
            Place::Settled { outcome, .. } => Some(outcome.clone()),
            _ => None,
        }
    }

    /// Lets go of an outcome, if it is still the one that is kept.
    fn let_go(&self, key: Key, had: &Arc<BatchOutcome>) {
        let mut state = self.state();
        let Some(Seat { place: Place::Settled { outcome, is_noted, .. }, .. }) = state.seats.get(&key) else {
            return;
        };
        if !Arc::ptr_eq(outcome, had) {
            return;
        }
        if *is_noted {
            self.book.write(Entry::Gone { request: key.to_string() });
        }
        state.seats.remove(&key);
    }

    /// Takes an outcome that is there, or a place where it will be reported. Calls that share nothing have seats of their
    /// own.
    fn join(self: &Arc<Self>, first: Key, shares: bool, entry: &BatchEntry) -> (Key, Joined) {
        let mut state = self.state();
        self.follow_open(&mut state);
        let mut times = 0;
        loop {
            let key = first.again(times);
            let Some(seat) = state.seats.get_mut(&key) else {
                let (tell, told) = oneshot::channel();
                state.seats.insert(key, Seat { place: Place::Queued, waiting: vec![tell] });
                state.queued += entry.body.len() + AROUND;
                state.queue.push((key, entry.clone()));
                if !std::mem::replace(&mut state.collecting, true) {
                    tokio::spawn(self.clone().collect());
                }
                self.came.notify_one();
                return (key, Joined::Wait(told));
            };
            let is_wanted = seat.is_wanted();
            match &mut seat.place {
                Place::Settled { outcome, had, is_noted } if !*had || shares => {
                    let shared = std::mem::replace(had, true);
                    if !shared && *is_noted {
                        self.book.write(Entry::Had { request: key.to_string() });
                    }
                    return (key, Joined::Settled(outcome.clone(), shared));
                }
                Place::Queued | Place::Sent(_) if shares || !is_wanted => {
                    let (tell, told) = oneshot::channel();
                    seat.waiting.push(tell);
                    return (key, Joined::Wait(told));
                }
                _ => times += 1,
            }
        }
    }

    /// Follows the batches that nobody follows: those of a process before this one, or which could not be asked about.
    fn follow_open(self: &Arc<Self>, state: &mut State) {
        for open in state.batches.values_mut().filter(|open| !open.followed) {
            open.followed = true;
            tokio::spawn(self.clone().resume(open.clone()));
        }
    }

    /// Returns whether there is enough for a whole batch.
    pub(super) fn is_full(&self) -> bool {
        let state = self.state();
        state.queue.len() >= self.pace.requests || state.queued >= self.pace.bytes
    }

    /// Makes batches of the requests that somebody waits for, notes them, and says whether there may be more.
    pub(super) fn cut(&self) -> Vec<BatchOrder> {
        let mut state = self.state();
        state.queued = 0;
        let queue = std::mem::take(&mut state.queue);
        let mut kinds: Vec<(String, Vec<(Key, String)>)> = Vec::new();
        for (key, BatchEntry { endpoint, body }) in queue {
            if !state.seats.get(&key).is_some_and(Seat::is_wanted) {
                state.seats.remove(&key);
                continue;
            }
            match kinds.iter_mut().find(|(kind, _)| *kind == endpoint) {
                Some((_, entries)) => entries.push((key, body)),
                None => kinds.push((endpoint, vec![(key, body)])),
            }
        }
        let mut orders = Vec::new();
        for (endpoint, entries) in kinds {
            for part in self.parts(entries) {
                let (keys, bodies): (Vec<Key>, Vec<String>) = part.into_iter().unzip();
                let requests: Vec<String> = keys.iter().map(Key::to_string).collect();
                state.made += 1;
                let at = now();
                let whole = fingerprint::of(&json!([requests, at.as_nanos().to_string(), state.made]));
                let batch: String = whole.trim_start_matches("sha256:").chars().take(32).collect();
                for key in keys {
                    if let Some(seat) = state.seats.get_mut(&key) {
                        seat.place = Place::Sent(batch.clone());
                    }
                }
                let intent = BatchIntent {
                    batch: batch.clone(),
                    endpoint: endpoint.clone(),
                    requests,
                    at: at.as_secs(),
                };
                self.book.write(Entry::Intent(intent.clone()));
                state.batches.insert(batch, Open { intent: intent.clone(), id: None, followed: true });
                orders.push(BatchOrder { intent, bodies });
            }
        }
        state.collecting = false;
        orders
    }

    /// Requests in parts that are no larger than a batch may be.
    fn parts(&self, entries: Vec<(Key, String)>) -> Vec<Vec<(Key, String)>> {
        let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (key, body) in entries {
            let more = body.len() + AROUND;
            if !part.is_empty() && (part.len() >= self.pace.requests || bytes + more > self.pace.bytes) {
                parts.push(std::mem::take(&mut part));
                bytes = 0;
            }
            bytes += more;
            part.push((key, body));
        }
        parts.extend(Some(part).filter(|part| !part.is_empty()));
        parts
    }

    /// Notes the provider's name of a batch.
    pub(super) fn known(&self, batch: &str, id: &str) {
        let mut state = self.state();
        state.ids.insert(id.to_owned());
        if let Some(open) = state.batches.get_mut(batch) {
            open.id = Some(id.to_owned());
        }
        drop(state);
        self.book.write(Entry::Job { batch: batch.to_owned(), id: id.to_owned() });
    }

    /// Returns whether a batch at the provider is one of those that are known.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.state().ids.contains(id)
    }

    /// Keeps the outcomes of a batch, and tells those who wait for them. Nothing that holds a key is written.
    pub(super) fn settle(&self, intent: &BatchIntent, mut outcome: impl FnMut(&str) -> BatchOutcome) {
        let mut state = self.state();
        for request in &intent.requests {
            let Some(key) = Key::from_hex(request) else { continue };
            let Some(seat) = state.seats.get_mut(&key) else { continue };
            if !matches!(&seat.place, Place::Sent(batch) if *batch == intent.batch) {
                continue;
            }
            let outcome = outcome(request);
            let is_noted = !self.is_secret(&outcome);
            if is_noted {
                self.book.write(Entry::Outcome { request: request.clone(), outcome: outcome.clone() });
            }
            let outcome = Arc::new(outcome);
            let mut had = false;
            for tell in seat.waiting.drain(..) {
                had |= tell.send(Told::Outcome(outcome.clone(), had)).is_ok();
            }
            if had && is_noted {
                self.book.write(Entry::Had { request: request.clone() });
            }
            seat.place = Place::Settled { outcome, had, is_noted };
        }
        state.batches.remove(&intent.batch);
        self.book.write(Entry::Ended { batch: intent.batch.clone() });
    }

    fn is_secret(&self, outcome: &BatchOutcome) -> bool {
        match outcome {
            BatchOutcome::Reply(said) | BatchOutcome::Error(said) => self.lm.model().is_secret_in(said),
            BatchOutcome::Missing(_) => false,
        }
    }

    /// Lets go of a batch that was never submitted, and tells those who wait for it: that they are to ask again, or the
    /// reason.
    pub(super) fn undo(&self, intent: &BatchIntent, failed: Option<&Error>) {
        self.book.write(Entry::Ended { batch: intent.batch.clone() });
        let mut state = self.state();
        state.batches.remove(&intent.batch);
        for key in intent.requests.iter().filter_map(|key| Key::from_hex(key)) {
            let seat = state.seats.get(&key);
            if seat.is_some_and(|seat| matches!(&seat.place, Place::Sent(batch) if *batch == intent.batch)) {
                state.seats.remove(&key).into_iter().for_each(|seat| seat.tell(failed));
            }
        }
    }

    /// Tells those who wait for a batch that it could not be followed, or that they are to ask again. It may go on, and
    /// the next call follows it again.
    pub(super) fn lose(&self, intent: &BatchIntent, failed: Option<&Error>) {
        let mut state = self.state();
        if let Some(open) = state.batches.get_mut(&intent.batch) {
            open.followed = false;
        }
        for key in intent.requests.iter().filter_map(|key| Key::from_hex(key)) {
            if let Some(seat) = state.seats.get_mut(&key) {
                Seat { place: Place::Queued, waiting: std::mem::take(&mut seat.waiting) }.tell(failed);
            }
        }
    }

    /// Gives requests up that nobody collects any more; those who wait ask again.
    fn scatter(&self) {
        let mut state = self.state();
        state.collecting = false;
        state.queued = 0;
        for (key, _) in std::mem::take(&mut state.queue) {
            state.seats.remove(&key).into_iter().for_each(|seat| seat.tell(None));
        }
    }

    // Each change is whole whatever thread panicked while it held the state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work that ends in the middle if its runtime does.
pub(super) struct Under<'a> {
    desk: &'a Desk,
    /// The batch that is followed, or none where requests are collected.
    intent: Option<&'a BatchIntent>,
    over: bool,
}

impl<'a> Under<'a> {
    pub(super) fn new(desk: &'a Desk, intent: Option<&'a BatchIntent>) -> Self {
        Self { desk, intent, over: false }
    }

    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Under<'_> {
    fn drop(&mut self) {
        match self.intent {
            _ if self.over => {}
            Some(intent) => self.desk.lose(intent, None),
            None => self.desk.scatter(),
        }
    }
}

impl Seat {
    fn at(place: Place) -> Self {
        Self { place, waiting: Vec::new() }
    }

    /// Returns whether anybody waits.
    fn is_wanted(&self) -> bool {
        self.waiting.iter().any(|tell| !tell.is_closed())
    }

    fn tell(self, failed: Option<&Error>) {
        for tell in self.waiting {
            let told = failed.map_or(Told::Again, |failed| Told::Failed(failed.told_again()));
            // Whoever is gone wants to know nothing.
            let _ = tell.send(told);
        }
    }
}
