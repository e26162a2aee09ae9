//! What a verdict writes into an artifact.

use serde_json::Value;

use crate::artifact::{Artifact, Provenance};
use crate::error::Result;
use crate::gate::{Decision, Verdict};

/// Writes a verdict down, with its scores and the rows that they are of.
pub(crate) fn record(verdict: &Verdict, provenance: &mut Provenance) -> Result<()> {
    provenance.verdict = serde_json::to_value(verdict)?;
    provenance.scores.insert("baseline on test".into(), verdict.baseline);
    provenance.scores.insert("compiled on test".into(), verdict.candidate);
    provenance.data.extend(verdict.data.iter().map(|data| ("test".to_owned(), data.clone())));
    Ok(())
}

/// The same states with this verdict.
pub(super) fn judged(artifact: Artifact, verdict: &Verdict) -> Result<Artifact> {
    let mut provenance = artifact.provenance().clone();
    record(verdict, &mut provenance)?;
    Ok(artifact.with_provenance(provenance))
}

/// What the gate decided on an artifact, and the candidate's mean score; nothing if it was not asked.
pub(super) fn facts(artifact: &Artifact) -> (Option<Decision>, Option<f64>) {
    let verdict = &artifact.provenance().verdict;
    let decision = verdict.get("decision").and_then(|decision| serde_json::from_value(decision.clone()).ok());
    (decision, verdict.get("candidate").and_then(Value::as_f64))
}
