//! The slices of a comparison.

use serde::{Deserialize, Serialize};

use super::statistics::{adjusted, better, mean, not_inferior};
use super::weigh::{Pairs, Rules};

/// One slice of a comparison; a part of [`Verdict`](crate::Verdict).
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
pub(super) fn slices(rules: &Rules, pairs: &Pairs, differences: &[f64]) -> Vec<SliceVerdict> {
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
