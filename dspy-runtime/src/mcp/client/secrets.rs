//! The texts that no message may show.

use crate::lm::Secret;

/// Secrets of a server that it was made with.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<Secret>);

impl Secrets {
    pub(super) fn new(own: Vec<Secret>) -> Self {
        Self(own)
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| secret.is_in(text))
    }
}
