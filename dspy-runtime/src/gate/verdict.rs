//! What the gate decided, with the numbers it rests on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Gate, statistics};
use crate::evaluate::Report;
use crate::lm::Usage;

/// Whether to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The candidate is better, and nowhere too bad.
    Promote,
    /// The candidate is no better, or somewhere too bad; keep the baseline.
    Keep,
    /// The rows cannot tell.
    Undecided,
}

/// A decision and its numbers.
///
/// # Example
///
/// ```
/// use dspy::{Decision, Verdict};
///
/// fn release(verdict: &Verdict) -> bool {
///     println!("{verdict}");
///     verdict.decision == Decision::Promote
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// How many rows were compared.
    pub rows: usize,
    /// The baseline's mean score.
    pub baseline: f64,
    /// The candidate's mean score.
    pub candidate: f64,
    /// Between which the true difference lies, with 95 % confidence (bootstrap over rows).
    pub interval: (f64, f64),
    /// The chance of such a difference if there is none (paired permutation test, one-sided).
    pub p_value: f64,
    /// The slices by name.
    pub slices: Vec<SliceVerdict>,
    /// What the comparison cost.
    pub usage: Usage,
    /// The baseline's report, row by row; not written to artifacts.
    #[serde(skip)]
    pub baseline_report: Option<Report>,
    /// The candidate's report, row by row; not written to artifacts.
    #[serde(skip)]
    pub candidate_report: Option<Report>,
}

/// One slice of a comparison.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceVerdict {
    /// The slice.
    pub name: String,
    /// How many rows are in it.
    pub rows: usize,
    /// The baseline's mean score.
    pub baseline: f64,
    /// The candidate's mean score.
    pub candidate: f64,
    /// The least mean that was asked for.
    pub minimum: Option<f64>,
}

/// Decides from two reports over the same rows.
pub(super) fn decide<R, O>(gate: &Gate<R, O>, before: Report, after: Report) -> Verdict {
    let pairs: Vec<_> = before.rows().iter().zip(after.rows()).filter(|(a, b)| a.row == b.row).collect();
    let differences: Vec<f64> = pairs.iter().map(|(before, after)| after.score - before.score).collect();
    let slices = slices(gate, &before, &after);
    let mut verdict = Verdict {
        decision: Decision::Undecided,
        reasons: Vec::new(),
        rows: pairs.len(),
        baseline: before.score(),
        candidate: after.score(),
        interval: statistics::interval(&differences),
        p_value: statistics::p_value(&differences),
        slices,
        usage: before.usage() + after.usage(),
        baseline_report: None,
        candidate_report: None,
    };
    for (name, report) in [("baseline", &before), ("candidate", &after)] {
        if let Some(reason) = report.stopped() {
            verdict.reasons.push(format!("the {name} was not run on all rows: {reason}"));
        }
    }
    if verdict.reasons.is_empty() {
        (verdict.decision, verdict.reasons) = weigh(gate, &verdict);
    }
    verdict.baseline_report = Some(before);
    verdict.candidate_report = Some(after);
    verdict
}

fn slices<R, O>(gate: &Gate<R, O>, before: &Report, after: &Report) -> Vec<SliceVerdict> {
    let after = after.slices();
    let both = before.slices().into_iter().filter_map(|before| {
        let after = after.iter().find(|after| after.name == before.name)?;
        Some(SliceVerdict {
            minimum: gate.minima.get(&before.name).copied(),
            name: before.name,
            rows: before.rows,
            baseline: before.score,
            candidate: after.score,
        })
    });
    both.collect()
}

fn weigh<R, O>(gate: &Gate<R, O>, verdict: &Verdict) -> (Decision, Vec<String>) {
    let mut against = Vec::new();
    for name in gate.minima.keys().filter(|name| verdict.slices.iter().all(|slice| slice.name != **name)) {
        against.push(format!("there are no rows of slice `{name}`, which has a minimum"));
    }
    for slice in &verdict.slices {
        let SliceVerdict { name, baseline, candidate, minimum, .. } = slice;
        if let Some(minimum) = minimum.filter(|minimum| *candidate < *minimum) {
            against.push(format!("slice `{name}` is at {candidate:.3}, below its minimum of {minimum:.3}"));
        }
        if candidate + gate.max_drop < *baseline {
            against.push(format!("slice `{name}` falls from {baseline:.3} to {candidate:.3}"));
        }
    }
    let difference = verdict.candidate - verdict.baseline;
    if difference <= 0.0 {
        against.push("the candidate is no better than the baseline".to_owned());
    }
    if !against.is_empty() {
        return (Decision::Keep, against);
    }
    let p = verdict.p_value;
    match p <= 1.0 - gate.confidence {
        true => {
            (Decision::Promote, vec![format!("better by {difference:.3} (p = {p:.4}) and nowhere too bad")])
        }
        false => (
            Decision::Undecided,
            vec![format!("{difference:.3} better, which may be chance (p = {p:.4}); more rows would tell")],
        ),
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promote => "promote",
            Self::Keep => "keep",
            Self::Undecided => "undecided",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "verdict: {}", self.decision)?;
        self.reasons.iter().try_for_each(|reason| writeln!(f, "  {reason}"))?;
        let (low, high) = self.interval;
        let width =
            self.slices.iter().map(|slice| slice.name.chars().count()).max().unwrap_or_default().max(7);
        writeln!(
            f,
            "  {:width$}  {:>4}  {:>8}  {:>9}  {:>7}",
            "", "rows", "baseline", "candidate", "minimum"
        )?;
        writeln!(
            f,
            "  {:width$}  {:>4}  {:>8.3}  {:>9.3}  {:>7}  difference {:+.3}, 95 % within {low:+.3} and {high:+.3}",
            "overall",
            self.rows,
            self.baseline,
            self.candidate,
            "",
            self.candidate - self.baseline
        )?;
        for slice in &self.slices {
            let minimum = slice.minimum.map(|minimum| format!("{minimum:.3}")).unwrap_or_default();
            let SliceVerdict { name, rows, baseline, candidate, .. } = slice;
            writeln!(f, "  {name:width$}  {rows:>4}  {baseline:>8.3}  {candidate:>9.3}  {minimum:>7}")?;
        }
        Ok(())
    }
}
