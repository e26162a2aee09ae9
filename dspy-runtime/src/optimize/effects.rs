//! The estimated worth of candidates, from every result that was paid for.
//!
//! The score of a candidate on a row is taken as a mean, how easy the row is, and a contribution of each part of the
//! candidate, with normal noise; rows and contributions have a normal prior around none. So candidates that were run on
//! different rows can be compared, a result tells about every candidate that shares a part, and an estimate from few rows
//! stays near what is known of its kind: the highest of many noisy means is not taken at its word.
//!
//! The effects of rows are integrated out, which leaves one unknown for each part.

use dspy_numbers::random::Keyed;
use dspy_numbers::statistics::mean;

/// The deviation of a row's score around what is expected of it.
const NOISE: f64 = 0.3;
/// The deviation of rows around their mean.
const ROWS: f64 = 0.5;
/// The deviation of a part's contribution around none.
const PART: f64 = 0.1;

/// A candidate: the parts that it is made of, and what it scored on rows.
pub(super) struct Seen {
    pub(super) parts: Vec<usize>,
    pub(super) scores: Vec<(usize, f64)>,
}

/// The beliefs about the contributions.
pub(super) struct Effects {
    /// The mean, then each part.
    mean: Vec<f64>,
    /// The lower triangle whose product with itself is the precision.
    factor: Vec<Vec<f64>>,
}

impl Effects {
    /// The posterior after results, over so many parts.
    pub(super) fn new(parts: usize, seen: &[Seen]) -> Self {
        Self::with_spread(parts, seen, PART)
    }

    /// Returns the posterior under a prior that is as wide as the candidates differ from the first.
    ///
    /// Where changes are worth much, a narrow prior would take most of it for luck.
    pub(super) fn fitted(parts: usize, seen: &[Seen]) -> Self {
        Self::with_spread(parts, seen, spread(seen))
    }

    fn with_spread(parts: usize, seen: &[Seen], spread: f64) -> Self {
        let size = 1 + parts;
        let mut precision = vec![vec![0.0; size]; size];
        for (index, row) in precision.iter_mut().enumerate() {
            // Of the mean hardly anything is believed beforehand.
            row[index] = if index == 0 { 1e-2 } else { 1.0 / (spread * spread) };
        }
        let mut target = vec![0.0; size];
        let rows =
            seen.iter().flat_map(|seen| &seen.scores).map(|(row, _)| row + 1).max().unwrap_or_default();
        let mut by_row: Vec<Vec<(usize, f64)>> = vec![Vec::new(); rows];
        for (candidate, seen) in seen.iter().enumerate() {
            for (row, score) in &seen.scores {
                by_row[*row].push((candidate, *score));
            }
        }
        let places: Vec<Vec<usize>> = seen.iter().map(|seen| places(&seen.parts).collect()).collect();
        let weight = 1.0 / (NOISE * NOISE);
        let mut shared = vec![0.0; size];
        for results in by_row.iter().filter(|results| !results.is_empty()) {
            let own = results.len() as f64 * weight + 1.0 / (ROWS * ROWS);
            let sum: f64 = results.iter().map(|(_, score)| score).sum();
            let mut touched: Vec<usize> = Vec::new();
            for (candidate, score) in results {
                for one in &places[*candidate] {
                    target[*one] += weight * score;
                    if shared[*one] == 0.0 {
                        touched.push(*one);
                    }
                    shared[*one] += 1.0;
                    for other in &places[*candidate] {
                        precision[*one][*other] += weight;
                    }
                }
            }
            // What the row explains is taken off.
            for one in &touched {
                target[*one] -= weight * weight / own * shared[*one] * sum;
                for other in &touched {
                    precision[*one][*other] -= weight * weight / own * shared[*one] * shared[*other];
                }
            }
            touched.into_iter().for_each(|one| shared[one] = 0.0);
        }
        let factor = cholesky(precision);
        let mean = backward(&factor, &forward(&factor, &target));
        Self { mean, factor }
    }

    /// The score that a candidate is expected to have on rows like these.
    pub(super) fn expected(&self, parts: &[usize]) -> f64 {
        sum(&self.mean, parts)
    }

    /// By how much one candidate is expected to be better than another, and the deviation of that.
    pub(super) fn lead(&self, one: &[usize], other: &[usize]) -> (f64, f64) {
        let mut contrast = vec![0.0; self.mean.len()];
        places(one).for_each(|place| contrast[place] += 1.0);
        places(other).for_each(|place| contrast[place] -= 1.0);
        let solved = forward(&self.factor, &contrast);
        let variance: f64 = solved.iter().map(|value| value * value).sum();
        (self.expected(one) - self.expected(other), variance.sqrt())
    }

    /// The contributions of one draw from the posterior, the mean first.
    pub(super) fn draw(&self, random: &mut Keyed) -> Vec<f64> {
        let noise: Vec<f64> = self.mean.iter().map(|_| random.normal()).collect();
        let noise = backward(&self.factor, &noise);
        self.mean.iter().zip(noise).map(|(mean, noise)| mean + noise).collect()
    }
}

/// The sum of the contributions of the mean and of parts.
pub(super) fn sum(contributions: &[f64], parts: &[usize]) -> f64 {
    places(parts).filter_map(|place| contributions.get(place)).sum()
}

/// The places of the mean and of parts among all contributions.
fn places(parts: &[usize]) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(parts.iter().map(|part| part + 1))
}

/// The deviation of candidates around the first, beyond what noise explains: that of the prior counts as four candidates,
/// and one that was run on few rows counts little.
fn spread(seen: &[Seen]) -> f64 {
    const PRIOR: f64 = 4.0;
    const FEW: f64 = 20.0;
    const WIDEST: f64 = 0.5;
    let Some((first, others)) = seen.split_first() else { return PART };
    let known: std::collections::HashMap<usize, f64> = first.scores.iter().copied().collect();
    let (mut squares, mut weights) = (PRIOR * PART * PART, PRIOR);
    for other in others {
        let both = other.scores.iter().filter_map(|(row, score)| Some(score - known.get(row)?));
        let differences: Vec<f64> = both.collect();
        let rows = differences.len() as f64;
        if rows < 1.0 {
            continue;
        }
        let mean = mean(&differences);
        let weight = rows / (rows + FEW);
        squares += weight * (mean * mean - 2.0 * NOISE * NOISE / rows).max(0.0);
        weights += weight;
    }
    (squares / weights).sqrt().clamp(PART, WIDEST)
}

/// The lower triangle L with L Lᵀ = A, for a positive definite A.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for row in 0..matrix.len() {
        for column in 0..=row {
            let product: f64 = (0..column).map(|index| matrix[row][index] * matrix[column][index]).sum();
            let rest = matrix[row][column] - product;
            matrix[row][column] = match row == column {
                true => rest.max(f64::MIN_POSITIVE).sqrt(),
                false => rest / matrix[column][column],
            };
        }
    }
    matrix
}

/// Solves L x = b.
fn forward(factor: &[Vec<f64>], target: &[f64]) -> Vec<f64> {
    let mut solution: Vec<f64> = Vec::with_capacity(target.len());
    for (row, target) in factor.iter().zip(target) {
        let known: f64 = solution.iter().zip(row).map(|(x, l)| x * l).sum();
        let value = (target - known) / row[solution.len()];
        solution.push(value);
    }
    solution
}

/// Solves Lᵀ x = b.
fn backward(factor: &[Vec<f64>], target: &[f64]) -> Vec<f64> {
    let mut solution = target.to_vec();
    for place in (0..target.len()).rev() {
        let known: f64 = (place + 1..target.len()).map(|row| factor[row][place] * solution[row]).sum();
        solution[place] = (solution[place] - known) / factor[place][place];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(parts: &[usize], score: f64) -> Seen {
        Seen { parts: parts.to_vec(), scores: (0..100).map(|row| (row, score)).collect() }
    }

    #[test]
    fn it_adds_up_what_it_was_never_shown() {
        // One part is worth 0.2, the other 0.1; both together were not tried.
        let effects = Effects::new(2, &[seen(&[], 0.5), seen(&[0], 0.7), seen(&[1], 0.6)]);
        let both = effects.expected(&[0, 1]);
        assert!(both > 0.72 && both < 0.81, "{both}");
        let (lead, deviation) = effects.lead(&[0], &[1]);
        assert!(lead > 0.05 && deviation > 0.0 && deviation < 0.1, "{lead} {deviation}");
    }

    #[test]
    fn a_candidate_is_not_praised_for_easy_rows() {
        // Rows 0 to 49 are easy, the others hard; the new candidate was run on easy ones and is no better there.
        let came = Seen { parts: vec![], scores: (0..100).map(|row| (row, f64::from(row < 50))).collect() };
        let new = Seen { parts: vec![0], scores: (0..50).map(|row| (row, 1.0)).collect() };
        let effects = Effects::new(1, &[came, new]);
        assert!(effects.expected(&[0]) < 0.62, "{}", effects.expected(&[0]));
    }

    #[test]
    fn few_rows_say_little() {
        let came = Seen { parts: vec![], scores: (0..100).map(|row| (row, (row % 2) as f64)).collect() };
        let lucky = |rows| {
            let scores = (0..rows).map(|row| (row, 1.0)).collect();
            Effects::new(1, &[seen_of(&came), Seen { parts: vec![0], scores }]).expected(&[0])
        };
        assert!(
            lucky(4) < 0.62 && lucky(4) < lucky(40) && lucky(40) < lucky(100),
            "{} {}",
            lucky(4),
            lucky(40)
        );
    }

    #[test]
    fn a_large_gain_is_not_taken_for_luck() {
        let came = Seen {
            parts: vec![],
            scores: (0..30).map(|row| (row, f64::from(u8::from(row % 6 == 0)))).collect(),
        };
        let better =
            |part: usize| Seen { parts: vec![part], scores: (0..30).map(|row| (row, 1.0)).collect() };
        let seen = [came, better(0), better(1), better(2)];
        let (gain, deviation) = Effects::fitted(3, &seen).lead(&[0], &[]);
        assert!(gain > 0.7 && gain < 0.84 && deviation < 0.1, "{gain} {deviation}");
        let (timid, _) = Effects::new(3, &seen).lead(&[0], &[]);
        assert!(timid < gain);
    }

    fn seen_of(seen: &Seen) -> Seen {
        Seen { parts: seen.parts.clone(), scores: seen.scores.clone() }
    }

    #[test]
    fn draws_go_where_the_best_may_be() {
        let effects = Effects::new(2, &[seen(&[], 0.2), seen(&[0], 0.9)]);
        let draws: Vec<_> = (0..200).map(|seed| effects.draw(&mut Keyed::new(seed, &["test"]))).collect();
        assert!(draws.iter().filter(|draw| draw[1] > draw[2]).count() > 150);
        assert!(draws.iter().any(|draw| draw[2] > 0.05), "what is unsure is tried");
    }

    #[test]
    fn the_triangle_solves_the_system() {
        let factor = cholesky(vec![vec![4.0, 2.0], vec![2.0, 3.0]]);
        let solution = backward(&factor, &forward(&factor, &[10.0, 8.0]));
        assert!((solution[0] - 1.75).abs() < 1e-12 && (solution[1] - 1.5).abs() < 1e-12, "{solution:?}");
    }
}
