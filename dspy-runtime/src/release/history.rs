//! The versions of a key: what happened to them, and what a store knows of them, which is the sum of that.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::{Key, short};
use crate::gate::Decision;

/// One entry of a history. `Display` is one line.
///
/// See [`Store::history`](super::Store::history).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts the events of a key, from 1.
    pub sequence: u64,
    /// The time, as RFC 3339 in UTC, by the clock of the machine that did it.
    pub time: String,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// The version that it was done to: with a rollback, the one that is current again.
    pub version: u64,
    /// The content hash of the artifact.
    pub content: String,
    /// The version that was current before.
    pub previous: Option<u64>,
}

/// A change of a version.
///
/// See [`Event`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// It came into the store.
    Added {
        /// The decision of the gate, if it was asked.
        decision: Option<Decision>,
        /// The mean score on the held-out rows.
        score: Option<f64>,
    },
    /// A gate decided on it; its states are the same.
    Judged {
        /// The decision.
        decision: Option<Decision>,
        /// The mean score on the held-out rows.
        score: Option<f64>,
        /// Counts the verdicts on this version after it was added.
        revision: u64,
    },
    /// It became current, as its verdict says.
    Promoted,
    /// It became current whatever its verdict says.
    PromotedAnyway {
        /// The reason, in the words of whoever did it.
        reason: String,
    },
    /// It became current again, because the one after it was taken back.
    RolledBack,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, time, change, version, content, previous } = self;
        write!(f, "{sequence:>4}  {time}  {change} version {version} ({})", short(content))?;
        match change {
            Change::Added { decision, score } | Change::Judged { decision, score, .. } => {
                decision.iter().try_for_each(|decision| write!(f, ", verdict: {decision}"))?;
                score.iter().try_for_each(|score| write!(f, ", score {score:.3}"))
            }
            Change::PromotedAnyway { reason } => {
                previous.iter().try_for_each(|previous| write!(f, " in place of version {previous}"))?;
                write!(f, ": {reason}")
            }
            Change::Promoted | Change::RolledBack => {
                previous.iter().try_for_each(|previous| write!(f, " in place of version {previous}"))
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added { .. } => "added",
            Self::Judged { .. } => "judged",
            Self::Promoted => "promoted",
            Self::PromotedAnyway { .. } => "promoted anyway",
            Self::RolledBack => "rolled back to",
        })
    }
}

/// All versions of a key, and which one is current: the result of a history.
///
/// Stores keep it next to the history, so that a reader needs one look. Made by
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
    /// The key that the versions belong to.
    pub key: Key,
    /// The number of the last event; 0 if there was none.
    pub sequence: u64,
    /// The version that production loads.
    pub current: Option<u64>,
    /// The versions that a rollback goes back to, the next one last.
    pub before: Vec<u64>,
    /// The versions in order, from 1.
    pub versions: Vec<VersionEntry>,
}

/// One version that is kept.
///
/// See [`Shelf`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionEntry {
    /// Its number.
    pub version: u64,
    /// The number of times it was judged after it was added.
    pub revision: u64,
    /// The content hash of its newest artifact.
    pub content: String,
    /// The decision of the gate, if it was asked.
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
    pub fn version(&self, version: u64) -> Option<&VersionEntry> {
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
            Change::Added { decision, score } => self.versions.push(VersionEntry {
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

/// A version of a program for a model, in a store: what [`Store::add`](super::Store::add) gives, and what is
/// promoted. It says what was true when it was given; the store knows what is true now.
///
/// # Example
///
/// ```
/// use dspy::release::{Release, Store};
///
/// fn publish(store: &Store, release: &Release) -> dspy::Result<()> {
///     println!("{release}"); // version 3 of `Support` sha256:0f1e2d3c4b5a for openai/gpt-4o-mini@2024-07-18
///     store.promote(release)?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    key: Key,
    kept: VersionEntry,
}

impl Release {
    pub(super) fn new(key: &Key, kept: &VersionEntry) -> Self {
        Self { key: key.clone(), kept: kept.clone() }
    }

    pub(super) fn kept(&self) -> &VersionEntry {
        &self.kept
    }

    /// Returns the key it is a version of.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its number, from 1.
    pub fn version(&self) -> u64 {
        self.kept.version
    }

    /// The content hash of its artifact.
    pub fn content(&self) -> &str {
        &self.kept.content
    }

    /// Returns the decision of the gate, if it was asked.
    pub fn decision(&self) -> Option<Decision> {
        self.kept.decision
    }

    /// The mean score on the held-out rows, if the gate was asked.
    pub fn score(&self) -> Option<f64> {
        self.kept.score
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} of {}", self.kept.version, self.key)
    }
}
