//! The choice of the rows with the most to learn from, and of the programs to go on from.

use std::cmp::Ordering;

use dspy_numbers::random::Keyed;

/// The evenness with which programs are chosen: the lower, the more often the best.
const TEMPERATURE: f64 = 0.2;

/// The runs of one row by their places, the best first, and how much they differ.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) runs: Vec<usize>,
    key: [f64; 3],
}

impl Bucket {
    /// The runs that these places and scores are of.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn new(mut scored: Vec<(usize, f64)>) -> Self {
        scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let most = scored.first().map_or(0.0, |(_, score)| *score);
        let least = scored.last().map_or(0.0, |(_, score)| *score);
        let mean = scored.iter().map(|(_, score)| score).sum::<f64>() / scored.len().max(1) as f64;
        let key = [most - least, most, most - mean];
        Self { runs: scored.into_iter().map(|(run, _)| run).collect(), key }
    }

    /// The widest spread first, then the highest best, then the rarest.
    pub(super) fn order(a: &Self, b: &Self) -> Ordering {
        let pairs = b.key.iter().zip(&a.key).map(|(b, a)| b.total_cmp(a));
        pairs.fold(Ordering::Equal, Ordering::then)
    }
}

/// The value below which a share of the values lies, between two of them in proportion.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let (low, high) = (sorted[low.min(last)], sorted[(low + 1).min(last)]);
    low + (high - low) * part
}

/// One of the programs, the better the likelier.
pub(super) fn softmax(means: &[f64], random: &mut Keyed) -> usize {
    let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = means.iter().map(|mean| ((mean - most) / TEMPERATURE).exp()).collect();
    random.weighted(&weights)
}

/// A number from the Poisson distribution, by Knuth's method, which is for small means.
pub(super) fn poisson(mean: f64, random: &mut Keyed) -> usize {
    let (bound, mut product, mut count) = ((-mean).exp(), random.unit(), 0);
    while product > bound && count < 1_000 {
        product *= random.unit();
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_whose_runs_differ_most_come_first() {
        let bucket = |scores: &[f64]| Bucket::new(scores.iter().copied().enumerate().collect());
        let mut buckets = [bucket(&[1.0, 1.0]), bucket(&[0.0, 1.0, 1.0]), bucket(&[0.0, 0.0, 1.0])];
        buckets.sort_by(Bucket::order);
        assert_eq!(buckets.map(|bucket| bucket.runs), [vec![2, 0, 1], vec![1, 2, 0], vec![0, 1]]);
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        let values: Vec<f64> = (0..11).map(f64::from).collect();
        assert_eq!([percentile(&values, 0.1), percentile(&values, 0.9)], [1.0, 9.0]);
        assert!((percentile(&[0.0, 1.0], 0.1) - 0.1).abs() < 1e-12);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn choices_are_as_they_should_be() {
        let draw = |seed| poisson(1.5, &mut Keyed::new(seed, &["poisson"]));
        let mean = (0..4_000).map(draw).sum::<usize>() as f64 / 4_000.0;
        assert!((1.4..1.6).contains(&mean), "{mean}");
        let better = |seed| softmax(&[0.0, 0.2], &mut Keyed::new(seed, &["softmax"]));
        let share = (0..4_000).map(better).sum::<usize>() as f64 / 4_000.0;
        assert!((0.70..0.76).contains(&share), "e : 1, and so {share}");
    }
}
