//! The journal of a search: its payments and decisions, line by line, so that it can go on after it was
//! stopped.
//!
//! Its journal says first what is searched, then in a line each what every settled LM call and every decision
//! was, and what came of anything that must not be done twice, as a job that is started. A search that finds its journal takes every recorded reply from there instead of paying for it again; as
//! all that it decides follows from replies, it comes to the same result as one that was never stopped.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cache::Key;
use crate::context::{Call, Record, Settled};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{self, differing};

/// The version of the format.
const FORMAT: u32 = 1;

/// The journal of one search.
#[derive(Debug)]
pub(super) struct Journal {
    lines: journal::Journal,
    replies: HashMap<Key, Settled>,
    /// Decisions of the process before this one, which this one must come to as well.
    expected: Mutex<VecDeque<Value>>,
    /// The results of things that are done once.
    deeds: Mutex<HashMap<String, Value>>,
}

/// The entry of a line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Begin(Value),
    Call(Box<CallLine>),
    Decision(Value),
    Deed(Deed),
}

/// The result of something that is done once, as a file that is sent; null before that is known.
#[derive(Serialize, Deserialize)]
struct Deed {
    deed: String,
    came: Value,
}

#[derive(Serialize, Deserialize)]
struct CallLine {
    key: String,
    path: String,
    purpose: crate::context::Purpose,
    model: String,
    #[serde(flatten)]
    settled: Settled,
}

impl Journal {
    /// Opens the journal of a search, or begins one.
    ///
    /// # Errors
    ///
    /// When the file is the journal of another search, was changed, is in use by another process, or
    /// cannot be read or written.
    pub(super) fn open(path: &Path, search: &Value, budget: &Value) -> Result<Arc<Self>> {
        let mut past = Past::default();
        let lines = journal::Journal::open(path, "search", |entry| past.take(entry))?;
        let begin = json!({"format": FORMAT, "search": search, "budget": budget});
        let goes_on = past.goes_on(path, &begin)?;
        if !goes_on {
            past.decisions.clear();
            lines.write(Entry::Begin(begin));
        }
        lines.is_whole()?;
        let (expected, deeds) = (Mutex::new(past.decisions), Mutex::new(past.deeds));
        Ok(Arc::new(Self { lines, replies: past.replies, expected, deeds }))
    }

    /// Writes a decision, or finds that the process before came to it, too.
    ///
    /// # Errors
    ///
    /// When it had come to another, or when a line could not be written.
    pub(super) fn decide(&self, decision: Value) -> Result<()> {
        let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match expected {
            None => self.lines.write(Entry::Decision(decision)),
            Some(expected) if expected == decision => {}
            Some(expected) => {
                let message = format!(
                    "the journal `{}` has {expected} where this search comes to {decision}; \
                     the program, its tools or the metric have changed since. Begin a new journal",
                    self.lines.path().display()
                );
                return Err(Error::new(ErrorKind::Data, message));
            }
        }
        self.lines.is_whole()
    }
}

impl Record for Journal {
    fn recorded(&self, key: &Key) -> Option<Settled> {
        self.replies.get(key).cloned()
    }

    fn record(&self, call: &Call<'_>, settled: &Settled) {
        self.lines.write(Entry::Call(Box::new(CallLine {
            key: call.key.to_string(),
            path: call.path.to_owned(),
            purpose: call.purpose,
            model: call.model.clone(),
            settled: settled.clone(),
        })));
    }

    fn noted(&self, deed: &str) -> Option<Value> {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).get(deed).cloned()
    }

    fn note(&self, deed: &str, came: Value) -> Result<()> {
        let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        self.lines.write(Entry::Deed(Deed { deed: deed.to_owned(), came: came.clone() }));
        deeds.insert(deed.to_owned(), came);
        self.lines.is_whole()
    }
}

/// The remains of an earlier process.
#[derive(Default)]
struct Past {
    /// The beginning of the last part of the journal.
    begin: Option<Value>,
    replies: HashMap<Key, Settled>,
    decisions: VecDeque<Value>,
    deeds: HashMap<String, Value>,
}

impl Past {
    fn take(&mut self, entry: Entry) -> Option<()> {
        match entry {
            Entry::Begin(begin) => {
                self.begin = Some(begin);
                self.decisions.clear();
            }
            Entry::Call(call) => {
                self.replies.insert(Key::from_hex(&call.key)?, call.settled);
            }
            Entry::Decision(decision) => self.decisions.push_back(decision),
            Entry::Deed(Deed { deed, came }) => drop(self.deeds.insert(deed, came)),
        }
        Some(())
    }

    /// Decides whether the search goes on where it was; with another budget it keeps the replies and decides
    /// anew.
    fn goes_on(&self, path: &Path, begin: &Value) -> Result<bool> {
        let Some(past) = &self.begin else { return Ok(false) };
        let differ = differing(&past["search"], &begin["search"]);
        if past["format"] != begin["format"] || !differ.is_empty() {
            let message = format!(
                "`{}` is the journal of another search; these differ: {}",
                path.display(),
                if differ.is_empty() { "format".to_owned() } else { differ.join(", ") }
            );
            return Err(Error::data(message));
        }
        Ok(past["budget"] == begin["budget"])
    }
}
