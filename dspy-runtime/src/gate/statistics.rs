//! Paired statistics: how likely a difference is if there is none, and how large it may be.

use crate::random::Keyed;

/// How many random sign flips or resamples stand for all of them.
const DRAWS: usize = 10_000;

/// The chance that differences like these, or more in favour, come from no difference at all: the
/// one-sided paired permutation test.
///
/// Where all differences that are not zero have one size this is the exact sign test (McNemar's, for
/// right or wrong); else it is estimated from random sign flips, keyed so that it never varies.
pub(super) fn p_value(differences: &[f64]) -> f64 {
    let changed: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    let Some(first) = changed.first() else { return 1.0 };
    if changed.iter().all(|difference| (difference.abs() - first.abs()).abs() < 1e-12) {
        let better = changed.iter().filter(|difference| **difference > 0.0).count();
        return at_least(better, changed.len());
    }
    let observed: f64 = changed.iter().sum();
    let mut random = Keyed::new(0, &["gate", "permutation"]);
    let flipped = |random: &mut Keyed| -> f64 {
        changed.iter().map(|difference| if random.coin() { *difference } else { -difference }).sum()
    };
    let as_high = (0..DRAWS).filter(|_| flipped(&mut random) >= observed - 1e-12).count();
    share(as_high + 1, DRAWS + 1)
}

/// The interval that holds the mean difference in 95 of 100 resamples of the rows.
pub(super) fn interval(differences: &[f64]) -> (f64, f64) {
    if differences.is_empty() {
        return (0.0, 0.0);
    }
    let mut random = Keyed::new(0, &["gate", "bootstrap"]);
    let mean = |random: &mut Keyed| {
        let sum: f64 = differences.iter().map(|_| differences[random.below(differences.len())]).sum();
        sum / count(differences.len())
    };
    let mut means: Vec<f64> = (0..DRAWS).map(|_| mean(&mut random)).collect();
    means.sort_by(f64::total_cmp);
    (means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40])
}

/// The chance of at least `heads` heads in `throws` throws of a fair coin.
fn at_least(heads: usize, throws: usize) -> f64 {
    // Logarithms, since 0.5^throws vanishes for many rows.
    let mut log_choose = 0.0;
    let mut sum = 0.0;
    for k in 0..=throws {
        if k >= heads {
            sum += (log_choose - count(throws) * std::f64::consts::LN_2).exp();
        }
        log_choose += (count(throws - k)).ln() - count(k + 1).ln();
    }
    sum.min(1.0)
}

#[allow(clippy::cast_precision_loss)]
fn count(n: usize) -> f64 {
    n as f64
}

fn share(part: usize, whole: usize) -> f64 {
    count(part) / count(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() < tolerance, "{a} is not {b}");
    }

    #[test]
    fn the_sign_test_is_exact() {
        // Binomial tails: 9 or 10 of 10 is 11/1024; 8 of 8 is 1/256.
        let mut differences = vec![1.0; 9];
        differences.push(-1.0);
        near(p_value(&differences), 11.0 / 1024.0, 1e-12);
        near(p_value(&[1.0; 8]), 1.0 / 256.0, 1e-12);
        near(p_value(&[0.5, 0.5, 0.0, 0.0, -0.5]), 0.5, 1e-12);
        assert_eq!(p_value(&[0.0; 5]), 1.0);
        assert_eq!(p_value(&[]), 1.0);
        near(p_value(&vec![1.0; 5_000]), 0.0, 1e-12);
    }

    #[test]
    fn graded_differences_come_close_to_all_sign_flips() {
        let differences = [0.9, 0.4, -0.1, 0.7, 0.3, -0.2, 0.6, 0.5];
        let observed: f64 = differences.iter().sum();
        let all = 1 << differences.len();
        let as_high = (0..all).filter(|flips: &usize| {
            let sum: f64 =
                differences.iter().enumerate().map(|(i, d)| if flips >> i & 1 == 1 { *d } else { -d }).sum();
            sum >= observed - 1e-12
        });
        near(p_value(&differences), share(as_high.count(), all), 0.005);
    }

    #[test]
    fn the_interval_holds_the_mean_and_narrows_with_rows() {
        let rows = |n: usize| (0..n).map(|i| if i % 4 == 0 { 1.0 } else { 0.0 }).collect::<Vec<_>>();
        let (few, many) = (interval(&rows(40)), interval(&rows(4_000)));
        assert!(few.0 < 0.25 && 0.25 < few.1);
        // The normal approximation: 1.96 · sqrt(0.25 · 0.75 / n).
        near(many.1 - many.0, 2.0 * 1.96 * (0.25f64 * 0.75 / 4_000.0).sqrt(), 0.002);
    }
}
