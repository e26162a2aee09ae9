//! The origin of the states of an artifact.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::data::DataRecord;
use crate::lm::Usage;

/// The record that a reviewer asks of an artifact: by which optimizer, from which data, judged by
/// what, with which scores and which verdict. Holds no time and no host, so that the same run
/// writes the same file.
///
/// # Example
///
/// ```
/// use dspy::artifact::Provenance;
///
/// let provenance = Provenance::default();
/// assert!(provenance.optimizer.is_empty(), "nothing was tuned");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The optimizer, or nothing for states made by hand.
    pub optimizer: String,
    /// Its settings.
    pub settings: Value,
    /// The name of the context's adapter, in whose form the states were tuned; nothing where that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub adapter: String,
    /// The seed of its random choices.
    pub seed: u64,
    /// The name of the metric.
    pub metric: String,
    /// The rows of each split that was used.
    pub data: BTreeMap<String, DataRecord>,
    /// Mean scores by what was scored on what: `baseline on validation`.
    pub scores: BTreeMap<String, f64>,
    /// The cost of the search.
    pub usage: Usage,
    /// The reason the search ended.
    pub termination: String,
    /// The decision of the release gate, with its numbers.
    pub verdict: Value,
}

impl Provenance {
    /// Says that no gate was asked.
    #[must_use]
    pub(crate) fn unreleased(mut self) -> Self {
        self.verdict = json!({"unreleased": "saved without a gate"});
        self
    }
}
