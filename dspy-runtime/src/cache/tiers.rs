//! The stores of replies: in memory, and on disk behind it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

use super::Key;
use super::clock::{Clock, millis};
use super::disk::Disk;
use super::flight::Flights;
use super::memory::Memory;
use super::stats::Counts;
use crate::lm::Response;

/// The number of files read or written at once; more only take threads.
const AT_ONCE: usize = 16;

#[derive(Debug)]
pub(super) struct Tiers {
    memory: Mutex<Memory>,
    disk: Option<Arc<Disk>>,
    /// For the disk.
    places: Arc<Semaphore>,
    pub(super) flights: Flights,
    pub(super) counts: Counts,
    /// In milliseconds.
    time_to_live: AtomicU64,
    clock: Clock,
}

/// A reply and when it was had, in milliseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    response: Arc<Response>,
    at: u64,
}

impl Kept {
    pub(super) fn new(response: Response, at: u64) -> Self {
        Self { response: Arc::new(response), at }
    }

    pub(super) fn response(&self) -> &Response {
        &self.response
    }
}

/// A reply as whoever pays nothing for it gets it.
pub(super) fn hit(response: &Response) -> Response {
    let usage = response.usage.as_hit();
    // What the provider would still take was true then.
    Response { usage, rate_limit: None, ..response.clone() }
}

impl Tiers {
    pub(super) fn new(disk: Option<Disk>) -> Self {
        Self {
            memory: Mutex::default(),
            disk: disk.map(Arc::new),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            flights: Flights::default(),
            counts: Counts::default(),
            time_to_live: AtomicU64::new(u64::MAX),
            clock: Clock::default(),
        }
    }

    pub(super) fn live_for(&self, time: Duration) {
        self.time_to_live.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn disk(&self) -> Option<&Disk> {
        self.disk.as_deref()
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_fresh(&self, kept: &Kept) -> bool {
        let age = millis(self.clock.now()).saturating_sub(kept.at);
        age < self.time_to_live.load(Ordering::Relaxed)
    }

    /// The reply to a call, from memory or disk, as a hit.
    pub(super) async fn get(&self, key: &Key) -> Option<Response> {
        match self.in_memory(key) {
            Some(response) => Some(response),
            None => self.on_disk(*key).await,
        }
    }

    pub(super) fn in_memory(&self, key: &Key) -> Option<Response> {
        let kept = self.memory().get(key).filter(|kept| self.is_fresh(kept))?;
        self.counts.memory_hits.add();
        Some(hit(&kept.response))
    }

    async fn on_disk(&self, key: Key) -> Option<Response> {
        let (disk, now) = (self.disk.clone()?, self.clock.now());
        let kept = self.blocking(move || disk.get(&key, now)).await??;
        if !self.is_fresh(&kept) {
            return None;
        }
        self.counts.disk_hits.add();
        let json = serde_json::to_vec(&*kept.response).ok()?;
        self.memory().put(key, kept.clone(), json.len() as u64);
        Some(hit(&kept.response))
    }

    /// Keeps a reply; nothing that holds a secret.
    pub(super) async fn put(
        &self,
        key: Key,
        response: &Response,
        replace: bool,
        is_secret: impl Fn(&str) -> bool,
    ) {
        if !replace && self.peek(key).await {
            return;
        }
        let Some(json) = serde_json::to_string(response).ok().filter(|json| !is_secret(json)) else { return };
        let now = self.clock.now();
        let kept = Kept::new(response.clone(), millis(now));
        self.memory().put(key, kept, json.len() as u64);
        self.counts.kept.add();
        self.write(key, json, now).await;
    }

    /// Lets go of the reply of this text, wherever it is; another that has come in its place stays.
    pub(super) async fn forget(&self, key: Key, text: &str) {
        self.memory().remove_if(&key, |kept| kept.response().text == text);
        let Some(disk) = self.disk.clone() else { return };
        let (now, text) = (self.clock.now(), text.to_owned());
        let forget = move || match disk.get(&key, now) {
            Some(kept) if kept.response().text == text => disk.remove(&key),
            _ => Ok(()),
        };
        if let Some(Err(error)) = self.blocking(forget).await {
            tracing::warn!(
                error = format_args!("{error:#}"),
                "a reply that cannot be read could not be taken out of the cache"
            );
        }
    }

    /// Returns whether there is a reply that may still be taken.
    async fn peek(&self, key: Key) -> bool {
        let held = self.memory().get(&key);
        let kept = match (held, self.disk.clone()) {
            (None, Some(disk)) => {
                let now = self.clock.now();
                self.blocking(move || disk.get(&key, now)).await.flatten()
            }
            (held, _) => held,
        };
        kept.is_some_and(|kept| self.is_fresh(&kept))
    }

    async fn write(&self, key: Key, json: String, now: SystemTime) {
        let Some(disk) = self.disk.clone() else { return };
        let (done, is_done) = oneshot::channel();
        self.begin(move || {
            // Whoever gave the call up does not wait, and the reply is kept all the same.
            let _ = done.send(disk.put(&key, millis(now), json.as_bytes(), now));
            disk.sweep_if_due(now);
        })
        .await;
        if let Ok(Err(error)) = is_done.await {
            self.counts.failed.add();
            tracing::warn!(error = format_args!("{error:#}"), "a reply could not be written to the cache");
        }
    }

    /// Does what may wait for the disk where it holds up no other call, if there is a runtime that has such a
    /// place.
    async fn begin(&self, work: impl FnOnce() + Send + 'static) {
        let place = self.places.clone().acquire_owned().await;
        let work = move || {
            work();
            drop(place);
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(work)),
            Err(_) => work(),
        }
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, is_done) = oneshot::channel();
        self.begin(move || drop(done.send(work()))).await;
        is_done.await.ok()
    }
}
