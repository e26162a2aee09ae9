//! What a verdict writes into an artifact.

use serde_json::Value;

use crate::artifact::Artifact;
use crate::error::Result;
use crate::gate::{Decision, Verdict};

/// The same states with this verdict, and its scores.
pub(super) fn judged(artifact: Artifact, verdict: &Verdict) -> Result<Artifact> {
    let mut provenance = artifact.provenance().clone();
    provenance.verdict = serde_json::to_value(verdict)?;
    provenance.scores.insert("baseline on test".into(), verdict.baseline);
    provenance.scores.insert("compiled on test".into(), verdict.candidate);
    Ok(artifact.with_provenance(provenance))
}

/// What the gate decided on an artifact, and the candidate's mean score; nothing if it was not asked.
pub(super) fn facts(artifact: &Artifact) -> (Option<Decision>, Option<f64>) {
    let verdict = &artifact.provenance().verdict;
    let decision = verdict.get("decision").and_then(|decision| serde_json::from_value(decision.clone()).ok());
    (decision, verdict.get("candidate").and_then(Value::as_f64))
}
