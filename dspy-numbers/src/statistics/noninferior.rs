//! The test that a slice is not worse by more than a margin.

use super::distributions::{normal, student_above};
use super::{count, mean, one_size, signs};

/// The chance of differences like these, or better ones, if their true mean were `margin` below zero.
///
/// For right or wrong (and wherever all differences have one size) by Tango's score test (Equivalence Test and
/// Confidence Interval for the Difference in Proportions for the Paired-Sample Design, 1998), which needs rows
/// even where nothing changed; else by Student's test on the mean.
pub fn not_inferior(differences: &[f64], margin: f64) -> f64 {
    let changed = differences.iter().any(|one| one.abs() > super::SAME);
    match one_size(differences) {
        Some(size) => {
            let (better, worse) = signs(differences);
            tango(better, worse, differences.len(), margin / size)
        }
        None if !changed => tango(0, 0, differences.len(), margin),
        None => student(differences, margin),
    }
}

fn tango(better: usize, worse: usize, rows: usize, margin: f64) -> f64 {
    let (b, c, n) = (count(better), count(worse), count(rows));
    if rows == 0 || margin <= 0.0 {
        return 1.0;
    }
    if margin >= 1.0 {
        return 0.0;
    }
    // The chance of a row that is broken, where that of a fixed one is lower by the margin.
    let (square, linear, constant) =
        (2.0 * n, -(b + c) - (2.0 * n - b + c) * margin, c * margin * (1.0 + margin));
    let broken = ((linear * linear - 4.0 * square * constant).max(0.0).sqrt() - linear) / (2.0 * square);
    let variance = n * (2.0 * broken - margin * (1.0 + margin));
    1.0 - normal((b - c + n * margin) / variance.max(f64::MIN_POSITIVE).sqrt())
}

fn student(differences: &[f64], margin: f64) -> f64 {
    let (n, centre) = (count(differences.len()), mean(differences));
    let variance = differences.iter().map(|one| (one - centre).powi(2)).sum::<f64>() / (n - 1.0);
    student_above((centre + margin) / (variance / n).sqrt(), n - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::near;

    /// Tango's example, the two ways to disinfect soft contact lenses of Miyanaga: of 44 subjects the new one was
    /// the worse for 1 and the better for none; at a margin of 0.1 the statistic is 1.709, p is 0.044.
    #[test]
    fn right_or_wrong_has_tangos_value() {
        let lenses = [vec![-1.0], vec![0.0; 43]].concat();
        near(not_inferior(&lenses, 0.1), 0.044, 0.001);
    }

    #[test]
    fn rows_are_needed_even_where_nothing_changed() {
        assert!(not_inferior(&[0.0; 20], 0.1) > 0.05);
        assert!(not_inferior(&[0.0; 30], 0.1) < 0.05);
        assert_eq!(not_inferior(&[], 0.1), 1.0);
        // Without a difference the statistic is that of the margin itself: √(n · m / (1 − m)).
        near(not_inferior(&[0.0; 36], 0.1), 1.0 - normal(2.0), 1e-9);
    }

    /// Student's sleep data (Biometrika, 1908): the mean of ten differences is 1.58, the statistic for 0 is 4.06.
    #[test]
    fn graded_scores_have_students_value() {
        let sleep = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        near(student(&sleep, 0.0), 0.002_832_890 / 2.0, 1e-6);
        assert!(not_inferior(&sleep, -1.0) > not_inferior(&sleep, 0.0));
    }
}
