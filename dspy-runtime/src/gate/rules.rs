//! The decision, from nothing but scores: overall, and slice by slice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::verdict::Decision;
use dspy_numbers::statistics::{Tested, adjusted, better, mean, normal_quantile, not_inferior, rows_needed};

/// The rules of a gate for a candidate's scores.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) minima: BTreeMap<String, f64>,
    pub(super) max_drop: f64,
    pub(super) confidence: f64,
    pub(super) prove_slices: bool,
}

/// The scores of both programs on the same rows, and the rows of each slice.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pub(super) before: Vec<f64>,
    pub(super) after: Vec<f64>,
    pub(super) slices: BTreeMap<String, Vec<usize>>,
}

/// The result of weighing the scores.
#[derive(Debug)]
pub(super) struct Weighed {
    pub(super) decision: Decision,
    pub(super) reasons: Vec<String>,
    pub(super) tested: Tested,
    pub(super) slices: Vec<SliceVerdict>,
    pub(super) more_rows: Option<usize>,
}

impl Pairs {
    pub(super) fn differences(&self) -> Vec<f64> {
        self.after.iter().zip(&self.before).map(|(after, before)| after - before).collect()
    }
}

/// Decides. What speaks against the release comes first, then what must still be shown; what cannot be
/// decided of other things than scores leaves it undecided.
pub(super) fn weigh(rules: &Rules, pairs: &Pairs, other: (Vec<String>, Vec<String>)) -> Weighed {
    let differences = pairs.differences();
    let slices = slices(rules, pairs, &differences);
    let tested = better(&differences);
    // The difference that the verdict shows, to the last digit.
    let gain = mean(&pairs.after) - mean(&pairs.before);
    let (passed, unknown) = other;
    let mut against = against(rules, &slices);
    against.extend(passed);
    if gain <= super::NO_GAIN {
        against.push("the candidate is no better than the baseline".to_owned());
    }
    let (decision, reasons, more_rows) = if !against.is_empty() {
        (Decision::Keep, against, None)
    } else {
        let mut open = unknown;
        let mut more_rows = None;
        if tested.p > 1.0 - rules.confidence {
            let square =
                differences.iter().map(|one| one * one).sum::<f64>() / differences.len().max(1) as f64;
            let needed = rows_needed(gain, square, rules.confidence);
            more_rows = needed.map(|rows| rows.saturating_sub(differences.len()).max(1));
            let tell = match more_rows {
                Some(rows) => format!("about {rows} more rows would tell"),
                None => "more rows would tell".to_owned(),
            };
            open.push(format!(
                "{gain:.3} better, which may be chance (p = {:.4}, {}); {tell}",
                tested.p, tested.test
            ));
        }
        let unproven = unproven(rules, &slices);
        if rules.prove_slices {
            more_rows = unproven.iter().filter_map(|(_, rows)| *rows).reduce(|a, b| a + b).max(more_rows);
            open.extend(unproven.iter().map(|(name, rows)| not_shown(rules, name, *rows)));
        }
        match open.is_empty() {
            true => (Decision::Promote, in_favour(rules, gain, tested, &unproven), None),
            false => (Decision::Undecided, open, more_rows),
        }
    };
    Weighed { decision, reasons, tested, slices, more_rows }
}

fn against(rules: &Rules, slices: &[SliceVerdict]) -> Vec<String> {
    let mut against = Vec::new();
    for name in rules.minima.keys().filter(|name| slices.iter().all(|slice| slice.name != **name)) {
        against.push(format!("there are no rows of slice `{name}`, which has a minimum"));
    }
    for slice in slices {
        let SliceVerdict { name, baseline, candidate, minimum, p_worse, .. } = slice;
        if let Some(minimum) = minimum.filter(|minimum| *candidate < *minimum) {
            against.push(format!("slice `{name}` is at {candidate:.3}, below its minimum of {minimum:.3}"));
        }
        if *candidate + rules.max_drop < *baseline - super::NO_GAIN {
            against.push(format!("slice `{name}` falls from {baseline:.3} to {candidate:.3}"));
        } else if *p_worse <= 1.0 - rules.confidence {
            against.push(format!(
                "slice `{name}` falls from {baseline:.3} to {candidate:.3}, which is little but hardly chance \
                 (p = {p_worse:.4}, corrected for {} slices)",
                slices.len()
            ));
        }
    }
    against
}

/// The slices of which it is not shown that they fall by no more than they may, and how many more rows of each would
/// be likely to show it.
fn unproven<'a>(rules: &Rules, slices: &'a [SliceVerdict]) -> Vec<(&'a str, Option<usize>)> {
    let open = slices.iter().filter(|slice| slice.p_not_inferior > 1.0 - rules.confidence);
    open.map(|slice| (slice.name.as_str(), more_of(rules, slice, slices.len()))).collect()
}

/// The statistics of a slice grow with the root of its rows, so what they lack tells how many rows they lack.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn more_of(rules: &Rules, slice: &SliceVerdict, slices: usize) -> Option<usize> {
    let is = -normal_quantile((slice.p_not_inferior / slices as f64).clamp(1e-12, 1.0));
    let wanted = -normal_quantile((1.0 - rules.confidence) / slices as f64);
    let power = normal_quantile(dspy_numbers::statistics::POWER);
    let rows = (slice.rows as f64 * ((wanted + power) / is).powi(2)).ceil();
    (is > 0.01 && rows < 1e9).then(|| (rows as usize).saturating_sub(slice.rows).max(1))
}

fn not_shown(rules: &Rules, name: &str, rows: Option<usize>) -> String {
    let tell = match rows {
        Some(rows) => format!("; about {rows} more rows of it would tell"),
        None => String::new(),
    };
    format!("it is not shown that slice `{name}` falls by no more than {}{tell}", rules.max_drop)
}

fn in_favour(rules: &Rules, gain: f64, tested: Tested, unproven: &[(&str, Option<usize>)]) -> Vec<String> {
    let mut reasons =
        vec![format!("better by {gain:.3} (p = {:.4}, {}) and nowhere too bad", tested.p, tested.test)];
    if !unproven.is_empty() {
        let names: Vec<String> = unproven.iter().map(|(name, _)| format!("`{name}`")).collect();
        reasons.push(format!(
            "not ruled out, for want of rows: a fall of more than {} in {}",
            rules.max_drop,
            names.join(", ")
        ));
    }
    reasons
}

/// One slice of a comparison; a part of [`Verdict`](crate::Verdict).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceVerdict {
    /// The slice.
    pub name: String,
    /// The number of rows in it.
    pub rows: usize,
    /// The baseline's mean score.
    pub baseline: f64,
    /// The candidate's mean score.
    pub candidate: f64,
    /// The least mean that was asked for.
    pub minimum: Option<f64>,
    /// The chance of such a fall if the slice did not fall, corrected for the number of slices (Holm); 1 where it did
    /// not.
    #[serde(default = "one")]
    pub p_worse: f64,
    /// The chance of such scores if the slice fell by more than it may, corrected likewise: small where that is ruled
    /// out.
    #[serde(default = "one")]
    pub p_not_inferior: f64,
}

fn one() -> f64 {
    1.0
}

/// The slices by name, with the tests of all of them together.
fn slices(rules: &Rules, pairs: &Pairs, differences: &[f64]) -> Vec<SliceVerdict> {
    let of = |numbers: &[f64], rows: &[usize]| -> Vec<f64> {
        rows.iter().filter_map(|row| numbers.get(*row).copied()).collect()
    };
    let (mut worse, mut inferior) = (Vec::new(), Vec::new());
    for rows in pairs.slices.values() {
        let changes = of(differences, rows);
        let fell = mean(&changes) < -super::NO_GAIN;
        let falls: Vec<f64> = changes.iter().map(|change| -change).collect();
        worse.push(if fell { better(&falls).p } else { 1.0 });
        inferior.push(not_inferior(&changes, rules.max_drop));
    }
    let corrected = adjusted(&worse).into_iter().zip(adjusted(&inferior));
    let verdict =
        |((name, rows), (p_worse, p_not_inferior)): ((&String, &Vec<usize>), (f64, f64))| SliceVerdict {
            minimum: rules.minima.get(name).copied(),
            name: name.clone(),
            rows: rows.len(),
            baseline: mean(&of(&pairs.before, rows)),
            candidate: mean(&of(&pairs.after, rows)),
            p_worse,
            p_not_inferior,
        };
    pairs.slices.iter().zip(corrected).map(verdict).collect()
}
