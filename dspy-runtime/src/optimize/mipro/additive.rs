//! An additive model of what combinations score, and a draw from it: which combination to try next.
//!
//! The score of a combination is taken as a mean and a contribution of each choice, with normal noise
//! that falls with the rows that were scored; the contributions have a normal prior around none. What is
//! tried next is the best combination of one draw from the posterior (Thompson sampling), so that choices
//! are tried as often as they may be the best. Predictors' prompts hardly interact, which makes the model
//! learn from every trial about every parameter.

use dspy_numbers::random::Keyed;

/// The deviation of a single row's score around its combination's mean.
const NOISE: f64 = 0.5;
/// The deviation of a choice's contribution around none.
const PRIOR: f64 = 0.15;

/// A combination that was tried, what it scored, and on how many rows.
pub(super) struct Observation {
    pub(super) choices: Vec<usize>,
    pub(super) score: f64,
    pub(super) rows: usize,
}

/// What is believed of the contributions.
pub(super) struct Additive {
    cards: Vec<usize>,
    mean: Vec<f64>,
    /// The lower triangle whose product with itself is the precision.
    factor: Vec<Vec<f64>>,
}

impl Additive {
    /// The posterior after observations, over parameters with so many choices each.
    pub(super) fn new(cards: &[usize], observations: &[Observation]) -> Self {
        let size = 1 + cards.iter().sum::<usize>();
        let mut precision = vec![vec![0.0; size]; size];
        for (index, row) in precision.iter_mut().enumerate() {
            // Of the overall mean hardly anything is believed beforehand.
            row[index] = if index == 0 { 1e-2 } else { 1.0 / (PRIOR * PRIOR) };
        }
        let mut target = vec![0.0; size];
        for observation in observations {
            let weight = observation.rows as f64 / (NOISE * NOISE);
            let active: Vec<usize> = active(cards, &observation.choices).collect();
            for one in &active {
                target[*one] += weight * observation.score;
                for other in &active {
                    precision[*one][*other] += weight;
                }
            }
        }
        let factor = cholesky(precision);
        let mean = backward(&factor, &forward(&factor, &target));
        Self { cards: cards.to_vec(), mean, factor }
    }

    /// What a combination is expected to score.
    pub(super) fn expected(&self, choices: &[usize]) -> f64 {
        active(&self.cards, choices).map(|index| self.mean[index]).sum()
    }

    /// The best combination of one draw from the posterior.
    pub(super) fn draw(&self, random: &mut Keyed) -> Vec<usize> {
        let noise: Vec<f64> = self.mean.iter().map(|_| random.normal()).collect();
        let noise = backward(&self.factor, &noise);
        let drawn: Vec<f64> = self.mean.iter().zip(noise).map(|(mean, noise)| mean + noise).collect();
        let mut first = 1;
        let best = |card: &usize| {
            let own = &drawn[first..first + card];
            first += card;
            (0..*card)
                .reduce(|best, next| if own[next] > own[best] { next } else { best })
                .unwrap_or_default()
        };
        self.cards.iter().map(best).collect()
    }
}

/// The places of the mean and of the choices among all contributions.
fn active<'a>(cards: &'a [usize], choices: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let mut first = 1;
    let places = cards.iter().zip(choices).map(move |(card, choice)| {
        first += card;
        first - card + choice
    });
    std::iter::once(0).chain(places)
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

    fn observed(choices: &[usize], score: f64) -> Observation {
        Observation { choices: choices.to_vec(), score, rows: 100 }
    }

    #[test]
    fn it_adds_up_what_it_was_never_shown() {
        // The second choice of each parameter is worth 0.2 and 0.1; both together were not tried.
        let seen = [observed(&[0, 0], 0.5), observed(&[1, 0], 0.7), observed(&[0, 1], 0.6)];
        let model = Additive::new(&[2, 2], &seen);
        let both = model.expected(&[1, 1]);
        assert!(both > 0.7 && both < 0.8, "{both}");
    }

    #[test]
    fn draws_go_where_the_best_may_be() {
        let seen = [observed(&[0, 0], 0.2), observed(&[1, 0], 0.9), observed(&[2, 1], 0.1)];
        let model = Additive::new(&[3, 2], &seen);
        let draws: Vec<_> = (0..200).map(|seed| model.draw(&mut Keyed::new(seed, &["test"]))).collect();
        let first = draws.iter().filter(|choices| choices[0] == 1).count();
        assert!(first > 150, "{first}");
        assert!(draws.iter().any(|choices| choices[1] == 1), "what is unsure is tried");
    }

    #[test]
    fn the_triangle_solves_the_system() {
        let matrix = vec![vec![4.0, 2.0], vec![2.0, 3.0]];
        let factor = cholesky(matrix);
        let solution = backward(&factor, &forward(&factor, &[10.0, 8.0]));
        assert!((solution[0] - 1.75).abs() < 1e-12 && (solution[1] - 1.5).abs() < 1e-12, "{solution:?}");
    }
}
