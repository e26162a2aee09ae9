//! What a store knows of a key: the sum of its events.

use serde::{Deserialize, Serialize};

use super::event::{Change, Event};
use super::key::Key;
use crate::gate::Decision;

/// All versions of a key, and which one is current: what a history comes to.
///
/// Stores keep it beside the history, so that a reader needs one look. Made by
/// [`Shelf::new`] and [`Shelf::apply`] alone.
///
/// # Example
///
/// ```
/// use dspy::release::{Key, Shelf};
///
/// let key = Key::new("Support", "sha256:12", "openai/gpt-4o-mini@2024-07-18".parse()?);
/// let shelf = Shelf::new(key);
/// assert_eq!((shelf.sequence, shelf.current), (0, None), "nothing has happened yet");
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// What the versions are of.
    pub key: Key,
    /// The number of the last event; 0 if there was none.
    pub sequence: u64,
    /// The version that production loads.
    pub current: Option<u64>,
    /// What a rollback goes back to, the next one last.
    pub before: Vec<u64>,
    /// The versions in order, from 1.
    pub versions: Vec<Kept>,
}

/// One version that is kept.
///
/// See [`Shelf`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Its number.
    pub version: u64,
    /// How many times it was judged after it was added.
    pub revision: u64,
    /// The content hash of its newest artifact.
    pub content: String,
    /// What the gate decided, if it was asked.
    pub decision: Option<Decision>,
    /// The mean score on the held-out rows.
    pub score: Option<f64>,
}

impl Shelf {
    /// The shelf of a key to which nothing has happened yet.
    pub fn new(key: Key) -> Self {
        Self { key, sequence: 0, current: None, before: Vec::new(), versions: Vec::new() }
    }

    /// A version.
    pub fn version(&self, version: u64) -> Option<&Kept> {
        self.versions.iter().find(|kept| kept.version == version)
    }

    /// Takes the next event in.
    ///
    /// # Errors
    ///
    /// When the event cannot come after those before it; the text says why.
    pub fn apply(&mut self, event: &Event) -> Result<(), String> {
        if event.sequence != self.sequence + 1 {
            return Err(format!("event {} comes after event {}", event.sequence, self.sequence));
        }
        if event.previous != self.current {
            return Err(format!("event {} names another current version than there was", event.sequence));
        }
        let is_new = self.version(event.version).is_none();
        if is_new != matches!(event.change, Change::Added { .. }) {
            return Err(format!("event {} is of version {}", event.sequence, event.version));
        }
        match &event.change {
            Change::Added { decision, score } => self.versions.push(Kept {
                version: event.version,
                revision: 0,
                content: event.content.clone(),
                decision: *decision,
                score: *score,
            }),
            Change::Judged { decision, score, revision } => {
                for kept in self.versions.iter_mut().filter(|kept| kept.version == event.version) {
                    kept.content.clone_from(&event.content);
                    (kept.decision, kept.score, kept.revision) = (*decision, *score, *revision);
                }
            }
            Change::Promoted | Change::PromotedAnyway { .. } => {
                self.before.extend(self.current);
                self.current = Some(event.version);
            }
            Change::RolledBack => {
                self.before.pop();
                self.current = Some(event.version);
            }
        }
        self.sequence = event.sequence;
        Ok(())
    }
}
