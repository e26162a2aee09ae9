//! Between which numbers a mean difference lies.

use super::distributions::normal;
use super::{count, mean, normal_quantile};
use crate::random::Keyed;

/// The number of resamples drawn, and the most rows of all of them together.
const DRAWS: usize = 10_000;
const ROWS: usize = 20_000_000;

/// The interval of the mean at a confidence, from resamples of the rows: bias-corrected and accelerated
/// (Efron, Better Bootstrap Confidence Intervals, 1987).
pub fn interval(differences: &[f64], confidence: f64) -> (f64, f64) {
    let rows = differences.len();
    if differences.is_empty() || differences.iter().all(|one| *one == differences[0]) {
        return (mean(differences), mean(differences));
    }
    let draws = (ROWS / rows).clamp(1_000, DRAWS);
    let mut random = Keyed::new(0, &["gate", "bootstrap"]);
    let mut means: Vec<f64> = (0..draws)
        .map(|_| (0..rows).map(|_| differences[random.below(rows)]).sum::<f64>() / count(rows))
        .collect();
    means.sort_by(f64::total_cmp);
    let observed = mean(differences);
    // Ties count half: means of right or wrong are on a grid.
    let (below, upto) =
        (means.partition_point(|one| *one < observed), means.partition_point(|one| *one <= observed));
    let bias = normal_quantile((count(below + upto) / 2.0 / count(draws)).clamp(1e-6, 1.0 - 1e-6));
    let skew = acceleration(differences, observed);
    let end = |p: f64| {
        let z = bias + normal_quantile(p);
        let place = normal(bias + z / (1.0 - skew * z)) * count(draws);
        means[place_of(place, draws)]
    };
    (end((1.0 - confidence) / 2.0), end((1.0 + confidence) / 2.0))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn place_of(place: f64, draws: usize) -> usize {
    (place.max(0.0) as usize).min(draws - 1)
}

/// A sixth of the skewness of the mean, from leaving out one row at a time.
fn acceleration(differences: &[f64], mean: f64) -> f64 {
    let power = |power: i32| differences.iter().map(|one| (one - mean).powi(power)).sum::<f64>();
    power(3) / (6.0 * power(2).powf(1.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::near;

    #[test]
    fn the_interval_holds_the_mean_and_has_the_width_of_normal_theory() {
        let rows = |n: usize| (0..n).map(|i| if i % 4 == 0 { 1.0 } else { 0.0 }).collect::<Vec<_>>();
        let (few, many) = (interval(&rows(40), 0.95), interval(&rows(2_000), 0.95));
        assert!(few.0 < 0.25 && 0.25 < few.1);
        // 1.96 standard errors to each side.
        near(many.1 - many.0, 2.0 * 1.96 * (0.25_f64 * 0.75 / 2_000.0).sqrt(), 0.002);
        let wide = interval(&rows(2_000), 0.99);
        near(wide.1 - wide.0, 2.0 * 2.576 * (0.25_f64 * 0.75 / 2_000.0).sqrt(), 0.003);
        assert_eq!(interval(&[], 0.95), (0.0, 0.0));
        assert_eq!(interval(&[0.5; 9], 0.95), (0.5, 0.5));
    }

    /// It holds the true mean about as often as it says, also where differences are skewed.
    #[test]
    fn the_interval_covers_what_it_says() {
        let mut random = Keyed::new(4, &["coverage"]);
        let held = (0..200).filter(|_| {
            let rows: Vec<f64> = (0..60).map(|_| if random.unit() < 0.15 { 1.0 } else { 0.0 }).collect();
            let (low, high) = interval(&rows, 0.9);
            low <= 0.15 && 0.15 <= high
        });
        let held = held.count();
        assert!((165..=195).contains(&held), "{held} of 200");
    }
}
