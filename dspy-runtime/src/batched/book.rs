//! The journal of batches, from one process to the next.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cache::Key;
use crate::error::Result;
use crate::fingerprint;
use crate::journal::Journal;
use crate::lm::{BatchIntent, BatchOutcome, LanguageModel};

/// The journal, and what was in it when it was opened.
#[derive(Debug)]
pub(super) struct Book {
    journal: Journal,
    pub(super) past: Past,
}

/// The work of earlier processes.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Batches that have not ended, with the provider's name for those that are known to be submitted.
    pub(super) open: BTreeMap<String, (BatchIntent, Option<String>)>,
    /// The provider's names of all batches.
    pub(super) ids: HashSet<String>,
    /// Outcomes, and whether somebody has had them.
    pub(super) outcomes: BTreeMap<Key, (BatchOutcome, bool)>,
}

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// A batch is about to be submitted.
    Intent(BatchIntent),
    /// It was, and the provider calls it so.
    Job { batch: String, id: String },
    /// A request has come to this.
    Outcome { request: String, outcome: BatchOutcome },
    /// All of its outcomes are noted, or it was never submitted.
    Ended { batch: String },
    /// Somebody has had the outcome, and paid for it.
    Had { request: String },
    /// The outcome is of no more use.
    Gone { request: String },
}

#[derive(Serialize, Deserialize)]
struct Line {
    entry: Entry,
}

impl Book {
    pub(super) fn open(folder: &Path, model: &dyn LanguageModel) -> Result<Self> {
        let id = model.id();
        let whole = fingerprint::of(&json!([id.to_string(), model.endpoint()]));
        let hash: String = whole.trim_start_matches("sha256:").chars().take(8).collect();
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' };
        let name: String = id.to_string().chars().map(plain).take(80).collect();
        let path = folder.join(format!("{name}-{hash}.jsonl"));
        let mut past = Past::default();
        let journal = Journal::open(&path, "process or model", |line: Line| past.take(line.entry))?;
        Ok(Self { journal, past })
    }

    pub(super) fn write(&self, entry: Entry) {
        self.journal.write(Line { entry });
    }

    /// # Errors
    ///
    /// When a line could not be written.
    pub(super) fn is_whole(&self) -> Result<()> {
        self.journal.is_whole()
    }
}

impl Past {
    fn take(&mut self, entry: Entry) -> Option<()> {
        match entry {
            Entry::Intent(intent) => {
                self.open.insert(intent.batch.clone(), (intent, None));
            }
            Entry::Job { batch, id } => {
                self.ids.insert(id.clone());
                self.open.get_mut(&batch)?.1 = Some(id);
            }
            Entry::Outcome { request, outcome } => {
                self.outcomes.insert(Key::from_hex(&request)?, (outcome, false));
            }
            Entry::Ended { batch } => {
                self.open.remove(&batch)?;
            }
            Entry::Had { request } => self.outcomes.get_mut(&Key::from_hex(&request)?)?.1 = true,
            Entry::Gone { request } => {
                self.outcomes.remove(&Key::from_hex(&request)?)?;
            }
        }
        Some(())
    }
}
