//! The texts that no message may show.

use std::sync::{Arc, PoisonError, RwLock};

use crate::lm::Secret;

/// Secrets of a server: those that it was made with, and those that were given since.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    own: Vec<Secret>,
    given: Arc<RwLock<Vec<Secret>>>,
}

impl Secrets {
    pub(super) fn new(own: Vec<Secret>) -> Self {
        Self { own, given: Arc::default() }
    }

    /// Adds one that was given since.
    pub(super) fn add(&self, text: &str) {
        self.given.write().unwrap_or_else(PoisonError::into_inner).push(Secret::new(text));
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        let given = self.given.read().unwrap_or_else(PoisonError::into_inner);
        self.own.iter().chain(given.iter()).any(|secret| secret.is_in(text))
    }
}
