//! One reply for each distinct request of a search.
//!
//! Candidates share prompts: of two that differ in their second predictor, the first asks the same. So
//! within a search an equal request (model, messages, sampling, format, tools, rollout) is paid for once, those
//! that come while it is under way wait for it, and a recorded one is not asked again at all. Whoever
//! wants another reply to the same request asks with another rollout.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::Purpose;
use super::settled::{Kept, Settled};
use crate::cache::Key;
use crate::error::{Error, Result};
use crate::lm::{ModelId, Usage};

/// The replies that a search has had.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    slots: Mutex<HashMap<Key, Slot>>,
    /// The vectors of texts that many calls share, by text.
    vectors: Mutex<HashMap<Key, Vec<f32>>>,
    record: Option<Arc<dyn Record>>,
}

/// A settled call, and how long it took the one that paid; whoever shares it gets the same.
type Slot = Arc<OnceCell<(Settled, Duration)>>;

/// The store of settled calls from one process to the next.
pub(crate) trait Record: fmt::Debug + Send + Sync {
    /// Returns an earlier process's reply to this request.
    fn recorded(&self, key: &Key) -> Option<Settled>;

    /// Keeps what was had.
    fn record(&self, call: &Call<'_>, settled: &Settled);

    /// Returns the note of an earlier process or this one on something that is done once, as a file that is
    /// sent.
    fn noted(&self, deed: &str) -> Option<Value>;

    /// Notes what came of it.
    ///
    /// # Errors
    ///
    /// When it could not be kept.
    fn note(&self, deed: &str, came: Value) -> Result<()>;
}

/// A settled call, for the record.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) key: Key,
    pub(crate) path: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) model: String,
}

impl Replies {
    /// Replies that are also kept elsewhere.
    pub(crate) fn recorded(record: Arc<dyn Record>) -> Self {
        Self { record: Some(record), ..Self::default() }
    }

    /// Returns the note on something that is done once.
    pub(crate) fn noted(&self, deed: &str) -> Option<Value> {
        self.record.as_ref()?.noted(deed)
    }

    /// Notes what came of something that is done once, where that is kept.
    pub(crate) fn note(&self, deed: &str, came: Value) -> Result<()> {
        self.record.as_ref().map_or(Ok(()), |record| record.note(deed, came))
    }

    /// The texts that have no vectors yet, each once.
    pub(super) fn unknown_texts(&self, embedder: &ModelId, texts: &[String]) -> Vec<String> {
        let known = self.vectors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = HashSet::new();
        let mut unknown = |text: &&String| {
            let key = Key::of_texts(embedder, std::slice::from_ref(*text));
            !known.contains_key(&key) && seen.insert(key)
        };
        texts.iter().filter(|text| unknown(text)).cloned().collect()
    }

    pub(super) fn keep_vectors(&self, embedder: &ModelId, texts: &[String], vectors: Vec<Vec<f32>>) {
        let keys = texts.iter().map(|text| Key::of_texts(embedder, std::slice::from_ref(text)));
        self.vectors.lock().unwrap_or_else(PoisonError::into_inner).extend(keys.zip(vectors));
    }

    /// The vectors of texts, none of which is unknown.
    pub(super) fn vectors(&self, embedder: &ModelId, texts: &[String]) -> Vec<Vec<f32>> {
        let known = self.vectors.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = texts.iter().map(|text| Key::of_texts(embedder, std::slice::from_ref(text)));
        keys.filter_map(|key| known.get(&key).cloned()).collect()
    }

    /// The reply to a request, paid for at most once. `pay` is given what was recorded, if anything was.
    ///
    /// A call that the budget refuses is no reply, and may be tried again.
    pub(super) async fn once<T: Kept, F>(
        &self,
        call: Call<'_>,
        pay: impl FnOnce(Option<Settled>) -> F,
    ) -> (Usage, Result<T>, Duration)
    where
        F: Future<Output = (Usage, Result<T>)>,
    {
        let slot = self.slot(call.key);
        let settled = slot.get_or_try_init(|| async {
            let recorded = self.record.as_ref().and_then(|record| record.recorded(&call.key));
            let known = recorded.is_some();
            let begun = Instant::now();
            let (usage, outcome) = pay(recorded).await;
            // What was recorded took its time in another process.
            let took = if known { Duration::ZERO } else { begun.elapsed() };
            let settled = Settled::of(usage, outcome)?;
            if let Some(record) = self.record.as_ref().filter(|_| !known) {
                record.record(&call, &settled);
            }
            Ok::<_, Error>((settled, took))
        });
        match settled.await {
            Ok((settled, took)) => (settled.usage(), settled.outcome(), *took),
            Err(error) => (Usage::default(), Err(error), Duration::ZERO),
        }
    }

    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(key).or_default().clone()
    }
}
