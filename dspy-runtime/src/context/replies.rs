//! One reply for each distinct request of a search.
//!
//! Candidates share prompts: of two that differ in their second predictor, the first asks the same. So
//! within a search an equal request (model, messages, sampling, format, tools, rollout) is paid for once, those
//! that come while it is under way wait for it, and a recorded one is not asked again at all. Whoever
//! wants another reply to the same request asks with another rollout.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::Purpose;
use super::kept::{Kept, Settled};
use crate::error::{Error, Result};
use crate::lm::{Lm, ModelId, Request, ResponseFormat, Usage};

/// The replies that a search has had.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    slots: Mutex<HashMap<Key, Slot>>,
    /// The vectors of texts that many calls share, by text.
    vectors: Mutex<HashMap<Key, Vec<f32>>>,
    record: Option<Arc<dyn Record>>,
}

/// A settled call, and how long it took the one that paid; whoever shares it is told the same.
type Slot = Arc<OnceCell<(Settled, Duration)>>;

/// Where settled calls are kept from one process to the next.
pub(crate) trait Record: fmt::Debug + Send + Sync {
    /// What an earlier process has had for this request.
    fn recorded(&self, key: &Key) -> Option<Settled>;

    /// Keeps what was had.
    fn record(&self, call: &Call<'_>, settled: &Settled);
}

/// A settled call, for the record.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) key: Key,
    pub(crate) path: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) model: String,
}

/// The hash of a request and of the model that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 32]);

impl Replies {
    /// Replies that are also kept elsewhere.
    pub(crate) fn recorded(record: Arc<dyn Record>) -> Self {
        Self { record: Some(record), ..Self::default() }
    }

    /// Those of the texts that have no vectors yet, each once.
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

impl Key {
    /// Of one call: everything that can change the reply.
    pub(super) fn of(lm: &Lm, request: &Request) -> Self {
        let mut hash = Hashing(Sha256::new());
        let parts = (lm.id().to_string(), &request.messages, &request.sampling, request.rollout);
        // What is hashed are strings and numbers, and the hash takes every byte.
        let _ = serde_json::to_writer(&mut hash, &parts);
        let _ = match &request.format {
            ResponseFormat::Text => serde_json::to_writer(&mut hash, "text"),
            ResponseFormat::JsonObject => serde_json::to_writer(&mut hash, "object"),
            ResponseFormat::JsonSchema(format) => serde_json::to_writer(&mut hash, &format.schema),
        };
        // Requests without tools keep the keys that they have always had.
        if !request.tools.is_empty() || request.tool_choice.is_some() {
            let _ = serde_json::to_writer(&mut hash, &(&request.tools, &request.tool_choice));
        }
        Self(hash.0.finalize().into())
    }

    /// Of texts that are made vectors of.
    pub(super) fn of_texts(embedder: &ModelId, texts: &[String]) -> Self {
        let mut hash = Hashing(Sha256::new());
        let _ = serde_json::to_writer(&mut hash, &("embeddings", embedder.to_string(), texts));
        Self(hash.0.finalize().into())
    }

    /// Of the same request, asked once more for another reply.
    pub(super) fn again(self, times: u32) -> Self {
        match times {
            0 => self,
            _ => Self(Sha256::new().chain_update(self.0).chain_update(times.to_le_bytes()).finalize().into()),
        }
    }

    /// From its digits.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A hash that can be written to.
struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{Message, ToolCall, ToolChoice, ToolSpec};

    #[test]
    fn a_key_survives_its_digits() {
        let key = Key([7; 32]);
        assert_eq!(Key::from_hex(&key.to_string()), Some(key));
        assert_eq!(Key::from_hex("zz"), None);
        assert_eq!(Key::from_hex(&"é".repeat(32)), None);
    }

    #[test]
    fn everything_that_can_change_a_reply_is_in_the_key() {
        let lm = Lm::from(crate::lm::Lexical::new());
        let plain = || Request::from(vec![Message::user("Hi.")]);
        let with = |change: fn(&mut Request)| {
            let mut request = plain();
            change(&mut request);
            Key::of(&lm, &request)
        };
        let tool = || ToolSpec::new("look", "", serde_json::json!({"type": "object"}));
        let keys = [
            with(|_| {}),
            with(|request| request.sampling.n = Some(2)),
            with(|request| request.sampling.logprobs = Some(2)),
            with(|request| request.sampling.reasoning_effort = Some(crate::lm::Effort::Low)),
            with(|request| request.sampling.frequency_penalty = Some(1.0)),
            with(|request| request.sampling.presence_penalty = Some(1.0)),
            with(|request| request.format = ResponseFormat::JsonObject),
            with(|request| request.rollout = 1),
            Key::of(&lm, &Request { tools: vec![tool()], ..plain() }),
            Key::of(
                &lm,
                &Request { tools: vec![tool()], tool_choice: Some(ToolChoice::Required), ..plain() },
            ),
            with(|request| request.messages.push(Message::tool(&ToolCall::new("1", "look", 1.into()), "x"))),
            with(|request| request.messages.push(Message::tool(&ToolCall::new("2", "look", 1.into()), "x"))),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
