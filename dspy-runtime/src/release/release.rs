//! One version in a store.

use std::fmt;

use super::key::Key;
use super::shelf::Kept;
use crate::gate::Decision;

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
    kept: Kept,
}

impl Release {
    pub(super) fn new(key: &Key, kept: &Kept) -> Self {
        Self { key: key.clone(), kept: kept.clone() }
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// What it is a version of.
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

    /// What the gate decided, if it was asked.
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
