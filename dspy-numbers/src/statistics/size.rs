//! The number of rows a difference takes to show.

use super::normal_quantile;

/// The chance with which so many rows are to show a difference that is there.
pub const POWER: f64 = 0.8;

/// Returns the number of rows that show a difference with a chance of 80 %, by a one-sided test at a
/// confidence, if their mean difference and mean squared difference are as given; none where there is no
/// difference in favour.
///
/// `(z(confidence) · √E[d²] + z(0.8) · √(E[d²] − δ²))² / δ²`: for right or wrong the formula of Connor (Sample Size
/// for Testing Differences in Proportions for the Paired-Sample Design, 1987); for graded scores that of the
/// paired test on means, with the variance that there is where there is no difference.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn rows_needed(mean: f64, mean_square: f64, confidence: f64) -> Option<usize> {
    if mean <= super::SAME {
        return None;
    }
    let without = mean_square.sqrt() * normal_quantile(confidence);
    let with = (mean_square - mean * mean).max(0.0).sqrt() * normal_quantile(POWER);
    let rows = ((without + with) / mean).powi(2).ceil();
    (rows.is_finite() && rows < 1e12).then_some(rows as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Keyed;
    use crate::statistics::{better, near};

    /// Connor's formula by hand, for 20 % fixed and 10 % broken at a one-sided 5 %:
    /// (1.6449 · √0.3 + 0.8416 · √0.29)² / 0.01 = 183.5.
    #[test]
    fn right_or_wrong_takes_connors_number() {
        assert_eq!(rows_needed(0.1, 0.3, 0.95), Some(184));
        // Twice as sure on one side is the two-sided test at 5 %: (1.96 · √0.3 + 0.8416 · √0.29)² / 0.01 = 233.1.
        assert_eq!(rows_needed(0.1, 0.3, 0.975), Some(234));
        assert_eq!(rows_needed(0.0, 0.3, 0.95), None);
        assert_eq!(rows_needed(-0.1, 0.3, 0.95), None);
    }

    /// The paired test on means takes (z(0.95) + z(0.8))² / (δ/σ)² rows: 155 for a fifth of a standard deviation.
    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn graded_scores_take_the_number_of_the_paired_test() {
        let known = (1.644_854 + 0.841_621_f64).powi(2) / 0.04;
        let found = rows_needed(0.1, 0.25 + 0.01, 0.95).expect("a difference") as f64;
        near(found / known, 1.0, 0.03);
    }

    /// So many rows do show it in about 80 of 100 cases.
    #[test]
    fn the_number_has_the_power_that_it_promises() {
        for (fixed, broken) in [(0.25, 0.1), (0.15, 0.02)] {
            let rows = rows_needed(fixed - broken, fixed + broken, 0.95).expect("a difference");
            let mut random = Keyed::new(1, &["power"]);
            let shown = (0..1_000).filter(|_| {
                let one = |unit: f64| match unit {
                    unit if unit < fixed => 1.0,
                    unit if unit < fixed + broken => -1.0,
                    _ => 0.0,
                };
                let differences: Vec<f64> = (0..rows).map(|_| one(random.unit())).collect();
                better(&differences).p <= 0.05
            });
            let shown = shown.count();
            // The exact test is a little more careful than the formula.
            assert!((690..860).contains(&shown), "{shown} of 1000 with {rows} rows");
        }
    }
}
