//! The decision of the gate, with the numbers it rests on.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules::{Pairs, Rules, SliceVerdict, weigh};
use super::spending::{Limits, Spending};
use crate::artifact::{Artifact, Provenance};
use crate::data::DataRecord;
use crate::error::{Error, Result};
use crate::evaluate::Report;
use crate::figure::{count, counted};
use crate::lm::Usage;
use dspy_numbers::statistics::{Test, interval, signs};

/// The decision about a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The candidate is better, and nowhere too bad.
    Promote,
    /// The candidate is no better, or somewhere too bad; keep the baseline.
    Keep,
    /// The rows cannot decide.
    Undecided,
}

/// A decision and its numbers. [`mod@crate::gate`] explains each test.
///
/// # Example
///
/// ```
/// use dspy::gate::Decision;
/// use dspy::Verdict;
///
/// fn release(verdict: &Verdict) -> bool {
///     println!("{verdict}");
///     if let Some(rows) = verdict.more_rows {
///         println!("label about {rows} more rows");
///     }
///     verdict.decision == Decision::Promote
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// The reasons, one sentence each.
    pub reasons: Vec<String>,
    /// The number of rows compared.
    pub rows: usize,
    /// The baseline's mean score.
    pub baseline: f64,
    /// The candidate's mean score.
    pub candidate: f64,
    /// The number of rows on which the candidate scores higher, and on which it scores lower: for right or
    /// wrong, the rows that it fixes and those that it breaks.
    #[serde(default)]
    pub changes: Changes,
    /// Between which the true difference lies, at the gate's confidence (bootstrap over rows).
    pub interval: (f64, f64),
    /// The chance of such a difference if there is none, one-sided.
    pub p_value: f64,
    /// The test that found it.
    #[serde(default)]
    pub test: Test,
    /// The confidence that the gate asked for.
    #[serde(default = "usual")]
    pub confidence: f64,
    /// The number of further rows that would be likely to decide it (with a chance of 80 %, if they are as
    /// these), where it is undecided for want of rows.
    #[serde(default)]
    pub more_rows: Option<usize>,
    /// The slices by name.
    pub slices: Vec<SliceVerdict>,
    /// The cost of a run of the baseline.
    #[serde(default)]
    pub baseline_spending: Spending,
    /// The cost of a run of the candidate.
    #[serde(default)]
    pub candidate_spending: Spending,
    /// The cost of the comparison.
    pub usage: Usage,
    /// The rows that were compared.
    #[serde(default)]
    pub data: Option<DataRecord>,
    /// The baseline's report, row by row; not written to artifacts.
    #[serde(skip)]
    pub baseline_report: Option<Report>,
    /// The candidate's report, row by row; not written to artifacts.
    #[serde(skip)]
    pub candidate_report: Option<Report>,
}

/// The number of rows that changed; a part of [`Verdict`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Rows on which the candidate scores higher.
    pub better: usize,
    /// Rows on which it scores lower.
    pub worse: usize,
    /// Rows on which both score the same.
    pub same: usize,
}

fn usual() -> f64 {
    0.95
}

/// The scores of two runs over the same rows, side by side.
pub(super) fn pairs(before: &Report, after: &Report) -> Result<Pairs> {
    if before.data() != after.data() || before.planned() != after.planned() {
        let rows = |report: &Report| match report.data() {
            Some(data) => format!("{} with the fingerprint {}", counted(data.rows, "row"), data.fingerprint),
            None => counted(report.planned(), "row"),
        };
        return Err(Error::data(format!(
            "the two runs are over different rows ({}; {}), so no row can be compared with itself",
            rows(before),
            rows(after)
        )));
    }
    if before.metric() != after.metric() {
        return Err(Error::data(format!(
            "the baseline was judged by `{}` and the candidate by `{}`; judge both by one metric \
             (`Evaluate::rescore` needs no call)",
            before.metric(),
            after.metric()
        )));
    }
    let mut pairs = Pairs::default();
    let mut others = after.rows().iter().peekable();
    for one in before.rows() {
        while others.next_if(|other| other.row < one.row).is_some() {}
        let Some(other) = others.next_if(|other| other.row == one.row) else { continue };
        if one.slice != other.slice {
            return Err(Error::data(format!(
                "{} is in another slice in each of the two runs; judge both with the same slices \
                 (`Evaluate::rescore` needs no call)",
                one.named()
            )));
        }
        if let Some(slice) = &one.slice {
            pairs.slices.entry(slice.clone()).or_default().push(pairs.before.len());
        }
        pairs.before.push(one.score);
        pairs.after.push(other.score);
    }
    Ok(pairs)
}

/// Decides from two reports over the same rows.
pub(super) fn decide(rules: &Rules, limits: &Limits, before: Report, after: Report) -> Result<Verdict> {
    let pairs = pairs(&before, &after)?;
    let spending = (Spending::of(&before, limits.percentile), Spending::of(&after, limits.percentile));
    let mut weighed = weigh(rules, &pairs, limits.weigh(&spending.0, &spending.1));
    let cut_short: Vec<String> = [("baseline", &before), ("candidate", &after)]
        .into_iter()
        .filter_map(|(name, report)| Some((name, report.stopped()?)))
        .map(|(name, reason)| format!("the {name} was not run on all rows: {reason}"))
        .collect();
    if !cut_short.is_empty() {
        (weighed.decision, weighed.reasons, weighed.more_rows) = (Decision::Undecided, cut_short, None);
    }
    let differences = pairs.differences();
    let (better, worse) = signs(&differences);
    Ok(Verdict {
        decision: weighed.decision,
        reasons: weighed.reasons,
        rows: differences.len(),
        baseline: before.score(),
        candidate: after.score(),
        changes: Changes { better, worse, same: differences.len() - better - worse },
        interval: interval(&differences, rules.confidence),
        p_value: weighed.tested.p,
        test: weighed.tested.test,
        confidence: rules.confidence,
        more_rows: weighed.more_rows,
        slices: weighed.slices,
        baseline_spending: spending.0,
        candidate_spending: spending.1,
        usage: before.usage() + after.usage(),
        data: before.data().cloned(),
        baseline_report: Some(before),
        candidate_report: Some(after),
    })
}

impl Verdict {
    /// Writes it down, with its scores and the rows that they are of.
    pub(crate) fn record(&self, provenance: &mut Provenance) -> Result<()> {
        provenance.verdict = serde_json::to_value(self)?;
        provenance.scores.insert("baseline on test".into(), self.baseline);
        provenance.scores.insert("compiled on test".into(), self.candidate);
        provenance.data.extend(self.data.iter().map(|data| ("test".to_owned(), data.clone())));
        Ok(())
    }

    /// Reads the decision of a gate on an artifact, and the candidate's mean score; nothing if it was not
    /// asked.
    pub(crate) fn recorded(artifact: &Artifact) -> (Option<Decision>, Option<f64>) {
        let verdict = &artifact.provenance().verdict;
        let decision =
            verdict.get("decision").and_then(|decision| serde_json::from_value(decision.clone()).ok());
        (decision, verdict.get("candidate").and_then(Value::as_f64))
    }

    /// The verdict where candidate and baseline are one program, whatever its rows could tell.
    pub(super) fn of_one_program(mut self) -> Self {
        let why = "the candidate is the baseline: version, instructions and demonstrations are the same, so there is no \
                   difference to find";
        (self.decision, self.reasons, self.more_rows) = (Decision::Keep, vec![why.to_owned()], None);
        self
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
            "  {:width$}  {:>4}  {:>8.3}  {:>9.3}  {:>7}  difference {:+.3}, {} % within {low:+.3} and {high:+.3}",
            "overall",
            self.rows,
            self.baseline,
            self.candidate,
            "",
            self.candidate - self.baseline,
            percent(self.confidence),
        )?;
        for slice in &self.slices {
            let minimum = slice.minimum.map(|minimum| format!("{minimum:.3}")).unwrap_or_default();
            let SliceVerdict { name, rows, baseline, candidate, .. } = slice;
            writeln!(f, "  {name:width$}  {rows:>4}  {baseline:>8.3}  {candidate:>9.3}  {minimum:>7}")?;
        }
        let Changes { better, worse, same } = self.changes;
        // Verdicts of earlier releases do not have what follows.
        if better + worse + same == self.rows {
            let [better, worse, same] = [better, worse, same].map(count);
            writeln!(f, "  {better} rows better, {worse} worse, {same} the same")?;
            writeln!(
                f,
                "  a run takes {}; of the baseline {}",
                self.candidate_spending, self.baseline_spending
            )?;
        }
        Ok(())
    }
}

/// 0.95 as 95, 0.999 as 99.9.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}
